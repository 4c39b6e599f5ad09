"""The orbit: runs in the plane of two principal components, and how often they go round.

Where more than two symbols are written, also for each pair of symbols within its own plane.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from markovlens.figures.colours import state_colour
from markovlens.figures.dynamics.zones import (
    CONTROL_COLOUR,
    draw_bars,
    draw_groups,
    interval_words,
    number,
)
from markovlens.figures.panels import DASHED, keys, square
from markovlens.figures.style import FAINT, frame, panels, styled
from markovlens.figures.text import percent
from markovlens.spelling import count

ONE_WAY = 0.95  # of runs must turn the same way to be called an orbit
COMPONENTS = 6  # drawn
RUN_COLOUR = "#332288"
BARS = (  # measure, title, label, value that means something by itself
    ("turns_per_switch", "Rotation", "turns per switch", 0.5),
    ("sign_share", "Direction", "share of runs\nthat turn as most", 0.5),
)


@styled()
def draw_orbit(table: pd.DataFrame, paths: pd.DataFrame, *, name: str) -> Figure:
    """Return paths in the plane, rotation and direction beside shuffled runs, and flatness.

    Args:
        table: of `dynamics.orbit` and, where it was made, of `dynamics.composition`, one network.
        paths: of `Orbit.paths`.
        name: of the network, as the title says it.
    """
    figure, axes = panels(4, columns=4, height=2.9, width_ratios=(1.5, 1, 1, 1))
    _draw_paths(axes[0], paths)
    for ax, (measure, title, label, reference) in zip(axes[1:3], BARS, strict=True):
        _draw_against_shuffled(ax, table, measure)
        ax.axhline(reference, color=FAINT, lw=1, ls=DASHED, zorder=1)
        ax.set(title=title, ylabel=label, xlabel="symbols")
    axes[2].set_ylim(0, 1.05)
    _draw_variance(axes[3], table)
    symbols = sorted(paths["symbol"].unique())
    lines = {f"symbol {s} likeliest": {"color": state_colour(int(s)), "lw": 2} for s in symbols}
    bars = {"runs": square(RUN_COLOUR), "shuffled": square(CONTROL_COLOUR)}
    foot = _foot(table, paths)
    frame(figure, orbit_finding(table, name=name), foot=foot, handles=[keys(lines | bars)])
    return figure


def pairs_of(table: pd.DataFrame) -> list[str]:
    """Return the pairs of symbols between which runs switch; none of one pair: it is the whole."""
    pairs = list(table.loc[(table["where"] == "pair") & (table["measure"] == BARS[0][0]), "pair"])
    return pairs if len(pairs) > 1 else []


def orbit_finding(table: pd.DataFrame, *, name: str) -> str:
    """Return the title: whether runs turn one way, how far with each switch, and in which pairs."""
    share, turns = number(table, "sign_share", "run"), number(table, "turns_per_switch", "run")
    is_one_way = share["value"] >= ONE_WAY
    said = "circles one way" if is_one_way else "does not circle one way"
    title = (
        f"{name} {said}: {percent(float(share['value']))} of runs turn in the direction of most, "
        f"by {interval_words(turns)} turns a switch"
    )
    pairs = pairs_of(table)
    if not pairs:
        return title
    found = sum(_of_pair(table, "sign_share", pair)["value"] >= ONE_WAY for pair in pairs)
    return f"{title}; one way in {found} of {count(len(pairs), 'pair')} of symbols"


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


def _draw_against_shuffled(axes: Axes, table: pd.DataFrame, measure: str) -> None:
    pairs = pairs_of(table)
    kinds = {
        colour: [
            number(table, measure, where),
            *(_of_pair(table, measure + suffix, pair) for pair in pairs),
        ]
        for colour, where, suffix in (
            (RUN_COLOUR, "run", ""),
            (CONTROL_COLOUR, "shuffled", "_shuffled"),
        )
    }
    draw_groups(axes, kinds, ["all", *pairs])


def _draw_variance(axes: Axes, table: pd.DataFrame) -> None:
    shares = table[table["measure"] == "variance_share"].head(COMPONENTS)
    rows = [row for _, row in shares.iterrows()]
    draw_bars(axes, rows, at=range(1, len(rows) + 1), colours=["#7F7F7F"] * len(rows))
    axes.set_xticks(range(1, len(rows) + 1))
    axes.set(xlabel="principal component", ylabel="share of variance", title="Flatness")


def _of_pair(table: pd.DataFrame, measure: str, pair: str) -> pd.Series:
    return number(table[table["pair"] == pair], measure, "pair")


def _foot(table: pd.DataFrame, paths: pd.DataFrame) -> str:
    length = number(table, "readout_length", "frequent symbols")["value"]
    foot = (
        f"{int(number(table, 'turns', 'run')['n'])} runs, lines: 95 % intervals over runs · left: "
        f"{paths['run'].nunique()} runs of {paths['step'].nunique()} steps · turns: winding number "
        "about the mean state · shuffled: the same steps in random order · a closed orbit of two "
        f"symbols makes half a turn a switch · {length:.2f} of the length of unit readout rows "
        "lies in the plane"
    )
    if not pairs_of(table):
        return foot
    overlaps = ", ".join(
        f"{row['pair']} and {row['other_pair']} {row['value']:.2f}"
        for _, row in table[table["measure"] == "overlap"].iterrows()
    )
    return (
        f"{foot} · pair of symbols: in the plane of the steps at which one of the two is the "
        f"likeliest; overlap of the planes (0 to 1): {overlaps}"
    )
