"""What becomes of a network's state, its answer and its machine's when nothing happens."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from markovlens.figures.colours import state_colour
from markovlens.figures.panels import DASHED, keys
from markovlens.figures.style import INK, frame, message, name_edges, panels, styled
from markovlens.figures.text import balanced, listing
from markovlens.spelling import count

SMALLEST = 1e-7  # of the widest distance, or of probability: less is drawn there
DRAWN = 0.9  # share of the steps, where it is not an orbit
TURNS = 4  # of an orbit that are drawn
CURVES: dict[str, dict[str, Any]] = {
    "state": {"color": state_colour(0)},
    "answer": {"color": state_colour(1)},
    "machine": {"color": INK, "ls": DASHED, "lw": 1.1},
}
LABELS = {"state": "state", "answer": "answer", "machine": "answer of the machine"}
LONGEST_NAME = 30
DOES = {
    "fixed point": "comes to rest",
    "orbit": "goes round",
    "counter": "counts",
    "never": "neither rests nor goes round",
}


@styled()
def draw_rest(numbers: pd.DataFrame, paths: pd.DataFrame, *, name: str) -> Figure:
    """Return distances from the end against steps, a panel for each input that does not change.

    Args:
        numbers: `tables.rest.REST_RUN`, one network.
        paths: `tables.rest.REST_PATHS_RUN` of it.
        name: of the network, as the title says it.
    """
    if paths.empty:
        return message("There is nothing to draw", foot=name, why=str(numbers["reason"].iloc[0]))
    figure, grid = panels(len(numbers), columns=3, height=2.7, sharey=True)
    for axes, (_, row) in zip(grid, numbers.iterrows(), strict=True):
        _draw_input(axes, row, paths[paths["input"] == row["input"]])
    name_edges(
        grid, columns=min(3, len(numbers)), x="steps of the same input", y="distance from the end"
    )
    foot = (
        f"{count(int(numbers['n_steps'].max()), 'step')}; state: over its widest distance; "
        "answers: largest difference of a probability or value"
    )
    frame(figure, rest_finding(numbers, name=name), foot=foot, handles=[_legend()])
    return figure


def rest_finding(numbers: pd.DataFrame, *, name: str) -> str:
    """Return the title: what it does under how many inputs, and how long the slowest takes."""
    counts = numbers["becomes"].value_counts(sort=False)
    said = [f"{DOES[str(kind)]} under {n}" for kind, n in counts.items()]
    never = "never changes" if len(numbers) == 1 else "never change"
    words = f"{name}: {listing(said)} of {count(len(numbers), 'input')} that {never}"
    slow = numbers[["state_settles", "answer_settles"]].max().dropna()
    times = [
        f"{str(what).split('_')[0]} within {count(round(steps), 'step')}"
        for what, steps in slow.items()
    ]
    return f"{words}; {listing(times)}" if times else words


def _draw_input(axes: Axes, row: pd.Series, path: pd.DataFrame) -> None:
    steps = path["step"].to_numpy()
    # The last is no distance from itself: what arrives only there has not arrived.
    shown = (steps > 0) & (steps < DRAWN * steps[-1])
    if row["becomes"] == "orbit":
        shown = steps > steps[-1] - TURNS * row["period"]
    for column, look in CURVES.items():
        axes.plot(steps[shown], path[column].to_numpy()[shown].clip(min=SMALLEST), **look)
    axes.set(yscale="log", xscale="linear" if row["becomes"] == "orbit" else "log")
    axes.set_ylim(SMALLEST / 2, 3)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_title(balanced(f"{row['input']}: {_became(row)}", LONGEST_NAME))


def _became(row: pd.Series) -> str:
    """Return what became of the state, with the number that goes with it."""
    if row["becomes"] == "orbit":
        return f"orbit of {row['period']:.4g} steps"
    if row["becomes"] == "counter":
        return f"counter, {row['drift']:.2g} a step"
    if row["becomes"] == "fixed point":
        if np.isinf(row["slowest_mode"]):
            return "fixed point, a mode never shrinks"
        return f"fixed point, slowest mode {count(round(row['slowest_mode']), 'step')}"
    return "never at rest"


def _legend() -> list[Line2D]:
    return keys({LABELS[name]: look for name, look in CURVES.items()})
