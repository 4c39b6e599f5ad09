"""The orbit: runs in the plane of two principal components, and how often they go round."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from markovlens.figures.dynamics.zones import CONTROL_COLOUR, draw_bars, interval_words, number
from markovlens.figures.style import FAINT, frame, panels, state_colour, styled
from markovlens.figures.text import percent

ONE_WAY = 0.95  # of runs must turn the same way to be called an orbit
COMPONENTS = 6  # drawn


@styled()
def draw_orbit(table: pd.DataFrame, paths: pd.DataFrame, *, name: str) -> Figure:
    """Return paths in the plane, turns per switch beside shuffled runs, and variance per component.

    Args:
        table: of `dynamics.orbit`, one network.
        paths: of `Orbit.paths`.
        name: of the network, as the title says it.
    """
    figure, axes = panels(3, columns=3, height=3.1, width_ratios=(1.5, 0.8, 1))
    _draw_paths(axes[0], paths)
    _draw_turns(axes[1], table)
    _draw_variance(axes[2], table)
    symbols = [
        Line2D([], [], color=state_colour(int(s)), lw=2, label=f"symbol {s} likeliest")
        for s in sorted(paths["symbol"].unique())
    ]
    n = int(number(table, "turns", "run")["n"])
    foot = (
        f"{n} runs, lines: 95 % intervals over runs (of readout rows: over groups of runs) · left: "
        f"{paths['run'].nunique()} runs of {paths['step'].nunique()} steps · turns: winding number "
        "about the mean state · shuffled: the same steps in random order · a closed orbit of two "
        "symbols makes half a turn a switch"
    )
    frame(figure, orbit_finding(table, name=name), foot=foot, handles=[symbols])
    return figure


def orbit_finding(table: pd.DataFrame, *, name: str) -> str:
    """Return the title: whether runs turn one way, and how far with each switch."""
    share, turns = number(table, "sign_share", "run"), number(table, "turns_per_switch", "run")
    is_one_way = share["value"] >= ONE_WAY
    said = "circles one way" if is_one_way else "does not circle one way"
    return (
        f"{name} {said}: {percent(float(share['value']))} of runs turn in the direction of most, "
        f"by {interval_words(turns)} turns a switch"
    )


def _draw_paths(axes: Axes, paths: pd.DataFrame) -> None:
    for _, run in paths.groupby("run"):
        points = run[["pc1", "pc2"]].to_numpy()
        segments = [points[i : i + 2] for i in range(len(points) - 1)]
        colours = [state_colour(int(symbol)) for symbol in run["symbol"].iloc[1:]]
        axes.add_collection(LineCollection(segments, colors=colours, linewidths=0.8, alpha=0.7))
    axes.autoscale_view()
    axes.plot(0, 0, "+", color="black", ms=9, mew=1.5)
    axes.annotate("mean", (0, 0), xytext=(5, 4), textcoords="offset points", fontsize=8)
    axes.set(xlabel="PC 1 (activation)", ylabel="PC 2 (activation)", title="Runs under noise")


def _draw_turns(axes: Axes, table: pd.DataFrame) -> None:
    rows = [number(table, "turns_per_switch", where) for where in ("run", "shuffled")]
    draw_bars(axes, rows, at=(0, 1), colours=(state_colour(0), CONTROL_COLOUR))
    axes.axhline(0.5, color=FAINT, lw=1, ls=(0, (4, 2)), zorder=1)
    axes.set_xticks((0, 1), ("runs", "shuffled"))
    axes.set(ylabel="turns per switch", title="Rotation")


def _draw_variance(axes: Axes, table: pd.DataFrame) -> None:
    shares = table[table["measure"] == "variance_share"].head(COMPONENTS)
    rows = [row for _, row in shares.iterrows()]
    draw_bars(axes, rows, at=range(len(rows)), colours=["#7F7F7F"] * len(rows))
    axes.set_xticks(range(len(rows)), [str(place + 1) for place in range(len(rows))])
    length = number(table, "readout_length", "frequent symbols")
    axes.text(
        0.98, 0.95, f"of unit readout rows, {length['value']:.2f}\nof the length lies in the plane",
        ha="right", va="top", fontsize=8, transform=axes.transAxes,
    )  # fmt: skip
    axes.set(xlabel="principal component", ylabel="share of variance", title="Flatness")
