"""Open loop against closed loop: what a machine loses when it must run on inputs alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from markovlens.figures.dots import (
    LINE,
    blocks_of,
    draw_dot,
    method_handles,
    model_handles,
    value_limits,
)
from markovlens.figures.style import (
    INK,
    MUTED,
    balanced,
    frame,
    message,
    method_colours,
    method_name,
    model_markers,
    model_name,
    panels,
    styled,
)
from markovlens.figures.tables import (
    LEVEL,
    lower_is_better,
    methods_in,
    models_in,
    panel_title,
    rests_on,
    score_name,
    scores_of,
    split_roles,
    tasks_in,
)
from markovlens.figures.text import leading

KEYS = ["task", "model", "method"]
COLUMNS = 3
LOST = 0.05  # a gap that counts in the title


@styled()
def draw_gap(
    comparison: pd.DataFrame, *, score: str = "balanced_fidelity", level: float = LEVEL
) -> Figure:
    """Return the open-loop and closed-loop score of each method and network, joined by a line."""
    pairs = open_and_closed(comparison, score=score)
    title = gap_finding(pairs)
    if pairs.empty:
        return message(title, foot="", why=f"no method has {score} in both modes")
    methods, models, tasks = methods_in(pairs), models_in(pairs), tasks_in(pairs)
    places = blocks_of(pairs, tasks, models)
    height = max(1.5, LINE * (-min(places.values()) + 2) + 0.75)
    figure, axes = panels(len(methods), columns=COLUMNS, height=height, sharex=True, sharey=True)
    for ax, method in zip(axes, methods, strict=True):
        _draw_method(ax, pairs[pairs["method"] == method], places, method=method)
    _finish(axes, pairs, places, score=score)
    tick = Line2D([], [], color=MUTED, marker="|", ls="", ms=8, mew=1.6, label="open loop")
    closed = Line2D([], [], color=MUTED, marker="o", lw=1.2, ms=5, label="closed loop, interval")
    handles = [[*method_handles(methods), closed, tick], model_handles(pairs, models)]
    foot = f"{rests_on(pairs, level=level)} · thin line: the gap · chosen K"
    frame(figure, title, foot=foot, handles=handles)
    return figure


def open_and_closed(comparison: pd.DataFrame, *, score: str) -> pd.DataFrame:
    """Return the closed-loop rows of the compared methods with a column `open` and `gap`.

    `gap` is what is lost: positive if the closed loop is worse.
    """
    rows = {
        mode: split_roles(scores_of(comparison, score=score, mode=mode))[0].dropna(subset=["value"])
        for mode in ("open", "closed")
    }
    opened = rows["open"].set_index(KEYS)["value"].rename("open")
    pairs = rows["closed"].join(opened, on=KEYS, how="inner").reset_index(drop=True)
    sign = -1.0 if lower_is_better(score) else 1.0
    return pairs.assign(gap=sign * (pairs["open"] - pairs["value"]).astype(float))


def gap_finding(pairs: pd.DataFrame) -> str:
    """Return the title: on how many networks each method loses, and the worst of all.

    A median would be 0 for methods that lose much on a few tasks, which is where it matters.
    """
    if pairs.empty:
        return "No method has both an open-loop and a closed-loop score"
    said = []
    for method in methods_in(pairs):
        gaps = pairs.loc[pairs["method"] == method, "gap"]
        lost = int((gaps > LOST).sum())
        said.append((lost / len(gaps), f"{method_name(method)} on {lost} of {len(gaps)} networks"))
    worst = pairs.iloc[int(pairs["gap"].to_numpy().argmax())]
    where = f"{method_name(worst['method'])} on {worst['task']}, {model_name(worst['model'])}"
    return (
        f"Lost without the network's state (open minus closed loop), more than {LOST:g}: "
        f"{leading(said)}; "
        f"at worst {worst['gap']:.2f} ({where})"
    )


def _draw_method(
    axes: Axes, rows: pd.DataFrame, places: dict[tuple[str, str], float], *, method: str
) -> None:
    colour = method_colours([method])[method]
    markers = model_markers(model for _, model in places)
    for _, row in rows.iterrows():
        y = places[row["task"], row["model"]]
        axes.plot([row["value"], row["open"]], [y, y], color=MUTED, lw=0.8, zorder=1)
        axes.plot(row["open"], y, "|", color=INK, ms=7, mew=1.4, zorder=3)
        draw_dot(axes, row, y=y, colour=colour, marker=markers[row["model"]])
    axes.set_title(method_name(method))


def _finish(
    axes: list[Axes],
    pairs: pd.DataFrame,
    places: dict[tuple[str, str], float],
    *,
    score: str,
) -> None:
    tasks = list(dict.fromkeys(task for task, _ in places))
    middles = [np.mean([y for (name, _), y in places.items() if name == task]) for task in tasks]
    units = {task: list(pairs.loc[pairs["task"] == task, "unit"]) for task in tasks}
    numbers = pairs.assign(low=pairs[["low", "open"]].min(axis=1))
    at_most = None if lower_is_better(score) else 1.0
    axes[0].set_xlim(*value_limits(numbers, at_most=at_most))
    axes[0].set_ylim(min(places.values()) - 1, 1)
    axes[0].set_yticks(middles, [panel_title(task, units[task]) for task in tasks])
    for ax in axes:
        ax.tick_params(axis="y", length=0)
        ax.grid(axis="x")
        ax.set_xlabel(balanced(score_name(score), 24))
    axes[0].set_ylabel("task")
