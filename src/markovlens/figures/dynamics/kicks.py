"""What kick units receive around a switch, one panel a direction."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from markovlens.figures.colours import state_colour
from markovlens.figures.panels import draw_curve, label_below
from markovlens.figures.style import INK, MUTED, frame, message, panels, styled
from markovlens.figures.text import listing
from markovlens.spelling import count

COLUMNS = 3  # at most
MARKED = 3  # units of a group whose traces carry their name


@styled()
def draw_kicks(table: pd.DataFrame, *, name: str) -> Figure:
    """Return mean recurrent drive around switches of the kick units of one network.

    Args:
        table: rows of `dynamics.kicks.kick_table`.
        name: of the network, for the foot line.
    """
    title = kicks_finding(table)
    traces = table[table["measure"] == "drive"]
    if traces.empty:
        return message(title, foot=name, why="no direction of switching has such units")
    traces = traces.astype({"unit": int}).dropna(subset="value")
    directions = list(dict.fromkeys(traces["pair"]))
    columns = min(COLUMNS, len(directions))
    figure, axes = panels(len(directions), columns=columns, height=2.5, sharex=True, sharey=True)
    for ax, direction in zip(axes, directions, strict=True):
        _draw_direction(ax, traces[traces["pair"] == direction])
        number = table[(table["measure"] == "n_switches") & (table["pair"] == direction)]
        ax.set_title(f"switches {_words(direction)} (n = {int(number['value'].iloc[0]):,})")
    for place, ax in enumerate(axes):
        if place % columns == 0:
            ax.set_ylabel("recurrent drive\n(units of activation)")
    label_below(axes, "steps from the first of the new symbol", columns=columns)
    foot = (
        f"{name} · mean over switches, bands: 95 % intervals over {int(traces['n'].max())} "
        "runs · kick units: negative drive 5 steps or more before the switch and positive at it, "
        "ranked by the change · steps beyond the stays on both sides are left out"
    )
    frame(figure, title, foot=foot)
    return figure


def kicks_finding(table: pd.DataFrame) -> str:
    """Return the title: how many units turn positive before a switch, and how long before."""
    numbers = table[table["measure"] == "n_units"]
    if numbers.empty or not numbers["value"].sum():
        return "No unit turns from negative to positive drive at a switch"
    lead = table.loc[table["measure"] == "lead", "value"]
    after = table.loc[table["measure"] == "drive_after", "value"]
    said = [
        f"{count(int(n), 'unit')} for {_words(pair)}"
        for pair, n in zip(numbers["pair"], numbers["value"], strict=True)
    ]
    return (
        f"Silent before a switch and driven at it: {listing(said)}; they turn positive "
        f"{lead.median():.1f} steps ahead (median), and {int((after > 0).sum())} of {len(after)} "
        "stay so after it"
    )


def _words(direction: str) -> str:
    return direction.replace(">", "\u2192")  # no line break within


def _draw_direction(axes: Axes, traces: pd.DataFrame) -> None:
    axes.axhline(0, color=INK, lw=0.8)
    axes.axvline(0, color=MUTED, lw=0.8, ls=(0, (2, 2)))
    for rank, (unit, mine) in enumerate(traces.groupby("unit", sort=False)):
        colour = state_colour(rank)
        width = 2.0 if rank < MARKED else 1.1
        draw_curve(axes, mine, "step", colour=colour, lw=width, label=f"unit {unit}")
    axes.legend(loc="upper left", handlelength=1.2, labelspacing=0.25)
    axes.grid(axis="y")
