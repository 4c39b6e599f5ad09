"""How the score grows with the number of states, and where it levels off."""

from __future__ import annotations

from statistics import median

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from markovlens.figures.colours import method_colours
from markovlens.figures.comparison.task_panels import draw_tasks, measures_said
from markovlens.figures.dots import ceiling_handles, draw_ceilings, method_handles
from markovlens.figures.style import FLOORS, INK, frame, message, method_name, model_name, styled
from markovlens.figures.tables import (
    LEVEL,
    MEASURE,
    carry_belief,
    lower_is_better,
    methods_in,
    rests_on,
    score_name,
    scores_of,
    split_roles,
)
from markovlens.figures.text import leading, listing, spread
from markovlens.spelling import count

PERFECT = 1.0  # a score that cannot rise


@styled()
def draw_budget(
    comparison: pd.DataFrame,
    *,
    score: str = MEASURE,
    mode: str = "closed",
    model: str | None = None,
    level: float = LEVEL,
) -> Figure:
    """Return a panel a task: the score of every method over the number of states.

    Args:
        comparison: the comparison table.
        score: which score; without a unit, each task's own.
        mode: `closed` or `open`.
        model: one network; None for the mean over a task's networks, each a faint line.
        level: coverage of the table's intervals.
    """
    if model is not None:
        comparison = comparison[comparison["model"] == model]
    fixed = scores_of(comparison, score=score, mode=mode, selection="fixed")
    fixed = fixed[fixed["value"].notna()]
    _, _, ceilings = split_roles(scores_of(comparison, score=score, mode=mode))
    curves = fixed[~fixed["method"].isin(ceilings["method"])]
    title = budget_finding(curves, score=score)
    if curves.empty:
        return message(title, foot="", why=f"no row has {score} in mode {mode} at a fixed K")
    figure = draw_tasks(
        curves, lambda axes, rows: _draw_task(axes, rows, ceilings),
        score=score, mode=mode, x="number of states K", sharex=True,
    )  # fmt: skip
    figure.axes[0].xaxis.set_major_locator(MaxNLocator(7, integer=True))
    references = ceiling_handles(ceilings)
    if (ceilings["method"] == "truth").any():
        references.append(Line2D([], [], color=INK, marker="^", ls="", ms=6, label="true K"))
    foot = _foot(curves, model, level=level)
    handles = [method_handles(methods_in(curves), marker="."), references]
    frame(figure, title, foot=foot, handles=[row for row in handles if row])
    return figure


def levelled_off(rows: pd.DataFrame, *, score: str = MEASURE) -> int | None:
    """Return the smallest K whose score is within one standard error of the best; None if none is.

    None means that the largest K tried is needed and the score could still rise: not finite-state
    at this budget.

    Args:
        rows: one method on one network, a row for each K.
        score: which score, for its direction.
    """
    rows = rows.sort_values("n_states")
    sign = -1.0 if lower_is_better(score) else 1.0
    best = rows.iloc[int((sign * rows["value"]).to_numpy(dtype=float).argmax())]
    good = rows[sign * (rows["value"] - best["value"]) >= -best["error"]]
    smallest = int(good["n_states"].min())
    if best["value"] == PERFECT and not lower_is_better(score):
        return smallest
    return None if smallest == rows["n_states"].max() and len(rows) > 1 else smallest


def budget_finding(curves: pd.DataFrame, *, score: str = MEASURE) -> str:
    """Return the title: on how many networks each compared method levels off, and at which K."""
    compared = curves[~curves["method"].isin(FLOORS)]
    if compared.empty:
        return f"No value of {score_name(score)} at a fixed number of states"
    most = int(compared["n_states"].max())
    said = []
    for method in methods_in(compared):
        mine = compared[compared["method"] == method]
        networks = [rows for _, rows in mine.groupby(["task", "model"])]
        sizes = [levelled_off(rows, score=score) for rows in networks]
        found = [size for size in sizes if size is not None]
        at = f" (K = {spread(found)}, median {median(found):g})" if found else ""
        words = f"{method_name(method)} on {len(found)} of {count(len(sizes), 'network')}{at}"
        said.append((len(found) / len(sizes), words))
    return f"Levelled off within {most} states: {leading(said, most=4)}"


def mean_curve(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the value at each K, averaged over networks that have every K."""
    wide = rows.pivot_table(index="n_states", columns="model", values="value").dropna(axis=1)
    kept = rows[rows["model"].isin(wide.columns)] if len(wide.columns) else rows
    return kept.groupby("n_states")[["value"]].mean()


def belief_names(rows: pd.DataFrame) -> str:
    """Return the names of the methods of which some machine carries a belief, as prose."""
    names = [method_name(one) for one in methods_in(rows[carry_belief(rows)])]
    return listing(names) if names else ""


def _draw_task(axes: Axes, rows: pd.DataFrame, ceilings: pd.DataFrame) -> None:
    """Draw a faint line for each network and a bold one for their mean; floors of one K level."""
    known = ceilings[ceilings["task"] == rows["task"].iloc[0]]
    colours = method_colours(rows["method"])
    curves = rows.astype({"value": float, "n_states": int})
    means = curves.groupby("method", sort=False)[["n_states", "model", "value"]].apply(mean_curve)
    shared = {"x": "n_states", "y": "value", "hue": "method", "palette": colours, "ax": axes}
    plain = {"estimator": None, "errorbar": None, "legend": False}
    sns.lineplot(curves, units="model", lw=0.7, alpha=0.4, zorder=2, **shared, **plain)
    sns.lineplot(means.reset_index(), lw=2, marker=".", mew=0, ms=8, zorder=3, **shared, **plain)
    for method in set(FLOORS) & set(colours):
        level = means.loc[method]
        if len(level) == 1:
            axes.axhline(level["value"].iloc[0], color=colours[method], lw=1.6, zorder=1)
    draw_ceilings(axes, known, upright=False)
    # The number of states of the true machine at the bottom edge.
    for size in known.loc[known["method"] == "truth", "n_states"].unique():
        across = axes.get_xaxis_transform()
        axes.plot(size, 0.03, "^", color=INK, ms=6, transform=across, clip_on=False)
    axes.grid(axis="y")


def _foot(curves: pd.DataFrame, model: str | None, *, level: float) -> str:
    which = f"network: {model_name(model)}" if model else "bold: mean over networks; faint: each"
    counts, _ = rests_on(curves, level=level).split("; ")
    parts = [which, measures_said(curves), f"{counts}; intervals: the table"]
    if believing := belief_names(curves):
        parts.append(f"K of {believing}: of beliefs over K states, no automata")
    parts.append("levelled off: within one standard error of the best K, below the largest K")
    return " · ".join(parts)
