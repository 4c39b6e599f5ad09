"""Fidelity against description length: what each bit of a machine buys, and the front."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from markovlens.figures.colours import method_colours
from markovlens.figures.comparison.task_panels import draw_tasks, measures_said
from markovlens.figures.dots import method_handles
from markovlens.figures.style import INK, frame, message, method_name, styled
from markovlens.figures.tables import (
    LEVEL,
    MEASURE,
    carry_belief,
    methods_in,
    rests_on,
    scores_of,
)
from markovlens.figures.text import listing
from markovlens.spelling import count

CLOSE = 0.01  # of the best fidelity: near enough for the title's shortest machine
BITS = "description_bits"
GAIN = 0.05  # in fidelity, from one named point of the front to the next
MACHINE = ["task", "model", "method", "n_states"]


@styled()
def draw_pareto(
    comparison: pd.DataFrame,
    *,
    score: str = MEASURE,
    mode: str = "closed",
    level: float = LEVEL,
) -> Figure:
    """Return a panel a task: a dot a method and number of states, and the front over all of them.

    Args:
        comparison: the comparison table.
        score: which score, of those where more is better; without a unit, each task's own.
        mode: of the score.
        level: coverage of the table's intervals.
    """
    points = machine_points(comparison, score=score, mode=mode)
    title = pareto_finding(points)
    if points.empty:
        return message(title, foot="", why=f"no row has both {score} and {BITS} at a fixed K")
    x = "description length, bits"
    figure = draw_tasks(points, _draw_task, score=score, mode=mode, x=x)
    front = Line2D([], [], color=INK, lw=1.2, drawstyle="steps-post", label="front, with K")
    handles = [[*method_handles(methods_in(points)), front]]
    frame(figure, title, foot=_foot(points, level=level), handles=handles)
    return figure


def machine_points(comparison: pd.DataFrame, *, score: str, mode: str) -> pd.DataFrame:
    """Return a row for each task, method and number of states: fidelity, bits and `belief`.

    `belief` is the share of the machines that carry one; the others are means over the task's
    networks and seeds. Machines that only some of the networks have are left out, as their mean
    would be over other networks.
    """
    fixed = scores_of(comparison, score=score, mode=mode, selection="fixed")
    fixed = fixed[fixed["value"].notna()]
    bits = comparison[(comparison["score"] == BITS) & (comparison["selection"] == "fixed")]
    both = fixed.merge(bits[[*MACHINE, "value"]].rename(columns={"value": "bits"}), on=MACHINE)
    if both.empty:
        return both
    keys = ["task", "unit", "method", "n_states"]
    both["belief"] = carry_belief(both).astype(float)
    numbers = ["value", "low", "high", "bits", "belief", "n_seeds", "n_sequences"]
    both[numbers] = both[numbers].astype(float)
    grouped = both.groupby(keys, sort=False)
    points = grouped[numbers].mean().assign(n_networks=grouped.size()).reset_index()
    whole = points.groupby("task")["n_networks"].transform("max")
    return points[points["n_networks"] == whole].reset_index(drop=True)


def front_of(points: pd.DataFrame) -> pd.DataFrame:
    """Return the points that no other one beats in both bits and fidelity, by growing bits."""
    points = points.sort_values(["bits", "value"], ascending=[True, False])
    best_before = points["value"].cummax().shift(fill_value=-np.inf)
    return points[points["value"] > best_before]


def pareto_finding(points: pd.DataFrame) -> str:
    """Return the title: whose machine is the shortest of those about as faithful as the best."""
    if points.empty:
        return "No machine has both a fidelity and a description length"
    winners: dict[str, int] = {}
    for _, task in points.groupby("task", sort=False):
        close = task[task["value"] >= task["value"].max() - CLOSE]
        method = str(close.loc[close["bits"].idxmin(), "method"])
        winners[method] = winners.get(method, 0) + 1
    n_tasks = sum(winners.values())
    said = [
        f"{method_name(method)} on {winners[method]}"
        for method in sorted(winners, key=lambda name: -winners[name])
    ]
    return (
        f"The shortest machine within {CLOSE:g} of the best fidelity: {listing(said)} "
        f"of {count(n_tasks, 'task')}"
    )


def _draw_task(axes: Axes, points: pd.DataFrame) -> None:
    colours = method_colours(points["method"])
    axes.vlines(
        points["bits"], points["low"], points["high"],
        colors=[colours[method] for method in points["method"]], lw=0.8, alpha=0.5,
    )  # fmt: skip
    front = front_of(points)
    axes.plot(front["bits"], front["value"], color=INK, lw=1.2, drawstyle="steps-post", zorder=3)
    for some, size, zorder in ((points, 14, 2), (front, 36, 4)):
        _draw_machines(axes, some, colours, size=size, zorder=zorder)
    named = -np.inf
    for _, point in front.iterrows():
        if point["value"] >= named + GAIN:
            named = point["value"]
            _name_point(axes, point)
    axes.set_xscale("log", base=10)
    # Plain numbers: in our style nothing is read as mathematics, powers of ten neither.
    axes.xaxis.set_major_formatter(
        lambda bits, _: f"{bits / 1000:g}k" if bits >= 1000 else f"{bits:g}"
    )
    axes.xaxis.set_major_locator(LogLocator(numticks=4))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="both")


def _draw_machines(
    axes: Axes, points: pd.DataFrame, colours: Mapping[str, str], *, size: float, zorder: int
) -> None:
    """Draw machines as dots, hollow where they carry a belief."""
    for belief, some in points.groupby(points["belief"] > 0):
        edges = [colours[method] for method in some["method"]]
        axes.scatter(
            some["bits"], some["value"], s=size, lw=1, edgecolors=edges,
            c="white" if belief else edges, zorder=zorder,
        )  # fmt: skip


def _name_point(axes: Axes, point: pd.Series) -> None:
    axes.annotate(
        f"{int(point['n_states'])}{'*' if point['belief'] > 0 else ''}",
        (point["bits"], point["value"]), xytext=(3, -4), textcoords="offset points", size=7,
        ha="left", va="top", zorder=5,
    )  # fmt: skip


def _foot(points: pd.DataFrame, *, level: float) -> str:
    return (
        "a dot: one method at one K, mean over a task's networks · numbers: K where the front "
        f"gains {GAIN:g} or more · hollow, *: carries a belief, no automaton of K "
        f"states · {measures_said(points)} · {rests_on(points, level=level)}, "
        "their means over networks, cut at the edge"
    )
