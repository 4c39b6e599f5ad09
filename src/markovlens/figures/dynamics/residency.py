"""Slow and fast regions: residency and zones in the plane, and what noise does in each zone."""

from __future__ import annotations

import pandas as pd
import seaborn as sns
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from markovlens.dynamics.residency import LONGEST
from markovlens.figures.dynamics.zones import (
    DRAWN,
    FEWEST_RUNS,
    ZONE_COLOURS,
    draw_bars,
    number,
    zone_handles,
)
from markovlens.figures.style import frame, panels, styled
from markovlens.figures.text import listing, percent

TIME = "viridis"


@styled()
def draw_residency(table: pd.DataFrame, points: pd.DataFrame, *, name: str) -> Figure:
    """Return residency in the plane, zones in the plane, and share and sign flips of each zone.

    Args:
        table: of `dynamics.residency`, one network.
        points: of `Residency.points`.
        name: of the network, as the title says it.
    """
    figure, axes = panels(4, columns=2, height=2.7)
    norm = Normalize(0, points["residency"].max())
    slow_first = points.sort_values("residency", ascending=False)  # the others are on top
    place = {"data": slow_first, "x": "pc1", "y": "pc2", "s": 9, "linewidth": 0, "legend": False}
    sns.scatterplot(hue="zone", palette=ZONE_COLOURS, ax=axes[1], **place)
    sns.scatterplot(hue="residency", palette=TIME, hue_norm=norm, ax=axes[0], **place)
    figure.colorbar(ScalarMappable(norm, TIME), ax=axes[0], label="residency (steps)")
    for ax, title in zip(axes[:2], ("Residency", "Zones"), strict=True):
        ax.set(xlabel="PC 1 (activation)", ylabel="PC 2 (activation)", title=title)
    for ax, measure, title, label in (
        (axes[2], "share_of_states", "How much time", "share of steps"),
        (axes[3], "flips", "How often the logit turns before a switch", "sign flips of its change"),
    ):
        rows = [number(table, measure, zone) for zone in ZONE_COLOURS]
        draw_bars(ax, rows, at=range(len(rows)), colours=list(ZONE_COLOURS.values()))
        ax.set_xticks(range(len(rows)), list(ZONE_COLOURS))
        ax.set(ylabel=label, title=title)
    n = int(number(table, "residency", "all")["n"])
    foot = (
        f"{len(points)} states of {n} runs, fast ones over-sampled and weighted back · residency: "
        "mean steps until another symbol is the likeliest, 20 rollouts with fresh noise; one that "
        f"never changes counts as {LONGEST} · transition: below 2 steps, kick-zone: 2 to 8, "
        "cluster: above 8 and a symbol with p > 0.8, unsure: above 8 without · lines: 95 % "
        "intervals over runs"
    )
    frame(figure, residency_finding(table, name=name), foot=foot, handles=[zone_handles()])
    return figure


def residency_finding(table: pd.DataFrame, *, name: str) -> str:
    """Return the title: how much time is spent in slow regions, and how long noise needs there."""
    slow = number(table, "share_of_states", "cluster")["value"]
    begin = f"{name} is in slow regions for {percent(float(slow))} of the time"
    rows = {zone: number(table, "residency", zone) for zone in reversed(DRAWN)}
    said = [
        f"{row['value']:.1f} steps in the {zone}"
        for zone, row in rows.items()
        if row["n"] >= FEWEST_RUNS
    ]
    if not said:
        return begin
    until = listing(said)
    return f"{begin}; noise changes the symbol after {until} (means, rollouts end at {LONGEST})"
