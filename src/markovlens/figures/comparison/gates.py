"""Whether the networks learned their tasks: a machine cannot explain what a network does not do."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from markovlens.figures.dots import LINE, blocks_of, draw_dot, model_handles, value_limits
from markovlens.figures.style import (
    INK,
    METHOD_COLOURS,
    MUTED,
    frame,
    message,
    model_markers,
    model_name,
    panels,
    styled,
)
from markovlens.figures.tables import (
    LEVEL,
    models_in,
    rests_on,
    score_name,
    scores_of,
    tasks_in,
)
from markovlens.figures.text import listing


@styled()
def draw_gates(
    comparison: pd.DataFrame, *, gates: Mapping[str, float] | None = None, level: float = LEVEL
) -> Figure:
    """Return the accuracy per step of every network on its task, hollow where it missed its gate.

    Per step, because that is what gates ask for; what is right at the end of a string is a tick.

    Args:
        comparison: the comparison table.
        gates: the accuracy at which a network of a task counts as trained; drawn where known.
        level: coverage of the table's intervals.
    """
    gates = gates or {}
    networks, at_end = (
        _accuracies(comparison, score) for score in ("accuracy_step", "accuracy_string")
    )
    title = gates_finding(networks)
    if networks.empty:
        return message(title, foot="", why="no row has the method network and accuracy_step")
    models, tasks = models_in(networks), tasks_in(networks)
    places = blocks_of(networks, tasks, models)
    figure, (axes,) = panels(1, columns=1, height=max(1.3, LINE * (2 - min(places.values())) + 0.6))
    _draw_networks(axes, networks, places, models)
    for _, row in at_end.iterrows():
        axes.plot(row["value"], places[row["task"], row["model"]], "|", color=MUTED, ms=7, mew=1.3)
    middles = [np.mean([y for (name, _), y in places.items() if name == task]) for task in tasks]
    _draw_gates(axes, places, gates)
    axes.set_yticks(middles, tasks)
    shown = networks.assign(gate_value=networks["task"].map(gates).astype(float))
    shown["low"] = shown[["low", "gate_value"]].min(axis=1)
    shown = pd.concat([shown, at_end])
    label = score_name("accuracy_step")
    axes.set(xlim=value_limits(shown, at_most=1.0), xlabel=label, ylabel="task")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    foot = f"{rests_on(networks, level=level)} · gates hold for validation sequences, per step"
    handles = model_handles(networks, models)
    if gates:
        handles.append(Line2D([], [], color=INK, lw=1.2, label="gate"))
    if len(at_end):
        tick = {"marker": "|", "ls": "", "color": MUTED, "ms": 7, "mew": 1.3}
        handles.append(Line2D([], [], label="right at the end of the string", **tick))  # type: ignore[arg-type]
    frame(figure, title, foot=foot, handles=[handles])
    return figure


def _accuracies(comparison: pd.DataFrame, score: str) -> pd.DataFrame:
    rows = scores_of(comparison, score=score, mode="-")
    own = (rows["method"] == "network") & (rows["score"] == score)
    return rows[own & rows["value"].notna()]


def gates_finding(networks: pd.DataFrame) -> str:
    """Return the title: how many networks passed, and which did not."""
    passed = networks["gate"] == "passed"
    if networks.empty:
        return "No network has an accuracy"
    missed = networks[~passed]
    said = f"{int(passed.sum())} of {len(networks)} networks passed the accuracy gate of their task"
    names = [f"{model_name(row['model'])} on {row['task']}" for _, row in missed.iterrows()]
    if not names:
        return said
    if len(names) > 4:
        names = [*names[:4], f"{len(names) - 4} more"]
    return f"{said}; under-trained: {listing(names)}"


def _draw_networks(
    axes: Axes, networks: pd.DataFrame, places: dict[tuple[str, str], float], models: list[str]
) -> None:
    markers, colour = model_markers(models), METHOD_COLOURS["network"]
    for _, row in networks.iterrows():
        y = places[row["task"], row["model"]]
        draw_dot(axes, row, y=y, colour=colour, marker=markers[row["model"]])
    axes.set_ylim(min(places.values()) - 1, 1)


def _draw_gates(
    axes: Axes, places: dict[tuple[str, str], float], gates: Mapping[str, float]
) -> None:
    for (task, _), y in places.items():
        if task in gates:
            axes.plot([gates[task]] * 2, [y - 0.5, y + 0.5], color=INK, lw=1.2)
