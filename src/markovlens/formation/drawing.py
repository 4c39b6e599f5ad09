"""The figure of a formation: states as ribbons along training, under loss and numbers of states."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from markovlens.figures.colours import ink_on, state_colour
from markovlens.figures.panels import keys, square
from markovlens.figures.style import FAINT, INK, MUTED, SMALL_SIZE, WIDTH, frame, styled
from markovlens.figures.text import spread
from markovlens.formation.alignment import Alignment
from markovlens.formation.result import Formation, Seen
from markovlens.spelling import count

UPPER, LOWER = 1.3, 3.4  # inches: each panel of lines, ribbons
GAP = 0.03  # between states, as a share of all steps
NODE = 0.12  # width of a state, as a share of the narrowest way between two moments
LEAST, LABELLED = 0.01, 0.045  # shares of the steps below which no ribbon, no number is drawn
LOSS, MERGED = "#111111", "#D55E00"
MINIMAL, SOURCE = "#0072B2", "#009E73"
FLOOR: dict[str, Any] = {"color": SOURCE, "ls": (0, (4, 3))}


@styled()
def draw_formation(
    formation: Formation, *, name: str = "", others: Sequence[Formation] = ()
) -> Figure:
    """Return the figure: loss, numbers of states, and the states of each moment as a column.

    A state is as high as the share of the steps that lie in it. Ribbons lead from the states of a
    moment to those of the next in which the same steps lie; those between states that are the same
    (`Alignment.links`) have the colour of the state, the others are grey. Where no loss was given,
    there is no panel of it; where a source was, there is one of the distance from it.

    Args:
        formation: of one network.
        name: of the network, for the foot line.
        others: of the same training from other seeds: thin lines in the upper panels.
    """
    drawn = _lines_of([formation, *others])
    heights = [UPPER] * len(drawn) + [LOWER]
    figure = Figure(figsize=(WIDTH, sum(heights)), layout="constrained")
    *upper, lower = figure.subplots(
        len(heights), 1, sharex=True, gridspec_kw={"height_ratios": heights}
    )
    thin: dict[str, Any] = {"lw": 0.7, "alpha": 0.5}
    for one, look in [*((other, thin) for other in others), (formation, {})]:
        for axes, draw in zip(upper, drawn, strict=True):
            draw(axes, one, **look)
    places = _places([one.step for one in formation.seen])
    _draw_ribbons(lower, formation, places)
    _name_steps(lower, formation, places)
    frame(
        figure,
        _finding(formation),
        foot=_foot(formation, name, others),
        handles=[_legend(formation, drawn)],
    )
    return figure


def _lines_of(formations: Sequence[Formation]) -> list[Callable[..., None]]:
    """Return what draws each of the panels of lines that there is something for."""
    moments = [one for each in formations for one in each.seen]
    loss = [_draw_loss] if any(one.loss is not None for one in moments) else []
    away = [_draw_distance] if any(_distance(one) is not None for one in moments) else []
    return [*loss, *away, _draw_numbers]


def _distance(one: Seen) -> float | None:
    return None if one.written is None else one.written.pair_error


def _draw_loss(axes: Axes, formation: Formation, **look: Any) -> None:
    losses = [np.nan if one.loss is None else one.loss for one in formation.seen]
    axes.plot(_places([one.step for one in formation.seen]), losses, color=LOSS, **look)
    axes.set(ylabel="training loss", yscale="log")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_minor_formatter(lambda value, _: f"{value:g}")
    axes.grid(axis="y", color=FAINT, lw=0.5)


def _draw_distance(axes: Axes, formation: Formation, **look: Any) -> None:
    """Draw how far from the source a network writes, and how far the source itself would be."""
    places = _places([one.step for one in formation.seen])
    found = [_distance(one) for one in formation.seen]
    axes.plot(places, [np.nan if one is None else one for one in found], color=LOSS, **look)
    for one in formation.seen[:1]:
        if one.written is not None and one.written.pair_error_floor is not None:
            axes.axhline(one.written.pair_error_floor, **FLOOR | look)
    axes.set(ylabel="distance\nfrom source", ylim=(0, None))
    axes.grid(axis="y", color=FAINT, lw=0.5)


def _draw_numbers(axes: Axes, formation: Formation, **look: Any) -> None:
    places = _places([one.step for one in formation.seen])
    merged = [np.nan if one.n_merged is None else one.n_merged for one in formation.seen]
    minimal = [one.machine.n_states for one in formation.seen]
    axes.plot(places, merged, color=MERGED, **look)
    axes.plot(places, minimal, color=MINIMAL, **look)
    for one in formation.seen[:1]:
        if one.written is not None and one.written.source_states is not None:
            axes.axhline(one.written.source_states, **FLOOR | look)
    axes.set_yscale("log", base=2)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set(ylabel="states")
    axes.grid(axis="y", color=FAINT, lw=0.5)


def _places(steps: Sequence[int]) -> np.ndarray:
    """Return where moments stand: at the logarithm of their step, 0 one way before the next."""
    logs = np.log10(np.maximum(steps, 1).astype(float))
    if len(steps) > 2 and steps[0] == 0:
        logs[0] = logs[1] - max(np.diff(logs[1:]).mean(), 1e-3)
    return logs


def _name_steps(axes: Axes, formation: Formation, places: np.ndarray) -> None:
    axes.set_xticks(places, [f"{one.step:,}" for one in formation.seen], rotation=45)
    axes.tick_params(axis="x", labelsize=SMALL_SIZE)
    axes.set_xlabel("training step, on a logarithmic scale")


def _draw_ribbons(axes: Axes, formation: Formation, places: np.ndarray) -> None:
    columns = _columns(formation)
    width = NODE * min(np.diff(places), default=1.0)
    for (left, right), here, there, alignment in zip(
        pairwise(places), columns, columns[1:], formation.alignments, strict=False
    ):
        _draw_flows(axes, alignment, here, there, span=(left + width, right - width))
        _draw_counts(axes, alignment, (left + right) / 2)
    for place, column in zip(places, columns, strict=True):
        column.draw(axes, place, width)
    axes.set_ylim(-0.14, 1.02 + GAP * max(len(column.shares) for column in columns))
    axes.set(yticks=[], ylabel="share of the steps in each state")


class _Column:
    """The states of one moment, from below: where they begin, how high they are, what they are."""

    def __init__(self, shares: np.ndarray, order: np.ndarray, lineage: np.ndarray) -> None:
        self.shares, self.lineage = shares, lineage
        self.begin = np.zeros(len(shares))
        heights = np.where(shares[order] > 0, shares[order] + GAP, 0)
        self.begin[order] = np.cumsum(heights) - heights

    @property
    def middle(self) -> np.ndarray:
        return self.begin + self.shares / 2

    def draw(self, axes: Axes, place: float, width: float) -> None:
        for state in np.flatnonzero(self.shares > 0):
            colour = state_colour(int(self.lineage[state]))
            corner = (place - width, self.begin[state])
            box = Rectangle(corner, 2 * width, self.shares[state], color=colour, lw=0, zorder=3)
            axes.add_patch(box)
            if self.shares[state] > LABELLED:
                axes.text(
                    place,
                    self.middle[state],
                    str(self.lineage[state]),
                    color=ink_on(colour),
                    fontsize=SMALL_SIZE - 1,
                    ha="center",
                    va="center",
                    zorder=4,
                    bbox={"boxstyle": "round,pad=0.15", "fc": colour, "lw": 0},
                )


def _columns(formation: Formation) -> list[_Column]:
    """Return the states of each moment, in an order in which few ribbons cross."""
    lineage = formation.lineages
    shares = _shares(formation)
    columns = [_Column(shares[0], np.argsort(lineage[0]), lineage[0])]
    for alignment, share, mine in zip(formation.alignments, shares[1:], lineage[1:], strict=True):
        total = np.maximum(alignment.shared.sum(axis=0), 1)
        height = columns[-1].middle @ alignment.shared / total
        columns.append(_Column(share, np.argsort(height, kind="stable"), mine))
    return columns


def _shares(formation: Formation) -> list[np.ndarray]:
    """Return the share of the steps in each state, (K,) a moment."""
    if not formation.alignments:
        return [np.full(one.machine.n_states, 1 / one.machine.n_states) for one in formation.seen]
    counts = [alignment.shared.sum(axis=1) for alignment in formation.alignments]
    counts.append(formation.alignments[-1].shared.sum(axis=0))
    return [each / each.sum() for each in counts]


def _draw_flows(
    axes: Axes,
    alignment: Alignment,
    here: _Column,
    there: _Column,
    *,
    span: tuple[float, float],
) -> None:
    flows, links = alignment.shared / alignment.shared.sum(), alignment.links
    leave, enter = here.begin.copy(), there.begin.copy()
    by_target = np.argsort(there.begin, kind="stable")
    for state in np.argsort(here.begin, kind="stable"):
        for target in by_target:
            height = flows[state, target]
            ends = (leave[state], enter[target])
            leave[state] += height
            enter[target] += height
            if height > LEAST:
                linked = links[state, target]
                colour = state_colour(int(there.lineage[target])) if linked else FAINT
                patch = _ribbon(span, ends, height)
                axes.add_patch(
                    PathPatch(patch, fc=colour, lw=0, alpha=0.5, zorder=2 if linked else 1)
                )


def _ribbon(span: tuple[float, float], ends: tuple[float, float], height: float) -> Path:
    """Return the outline of a ribbon from one height to another."""
    (left, right), (low, high) = span, ends
    bend = (left + right) / 2
    corners = [
        (left, low), (bend, low), (bend, high), (right, high),
        (right, high + height), (bend, high + height), (bend, low + height), (left, low + height),
        (left, low),
    ]  # fmt: skip
    curve = [Path.CURVE4] * 3
    return Path(corners, [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY])


def _draw_counts(axes: Axes, alignment: Alignment, place: float) -> None:
    """Write how many states came and went between two moments, under the ribbons."""
    events = alignment.events
    for number, sign, height in (
        (events.births + events.splits, "+", -0.05),
        (events.merges + events.deaths, "\N{MINUS SIGN}", -0.11),
    ):
        if number:
            axes.text(
                place, height, f"{sign}{number}", ha="center", va="center",
                fontsize=SMALL_SIZE, color=INK if sign == "+" else MUTED,
            )  # fmt: skip


def _legend(formation: Formation, drawn: Sequence[Callable[..., None]]) -> list:
    merged = any(one.n_merged is not None for one in formation.seen)
    loss: dict[str, Any] = {"training loss": {"color": LOSS}} if _draw_loss in drawn else {}
    merging = {"states after merging alike ones": {"color": MERGED}} if merged else {}
    source = {"the source itself": FLOOR} if _draw_distance in drawn else {}
    name = "states of the minimal machine" if merged else "states of the machine"
    return keys(
        loss
        | merging
        | {name: {"color": MINIMAL}}
        | source
        | {
            "goes on as the same state": square(state_colour(0)),
            "steps whose state is another": square(FAINT),
        }
    )


def _finding(formation: Formation) -> str:
    sizes = [one.machine.n_states for one in formation.seen]
    top = max(sizes)
    when = formation.seen[sizes.index(top)].step
    return (
        f"The machine has {count(sizes[0], 'state')} at step {formation.seen[0].step:,}, "
        f"{top} at most (step {when:,}), and {sizes[-1]} at the end"
    )


def _foot(formation: Formation, name: str, others: Sequence[Formation]) -> str:
    n_steps = formation.alignments[0].shared.sum() if formation.alignments else 0
    events = [alignment.events for alignment in formation.alignments]
    born, split, merged, died = (
        sum(getattr(each, kind) for each in events)
        for kind in ("births", "splits", "merges", "deaths")
    )
    ends = spread([one.seen[-1].machine.n_states for one in (formation, *others)])
    read = "under the same noise" if formation.seen[0].written else "of the same sequences"
    parts = [
        name,
        f"{n_steps:,} steps {read} at every moment",
        "+: states born or split off since the moment before, \N{MINUS SIGN}: merged or dead",
        f"in all {born} born, {split} split off, {merged} merged, {died} dead",
        f"thin lines: {count(len(others), 'other seed')}, {ends} states at the end"
        if others
        else "",
    ]
    return " · ".join(filter(None, parts))
