"""The effect of each claim about emulating networks on each source: do all sources say the same?"""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from markovlens.dynamics.claims import ALL, by_source
from markovlens.figures.colours import STATE_COLOURS
from markovlens.figures.dynamics.emulators import muted_line
from markovlens.figures.panels import draw_dots, keys
from markovlens.figures.style import INK, frame, message, panels, styled
from markovlens.spelling import count

COLUMNS = 3
LOOKS = {"a source": (STATE_COLOURS[0], "o"), "all sources": (INK, "D")}


@styled()
def draw_sources(numbers: pd.DataFrame) -> Figure:
    """Return a panel a claim: its effect on each source and on all, with intervals.

    Args:
        numbers: of all analyses of the networks that passed their gate.
    """
    effects = by_source(numbers)
    title = sources_finding(effects)
    if effects.empty:
        return message(title, foot="", why="no analysis here has what a claim compares")
    claims = list(dict.fromkeys(effects["claim"]))
    tasks = [*dict.fromkeys(effects.loc[effects["task"] != ALL, "task"]), ALL]
    heights = {task: -float(place) for place, task in enumerate(tasks)}
    height = 0.24 * len(tasks) + 0.55
    figure, axes = panels(len(claims), columns=COLUMNS, height=height, sharey=True)
    for ax, claim in zip(axes, claims, strict=True):
        _draw_claim(ax, effects[effects["claim"] == claim], heights)
        ax.set_title(claim.replace("_", " "))
    foot = (
        "positive speaks for a claim; what each effect is, in units of its own: docs/claims.md · "
        "dot: mean over seeds, networks of one seed averaged, with Student's 95 % interval where "
        "there are two seeds · diamond: over all sources and seeds · no row: no network of that "
        "source speaks to the claim · verdicts, over all claims together, are in claims.csv"
    )
    frame(figure, title, foot=foot, handles=[_handles()])
    return figure


def sources_finding(effects: pd.DataFrame) -> str:
    """Return the title: how many claims have effects of one sign on every source."""
    single = effects[effects["task"] != ALL]
    if single.empty:
        return "No emulating network speaks to a claim"
    signs = single.groupby("claim", sort=False)["effect"].agg(
        above=lambda each: (each > 0).all(), below=lambda each: (each < 0).all()
    )
    n_sources = single["task"].nunique()
    return (
        f"On {count(n_sources, 'source')}, {count(len(signs), 'claim')}: {signs['above'].sum()} "
        "with effects that speak for it on every source it was seen on, "
        f"{signs['below'].sum()} with effects against it on every one"
    )


def _draw_claim(axes: Axes, rows: pd.DataFrame, heights: dict[str, float]) -> None:
    muted_line(axes, 0)
    for together, mine in rows.rename(columns={"effect": "value"}).groupby(rows["task"] == ALL):
        colour, marker = LOOKS["all sources" if together else "a source"]
        draw_dots(axes, mine, mine["task"].map(heights), colour=colour, marker=marker)
    axes.set_yticks(list(heights.values()), list(heights))
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.set_ylim(min(heights.values()) - 0.7, 0.7)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.grid(axis="x")


def _handles() -> list:
    looks = {
        label: {"color": colour, "marker": marker, "lw": 1.2, "ms": 5}
        for label, (colour, marker) in LOOKS.items()
    }
    return keys(looks)
