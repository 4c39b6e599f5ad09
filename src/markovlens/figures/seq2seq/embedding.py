"""Encoder and decoder in the POD space of both: where the trajectories of each class run."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from markovlens.embedding.pod import pod, project
from markovlens.figures.panels import keys, label_below
from markovlens.figures.seq2seq.energies import COLOURS
from markovlens.figures.style import FAINT, INK, frame, panels, styled
from markovlens.figures.text import percent
from markovlens.lettering import shorten
from markovlens.seq2seq.progress import usual_gap
from markovlens.seq2seq.separability import spread_windows
from markovlens.seq2seq.snapshots import DECODER, ENCODER, JOINT, Snapshots, flat
from markovlens.spelling import count

PER_CLASS = 3  # windows drawn of each class
SHARE = 0.9  # of the variance, in the title
VIEWS = ((0, 1), (0, 2))  # modes of the axes; of many classes the first alone
FEW = 5  # classes
FIRST: dict[str, Any] = {"marker": "o", "mfc": "white", "ms": 4}
LAST: dict[str, Any] = {"marker": ".", "color": INK, "ms": 5}
WIDTHS = {ENCODER: 0.9, DECODER: 1.8}  # points


@styled()
def draw_embedding(snapshots: Snapshots, *, network: str = "") -> Figure:
    """Return a panel a class with its trajectories in the leading plane, the others behind them.

    The basis is the POD of encoder and decoder states together (Su & Shlizerman 2020), so that all
    panels have the same axes. Where there are few classes, a second row has the third mode.

    Args:
        snapshots: states on test windows.
        network: "task, cell, seed", for the foot line.
    """
    basis = pod(flat(snapshots.part(JOINT)))
    classes = np.unique(snapshots.labels)
    views = [view for view in VIEWS if view[1] < len(basis.energies)]
    views = views[: 1 if len(classes) > FEW else None]
    shown = snapshots.select(spread_windows(snapshots.labels, PER_CLASS * len(classes)))
    paths = {part: project(basis, shown.part(part)) for part in (ENCODER, DECODER)}
    places = [(view, label) for view in views for label in classes]
    columns = -(-len(classes) // -(-len(classes) // FEW))  # rows of about equal length
    figure, axes = panels(len(places), columns=columns, height=1.9, sharex=True, sharey="row")
    for ax, ((x, y), label) in zip(axes, places, strict=True):
        plane = {part: path[..., [x, y]] for part, path in paths.items()}
        _draw_class(ax, plane, shown.labels == label)
        ax.set_title(f"{label} {shorten(snapshots.classes[label], longest=20)}", fontsize=9)
        ax.set_ylabel(_mode(basis.energies, y))
        ax.label_outer()
    label_below(axes, _mode(basis.energies, 0), columns=columns)
    gap = usual_gap(snapshots)
    title = embedding_finding(basis.modes_for(SHARE), len(basis.energies), gap)
    foot = (
        f"{network} · POD of encoder and decoder states of "
        f"{count(len(snapshots.labels), 'test window')}; {len(shown.labels)} drawn, up to "
        f"{PER_CLASS} a class, those of the other classes in grey"
    )
    parts = {part: {"color": COLOURS[part], "lw": WIDTHS[part]} for part in paths}
    ends = {
        "the first step": {"ls": "", "mec": COLOURS[ENCODER], **FIRST},
        "the encoder ends": {"ls": "", **LAST},
    }
    frame(figure, title, foot=foot, handles=[keys(parts | ends)])
    return figure


def embedding_finding(n_modes: int, n_units: int, gap: float) -> str:
    """Return the title: how many modes matter, and whether the decoder goes on from the encoder."""
    begin = (
        f"{count(n_modes, 'mode')} of {n_units} hold 90 % of the variance of encoder and decoder "
        "states"
    )
    if np.isnan(gap):
        return f"{begin}; the decoder stands still"
    return f"{begin}; the decoder begins {gap:.1f} of its median steps from the encoder's end"


def _mode(energies: np.ndarray, number: int) -> str:
    return f"mode {number + 1} ({percent(energies[number])})"


def _draw_class(axes: Axes, paths: dict[str, np.ndarray], mine: np.ndarray) -> None:
    """Draw the windows `mine` (N,) of paths (N, T, 2) of encoder and decoder, the others behind."""
    for part, path in paths.items():
        axes.plot(*path[~mine].T, lw=0.5, color=FAINT, zorder=1)
        axes.plot(*path[mine].T, lw=WIDTHS[part], color=COLOURS[part], zorder=3)
    begin, end = paths[ENCODER][mine, 0], paths[ENCODER][mine, -1]
    axes.plot(*begin.T, ls="", mec=COLOURS[ENCODER], zorder=4, **FIRST)
    axes.plot(*end.T, ls="", zorder=5, **LAST)
    axes.tick_params(labelsize=7.5)
