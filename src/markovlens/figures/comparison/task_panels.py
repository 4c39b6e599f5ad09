"""A panel a task, on one scale for the tasks whose networks are judged by the same measure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from markovlens.faithfulness.scores.digest import MEASURE_NAMES
from markovlens.faithfulness.scores.evaluate import EXPLAINED
from markovlens.figures.dots import value_limits
from markovlens.figures.style import name_edges, panels
from markovlens.figures.tables import (
    MODE_NAMES,
    OF_NO_DECISION,
    UNITS,
    lower_is_better,
    score_name,
    tasks_in,
)
from markovlens.figures.text import listing
from markovlens.outputs import CONCORDANCE, LABEL, VARIANCE

COLUMNS = 4
HEIGHT = 1.75  # inches
LOWEST = -0.1  # what is drawn of scores that are 0 for a constant answer
MARKS = {EXPLAINED: "†", VARIANCE: "‡", LABEL: "§", CONCORDANCE: "¶"}  # † as in the main table


def draw_tasks(
    rows: pd.DataFrame,
    draw: Callable[[Axes, pd.DataFrame], None],
    *,
    score: str,
    mode: str,
    x: str,
    **options: Any,
) -> Figure:
    """Return a figure in which `draw` has drawn the rows of each task into a panel.

    Args:
        rows: with the columns task, unit and value.
        draw: draws the rows of one task.
        score, mode: of the values, for the name of the y axis.
        x: name of the x axis.
        options: of `panels`.
    """
    tasks = tasks_in(rows)
    figure, axes = panels(len(tasks), columns=COLUMNS, height=HEIGHT, **options)
    y = f"{score_name(score)} ({MODE_NAMES.get(mode, mode)})"
    firsts: dict[str, Axes] = {}
    kinds = rows["unit"].where(rows["unit"].isin(OF_NO_DECISION), "")
    for ax, task in zip(axes, tasks, strict=True):
        here = rows[rows["task"] == task]
        draw(ax, here)
        kind = str(kinds[rows["task"] == task].iloc[0])
        ax.set_title(f"{task}{MARKS.get(kind, '')}")
        alike = rows[kinds == kind]
        # Of the values alone: the intervals of three seeds would leave most panels half empty.
        values = alike.assign(low=alike["value"], high=alike["value"])
        low, high = value_limits(values, at_most=None if lower_is_better(score) else 1.0)
        ax.set(xlabel="", ylabel="" if kind in firsts else y, ylim=(max(low, LOWEST), high))
        if (first := firsts.setdefault(kind, ax)) is not ax:
            ax.sharey(first)
    name_edges(axes, columns=COLUMNS, x=x, y=y)
    return figure


def measures_said(rows: pd.DataFrame) -> str:
    """Return the part of the foot line that says by what the networks of each task are judged."""
    found = list(dict.fromkeys(rows["unit"]))
    units = [unit for unit in found if unit in UNITS]
    said = [f"balanced agreement per {' or '.join(units)}"] if units else []
    said += [f"{MEASURE_NAMES[name]} ({MARKS[name]})" for name in MARKS if name in found]
    return f"fidelity: {listing(said) or 'balanced agreement'}"
