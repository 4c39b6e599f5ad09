"""Dots with intervals, and the marks that floors, ceilings and failures get everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from markovlens.figures.style import (
    ALARM,
    CEILING_DASHES,
    INK,
    MUTED,
    method_colours,
    method_name,
    model_markers,
    model_name,
)

FLOOR_FILL = "#E4E4E4"
LINE = 0.115  # inches from one dot to the next


def draw_dot(axes: Axes, row: pd.Series, *, y: float, colour: str, marker: str) -> None:
    """Draw one score as a dot with its interval, hollow if the network is under-trained.

    A score that failed is a cross at the left edge.
    """
    if pd.isna(row["value"]):
        draw_failure(axes, y)
        return
    if pd.notna(row["low"]) and pd.notna(row["high"]):
        axes.plot([row["low"], row["high"]], [y, y], color=colour, lw=1.3, alpha=0.75, zorder=3)
    face = colour if row["gate"] == "passed" else "white"
    axes.plot(row["value"], y, marker, ms=5, mfc=face, mec=colour, mew=1.1, zorder=4)


def draw_failure(axes: Axes, y: float) -> None:
    """Draw the cross of a method that gave no value, at the left edge."""
    axes.plot(
        0.02, y, "x", color=ALARM, ms=5, mew=1.4, transform=axes.get_yaxis_transform(), zorder=5
    )


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


def model_handles(rows: pd.DataFrame, models: Sequence[str]) -> list[Line2D]:
    """Return legend entries of networks, by marker, and of hollow markers if there are any."""
    plain = {"ls": "", "color": MUTED, "ms": 5.5}
    handles = [
        Line2D([], [], marker=marker, label=model_name(model), **plain)  # type: ignore[arg-type]
        for model, marker in model_markers(models).items()
    ]
    if (rows["gate"] != "passed").any():
        hollow = {"mfc": "white", "mec": MUTED, "mew": 1.1}
        handles.append(Line2D([], [], marker="o", label="hollow: under-trained", **plain | hollow))  # type: ignore[arg-type]
    if rows["value"].isna().any():
        handles.append(Line2D([], [], marker="x", ls="", color=ALARM, label="failed"))
    return handles


def floor_handle() -> Patch:
    """Return the legend entry of the shaded floor."""
    return Patch(fc=FLOOR_FILL, label="no better than a floor (n-gram, majority)")


def ceiling_handles(ceilings: pd.DataFrame) -> list[Line2D]:
    """Return legend entries of the ceilings that occur."""
    present = [method for method in CEILING_DASHES if method in set(ceilings["method"])]
    return [
        Line2D([], [], color=INK, lw=1.2, ls=CEILING_DASHES[method], label=method_name(method))
        for method in present
    ]


def lines_of(present: Sequence[str], models: Sequence[str], *, top: float) -> dict[str, float]:
    """Return the line of each network that is present, in the order of `models`, below `top`."""
    shown = [model for model in models if model in set(present)]
    return {model: top - offset for offset, model in enumerate(shown)}


def blocks_of(
    rows: pd.DataFrame, tasks: list[str], models: list[str]
) -> dict[tuple[str, str], float]:
    """Return the line of each (task, model): tasks as blocks, no line for networks not there."""
    places: dict[tuple[str, str], float] = {}
    top = 0.0
    for task in tasks:
        lines = lines_of(list(rows.loc[rows["task"] == task, "model"]), models, top=top)
        places |= {(task, model): y for model, y in lines.items()}
        top -= len(lines) + 1
    return places


def stretch_of(rows: pd.DataFrame) -> int:
    """Return how many networks the task with the most of them has."""
    return int(rows.groupby("task")["model"].nunique().max())
