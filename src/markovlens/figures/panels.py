"""Shapes that studies' figures repeat: curves with bands, dots with intervals, lines in blocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from markovlens.figures.style import INK, model_name

NETWORK = ["task", "model"]
DASHED, DOTTED = (0, (4, 2)), (0, (1, 2))
Line = tuple[str, str]  # of a figure with lines: its block, and which line of the block it is


def keys(looks: Mapping[str, Mapping[str, Any]]) -> list[Line2D]:
    """Return legend entries by label."""
    return [Line2D([], [], label=label, **look) for label, look in looks.items()]


def square(colour: str) -> dict[str, Any]:
    """Return the look of the legend entry of bars of this colour."""
    return {"color": colour, "marker": "s", "ls": "", "ms": 7}


def networks_of(table: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """Return task, model and rows of each network, in the order of the table."""
    networks = table.groupby(NETWORK, sort=False)
    return [(str(task), str(model), mine) for (task, model), mine in networks]


def network_title(task: str, model: str) -> str:
    """Return the title of a network's panel, in two lines."""
    return f"{task},\n{model_name(model)}"


def label_below(axes: Sequence[Axes], words: str, *, columns: int) -> None:
    """Label the lowest panel of each column, also where the last row is not full."""
    for ax in axes[-columns:]:
        ax.set_xlabel(words)
        ax.tick_params(labelbottom=True)


def draw_curve(axes: Axes, rows: pd.DataFrame, x: str, *, colour: str, **look: Any) -> None:
    """Draw `value` (M,) against the column `x`, in its order, with the band from `low` to `high`.

    Args:
        axes: where to draw.
        rows: with the columns value, low, high and `x`.
        x: numbers.
        colour: of curve and band.
        look: of the curve, as matplotlib's `plot` takes it.
    """
    rows = rows.astype({x: float}).sort_values(x)
    axes.fill_between(rows[x], rows["low"], rows["high"], color=colour, alpha=0.18, lw=0)
    axes.plot(rows[x], rows["value"], color=colour, **look)


def draw_seeds(axes: Axes, rows: pd.DataFrame, x: str, y: str, **look: Any) -> None:
    """Draw a thin curve for each seed and a thick one of their mean, in what `look` colours."""
    if rows.empty:  # seaborn 0.13 would warn of colours that nothing has
        return
    shared = {"data": rows, "x": x, "y": y, "ax": axes, "legend": False, **look}
    sns.lineplot(units="seed", estimator=None, lw=0.7, alpha=0.5, **shared)
    sns.lineplot(errorbar=None, lw=2, marker=".", ms=7, markeredgewidth=0, **shared)


def draw_dots(
    axes: Axes, rows: pd.DataFrame, heights: pd.Series, *, colour: str, marker: str = "o"
) -> None:
    """Draw values (M,) as dots at `heights` (M,), with lines from `low` to `high`."""
    axes.hlines(heights, rows["low"], rows["high"], color=colour, lw=1.3)
    axes.plot(rows["value"], heights, marker, color=colour, ms=5)


def draw_marks(
    axes: Axes, rows: pd.DataFrame, heights: Mapping[Line, float], by: list[str], *, colour: str
) -> None:
    """Draw a mark across each line at the mean of its rows: a floor, a ceiling, a control.

    Args:
        axes: where to draw.
        rows: with a column value.
        heights: of `stacked`.
        by: the two columns that name a line.
        colour: of the marks.
    """
    for names, value in rows.groupby(by, sort=False)["value"].mean().items():
        y = heights[_line(names)]
        axes.plot([value, value], [y - 0.42, y + 0.42], color=colour, lw=2.4, zorder=1)


def stacked(lines: Iterable[Line], *, gap: float) -> dict[Line, float]:
    """Return the height of each line, one below the other from 0, `gap` more between blocks."""
    heights: dict[Line, float] = {}
    y, above = 1.0, None
    for block, line in lines:
        y -= 1.0 if above in (None, block) else 1.0 + gap
        heights[block, line] = y
        above = block
    return heights


def heights_of(
    rows: pd.DataFrame, heights: Mapping[Line, float], by: list[str], *, apart: float
) -> pd.Series:
    """Return the height of each row: that of its line, the rows of a line side by side.

    Args:
        rows: (M,), those of a line in the order from top to bottom.
        heights: of `stacked`.
        by: the two columns that name a line.
        apart: from one row of a line to the next.
    """
    lines = rows.groupby(by, sort=False)["value"]
    place = lines.cumcount() - (lines.transform("size") - 1) / 2
    middle = [heights[_line(names)] for names in rows[by].itertuples(index=False)]
    return pd.Series(middle, rows.index) - apart * place


def name_lines(axes: Axes, heights: Mapping[Line, float]) -> None:
    """Write the name of each block and line beside the line."""
    named = {f"{block}\n{line}": height for (block, line), height in heights.items()}
    _name(axes, heights, named)


def name_blocks(axes: Axes, heights: Mapping[Line, float]) -> None:
    """Write the name of each block beside its middle."""
    _name(axes, heights, middles(heights))


def middles(heights: Mapping[Line, float]) -> dict[str, float]:
    """Return the height of the middle of each block."""
    blocks: dict[str, list[float]] = {}
    for (block, _), height in heights.items():
        blocks.setdefault(block, []).append(height)
    return {block: float(np.mean(lines)) for block, lines in blocks.items()}


def _name(axes: Axes, heights: Mapping[Line, float], places: Mapping[str, float]) -> None:
    axes.set_yticks(list(places.values()), list(places))
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.set_ylim(min(heights.values()) - 0.8, max(heights.values()) + 0.8)


def _line(names: Any) -> Line:
    block, line = names
    return str(block), str(line)
