"""How many clusters the automaton of each cell needs to be as good as its network."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from markovlens.figures.colours import state_colour
from markovlens.figures.style import (
    ALARM,
    FLOORS,
    MODEL_MARKERS,
    frame,
    message,
    method_name,
    model_name,
    name_edges,
    panels,
    styled,
)
from markovlens.figures.tables import ordered, tasks_in
from markovlens.figures.text import listing
from markovlens.spelling import count

SHOWN = ("lisor_k", "lisor_x", "overcluster")
COLUMNS = 3
TARGET = "network"


@styled()
def draw_clusters(needed: pd.DataFrame) -> Figure:
    """Return a panel a method: the fewest states that suffice by cell, a line a task.

    Args:
        needed: the table of `faithfulness.claims.clusters.clusters_needed`.
    """
    rows = needed[(needed["target"] == TARGET) & ~needed["method"].isin(FLOORS)]
    rows = rows[rows["cell"].fillna("") != ""]
    methods = [method for method in SHOWN if (rows["method"] == method).any()]
    methods = methods or list(dict.fromkeys(rows["method"]))[:COLUMNS]
    rows = rows[rows["method"].isin(methods)]
    title = clusters_finding(rows)
    if rows.empty:
        return message(title, foot="", why="no network that decides was read with clusters")
    edge = int(rows["largest"].max()) + 2
    colours = {task: state_colour(index) for index, task in enumerate(tasks_in(rows))}
    figure, axes = panels(len(methods), columns=COLUMNS, height=2.6, sharex=True, sharey=True)
    for ax, method in zip(axes, methods, strict=True):
        _draw_method(ax, rows[rows["method"] == method], colours, edge=edge)
        ax.set_title(method_name(method))
    axes[0].set_ylim(0, edge + 1)
    axes[0].yaxis.set_major_locator(MaxNLocator(7, integer=True))
    name_edges(axes, columns=COLUMNS, x="cell", y="clusters needed")
    foot = (
        f"line: median of {count(rows['seed'].nunique(), 'seed')}, dot: a seed · accuracy on test "
        "sequences in closed loop, at least the network's less 0.005 · start state not counted · "
        f"above the red line: not within {edge - 2} states"
    )
    handles = [
        Line2D([], [], color=colour, marker=".", label=task) for task, colour in colours.items()
    ]
    frame(figure, title, foot=foot, handles=[handles])
    return figure


def clusters_finding(rows: pd.DataFrame) -> str:
    """Return the title: the median number of states each cell needs, over tasks and seeds."""
    if rows.empty:
        return "No cell was trained here whose states were clustered"
    first = rows[rows["method"] == rows["method"].iloc[0]]
    said = []
    for cell in ordered(first["cell"], MODEL_MARKERS):
        middle = first.loc[first["cell"] == cell, "needed"].fillna(np.inf).median()
        many = "more than were tried" if np.isinf(middle) else f"{middle:g}"
        said.append(f"{model_name(cell)} {many}")
    name = method_name(str(rows["method"].iloc[0]))
    return (
        f"Clusters that {name} needs to be as accurate as the network, median of tasks and seeds: "
        f"{listing(said)}"
    )


def _draw_method(axes: Axes, rows: pd.DataFrame, colours: dict[str, str], *, edge: int) -> None:
    """Draw who never gets there at the edge, so that medians count them as the largest."""
    cells = ordered(rows["cell"], MODEL_MARKERS)
    shown = rows.assign(needed=rows["needed"].fillna(edge).astype(float))
    shared = {
        "x": "cell", "y": "needed", "hue": "task", "palette": colours, "order": cells,
        "legend": False, "ax": axes,
    }  # fmt: skip
    # Seaborn gives dots 0.8 of the place of a cell, from the middle of the first to the last's.
    apart = 0.8 * (1 - 1 / len(colours)) if len(colours) > 1 else False
    sns.stripplot(shown, jitter=False, dodge=len(colours) > 1, size=3.5, alpha=0.6, **shared)
    sns.pointplot(
        shown, estimator="median", errorbar=None, dodge=apart, marker="_", ms=6, lw=1.2, **shared
    )
    axes.set(xlabel="", ylabel="")
    axes.axhline(edge - 1, color=ALARM, lw=0.8)
    axes.set_xticks(range(len(cells)), [model_name(cell) for cell in cells])
    axes.grid(axis="y")
