"""One orbit per pair of symbols: rotation, direction and zones of each, and how planes overlap."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from markovlens.figures.dynamics.zones import CONTROL_COLOUR, ZONE_COLOURS, draw_bars, number
from markovlens.figures.style import FAINT, frame, message, panels, styled
from markovlens.figures.text import count

ONE_WAY = 0.95
WIDTH = 0.3
RUN_COLOUR = "#332288"


@styled()
def draw_composition(table: pd.DataFrame, *, name: str) -> Figure:
    """Return rotation and direction of each pair beside shuffled runs, and its zones.

    Args:
        table: of `dynamics.composition`, one network.
        name: of the network, as the title says it.
    """
    pairs = list(table.loc[table["measure"] == "turns_per_switch", "pair"])
    title = composition_finding(table, name=name)
    if not pairs:
        return message(title, foot="", why="no two symbols follow each other once in a run")
    figure, axes = panels(3, columns=3, height=2.8)
    _draw_against_shuffled(axes[0], table, "turns_per_switch", pairs)
    axes[0].set(title="Rotation within the pair", ylabel="turns per switch")
    _draw_against_shuffled(axes[1], table, "sign_share", pairs)
    axes[1].axhline(0.5, color=FAINT, lw=1, ls=(0, (4, 2)))
    axes[1].set(title="Direction", ylabel="share of runs\nthat turn as most", ylim=(0, 1.05))
    _draw_zones(axes[2], table, pairs)
    for ax in axes:
        ax.set_xticks(range(len(pairs)), pairs)
        ax.set(xlabel="pair of symbols", xlim=(-0.8, len(pairs) - 0.2))
    handles = [
        [Patch(color=RUN_COLOUR, label="runs"), Patch(color=CONTROL_COLOUR, label="shuffled")],
        [Patch(color=colour, label=zone) for zone, colour in ZONE_COLOURS.items()],
    ]
    frame(figure, title, foot=_foot(table), handles=handles)
    return figure


def composition_finding(table: pd.DataFrame, *, name: str) -> str:
    """Return the title: how many pairs are circled one way."""
    shares = table[table["measure"] == "sign_share"]
    found = int((shares["value"] >= ONE_WAY).sum())
    return (
        f"{name} circles one way in {found} of {count(len(shares), 'pair')} of symbols between "
        "which it switches"
    )


def _draw_against_shuffled(axes: Axes, table: pd.DataFrame, measure: str, pairs: list[str]) -> None:
    for place, (suffix, colour) in enumerate((("", RUN_COLOUR), ("_shuffled", CONTROL_COLOUR))):
        rows = [_of_pair(table, measure + suffix, pair) for pair in pairs]
        at = [pair + (place - 0.5) * WIDTH for pair in range(len(pairs))]
        draw_bars(axes, rows, at=at, colours=[colour] * len(rows), width=WIDTH)


def _draw_zones(axes: Axes, table: pd.DataFrame, pairs: list[str]) -> None:
    for place, pair in enumerate(pairs):
        top = 0.0
        for zone, colour in ZONE_COLOURS.items():
            share = _of_pair(table, f"share_{zone}", pair)["value"]
            axes.bar(place, share, bottom=top, color=colour, width=0.6)
            top += share
    axes.set(title="Zones", ylabel="share of the pair's steps")


def _of_pair(table: pd.DataFrame, measure: str, pair: str) -> pd.Series:
    return number(table[table["pair"] == pair], measure, "pair")


def _foot(table: pd.DataFrame) -> str:
    overlaps = table[table["measure"] == "overlap"]
    said = [
        f"{row['pair']} and {row['other_pair']} {row['value']:.2f}"
        for _, row in overlaps.iterrows()
    ]
    planes = f" · overlap of the pairs' planes (0 to 1): {', '.join(said)}" if said else ""
    runs = int(table["n"].max())
    return (
        f"{runs} runs, lines: 95 % intervals over runs · plane: two principal components of the "
        "steps at which one of the two symbols is the likeliest; only steps within the pair turn · "
        f"shuffled: the same steps in random order{planes}"
    )
