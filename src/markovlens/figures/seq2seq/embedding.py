"""Encoder and decoder in the POD space of both: where the trajectories of each class run."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from markovlens.embedding.pod import pod, project
from markovlens.figures.layout import pushed_apart
from markovlens.figures.style import (
    FAINT,
    INK,
    MUTED,
    STATE_COLOURS,
    WIDTH,
    frame,
    ink_on,
    styled,
)
from markovlens.figures.text import count, percent
from markovlens.lettering import shorten
from markovlens.seq2seq.progress import usual_gap
from markovlens.seq2seq.snapshots import DECODER, ENCODER, JOINT, Snapshots, flat

HEIGHT = 3.9  # inches
PER_CLASS = 2  # windows drawn of each class
SHARE = 0.9  # of the variance, in the title
PANEL = 2.3  # inches across, for the distance between the numbers
DASHES = ("-", (0, (3, 1.2)), (0, (1, 1)))
MODES = 3


def class_style(label: int) -> dict[str, Any]:
    """Return colour and dashes of a class: twelve colours, then the same ones dashed."""
    dash = DASHES[label // len(STATE_COLOURS) % len(DASHES)]
    return {"color": STATE_COLOURS[label % len(STATE_COLOURS)], "ls": dash}


@styled()
def draw_embedding(snapshots: Snapshots, *, network: str = "") -> Figure:
    """Return the trajectories in three dimensions, and encoder and decoder in the leading plane.

    The basis is the POD of encoder and decoder states together (Su & Shlizerman 2020), so that all
    panels have the same axes.

    Args:
        snapshots: states on test windows.
        network: "task, cell, seed", for the foot line.
    """
    basis = pod(flat(snapshots.part(JOINT)))
    space = type(basis)(basis.mean, basis.components[:MODES], basis.energies)
    paths = {part: project(space, snapshots.part(part)) for part in (ENCODER, DECODER)}
    shown = _examples(snapshots.labels)
    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    grid = figure.add_gridspec(1, 3, width_ratios=(1.25, 1, 1))
    _draw_space(figure.add_subplot(grid[0], projection="3d"), paths, snapshots, shown)
    left = figure.add_subplot(grid[1])
    right = figure.add_subplot(grid[2], sharex=left, sharey=left)
    for axes, part in ((left, ENCODER), (right, DECODER)):
        other = DECODER if part == ENCODER else ENCODER
        _draw_plane(axes, paths[part], paths[other], snapshots, shown)
        axes.set_title(f"{part}, modes 1 and 2")
        axes.set_xlabel(f"mode 1 ({percent(basis.energies[0])} of variance)")
    left.set_ylabel(f"mode 2 ({percent(basis.energies[1])})")
    n_modes, n_units = basis.modes_for(SHARE), len(basis.energies)
    title = embedding_finding(n_modes, n_units, usual_gap(snapshots))
    n_windows = count(len(snapshots.labels), "test window")
    foot = (
        f"{network} \u00b7 POD of encoder and decoder states of {n_windows}; {len(shown)} drawn, "
        f"up to {PER_CLASS} a class \u00b7 hollow: the first step; black: where the encoder ends "
        "and the decoder begins \u00b7 grey: the other half"
    )
    frame(figure, title, foot=foot, handles=[class_handles(snapshots, shown)])
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


def class_handles(snapshots: Snapshots, shown: np.ndarray) -> list[Line2D]:
    """Return legend entries of the classes that are drawn, by number and name."""
    return [
        Line2D(
            [], [], lw=2, label=f"{label} {shorten(snapshots.classes[label], longest=22)}",
            **class_style(label),
        )
        for label in np.unique(snapshots.labels[shown])
    ]  # fmt: skip


def number_classes(axes: Axes, points: np.ndarray, labels: np.ndarray, *, span: np.ndarray) -> None:
    """Write the number of each class at its median, pushed apart where they would meet.

    Args:
        axes: where to write.
        points: (N, 2).
        labels: int (N,).
        span: (2,), what the axes reach over.
    """
    present = np.unique(labels)
    middles = np.array([np.median(points[labels == label], axis=0) for label in present])
    scale = np.where(span > 0, span, 1.0) / PANEL
    places = pushed_apart(middles / scale, least=0.2) * scale
    for label, (x, y) in zip(present, places, strict=True):
        colour = class_style(int(label))["color"]
        axes.plot(x, y, "o", ms=10.5, mfc=colour, mec="white", mew=0.9, zorder=6)
        axes.text(x, y, str(label), size=6.8, weight="bold", color=ink_on(colour), ha="center",
            va="center_baseline", zorder=7,
        )  # fmt: skip


def _examples(labels: np.ndarray) -> np.ndarray:
    """Return up to `PER_CLASS` windows of each class, spread over them."""
    chosen = []
    for label in np.unique(labels):
        mine = np.flatnonzero(labels == label)
        chosen.append(mine[np.linspace(0, len(mine) - 1, min(PER_CLASS, len(mine))).astype(int)])
    return np.sort(np.concatenate(chosen))


def _draw_space(
    axes: Any, paths: dict[str, np.ndarray], snapshots: Snapshots, shown: np.ndarray
) -> None:
    """Draw both halves of each window in three modes: encoder thin, decoder thick."""
    if paths[ENCODER].shape[2] < MODES:
        axes.set_axis_off()
        axes.text2D(0.1, 0.5, f"fewer than {MODES} units", color=MUTED)
        return
    for window in shown:
        style = class_style(int(snapshots.labels[window]))
        axes.plot(*paths[ENCODER][window].T, lw=0.7, alpha=0.75, **style)
        axes.plot(*paths[DECODER][window].T, lw=2.0, alpha=0.9, **style)
        axes.plot(*paths[ENCODER][window, -1:].T, ".", color=INK, ms=4)
        axes.plot(*paths[ENCODER][window, :1].T, "o", mfc="none", mec=style["color"], ms=4)
    for name, axis in zip("123", (axes.xaxis, axes.yaxis, axes.zaxis), strict=True):
        axis.set_label_text(f"mode {name}")
        axis.set_ticklabels([])
        axis.labelpad = -12
    axes.set_title("thin: encoder, thick: decoder")
    axes.set_box_aspect(None, zoom=0.95)


def _draw_plane(
    axes: Axes, path: np.ndarray, other: np.ndarray, snapshots: Snapshots, shown: np.ndarray
) -> None:
    for window in shown:
        axes.plot(*other[window, :, :2].T, lw=0.6, color=FAINT, zorder=1)
    for window in shown:
        style = class_style(int(snapshots.labels[window]))
        axes.plot(*path[window, :, :2].T, lw=1.2, zorder=3, **style)
        axes.plot(*path[window, 0, :2], "o", mfc="white", mec=style["color"], ms=4, zorder=4)
        axes.plot(*path[window, -1, :2], ".", color=INK, ms=4, zorder=5)
    if len(np.unique(snapshots.labels)) > 1:
        number_classes(
            axes,
            path[shown, path.shape[1] // 2, :2],
            snapshots.labels[shown],
            span=np.ptp(np.concatenate([path[shown], other[shown]], axis=1)[..., :2], axis=(0, 1)),
        )
    axes.tick_params(labelsize=7.5)
