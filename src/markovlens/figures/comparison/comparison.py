"""The main figure: every abstraction on every task and network, between floor and ceiling."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from markovlens.figures.dots import (
    FLOOR_FILL,
    LINE,
    ceiling_handles,
    draw_dot,
    floor_handle,
    lines_of,
    method_handles,
    model_handles,
    stretch_of,
    value_limits,
)
from markovlens.figures.style import (
    CEILING_DASHES,
    INK,
    frame,
    message,
    method_colours,
    method_name,
    model_markers,
    panels,
    styled,
)
from markovlens.figures.tables import (
    LEVEL,
    MODE_NAMES,
    NETWORK_KEYS,
    best_floor,
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
from markovlens.figures.text import count, leading
from markovlens.status import Status

COLUMNS = 3


@styled()
def draw_comparison(
    comparison: pd.DataFrame,
    *,
    score: str = "balanced_fidelity",
    mode: str = "closed",
    level: float = LEVEL,
) -> Figure:
    """Return a panel a task: a dot with its interval for each method and network, at the chosen K.

    Args:
        comparison: the comparison table, one row a score, seeds merged.
        score: which score; without a unit, each task's own.
        mode: `closed` (machine on inputs alone) or `open` (state read off the activations).
        level: coverage of the table's intervals.
    """
    rows = scores_of(comparison, score=score, mode=mode)
    compared, floors, ceilings = split_roles(rows)
    title = comparison_finding(rows, score=score, mode=mode)
    foot = _foot(compared, level=level)
    if compared.empty:
        return message(title, foot=foot, why=f"no row has the score {score} in mode {mode}")
    methods, models, tasks = methods_in(compared), models_in(compared), tasks_in(compared)
    block = stretch_of(compared) + 1
    height = max(1.5, LINE * block * len(methods) + 0.62)
    figure, axes = panels(len(tasks), columns=COLUMNS, height=height, sharex=True, sharey=True)
    for ax, task in zip(axes, tasks, strict=True):
        here = rows[rows["task"] == task]
        _draw_task(ax, here, methods, models, block=block, score=score)
        ax.set_title(panel_title(task, list(here["unit"])))
    _finish(axes, rows, methods, block=block, score=score, mode=mode)
    references: list[Artist] = [floor_handle(), *ceiling_handles(ceilings)]
    handles: list[list[Artist]] = [
        [*method_handles(methods), *model_handles(compared, models)],
        references,
    ]
    frame(figure, title, foot=foot, handles=handles)
    return figure


def comparison_finding(rows: pd.DataFrame, *, score: str, mode: str) -> str:
    """Return the title: on how many networks a method's interval excludes both floors' values."""
    compared, floors, _ = split_roles(rows)
    if compared.empty:
        return f"Nothing to compare: no method has a value of {score_name(score)}"
    said = []
    for method in methods_in(compared):
        mine = compared[compared["method"] == method]
        wins = int(beats_floor(mine, best_floor(floors, score=score), score=score).sum())
        said.append((wins / len(mine), f"{method_name(method)} on {wins} of {len(mine)} networks"))
    loop = MODE_NAMES.get(mode, mode)
    side = "below" if lower_is_better(score) else "above"
    return f"Interval {side} both floors ({loop}, chosen K): {leading(said)}"


def beats_floor(rows: pd.DataFrame, floor: pd.Series, *, score: str) -> np.ndarray:
    """Return for each row (M,) whether its whole interval is better than the floor's value."""
    reference = floor.reindex(pd.MultiIndex.from_frame(rows[NETWORK_KEYS])).to_numpy(dtype=float)
    if lower_is_better(score):
        return rows["high"].to_numpy(dtype=float) < reference
    return rows["low"].to_numpy(dtype=float) > reference


def _draw_task(
    axes: Axes,
    rows: pd.DataFrame,
    methods: list[str],
    models: list[str],
    *,
    block: int,
    score: str,
) -> None:
    """Draw a block of lines for each method, a line for each network of the task."""
    compared, floors, ceilings = split_roles(rows)
    colours, markers = method_colours(methods), model_markers(models)
    present = list(compared["model"].unique())
    for index, method in enumerate(methods):
        # Blocks are as high as the largest task needs; smaller ones stand in the middle.
        top = -index * block - (block - 1 - len(present)) / 2
        lines = lines_of(present, models, top=top)
        for model, y in lines.items():
            _draw_floor(axes, floors[floors["model"] == model], y, score=score)
        for _, row in compared[compared["method"] == method].iterrows():
            marker = markers[row["model"]]
            draw_dot(axes, row, y=lines[row["model"]], colour=colours[method], marker=marker)
    for name, mine in ceilings.dropna(subset=["value"]).groupby("method", sort=False):
        style = CEILING_DASHES[str(name)]
        axes.axvline(mine["value"].mean(), color=INK, lw=1.0, ls=style, zorder=2)


def _draw_floor(axes: Axes, floors: pd.DataFrame, place: float, *, score: str) -> None:
    """Shade what is no better than the better floor, on the line of one network."""
    best = best_floor(floors, score=score)
    if best.empty:
        return
    value = float(best.iloc[0])
    far = 1e3 if lower_is_better(score) else -1e3
    box = Rectangle((min(value, far), place - 0.5), abs(far - value), 1, fc=FLOOR_FILL, zorder=0)
    # Clipped at the axes, and no part of the limits.
    axes.add_artist(box)


def _finish(
    axes: list[Axes],
    rows: pd.DataFrame,
    methods: list[str],
    *,
    block: int,
    score: str,
    mode: str,
) -> None:
    """Label the axes: a block of lines for each method, the score along x."""
    middles = [-index * block - (block - 2) / 2 for index in range(len(methods))]
    at_most = None if lower_is_better(score) else 1.0
    axes[0].set_xlim(*value_limits(rows, at_most=at_most))
    axes[0].set_ylim(-len(methods) * block + 1 - 0.1, 0.9)
    axes[0].set_yticks(middles, [method_name(method) for method in methods])
    for ax in axes:
        ax.tick_params(axis="y", length=0)
        ax.grid(axis="x")
        if ax in axes[-COLUMNS:]:
            ax.set_xlabel(f"{score_name(score)}\n({MODE_NAMES.get(mode, mode)})")
            ax.tick_params(labelbottom=True)
        if ax in axes[::COLUMNS]:
            ax.set_ylabel("abstraction")


def _foot(compared: pd.DataFrame, *, level: float) -> str:
    failed = int(compared["value"].isna().sum())
    partly = int((compared["value"].notna() & (compared["status"] != Status.OK)).sum())
    parts = [
        rests_on(compared, level=level),
        "K: as each seed chose it",
        "dashed: means over networks",
    ]
    if failed:
        parts.append(f"×: {count(failed, 'time')} no seed had a machine")
    if partly:
        parts.append(f"{count(partly, 'value')} without the seeds that failed")
    return " · ".join(parts)
