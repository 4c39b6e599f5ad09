"""Where the states lie: activations in two principal components, coloured by state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from scipy.optimize import linear_sum_assignment

from markovlens.figures.colours import PROBABILITY_COLOURS, ink_on, state_colour
from markovlens.figures.layout import pushed_apart
from markovlens.figures.networks.alike import (
    Band,
    bands_of,
    outputs_shown,
)
from markovlens.figures.networks.titles import contingency, states_finding
from markovlens.figures.style import FAINT, INK, frame, method_name, panels, styled
from markovlens.figures.text import percent
from markovlens.lettering import shorten
from markovlens.outputs import Output
from markovlens.sequences import rows_of
from markovlens.spelling import count
from markovlens.trace import Trace

HEIGHT = 3.5  # inches of a row of panels
PATH_STEPS = 15  # more arrows than this hide the points
OTHER = -1  # no decision, or a rare one
PANEL = 2.9  # inches across, for the distance between the numbers of states


@dataclass(frozen=True, slots=True)
class Cloud:
    """The points that are drawn.

    Attributes:
        points: (M, 2), activations in the first two principal components.
        rows: (M,), which rows of the trace they are.
        paths: example sequences, each (T, 2).
    """

    points: np.ndarray
    rows: np.ndarray
    paths: list[np.ndarray]


@styled()
def draw_states(
    trace: Trace,
    projection: np.ndarray,
    shares: np.ndarray,
    decoded: Mapping[str, np.ndarray],
    *,
    readouts: Mapping[str, np.ndarray],
    rng: np.random.Generator,
    n_points: int = 5000,
    n_paths: int = 1,
    network: str = "",
) -> Figure:
    """Return the activations once per abstraction, and once by true state or by output.

    Args:
        trace: held-out sequences.
        projection: (N, 2), its activations in the first two principal components.
        shares: (2,), share of the variance of each.
        decoded: the state (N,) of each step by each method; the first sets the colours, and the
            others are coloured by the state of the first that they overlap most.
        readouts: by method, the output distribution (K, C) of each state, as fitted on training
            sequences.
        rng: picks the steps and sequences that are drawn.
        n_points: how many steps to draw at most.
        n_paths: how many sequences to draw as lines in the last panel.
        network: "task, cell", for the foot line.
    """
    cloud = _cloud(trace, projection, rng, n_points=n_points, n_paths=n_paths)
    of_outputs = [] if trace.knows_truth else bands_of(trace)
    last = max(len(of_outputs), 1)
    figure, axes = panels(len(decoded) + last, columns=3, height=HEIGHT)
    reference = next(iter(decoded.values()))
    for ax, (method, states) in zip(axes, decoded.items(), strict=False):
        title = f"{method_name(method)}: {count(int(states.max()) + 1, 'state')}"
        _draw_by_state(ax, cloud, states, matched(states, reference), title)
    if trace.knows_truth:
        title = f"truth: {count(true_states(trace) or 0, 'state')}"
        _draw_by_state(axes[-1], cloud, trace.truth, matched(trace.truth, reference), title)
    elif of_outputs:
        for ax, band in zip(axes[-last:], of_outputs, strict=True):
            _draw_by_value(ax, cloud, trace, band)
    else:
        _draw_by_decision(axes[-1], cloud, trace)
    _draw_paths(axes[-1], cloud)
    for ax in axes:
        ax.set_xlabel(f"component 1 ({percent(shares[0])} of variance)")
        ax.set_ylabel(f"component 2 ({percent(shares[1])})")
        ax.margins(0.08)
    title = states_finding(trace, decoded, readouts)
    frame(figure, title, foot=_foot(trace, cloud, network))
    return figure


def true_states(trace: Trace) -> int | None:
    """Return how many true states the sequences visit, None where the truth is unknown."""
    return len(np.unique(trace.truth[trace.truth >= 0])) or None


def matched(states: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return, for each label of `states`, the label of `reference` whose colour it takes.

    Labels without a partner get numbers that no partner has.
    """
    known = (states >= 0) & (reference >= 0)
    together = contingency(states[known], reference[known])
    rows, columns = linear_sum_assignment(-together)
    partner = np.full(states.max() + 1, -1)
    partner[rows] = columns
    alone = np.flatnonzero(partner < 0)
    partner[alone] = together.shape[1] + np.arange(len(alone))
    return partner


def _cloud(
    trace: Trace, projection: np.ndarray, rng: np.random.Generator, *, n_points: int, n_paths: int
) -> Cloud:
    rows = np.arange(trace.n_steps)
    if len(rows) > n_points:
        rows = np.sort(rng.choice(rows, n_points, replace=False))
    chosen = rng.choice(len(trace), min(n_paths, len(trace)), replace=False)
    paths = [projection[rows_of(trace.lengths, np.array([i]))][:PATH_STEPS] for i in chosen]
    return Cloud(projection[rows], rows, paths)


def _draw_by_state(
    axes: Axes, cloud: Cloud, states: np.ndarray, colour_of: np.ndarray, title: str
) -> None:
    """Draw each step in the colour of its state, and the number of the state at its median."""
    labels = states[cloud.rows]
    known = labels >= 0
    present = np.unique(labels[known])
    colours = {int(state): state_colour(int(colour_of[state])) for state in present}
    _scatter(axes, cloud.points[~known], color=FAINT)
    _scatter(axes, cloud.points[known], hue=labels[known], palette=colours)
    # Medians: a few misplaced steps must not pull the number away from its cloud.
    centroids = np.array([np.median(cloud.points[labels == state], axis=0) for state in present])
    scale = np.ptp(cloud.points, axis=0) / PANEL
    scale[scale == 0] = 1.0
    crowded = 0.2 if len(present) <= 16 else 0.15
    places = pushed_apart(centroids / scale, least=crowded) * scale
    for state, place in zip(present, places, strict=True):
        _number(axes, place, state, colours[int(state)])
    axes.set_title(title)


def _number(axes: Axes, place: np.ndarray, state: int, colour: str) -> None:
    axes.scatter(place[0], place[1], s=165, c=colour, edgecolors="white", linewidths=1.2, zorder=5)
    axes.text(
        place[0], place[1], str(state), size=7.5, weight="bold", color=ink_on(colour), ha="center",
        va="center_baseline", zorder=6,
    )  # fmt: skip


def _draw_by_value(axes: Axes, cloud: Cloud, trace: Trace, band: Band) -> None:
    """Draw each step in the colour of one column of the output: a probability, or a value."""
    value = outputs_shown(trace)[cloud.rows, band.column]
    given, scale = np.isfinite(value), Normalize(band.low, band.high)
    colours = {"hue": value[given], "hue_norm": scale, "palette": PROBABILITY_COLOURS}
    _scatter(axes, cloud.points[~given], color=FAINT)
    _scatter(axes, cloud.points[given], **colours, edgecolor="#8A8A8A", linewidth=0.25)
    name = _named(trace, band)
    figure = axes.get_figure(root=True)
    assert isinstance(figure, Figure)
    mappable = ScalarMappable(scale, PROBABILITY_COLOURS)
    ticks = [band.low, (band.low + band.high) / 2, band.high]
    bar = figure.colorbar(mappable, ax=axes, ticks=ticks, pad=0.02, shrink=0.6, label=name)
    if trace.output == Output.VALUES:
        bar.ax.set_yticklabels([f"{tick:.3g}" for tick in ticks])
    axes.set_title(f"network's output: {name}")


def _named(trace: Trace, band: Band) -> str:
    if trace.output == Output.DISTRIBUTION:
        return f"P({shorten(trace.classes[1], longest=16)})"
    return shorten(band.name, longest=30)


def _draw_by_decision(axes: Axes, cloud: Cloud, trace: Trace, *, most: int = 8) -> None:
    """Draw each step in the colour of the network's decision; all but the commonest in grey."""
    decisions = trace.decisions[cloud.rows]
    classes, counts = np.unique(decisions[decisions >= 0], return_counts=True)
    common = classes[np.argsort(-counts, kind="stable")][:most]
    shown = np.where(np.isin(decisions, common), decisions, OTHER)
    colours = {int(code): state_colour(rank) for rank, code in enumerate(common)}
    order = [*colours, *([OTHER] if (shown == OTHER).any() else [])]
    names = {str(code): shorten(trace.classes[code], longest=10) for code in colours}
    n_others = len(classes) - len(common)
    names[str(OTHER)] = f"{n_others} others, none" if n_others else "none"
    _scatter(
        axes, cloud.points, hue=shown, hue_order=order, palette=colours | {OTHER: FAINT},
        legend="full",
    )  # fmt: skip
    beside = {"handletextpad": 0.1, "borderaxespad": 0.1, "bbox_to_anchor": (1, 1)}
    sns.move_legend(axes, "upper left", fontsize=8, title=None, **beside)
    legend = axes.get_legend()
    assert legend is not None, "seaborn made one"
    for text in legend.get_texts():
        text.set_text(names[text.get_text()])
    axes.set_title("network's decision")


def _scatter(axes: Axes, points: np.ndarray, **options: Any) -> None:
    size = float(np.clip(24000 / max(len(points), 1), 5, 14))
    style = {"s": size, "linewidth": 0, "alpha": 0.6, "rasterized": True, "legend": False}
    sns.scatterplot(x=points[:, 0], y=points[:, 1], ax=axes, **style | options)


def _draw_paths(axes: Axes, cloud: Cloud) -> None:
    """Draw example sequences as thin arrows from step to step, the first step ringed."""
    for path in cloud.paths:
        axes.plot(*path[0], "o", mfc="none", mec=INK, ms=7, zorder=4)
        for here, there in zip(path[:-1], path[1:], strict=True):
            arrow = {"arrowstyle": "->", "lw": 0.6, "color": INK, "alpha": 0.55, "shrinkB": 1}
            axes.annotate("", there, here, arrowprops=arrow, zorder=3)


def _foot(trace: Trace, cloud: Cloud, network: str) -> str:
    drawn = f"all {count(trace.n_steps, 'step')} drawn"
    if len(cloud.rows) < trace.n_steps:
        drawn = f"{len(cloud.rows):,} of {count(trace.n_steps, 'step')} drawn, picked at random"
    parts = [
        network,
        f"{count(len(trace), 'held-out sequence')}; {drawn}",
        "numbers: states, at their medians",
        "a panel's colours are those of the states on the left that overlap most",
    ]
    if cloud.paths:
        followed = count(len(cloud.paths), "sequence")
        parts.append(f"arrows: the first {PATH_STEPS} steps of {followed}, from the ring")
    return " · ".join(part for part in parts if part)
