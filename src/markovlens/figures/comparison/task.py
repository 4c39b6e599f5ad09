"""Every abstraction on the networks of one task: closed and open loop, floor and ceiling."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from markovlens.faithfulness.scores.evaluate import LUMPED
from markovlens.faithfulness.scores.floors import OUTPUT_FLOORS
from markovlens.figures.colours import method_colours
from markovlens.figures.dots import (
    FLOOR_FILL,
    ceiling_handles,
    draw_ceilings,
    draw_dots,
    floor_handle,
    value_limits,
)
from markovlens.figures.style import (
    ALARM,
    INK,
    frame,
    message,
    method_name,
    model_name,
    name_edges,
    panels,
    styled,
)
from markovlens.figures.tables import (
    FIT,
    LEVEL,
    MEASURE,
    METHOD_KEYS,
    MODE_NAMES,
    NETWORK_KEYS,
    best_floor,
    lower_is_better,
    methods_in,
    models_in,
    rests_on,
    score_name,
    scores_of,
    split_roles,
)
from markovlens.figures.text import leading, listing

COLUMNS = 4
LINE = 0.19  # inches from one method to the next
AROUND = 1.1  # inches that titles and the axis take
BESIDE: dict[str, tuple[str, dict[str, Any]]] = {  # other modes of the score: name and marker
    "open": ("open loop", {"marker": "|", "ms": 8, "mew": 1.4}),
    LUMPED: ("lumped, closed loop", {"marker": "D", "ms": 3.5, "mfc": "none", "mew": 0.8}),
}


@styled()
def draw_task(
    comparison: pd.DataFrame,
    *,
    score: str = MEASURE,
    mode: str = "closed",
    level: float = LEVEL,
) -> Figure:
    """Return a panel a network: a dot with its interval for each method, at the chosen K.

    A tick is the same score in open loop, the state being read off the network; a diamond that of
    the lumped machine, in closed loop too.

    Args:
        comparison: the rows of one task in the comparison table.
        score: which score; without a unit, the task's own.
        mode: `closed` (machine on inputs alone) or `open` (state read off the activations).
        level: coverage of the table's intervals.
    """
    rows = with_modes(comparison, score=score, mode=mode)
    compared, floors, ceilings = split_roles(rows)
    title = task_finding(rows, score=score, mode=mode)
    foot = _foot(compared, level=level)
    if compared.empty:
        return message(title, foot=foot, why=f"no row has the score {score} in mode {mode}")
    methods, models = methods_in(compared), models_in(compared)
    height = LINE * len(methods) + AROUND
    columns = min(COLUMNS, len(models))
    figure, axes = panels(len(models), columns=columns, height=height, sharex=True, sharey=True)
    for ax, model in zip(axes, models, strict=True):
        _draw_network(ax, rows[rows["model"] == model], methods, score=score)
    axes[0].set_xlim(*value_limits(compared, at_most=None if lower_is_better(score) else 1.0))
    axes[0].set_ylim(len(methods) - 0.4, -0.6)
    axes[0].set_yticks(range(len(methods)), [method_name(method) for method in methods])
    name = score_name(next((name for name in rows["score"] if name != FIT), score))
    x = f"{name} ({MODE_NAMES.get(mode, mode)})"
    name_edges(axes, columns=columns, x=x, y="abstraction")
    frame(figure, title, foot=foot, handles=[_handles(compared, ceilings, methods_in(floors))])
    return figure


def with_modes(comparison: pd.DataFrame, *, score: str, mode: str) -> pd.DataFrame:
    """Return the rows of one score with columns `open` and `lumped`: its value in these modes."""
    rows = scores_of(comparison, score=score, mode=mode)
    for name in BESIDE:
        other = scores_of(comparison, score=score, mode=name)
        values = other[other["mode"] == name].set_index(METHOD_KEYS)["value"].astype(float)
        rows = rows.join(values.rename(name), on=METHOD_KEYS)
    return rows


def task_finding(rows: pd.DataFrame, *, score: str, mode: str) -> str:
    """Return the title: on how many networks a method's interval excludes both floors' values."""
    compared, floors, _ = split_roles(rows)
    if compared.empty:
        return f"Nothing to compare: no method has a value of {score_name(score)}"
    best = best_floor(floors, score=score)
    said = []
    for method in methods_in(compared):
        mine = compared[compared["method"] == method]
        wins = int(beats_floor(mine, best, score=score).sum())
        if wins:
            said.append((wins / len(mine), f"{method_name(method)} on {wins} of {len(mine)}"))
    side = "below" if lower_is_better(score) else "above"
    which = "every floor" if floors["method"].isin(OUTPUT_FLOORS).any() else "both floors"
    return (
        f"{compared['task'].iloc[0]}, networks with the interval {side} {which} "
        f"({MODE_NAMES[mode]}, chosen K): {leading(said) if said else 'none'}"
    )


def beats_floor(rows: pd.DataFrame, floor: pd.Series, *, score: str) -> np.ndarray:
    """Return for each row (M,) whether its whole interval is better than the floor's value."""
    reference = floor.reindex(pd.MultiIndex.from_frame(rows[NETWORK_KEYS])).to_numpy(dtype=float)
    if lower_is_better(score):
        return rows["high"].to_numpy(dtype=float) < reference
    return rows["low"].to_numpy(dtype=float) > reference


def _draw_network(axes: Axes, rows: pd.DataFrame, methods: list[str], *, score: str) -> None:
    compared, floors, ceilings = split_roles(rows)
    colours = method_colours(methods)
    y = compared["method"].map(methods.index).to_numpy()
    draw_dots(axes, compared, y, [colours[method] for method in compared["method"]])
    for name, (_, look) in BESIDE.items():
        axes.plot(compared[name], y, color=INK, ls="", zorder=5, **look)
    draw_ceilings(axes, ceilings, upright=True)
    for floor in best_floor(floors, score=score):
        # No part of the limits: far enough beyond them, whatever they are.
        far = 1e3 if lower_is_better(score) else -1e3
        axes.axvspan(floor, far, fc=FLOOR_FILL, lw=0, zorder=0)
    axes.set_title(model_name(rows["model"].iloc[0]))
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")


def _foot(compared: pd.DataFrame, *, level: float) -> str:
    parts = [rests_on(compared, level=level), "K: as each seed chose it"]
    missed = compared.loc[compared["gate"] != "passed", "model"].unique()
    if len(missed):
        parts.append(f"under-trained: {listing(map(model_name, missed))}")
    return " · ".join(parts)


def _handles(compared: pd.DataFrame, ceilings: pd.DataFrame, floors: list[str]) -> list[Line2D]:
    shaded = floor_handle(floors) if set(floors) & set(OUTPUT_FLOORS) else floor_handle()
    handles = [shaded, *ceiling_handles(ceilings)]
    for name, (label, look) in BESIDE.items():
        if compared[name].notna().any():
            handles.append(Line2D([], [], color=INK, ls="", label=label, **look))
    if compared["value"].isna().any():
        handles.append(Line2D([], [], color=ALARM, marker="x", ls="", label="failed"))
    return handles  # type: ignore[return-value]
