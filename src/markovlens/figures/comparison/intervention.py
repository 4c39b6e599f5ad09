"""Interchange interventions: the network put into another state, with the controls beside it."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from markovlens.figures.dots import LINE, draw_dot, model_handles
from markovlens.figures.style import (
    frame,
    message,
    method_name,
    model_markers,
    panels,
    styled,
)
from markovlens.figures.tables import LEVEL, methods_in, models_in, rests_on, tasks_in
from markovlens.figures.text import listing

COLUMNS = 3
# The score, its colour and its name; the last two are controls.
SWAPS = {
    "iia": ("#0072B2", "a real state of another machine state"),
    "iia_centroid": ("#009E73", "the mean of that machine state"),
    "iia_same_state": ("#CC79A7", "control: same machine state (nothing should change)"),
    "iia_random": ("#7F7F7F", "control: as far in a random direction"),
}
HIGH = 0.95
SUBLINE = 1.35  # lines of a dot from one kind of swap to the next


@styled()
def draw_intervention(comparison: pd.DataFrame, *, level: float = LEVEL) -> Figure:
    """Return a panel a task: for each method a line for each kind of swap, a mark a network.

    Args:
        comparison: the comparison table, with rows of mode `swap`.
        level: coverage of the table's intervals.
    """
    rows = comparison[
        (comparison["mode"] == "swap")
        & (comparison["selection"] == "chosen")
        & comparison["score"].isin(list(SWAPS))
    ]
    shown = rows[rows["value"].notna()]
    title = intervention_finding(rows)
    if shown.empty:
        why = "; ".join(rows["reason"].dropna().unique()) or "no row has an intervention"
        return message(title, foot="", why=why)
    methods, models, tasks = methods_in(shown), models_in(shown), tasks_in(shown)
    block = SUBLINE * (len(SWAPS) + 1)
    height = max(1.5, LINE * block * len(methods) + 0.62)
    figure, axes = panels(len(tasks), columns=COLUMNS, height=height, sharex=True, sharey=True)
    for ax, task in zip(axes, tasks, strict=True):
        _draw_task(ax, shown[shown["task"] == task], methods, models, block=block)
        ax.set_title(task)
    _finish(axes, methods, block=block)
    swaps = [
        Line2D([], [], color=colour, marker="o", ms=5, lw=1.3, label=name)
        for colour, name in SWAPS.values()
    ]
    handles = [swaps[:2], swaps[2:], model_handles(shown, models)]
    frame(figure, title, foot=_foot(rows, level=level), handles=handles)
    return figure


def intervention_finding(rows: pd.DataFrame) -> str:
    """Return the title: on how many networks the swap works, and what random moves get at most."""
    iia = rows[(rows["score"] == "iia") & rows["value"].notna()]
    if iia.empty:
        return "No network was put into another state"
    said = []
    for method in methods_in(iia):
        values = iia.loc[iia["method"] == method, "value"].astype(float)
        said.append(f"{method_name(method)} on {int((values >= HIGH).sum())} of {len(values)}")
    random = rows.loc[rows["score"] == "iia_random", "value"].astype(float).median()
    return (
        f"Put into another state, the network does as the machine says in {100 * HIGH:g} % or more "
        f"of the steps: {listing(said)} networks; a random move as long: median {random:.2f}"
    )


def _draw_task(
    axes: Axes, rows: pd.DataFrame, methods: list[str], models: list[str], *, block: float
) -> None:
    markers = model_markers(models)
    for index, method in enumerate(methods):
        mine = rows[rows["method"] == method]
        for line, (score, (colour, _)) in enumerate(SWAPS.items()):
            y = -index * block - line * SUBLINE
            for _, row in mine[mine["score"] == score].iterrows():
                draw_dot(axes, row, y=y, colour=colour, marker=markers[row["model"]])


def _finish(axes: list[Axes], methods: list[str], *, block: float) -> None:
    middle = SUBLINE * (len(SWAPS) - 1) / 2
    middles = [-index * block - middle for index in range(len(methods))]
    axes[0].set_xlim(-0.04, 1.04)
    axes[0].set_ylim(-len(methods) * block + SUBLINE - 0.1, SUBLINE)
    axes[0].set_yticks(middles, [method_name(method) for method in methods])
    for ax in axes:
        ax.tick_params(axis="y", length=0)
        ax.grid(axis="x")
        if ax in axes[-COLUMNS:]:
            ax.set_xlabel("steps with the wanted answer")
            ax.tick_params(labelbottom=True)
        if ax in axes[::COLUMNS]:
            ax.set_ylabel("abstraction")


def _foot(rows: pd.DataFrame, *, level: float) -> str:
    parts = [
        rests_on(rows, level=level),
        "K: as each seed chose it",
        "only steps at which the machine answers differently from the two states",
    ]
    missing = rows[rows["value"].isna()]
    if len(missing):
        networks = len(missing[["task", "model", "method"]].drop_duplicates())
        parts.append(f"{networks} without a value: the table says why")
    return " · ".join(parts)
