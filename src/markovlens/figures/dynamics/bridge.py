"""The bridge: how well HMMs of hidden states give the source's chain back, and from when on."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from markovlens.figures.dynamics.emulators import (
    FLOOR_COLOUR,
    body_height,
    draw_dots,
    draw_marks,
    lines_of,
    loss_colours,
    loss_handles,
    mark_handle,
    measured,
    name_lines,
)
from markovlens.figures.style import INK, MUTED, frame, panels, styled
from markovlens.figures.text import count, percent

SOURCE = "source"
NETWORK = ["task", "loss", "seed"]
DASHES = ("-", (0, (4, 2)), (0, (1, 1.5)), (0, (5, 1.5, 1, 1.5)))


@styled()
def draw_bridge(table: pd.DataFrame, training: pd.DataFrame) -> Figure:
    """Return state accuracy, transition error, prediction by size and accuracy along training.

    Args:
        table: of `bridge_table` with task, loss and seed, of one or many networks.
        training: of `bridge_along` with the same; may be empty.
    """
    places, colours = lines_of(table), loss_colours(table)
    figure, axes = panels(4, columns=2, height=max(2.3, body_height(places)))
    _draw_accuracy(axes[0], table)
    _draw_transitions(axes[1], table)
    _draw_prediction(axes[2], table)
    _draw_training(axes[3], training, table)
    marks = [mark_handle("floor"), mark_handle("ceiling", INK)]
    styles = [
        Line2D([], [], color=MUTED, ls=style, label=task)
        for task, style in task_styles(table).items()
    ]
    accuracy = measured(table, "state_accuracy", SOURCE)
    foot = (
        f"{count(len(accuracy), 'network')}, each {int(accuracy['n'].max())} test runs; lines: "
        "95 % intervals over runs · states: HMM of the source's size, filtered, against the "
        "source's filter on the network's own symbols · accuracy: floor is the commonest state, "
        "ceiling the filter against the source's true states · transitions: floor is "
        "decoded states in random order, ceiling the filter on the source's sequences"
    )
    frame(
        figure, bridge_finding(table), foot=foot, handles=[[*loss_handles(colours), *marks], styles]
    )
    return figure


def bridge_finding(table: pd.DataFrame) -> str:
    """Return the title: the median accuracy beside its ceiling and floor, and the sizes chosen."""
    accuracy, floor = (
        measured(table, name, SOURCE)["value"].median()
        for name in ("state_accuracy", "state_accuracy_majority")
    )
    ceiling = measured(table, "state_accuracy_ceiling", "all")["value"].median()
    filtered = measured(table, "symbol_loss_filter", "all")["value"].median()
    gain = filtered - _chosen_losses(table).median()
    return (
        f"HMMs of hidden states name the source's state in {percent(accuracy)} of steps (floor "
        f"{percent(floor)}, ceiling {percent(ceiling)}, medians); at the predictive size they "
        f"tell the next symbol at {-gain:+.2f} nats from the loss of the source's filter"
    )


def _chosen_losses(table: pd.DataFrame) -> pd.Series:
    """Return the loss of each network at the size that its validation runs chose."""
    chosen = measured(table, "n_states", "predictive").set_index(NETWORK)["value"]
    rows = table[table["measure"] == "symbol_loss"].set_index(NETWORK)
    sizes = rows["n_states"].astype(float)
    return rows.loc[sizes == chosen.reindex(rows.index), "value"]


def task_styles(table: pd.DataFrame) -> dict[str, Any]:
    """Return the dashes of each task."""
    tasks = list(dict.fromkeys(table["task"]))
    return {task: DASHES[number % len(DASHES)] for number, task in enumerate(tasks)}


def _draw_accuracy(axes: Axes, table: pd.DataFrame) -> None:
    places = lines_of(table)
    draw_marks(axes, measured(table, "state_accuracy_majority", SOURCE), places)
    draw_marks(axes, measured(table, "state_accuracy_ceiling", "all"), places, colour=INK)
    draw_dots(axes, measured(table, "state_accuracy", SOURCE), places, loss_colours(table))
    name_lines(axes, places)
    axes.set_title("States come back")
    axes.set_xlabel("share of steps at which HMM and filter agree")
    axes.grid(axis="x")


def _draw_transitions(axes: Axes, table: pd.DataFrame) -> None:
    places = lines_of(table)
    draw_marks(axes, measured(table, "transition_error_floor", "all"), places)
    draw_marks(axes, measured(table, "transition_error_ceiling", "all"), places, colour=INK)
    draw_dots(axes, measured(table, "transition_error", "all"), places, loss_colours(table))
    name_lines(axes, places)
    axes.set_xlim(left=0)
    axes.set_title("Transitions between them")
    axes.set_xlabel("mean total variation of a row from the source's")
    axes.grid(axis="x")


def _draw_prediction(axes: Axes, table: pd.DataFrame) -> None:
    """Draw the loss of each size minus that of the source's filter: below 0 states know more."""
    styles, colours = task_styles(table), loss_colours(table)
    for (task, loss, _), rows in table.groupby(["task", "loss", "seed"], sort=False):
        curve = rows[rows["measure"] == "symbol_loss"]
        sizes = curve["n_states"].astype(int)
        filtered = measured(rows, "symbol_loss_filter", "all")["value"].iloc[0]
        look: dict[str, Any] = {
            "color": colours[str(loss)],
            "ls": styles[str(task)],
            "lw": 1.2,
            "marker": ".",
            "ms": 5,
        }
        axes.plot(sizes, curve["value"] - filtered, **look)
    axes.axhline(0, color=FLOOR_COLOUR, lw=1)
    axes.set_title("What states tell of the next symbol")
    axes.set_xlabel("number of HMM states K")
    axes.set_ylabel("loss beyond filter's (nats)")


def _draw_training(axes: Axes, training: pd.DataFrame, table: pd.DataFrame) -> None:
    axes.set_title("When states appear in training")
    axes.set_xlabel("training step")
    axes.set_ylabel("state accuracy")
    axes.set_ylim(0, 1.03)
    styles, colours = task_styles(table), loss_colours(table)
    rows = training[training["measure"] == "state_accuracy"] if len(training) else training
    if not len(rows):
        axes.text(0.5, 0.5, "no checkpoints", ha="center", color=MUTED, transform=axes.transAxes)
        return
    for (task, loss, _), mine in rows.groupby(["task", "loss", "seed"], sort=False):
        steps = mine["step"].astype(int)
        axes.fill_between(
            steps, mine["low"], mine["high"], color=colours[str(loss)], alpha=0.15, lw=0
        )
        axes.plot(steps, mine["value"], color=colours[str(loss)], ls=styles[str(task)], lw=1.3)
