"""What silencing or scaling kick units does to switching, with control units beside."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from markovlens.figures.panels import DASHED, keys
from markovlens.figures.style import INK, MUTED, frame, message, panels, styled
from markovlens.figures.text import listing

# Of each kind of units: colour, marker, name.
KINDS = {
    "kick": ("#D55E00", "o", "kick units"),
    "inputs": ("#0072B2", "s", "inputs of kick units"),
    "random": ("#7F7F7F", "v", "random units (median and interval over draws)"),
    "matched": ("#CC79A7", "^", "units matched in activity and weights (the same)"),
}
PANELS = {  # of each row: what is changed
    "silencing": "units silenced",
    "recurrent_gain": "gain of the recurrent drive",
    "noise_gain": "gain of the noise drive",
}
LOWEST = 0.003  # where what is less is drawn
TOP = 30.0
ARROW = "\u2192"
SPREAD = 0.02  # of the width of a panel, between kinds at the same level


@styled()
def draw_gains(table: pd.DataFrame, *, name: str) -> Figure:
    """Return the relative rate of switching against the change: a column a direction of switching.

    Args:
        table: rows of `dynamics.effects.effect_table`, of all three analyses.
        name: of the network, for the foot line.
    """
    title = gains_finding(table)
    rates = rates_of(table)
    if rates.empty:
        return message(title, foot=name, why="there are no kick units to change")
    directions = list(dict.fromkeys(rates["direction"]))
    figure, axes = panels(
        len(PANELS) * len(directions),
        columns=len(directions),
        height=1.8,
        sharex="row",
        sharey=True,
    )
    places = [(analysis, direction) for analysis in PANELS for direction in directions]
    for ax, (analysis, direction) in zip(axes, places, strict=True):
        here = rates[(rates["direction"] == direction) & (rates["analysis"] == analysis)]
        _draw_cell(ax, here)
        ax.locator_params(axis="x", integer=analysis == "silencing", nbins=5)
        if analysis == next(iter(PANELS)):
            ax.set_title(direction.replace(">", ARROW))
        if direction == directions[0]:
            ax.set_ylabel("rate of switching\n(1: unchanged)")
        if direction == directions[len(directions) // 2]:
            ax.set_xlabel(PANELS[analysis])
    foot = (
        f"{name} · rate: switches in the direction per step at the symbol that they leave, "
        f"relative to the unchanged network from the same states under the same noise · bars: 95 % "
        f"intervals over {int(rates['n'].max())} runs (kick units and inputs) or over draws "
        f"(controls) · what is below {LOWEST:g} or above {TOP:g} is drawn there"
    )
    handles = keys(
        {
            words: {"color": colour, "marker": marker, "ms": 5, "lw": 1.3}
            for kind, (colour, marker, words) in KINDS.items()
            if kind in set(rates["kind"])
        }
    )
    frame(figure, title, foot=foot, handles=[handles])
    return figure


def rates_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return the relative rates with the columns `kind` (which units) and `direction`."""
    rates = table[(table["measure"] == "rate_ratio") & table["value"].notna()]
    return rates.rename(columns={"where": "kind", "pair": "direction"})


def gains_finding(table: pd.DataFrame) -> str:
    """Return the title: what is left of switching when kick units, or controls, are silent."""
    rates = rates_of(table)
    silent = rates[rates["analysis"] == "silencing"] if len(rates) else rates
    if silent.empty:
        return "No kick units to silence"
    most = int(silent["level"].max())
    silent = silent[silent["level"] == silent.groupby("direction")["level"].transform("max")]
    said = []
    for kind in ("kick", "random", "matched"):
        values = silent.loc[silent["kind"] == kind, "value"]
        if len(values):
            low, high = f"{values.min():.2f}", f"{values.max():.2f}"
            between = low if low == high else f"{low} to {high}"
            said.append(f"{between} ({kind} units)")
    return f"With {most} units silent the network switches at {listing(said)} times its normal rate"


def _draw_cell(axes: Axes, rows: pd.DataFrame) -> None:
    axes.axhline(1, color=INK, lw=0.8, ls=DASHED)
    span = float(np.ptp(rows["level"])) if len(rows) else 1.0
    for place, (kind, (colour, marker, _)) in enumerate(KINDS.items()):
        mine = rows[rows["kind"] == kind].sort_values("level")
        if mine.empty:
            continue
        x = mine["level"] + SPREAD * span * (place - 1)
        value, low, high = (mine[name].clip(LOWEST, TOP) for name in ("value", "low", "high"))
        axes.vlines(x, low, high, color=colour, lw=1.3, alpha=0.8)
        joined = "-" if len(mine) > 1 else ""
        axes.plot(x, value, color=colour, marker=marker, ms=5, ls=joined, lw=1.2)
    axes.set_yscale("log")
    axes.set_ylim(LOWEST / 1.4, TOP * 1.4)
    axes.set_yticks([0.01, 0.1, 1, 10], ["0.01", "0.1", "1", "10"])
    axes.minorticks_off()
    axes.grid(axis="y")
    axes.tick_params(colors=MUTED)
