"""Clusters of units beside the words that move them, as RNNVis draws them (Ming et al. 2017)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Patch, Rectangle

from markovlens.abstractions.coclusters import CoClusters
from markovlens.figures.colours import state_colour
from markovlens.figures.style import (
    INK,
    MUTED,
    SMALL_SIZE,
    WIDTH,
    drawing_board,
    frame,
    model_name,
    styled,
)
from markovlens.lettering import inches_wide
from markovlens.spelling import count
from markovlens.trace import Trace

UPPER, LOWER = "#2166AC", "#E08214"  # an end that words raise a unit towards, or lower it
CHIP = (0.45, 2.35)  # left and right side of the units' boxes, in inches
CLOUD = (4.05, WIDTH - 0.1)  # of the words' boxes
CELL, LINE, PAD, GAP = 0.13, 0.155, 0.07, 0.14
LARGEST, FAINT = 7.0, 0.3  # points of the strongest edge; share of it below which none is drawn
MOST_LINES, WORD_SIZE = 4, 8.0


@dataclass(frozen=True, slots=True)
class Box:
    """One cluster's place: its number, middle and height, the lines of its words."""

    cluster: int
    middle: float
    height: float
    lines: tuple[str, ...]


@styled()
def draw_coclusters(found: CoClusters, trace: Trace, *, task: str, model: str) -> Figure:
    """Return the figure: units' ends to the left, words to the right, lines as wide as responses.

    Args:
        found: the co-clusters.
        trace: on which they were found; words that it reads more often come first.
        task, model: their names, for the title.
    """
    words = [_lines(found, trace, cluster) for cluster in range(len(found.edges))]
    boxes = list(_boxes(found, words))
    figure, axes = drawing_board(sum(box.height + GAP for box in boxes))
    _draw_edges(axes, boxes, found.edges)
    for box in boxes:
        _draw_units(axes, box, found)
        _draw_words(axes, box)
    frame(figure, _title(found, task, model), foot=_foot(trace, found), handles=[_handles()])
    return figure


def _title(found: CoClusters, task: str, model: str) -> str:
    own, edges = np.diag(found.edges), found.edges
    share = own.sum() / edges.sum()
    return (
        f"Units and words of {model_name(model)} on {task} make {len(edges)} clusters; "
        f"{share:.0%} of the mean response is inside them".replace("%", " %")
    )


def _foot(trace: Trace, found: CoClusters) -> str:
    still = int((found.words < 0).sum())
    return (
        f"{count(len(trace), 'training sequence')} · a box to the left holds ends of units, one "
        "square each · a line is as wide as the mean change of those units at those words, in "
        f"standard deviations of the unit, none below {FAINT:g} of the widest · words by all "
        f"that they move the units of their cluster · {count(still, 'word')} read too seldom"
    )


def _handles() -> list[Patch]:
    names = {UPPER: "a unit that these words raise", LOWER: "a unit that they lower"}
    return [Patch(facecolor=colour, label=name) for colour, name in names.items()]


def _lines(found: CoClusters, trace: Trace, cluster: int) -> tuple[str, ...]:
    """Return the words of a cluster, those that move its units most first, in lines that fit."""
    names = _by_weight(found, trace, cluster)
    lines, room = [""], CLOUD[1] - CLOUD[0] - 2 * PAD
    for number, name in enumerate(names):
        longer, rest = f"{lines[-1]}  {name}".strip(), f"  … {len(names) - number - 1} more"
        last = len(lines) == MOST_LINES
        if inches_wide(longer + (rest if last else ""), size=WORD_SIZE) <= room:
            lines[-1] = longer
        elif last:
            lines[-1] += f"  … {len(names) - number} more"
            break
        else:
            lines.append(name)
    return tuple(lines)


def _by_weight(found: CoClusters, trace: Trace, cluster: int) -> list[str]:
    """Return the words of a cluster, by all that they move its units, times read included."""
    reads = np.bincount(trace.inputs, minlength=len(trace.symbols))
    members = np.flatnonzero(found.words == cluster)
    upper, lower = np.split(found.ends == cluster, 2)
    moved = np.maximum(found.responses, 0)[upper].sum(0) + np.maximum(-found.responses, 0)[
        lower
    ].sum(0)
    order = np.argsort(-(reads * moved)[members], kind="stable")
    return [trace.symbols[word] for word in members[order]]


def _boxes(found: CoClusters, words: list[tuple[str, ...]]) -> Iterator[Box]:
    """Yield the boxes from the lowest to the topmost, the first cluster on top."""
    top = 0.0
    for cluster in reversed(range(len(words))):
        rows = -(-max((found.ends == cluster).sum(), 1) // _in_a_row())
        height = 2 * PAD + max(rows * CELL, len(words[cluster]) * LINE)
        yield Box(cluster, top + (height + GAP) / 2, height, words[cluster])
        top += height + GAP


def _in_a_row() -> int:
    return int((CHIP[1] - CHIP[0] - 2 * PAD) // CELL)


def _outline(axes: Axes, box: Box, sides: tuple[float, float]) -> None:
    corner = (sides[0], box.middle - box.height / 2)
    axes.add_patch(
        FancyBboxPatch(
            corner,
            sides[1] - sides[0],
            box.height,
            boxstyle="round,pad=0,rounding_size=0.05",
            facecolor="white",
            edgecolor=state_colour(box.cluster),
            linewidth=1.4,
            zorder=2,
        )
    )


def _draw_units(axes: Axes, box: Box, found: CoClusters) -> None:
    _outline(axes, box, CHIP)
    n_units = len(found.ends) // 2
    ends = np.flatnonzero(found.ends == box.cluster)
    top = box.middle + box.height / 2 - PAD - CELL
    for place, end in enumerate(ends):
        row, column = divmod(place, _in_a_row())
        corner = (CHIP[0] + PAD + column * CELL, top - row * CELL)
        colour = UPPER if end < n_units else LOWER
        axes.add_patch(Rectangle(corner, 0.85 * CELL, 0.85 * CELL, fc=colour, lw=0, zorder=3))
    axes.text(CHIP[0] - 0.1, box.middle, str(box.cluster), ha="right", va="center", weight="bold")


def _draw_words(axes: Axes, box: Box) -> None:
    _outline(axes, box, CLOUD)
    if not box.lines[0]:
        axes.text(
            CLOUD[0] + PAD, box.middle, "no word", va="center", fontsize=SMALL_SIZE, color=MUTED
        )
    for number, line in enumerate(box.lines):
        height = box.middle + (len(box.lines) / 2 - number - 0.5) * LINE
        axes.text(CLOUD[0] + PAD, height, line, va="center", fontsize=WORD_SIZE, color=INK)


def _draw_edges(axes: Axes, boxes: list[Box], edges: np.ndarray) -> None:
    middle = {box.cluster: box.middle for box in boxes}
    largest = max(float(edges.max()), np.finfo(float).tiny)
    for (units, words), weight in np.ndenumerate(edges / largest):
        if weight < FAINT:
            continue
        own = units == words
        axes.plot(
            (CHIP[1], CLOUD[0]),
            (middle[units], middle[words]),
            lw=LARGEST * weight,
            color=state_colour(units),
            alpha=0.9 if own else 0.35,
            solid_capstyle="butt",
            zorder=1,
        )
