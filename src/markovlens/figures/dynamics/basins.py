"""Where the noise-free map leads: fates in the plane, kicks that cross, and what noise forgets."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from markovlens.figures.colours import state_colour
from markovlens.figures.dynamics.zones import DRAWN, ZONE_COLOURS, draw_bars, number
from markovlens.figures.panels import keys
from markovlens.figures.style import INK, frame, message, panels, styled
from markovlens.figures.text import listing, percent

CROSS = "kicks_that_cross"


@styled()
def draw_basins(table: pd.DataFrame, points: pd.DataFrame, *, name: str) -> Figure:
    """Return fates in the plane, crossings by zone, and pairs that the same noise leaves apart.

    Args:
        table: of `dynamics.basins`, one network.
        points: `tables.dynamics.REGION_POINTS_RUN` of it.
        name: of the network, as the title says it.
    """
    if points.empty:
        return message("There is nothing to draw", foot=name, why=str(table["reason"].iloc[0]))
    figure, axes = panels(3, columns=3, height=2.9)
    fates = _draw_plane(axes[0], points)
    _draw_crossings(axes[1], table)
    _draw_forgetting(axes[2], table)
    foot = (
        "fate: the symbol that is favoured most in the last 50 of 150 steps without noise · black: "
        "where the fate changes first on segments between cluster states, to a part in a billion · "
        "a kick: one step of noise · apart: pairs of cluster states with different symbols, run "
        "under the same noise · lines: 95 % intervals"
    )
    frame(figure, basins_finding(table, name=name), foot=foot, handles=[fates])
    return figure


def basins_finding(table: pd.DataFrame, *, name: str) -> str:
    """Return the title: which fates there are, and how often noise changes them."""
    shares = table[table["measure"] == "fate_share"]
    if len(shares) < 2:
        only = shares["symbol"].iloc[0]
        return f"{name}: without noise every state comes to favour symbol {only}"
    found = zip(shares["symbol"], shares["value"], strict=True)
    said = [f"{symbol} ({percent(float(value))})" for symbol, value in found]
    rows = {zone: number(table, CROSS, zone) for zone in ("kick-zone", "cluster")}
    crossed = [f"{percent(float(row['value']))} in the {zone}" for zone, row in rows.items()]
    return (
        f"{name}: without noise states come to favour symbols {listing(said)}; one step of noise "
        f"changes which in {listing(crossed)}"
    )


def _draw_plane(axes: Axes, points: pd.DataFrame) -> list:
    inside = points[points["symbol"] >= 0]
    styles = {}
    for symbol, mine in inside.groupby("symbol"):
        axes.scatter(mine["pc1"], mine["pc2"], s=9, lw=0, color=state_colour(int(str(symbol))))
        key = f"fate: symbol {symbol}"
        styles[key] = {"color": state_colour(int(str(symbol))), "marker": "o", "ls": "", "ms": 5}
    between = points[points["symbol"] < 0]
    if len(between):
        axes.scatter(between["pc1"], between["pc2"], s=12, lw=0.9, marker="x", color=INK)
        styles["boundary"] = {"color": INK, "marker": "x", "ls": "", "ms": 5}
    axes.set(xlabel="PC 1 (activation)", ylabel="PC 2 (activation)", title="Fates without noise")
    return keys(styles)


def _draw_crossings(axes: Axes, table: pd.DataFrame) -> None:
    axes.set(title="Kicks that change the fate")
    if not (table["measure"] == CROSS).any():
        axes.set_xticks([])
        axes.set_yticks([])
        axes.text(0.5, 0.5, "one fate", transform=axes.transAxes, ha="center")
        return
    rows = [number(table, CROSS, zone) for zone in DRAWN]
    draw_bars(axes, rows, at=range(len(DRAWN)), colours=[ZONE_COLOURS[zone] for zone in DRAWN])
    axes.set_xticks(range(len(DRAWN)), list(DRAWN))
    axes.set(ylabel="share of kicks")


def _draw_forgetting(axes: Axes, table: pd.DataFrame) -> None:
    rows = table[table["measure"] == "apart"].sort_values("step")
    steps = rows["step"].astype(float)
    axes.plot(steps, rows["value"], color=INK, marker="o", ms=4)
    axes.fill_between(steps, rows["low"], rows["high"], color=INK, alpha=0.15, lw=0)
    axes.set(xscale="log", ylim=(0, 1), xlabel="steps under the same noise")
    axes.set_xticks(steps, [f"{step:g}" for step in steps])
    axes.set_xticks([], minor=True)
    axes.set(ylabel="share of pairs", title="Still favour different symbols")
