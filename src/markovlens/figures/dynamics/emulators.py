"""What figures over networks that emulate sources share: lines of networks, colours of losses."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from markovlens.figures.colours import STATE_COLOURS
from markovlens.figures.panels import (
    Line,
    draw_dots,
    draw_marks,
    heights_of,
    keys,
    name_lines,
    stacked,
)
from markovlens.figures.style import INK

FLOOR_COLOUR = "#8A8A8A"
BY = ["task", "loss"]
LINE = 0.84  # of the room of a line that its networks take


def measured(table: pd.DataFrame, measure: str, where: str) -> pd.DataFrame:
    """Return the rows of one measure at one place, in the order of the table."""
    return table[(table["measure"] == measure) & (table["where"] == where)]


def lines_of(table: pd.DataFrame) -> dict[Line, float]:
    """Return the height of the line of each task and loss, tasks as blocks, the first on top."""
    tasks = table.groupby("task", sort=False)["loss"].unique()
    named = [(str(task), str(loss)) for task, losses in tasks.items() for loss in losses]
    return stacked(named, gap=0.5)


def loss_colours(table: pd.DataFrame) -> dict[str, str]:
    """Return the colour of each loss, in alphabetical order whatever is present first."""
    return dict(zip(sorted(table["loss"].unique()), STATE_COLOURS, strict=False))


def loss_handles(colours: Mapping[str, str]) -> list[Line2D]:
    """Return legend entries of the losses."""
    return keys(
        {
            f"trained by {loss}": {"color": colour, "marker": "o", "lw": 1.2, "ms": 5}
            for loss, colour in colours.items()
        }
    )


def mark_handle(label: str, colour: str = FLOOR_COLOUR) -> list[Line2D]:
    """Return the legend entry of a mark."""
    return keys({label: {"color": colour, "marker": "|", "ls": "", "ms": 9, "mew": 2.6}})


def draw_networks(
    axes: Axes, rows: pd.DataFrame, table: pd.DataFrame, *, marks: Mapping[str, pd.DataFrame]
) -> None:
    """Draw each network as a dot on the line of its task and loss, its seeds side by side.

    Args:
        axes: where to draw.
        rows: of one measure.
        table: of all measures, which decides on the lines.
        marks: rows of floor and ceiling, by colour.
    """
    heights, colours = lines_of(table), loss_colours(table)
    for colour, beside in marks.items():
        draw_marks(axes, beside, heights, BY, colour=colour)
    rows = rows.sort_values("seed", kind="stable")
    most = int(rows.groupby(BY)["seed"].size().max()) if len(rows) else 1
    at = heights_of(rows, heights, BY, apart=min(0.24, LINE / most))
    for loss, mine in rows.groupby("loss"):
        draw_dots(axes, mine, at[mine.index], colour=colours[str(loss)])
    name_lines(axes, heights)
    axes.grid(axis="x")


def body_height(table: pd.DataFrame) -> float:
    """Return the height in inches of a panel with a line for each task and loss."""
    return max(1.5, 0.32 * (2.4 - min(lines_of(table).values())) + 0.2)


def muted_line(axes: Axes, x: float) -> None:
    """Draw a thin vertical line at a value that means something by itself."""
    axes.axvline(x, color=INK, lw=0.8, ls=(0, (1, 2)), zorder=0)
