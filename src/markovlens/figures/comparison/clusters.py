"""How many clusters the automaton of each cell needs to be as good as its network."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from markovlens.figures.dots import LINE, blocks_of
from markovlens.figures.style import (
    ALARM,
    FLOORS,
    MODEL_MARKERS,
    MUTED,
    frame,
    message,
    method_colours,
    method_name,
    model_markers,
    model_name,
    panels,
    styled,
)
from markovlens.figures.tables import models_in, tasks_in
from markovlens.figures.text import listing

SHOWN = ("lisor_k", "lisor_x", "overcluster")
COLUMNS = 3
TARGET = "network"
SPREAD = 0.25  # lines by which the seeds of a network stand apart


@styled()
def draw_clusters(needed: pd.DataFrame) -> Figure:
    """Return a panel a method: for each network the fewest states that suffice, a mark a seed.

    Args:
        needed: the table of `faithfulness.clusters.clusters_needed`.
    """
    rows = needed[(needed["target"] == TARGET) & ~needed["method"].isin(FLOORS)]
    methods = [method for method in SHOWN if (rows["method"] == method).any()]
    methods = methods or list(dict.fromkeys(rows["method"]))[:COLUMNS]
    rows = rows[rows["method"].isin(methods)]
    title = clusters_finding(rows)
    if rows.empty:
        return message(title, foot="", why="no method that clusters states was run")
    tasks, models = tasks_in(rows), models_in(rows)
    places = blocks_of(rows, tasks, models)
    height = max(1.5, LINE * (-min(places.values()) + 2) + 0.75)
    figure, axes = panels(len(methods), columns=COLUMNS, height=height, sharex=True, sharey=True)
    edge = int(rows["largest"].max()) + 2
    for ax, method in zip(axes, methods, strict=True):
        _draw_method(ax, rows[rows["method"] == method], places, edge=edge)
        ax.set_title(method_name(method))
    _finish(axes, places, tasks, edge=edge)
    foot = (
        f"{rows['seed'].nunique()} seeds, a mark each \u00b7 accuracy on test sequences in closed "
        "loop, at least the network's less 0.005 \u00b7 start state not counted \u00b7 cross: not "
        f"within {edge - 2} states"
    )
    frame(figure, title, foot=foot, handles=[_handles(models)])
    return figure


def clusters_finding(rows: pd.DataFrame) -> str:
    """Return the title: the median number of states each cell needs, over tasks and seeds."""
    rows = rows[rows["cell"].fillna("") != ""]
    if rows.empty:
        return "No cell was trained here whose states were clustered"
    first = rows[rows["method"] == rows["method"].iloc[0]]
    said = []
    for cell in sorted(first["cell"].unique(), key=list(MODEL_MARKERS).index):
        middle = first.loc[first["cell"] == cell, "needed"].fillna(np.inf).median()
        many = "more than were tried" if np.isinf(middle) else f"{middle:g}"
        said.append(f"{model_name(cell)} {many}")
    name = method_name(str(rows["method"].iloc[0]))
    return (
        f"Clusters that {name} needs to be as accurate as the network, median of tasks and seeds: "
        f"{listing(said)}"
    )


def _draw_method(
    axes: Axes, rows: pd.DataFrame, places: dict[tuple[str, str], float], *, edge: int
) -> None:
    markers = model_markers(model for _, model in places)
    seeds = {seed: index for index, seed in enumerate(sorted(rows["seed"].unique()))}
    middle = (len(seeds) - 1) / 2
    for _, row in rows.iterrows():
        y = places[row["task"], row["model"]]
        y += SPREAD * (seeds[row["seed"]] - middle)
        colour = method_colours([row["method"]])[row["method"]]
        if np.isnan(row["needed"]):
            axes.plot(edge, y, "x", color=ALARM, ms=4.5, mew=1.2)
            continue
        axes.plot(row["needed"], y, markers[row["model"]], color=colour, ms=4.5, alpha=0.8)


def _finish(
    axes: list[Axes], places: dict[tuple[str, str], float], tasks: list[str], *, edge: int
) -> None:
    middles = [np.mean([y for (name, _), y in places.items() if name == task]) for task in tasks]
    axes[0].set_yticks(middles, tasks)
    axes[0].set_ylim(min(places.values()) - 1, 1)
    axes[0].set_xlim(0, edge + 1)
    axes[0].xaxis.set_major_locator(MaxNLocator(7, integer=True))
    for ax in axes:
        ax.grid(axis="x")
        ax.set_xlabel("clusters needed")
        ax.tick_params(axis="y", length=0)


def _handles(models: list[str]) -> list[Line2D]:
    return [
        Line2D([], [], marker=marker, ls="", color=MUTED, ms=5.5, label=model_name(model))
        for model, marker in model_markers(models).items()
    ]
