"""Dots with intervals, and the marks that floors, ceilings and failures get everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from markovlens.figures.colours import method_colours
from markovlens.figures.style import ALARM, CEILING_DASHES, INK, method_name

FLOOR_FILL = "#E4E4E4"


def draw_dots(axes: Axes, rows: pd.DataFrame, y: np.ndarray, colours: Sequence[str]) -> None:
    """Draw scores (M,) as dots with their intervals at heights `y`; a cross for each that failed.

    Args:
        axes: to draw into.
        rows: with the columns value, low and high.
        y: (M,).
        colours: (M,).
    """
    low, high, value = (rows[name].astype(float) for name in ("low", "high", "value"))
    axes.hlines(y, low, high, colors=colours, lw=1.6, alpha=0.75, zorder=3)
    axes.scatter(value, y, s=26, c=colours, lw=0, zorder=4)
    failed = y[value.isna()]
    across = axes.get_yaxis_transform()
    axes.plot(np.full(len(failed), 0.02), failed, "x", color=ALARM, ms=5, mew=1.4, transform=across)


def draw_ceilings(axes: Axes, ceilings: pd.DataFrame, *, upright: bool) -> None:
    """Draw the mean of each ceiling as a dashed line, upright or level."""
    line = axes.axvline if upright else axes.axhline
    for method, mine in ceilings.dropna(subset=["value"]).groupby("method", sort=False):
        line(mine["value"].mean(), color=INK, lw=1.0, ls=CEILING_DASHES[str(method)], zorder=2)


def value_limits(rows: pd.DataFrame, *, at_most: float | None) -> tuple[float, float]:
    """Return limits that hold all values and intervals, with some air.

    Args:
        rows: with the columns value, low and high.
        at_most: the best possible value, where there is one.
    """
    numbers = rows[["value", "low", "high"]].to_numpy(dtype=float)
    numbers = numbers[np.isfinite(numbers)]
    low, high = (numbers.min(), numbers.max()) if len(numbers) else (0.0, 1.0)
    high = high if at_most is None else max(high, at_most)
    air = 0.05 * (high - low or 1.0)
    return float(low - air), float(high + air)


def method_handles(methods: Iterable[str], *, marker: str = "o") -> list[Line2D]:
    """Return legend entries of methods, by colour."""
    colours = method_colours(methods)
    return [
        Line2D([], [], color=colour, marker=marker, ms=6, lw=1.5, label=method_name(method))
        for method, colour in colours.items()
    ]


def floor_handle(floors: Iterable[str] = ("ngram", "majority")) -> Patch:
    """Return the legend entry of the shaded floor, the best of some."""
    names = ", ".join(method_name(name) for name in floors)
    return Patch(fc=FLOOR_FILL, label=f"no better than a floor ({names})")


def ceiling_handles(ceilings: pd.DataFrame) -> list[Line2D]:
    """Return legend entries of the ceilings that occur."""
    present = [method for method in CEILING_DASHES if method in set(ceilings["method"])]
    return [
        Line2D([], [], color=INK, lw=1.2, ls=CEILING_DASHES[method], label=method_name(method))
        for method in present
    ]
