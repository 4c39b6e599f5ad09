"""What the figures of dynamics share: numbers with intervals by place, bars, colours of zones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from markovlens.figures.panels import keys
from markovlens.figures.style import FAINT, INK

# Also named wherever they are coloured.
ZONE_COLOURS = {
    "transition": "#D55E00",
    "kick-zone": "#E69F00",
    "cluster": "#0072B2",
    "unsure": "#9A9A9A",
}
DRAWN = "transition", "kick-zone", "cluster"  # where few are unsure
CONTROL_COLOUR = "#8A8A8A"
FEWEST_RUNS = 5  # what rests on fewer is not drawn
FULL = 0.8  # of the room for a group of bars


def number(table: pd.DataFrame, measure: str, where: str) -> pd.Series:
    """Return the row of one number: value, low, high, n."""
    rows = table[(table["measure"] == measure) & (table["where"] == where)]
    return rows.iloc[0]


def interval_words(row: pd.Series, *, digits: int = 2) -> str:
    """Return "0.49 [0.48, 0.50]"."""
    return f"{row['value']:.{digits}f} [{row['low']:.{digits}f}, {row['high']:.{digits}f}]"


def zone_handles(zones: Sequence[str] = tuple(ZONE_COLOURS)) -> list[Line2D]:
    """Return legend entries of zones."""
    return keys(
        {zone: {"color": ZONE_COLOURS[zone], "marker": "o", "ls": "", "ms": 5} for zone in zones}
    )


def draw_bars(
    axes: Axes,
    rows: Sequence[pd.Series],
    *,
    at: Sequence[float],
    colours: Sequence[str],
    width: float = 0.7,
) -> None:
    """Draw one bar a number with its interval; a word where there are too few runs for one."""
    for row, place, colour in zip(rows, at, colours, strict=True):
        if row["n"] < FEWEST_RUNS:
            note = "none" if row["n"] == 0 else "too few"
            axes.annotate(
                note, (place, 0), xytext=(0, 3), textcoords="offset points", ha="center",
                fontsize=7.5, color=INK,
            )  # fmt: skip
            continue
        axes.bar(place, row["value"], width=width, color=colour, zorder=2)
        axes.plot([place, place], [row["low"], row["high"]], color=INK, lw=1.2, zorder=3)
    axes.axhline(0, color=FAINT, lw=0.8, zorder=1)


def draw_groups(axes: Axes, kinds: Mapping[str, Sequence[pd.Series]], names: Sequence[str]) -> None:
    """Draw a group of bars for each of `names` (M,), a bar a kind.

    Args:
        axes: where to draw.
        kinds: numbers (M,) of each kind, by its colour.
        names: below the groups.
    """
    width = FULL / max(len(kinds), 2)
    for kind, (colour, rows) in enumerate(kinds.items()):
        at = [group + (kind - (len(kinds) - 1) / 2) * width for group in range(len(names))]
        draw_bars(axes, rows, at=at, colours=[colour] * len(names), width=width)
    axes.set_xticks(range(len(names)), names)
    axes.set_xlim(-FULL, len(names) - 1 + FULL)
