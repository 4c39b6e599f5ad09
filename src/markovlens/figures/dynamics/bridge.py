"""The bridge: how well HMMs of hidden states give the source's chain back, and from when on."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from markovlens.figures.dynamics.emulators import (
    FLOOR_COLOUR,
    body_height,
    draw_networks,
    loss_colours,
    loss_handles,
    mark_handle,
    measured,
)
from markovlens.figures.panels import draw_seeds
from markovlens.figures.style import INK, MUTED, WIDTH, frame, styled
from markovlens.figures.text import percent
from markovlens.spelling import count

SOURCE = "source"
NETWORK = ["task", "model", "loss", "seed"]
CURVES = 1.7  # inches of a row of curves
SIDE_BY_SIDE = 4  # panels that have room for a title in one line


@styled()
def draw_bridge(table: pd.DataFrame, training: pd.DataFrame) -> Figure:
    """Return state accuracy and transition error; by task, prediction by size and along training.

    Args:
        table: of `bridge_table` with task, model, loss and seed, of one or many networks.
        training: of `bridge_along` with the same; may be empty.
    """
    tasks = list(dict.fromkeys(table["task"]))
    height = max(2.3, body_height(table))
    figure = Figure(figsize=(WIDTH, height + 2 * CURVES), layout="constrained")
    grid = figure.add_gridspec(2, 1, height_ratios=(height, 2 * CURVES))
    sizes, steps = grid[1].subgridspec(2, len(tasks)).subplots(sharey="row", squeeze=False)
    top = grid[0].subgridspec(1, 2)
    _draw_dots([figure.add_subplot(top[side]) for side in (0, 1)], table)
    _draw_prediction(sizes, table, tasks)
    _draw_training(steps, training, table, tasks)
    accuracy = measured(table, "state_accuracy", SOURCE)
    foot = (
        f"{count(len(accuracy), 'network')}, each {int(accuracy['n'].max())} test runs; lines: "
        "95 % intervals over runs · states: HMM of the source's size, filtered, against the "
        "source's filter on the network's own symbols · accuracy: floor is the commonest state, "
        "ceiling the filter against the source's true states · transitions: floor is "
        "decoded states in random order, ceiling the filter on the source's sequences · curves, a "
        "column a task: each seed (thin) and their mean; next symbol: loss of the HMM's minus that "
        "of the source's filter, below 0 the states know more"
    )
    marks = [*mark_handle("floor"), *mark_handle("ceiling", INK)]
    handles = [*loss_handles(loss_colours(table)), *marks]
    frame(figure, bridge_finding(table), foot=foot, handles=[handles])
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


def _draw_dots(axes: Sequence[Axes], table: pd.DataFrame) -> None:
    states, transitions = axes
    ceiling = measured(table, "state_accuracy_ceiling", "all")
    marks = {FLOOR_COLOUR: measured(table, "state_accuracy_majority", SOURCE), INK: ceiling}
    draw_networks(states, measured(table, "state_accuracy", SOURCE), table, marks=marks)
    states.set(title="States come back", xlabel="share of steps at which HMM and filter agree")
    floor, ceiling = (
        measured(table, f"transition_error_{mark}", "all") for mark in ("floor", "ceiling")
    )
    errors = measured(table, "transition_error", "all")
    draw_networks(transitions, errors, table, marks={FLOOR_COLOUR: floor, INK: ceiling})
    label = "mean total variation of a row from the source's"
    transitions.set(title="Transitions between them", xlabel=label)
    transitions.set_xlim(left=0)


def _draw_prediction(axes: Sequence[Axes], table: pd.DataFrame, tasks: list[str]) -> None:
    filtered = measured(table, "symbol_loss_filter", "all").set_index(NETWORK)["value"]
    losses = table[table["measure"] == "symbol_loss"].astype({"n_states": int})
    beyond = losses["value"] - filtered.reindex(pd.MultiIndex.from_frame(losses[NETWORK])).array
    _draw_curves(axes, losses.assign(beyond=beyond), ("n_states", "beyond"), table, tasks)
    for ax, task in zip(axes, tasks, strict=True):
        ax.axhline(0, color=FLOOR_COLOUR, lw=1)
        ax.set(title=_titled(task, "next symbol", tasks), xlabel="HMM states K", ylabel="")
    axes[0].set_ylabel("loss beyond the\nfilter's (nats)")


def _draw_training(
    axes: Sequence[Axes], training: pd.DataFrame, table: pd.DataFrame, tasks: list[str]
) -> None:
    accuracy = training[training["measure"] == "state_accuracy"].astype({"step": int})
    _draw_curves(axes, accuracy, ("step", "value"), table, tasks)
    for ax, task in zip(axes, tasks, strict=True):
        title = _titled(task, "training", tasks)
        ax.set(title=title, xlabel="training step", ylabel="", ylim=(0, 1.03))
        if not (accuracy["task"] == task).any():
            ax.text(0.5, 0.5, "no checkpoints", ha="center", color=MUTED, transform=ax.transAxes)
    axes[0].set_ylabel("state accuracy")


def _titled(task: str, what: str, tasks: list[str]) -> str:
    """Return the title of a small panel, in two lines where many stand side by side."""
    return f"{task}:\n{what}" if len(tasks) > SIDE_BY_SIDE else f"{task}: {what}"


def _draw_curves(
    axes: Sequence[Axes],
    rows: pd.DataFrame,
    columns: tuple[str, str],
    table: pd.DataFrame,
    tasks: list[str],
) -> None:
    """Draw the curves of each task in its panel, one a network, in the colours of the losses."""
    rows = rows.assign(seed=rows["model"].astype(str) + " " + rows["seed"].astype(str))
    for ax, task in zip(axes, tasks, strict=True):
        mine = rows[rows["task"] == task]
        draw_seeds(ax, mine, *columns, hue="loss", palette=loss_colours(table))
        ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
