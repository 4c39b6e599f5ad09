"""What figures over networks that emulate sources share: lines of networks, colours of losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from markovlens.figures.style import INK, MUTED, STATE_COLOURS

FLOOR_COLOUR = "#8A8A8A"
Place = tuple[str, str]  # task, loss


def measured(table: pd.DataFrame, measure: str, where: str) -> pd.DataFrame:
    """Return the rows of one measure at one place, in the order of the table."""
    return table[(table["measure"] == measure) & (table["where"] == where)]


def lines_of(table: pd.DataFrame) -> dict[Place, float]:
    """Return the line of each task and loss, tasks as blocks, the first at the top."""
    places: dict[Place, float] = {}
    for task, rows in table.groupby("task", sort=False):
        for loss in dict.fromkeys(rows["loss"]):
            places[str(task), str(loss)] = 0.0
    top = 0.0
    for number, place in enumerate(places):
        previous = list(places)[number - 1][0] if number else place[0]
        top -= 1.0 if previous == place[0] else 1.5
        places[place] = top
    return places


def loss_colours(table: pd.DataFrame) -> dict[str, str]:
    """Return the colour of each loss, in alphabetical order whatever is present first."""
    return dict(zip(sorted(table["loss"].unique()), STATE_COLOURS, strict=False))


def loss_handles(colours: Mapping[str, str]) -> list[Line2D]:
    """Return legend entries of the losses."""
    return [
        Line2D([], [], color=colour, marker="o", lw=1.2, ms=5, label=f"trained by {loss}")
        for loss, colour in colours.items()
    ]


def draw_dots(
    axes: Axes, rows: pd.DataFrame, places: Mapping[Place, float], colours: Mapping[str, str]
) -> None:
    """Draw each network's value with its interval, seeds of one line side by side."""
    for (task, loss), y in places.items():
        mine = rows[(rows["task"] == task) & (rows["loss"] == loss)].sort_values("seed")
        for offset, (_, row) in zip(_offsets(len(mine)), mine.iterrows(), strict=True):
            axes.plot([row["low"], row["high"]], [y + offset] * 2, color=colours[loss], lw=1.2)
            axes.plot(row["value"], y + offset, "o", color=colours[loss], ms=4.5)


def draw_marks(
    axes: Axes, rows: pd.DataFrame, places: Mapping[Place, float], *, colour: str = FLOOR_COLOUR
) -> None:
    """Draw what stands beside each line's networks: a mark at the mean over its seeds."""
    for (task, loss), y in places.items():
        mine = rows[(rows["task"] == task) & (rows["loss"] == loss)]["value"]
        if len(mine):
            axes.plot([mine.mean()] * 2, [y - 0.42, y + 0.42], color=colour, lw=2.6, zorder=1)


def name_lines(axes: Axes, places: Mapping[Place, float]) -> None:
    """Write the tasks and losses beside the lines."""
    axes.set_yticks(list(places.values()), [f"{task}\n{loss}" for task, loss in places])
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.set_ylim(min(places.values()) - 0.7, max(places.values()) + 0.7)


def body_height(places: Mapping[Place, float]) -> float:
    """Return the height in inches of a panel with these lines."""
    return max(1.5, 0.42 * (max(places.values()) - min(places.values()) + 1.4) + 0.6)


def mark_handle(label: str, colour: str = FLOOR_COLOUR) -> Line2D:
    """Return the legend entry of a mark."""
    return Line2D([], [], color=colour, marker="|", ls="", ms=9, mew=2.6, label=label)


def _offsets(n: int) -> Sequence[float]:
    return list(np.linspace(0.24, -0.24, n)) if n > 1 else [0.0] * n


def muted_line(axes: Axes, x: float) -> None:
    """Draw a thin vertical line at a value that means something by itself."""
    axes.axvline(x, color=MUTED, lw=0.8, ls=(0, (1, 2)), zorder=0)
