"""Slow and fast regions: residency and zones in the plane, and what noise does in each zone."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from markovlens.dynamics.residency import LONGEST
from markovlens.figures.dynamics.zones import FEWEST_RUNS, ZONE_COLOURS, draw_bars, number
from markovlens.figures.style import frame, panels, styled
from markovlens.figures.text import percent


@styled()
def draw_residency(table: pd.DataFrame, points: pd.DataFrame, *, name: str) -> Figure:
    """Return residency in the plane, zones in the plane, and share and sign flips of each zone.

    Args:
        table: of `dynamics.residency`, one network.
        points: of `Residency.points`.
        name: of the network, as the title says it.
    """
    figure, axes = panels(4, columns=2, height=2.7)
    _draw_map(figure, axes[0], points)
    _draw_zones(axes[1], points)
    for ax, measure, title, label in (
        (axes[2], "share_of_states", "How much time", "share of steps"),
        (axes[3], "flips", "How often the logit turns before a switch", "sign flips of its change"),
    ):
        rows = [number(table, measure, zone) for zone in ZONE_COLOURS]
        draw_bars(ax, rows, at=range(len(rows)), colours=list(ZONE_COLOURS.values()))
        ax.set_xticks(range(len(rows)), list(ZONE_COLOURS))
        ax.set(ylabel=label, title=title)
    zones = [
        Line2D([], [], color=colour, marker="o", ls="", ms=5, label=zone)
        for zone, colour in ZONE_COLOURS.items()
    ]
    n = int(number(table, "residency", "all")["n"])
    foot = (
        f"{len(points)} states of {n} runs, fast ones over-sampled and weighted back · residency: "
        "mean steps until another symbol is the likeliest, 20 rollouts with fresh noise; one that "
        f"never changes counts as {LONGEST} · transition: below 2 steps, kick-zone: 2 to 8, "
        "cluster: above 8 and a symbol with p > 0.8, unsure: above 8 without · lines: 95 % "
        "intervals over runs"
    )
    frame(figure, residency_finding(table, name=name), foot=foot, handles=[zones])
    return figure


def residency_finding(table: pd.DataFrame, *, name: str) -> str:
    """Return the title: how much time is spent in slow regions, and how long noise needs there."""
    slow = number(table, "share_of_states", "cluster")["value"]
    said = [f"{name} is in slow regions for {percent(float(slow))} of the time"]
    for zone in ("cluster", "kick-zone", "transition"):
        row = number(table, "residency", zone)
        if row["n"] >= FEWEST_RUNS:
            said.append(f"{row['value']:.1f} steps in the {zone}")
    until = " and ".join(", ".join(said[1:]).rsplit(", ", 1))
    if not until:
        return said[0]
    return f"{said[0]}; noise changes the symbol after {until} (means, rollouts end at {LONGEST})"


def _draw_map(figure: Figure, axes: Axes, points: pd.DataFrame) -> None:
    order = points.sort_values("residency", ascending=False)
    drawn = axes.scatter(
        order["pc1"], order["pc2"], c=order["residency"], s=9, cmap="viridis", linewidths=0,
        vmin=0,
    )  # fmt: skip
    figure.colorbar(drawn, ax=axes, label="residency (steps)")
    axes.set(xlabel="PC 1 (activation)", ylabel="PC 2 (activation)", title="Residency")


def _draw_zones(axes: Axes, points: pd.DataFrame) -> None:
    for zone in ("cluster", "unsure", "kick-zone", "transition"):
        here = points[points["zone"] == zone]
        axes.scatter(here["pc1"], here["pc2"], s=9, color=ZONE_COLOURS[zone], linewidths=0)
    axes.set(xlabel="PC 1 (activation)", ylabel="PC 2 (activation)", title="Zones")
