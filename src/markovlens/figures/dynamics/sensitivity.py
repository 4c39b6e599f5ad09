"""How far rollouts that share part of their noise scatter, from each zone."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from markovlens.figures.dynamics.zones import (
    DRAWN,
    FEWEST_RUNS,
    ZONE_COLOURS,
    interval_words,
    zone_handles,
)
from markovlens.figures.panels import draw_curve
from markovlens.figures.style import frame, panels, styled
from markovlens.figures.text import percent

LAST, FRESH = 5, 1.0  # the step and the share of fresh noise of the title


@styled()
def draw_sensitivity(table: pd.DataFrame, *, name: str) -> Figure:
    """Return the scatter of rollouts against the step, by zone, for half and all noise fresh.

    Args:
        table: of `dynamics.sensitivity`, one network.
        name: of the network, as the title says it.
    """
    rows = table[table["measure"] == "scatter"]
    shares = sorted(rows["level"].unique())
    figure, axes = panels(len(shares), columns=len(shares), height=2.9, sharex=True)
    for ax, share in zip(axes, shares, strict=True):
        _draw_share(ax, rows[rows["level"] == share])
        ax.set(title="All noise fresh" if share == 1 else f"{percent(share)} of the noise fresh")
        ax.set(xlabel="steps after the start", ylabel="scatter (activation²)")
    most = int(rows["n"].max())
    foot = (
        "scatter: trace of the covariance of the hidden state over 40 rollouts from one state, "
        f"mean over at most 40 states a zone from at most {most} runs · "
        "bands: 95 % intervals over runs"
    )
    frame(figure, sensitivity_finding(table, name=name), foot=foot, handles=[zone_handles(DRAWN)])
    return figure


def sensitivity_finding(table: pd.DataFrame, *, name: str) -> str:
    """Return the title: scatter after five steps in one zone over that in another."""
    ratios = table[(table["measure"] == "scatter_ratio") & (table["level"] == FRESH)]
    ratios = ratios[ratios["step"] == LAST]
    said = [
        f"{row['where']} over {row['other']} {interval_words(row)}"
        for _, row in ratios.iterrows()
        if row["n"] >= FEWEST_RUNS
    ]
    if not said:
        return f"{name}: too few states in the zones to compare their scatter"
    return f"{name}, scatter after five steps of fresh noise: {'; '.join(said)}"


def _draw_share(axes: Axes, rows: pd.DataFrame) -> None:
    told = rows[rows["n"] >= FEWEST_RUNS]
    for zone in DRAWN:
        mine = told[told["where"] == zone]
        draw_curve(axes, mine, "step", colour=ZONE_COLOURS[zone], marker="o", ms=4)
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y")
