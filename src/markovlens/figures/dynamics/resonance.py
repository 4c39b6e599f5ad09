"""Regularity and match against the amplitude of the noise."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from markovlens.figures.dynamics.zones import interval_words, number
from markovlens.figures.panels import DOTTED, draw_curve, keys, label_below
from markovlens.figures.style import FAINT, INK, frame, panels, styled
from markovlens.figures.text import listing

COLOURS = {"all units": "#0072B2", "half the units": "#D55E00"}
MEASURES = {
    "irregularity": ("Irregularity of switching", "CV of dwell times\n/ geometric CV", 1.0),
    "transition_error": ("Match with the source", "error of the\ntransition matrix", None),
    "switching_rate": ("Rate of switching", "symbol changes\nper step", None),
    "spectral_peak": ("Rhythm", "peak / slowest power\nof the spectrum", 1.0),
}
TICKS = {2.0**-4: "1/16", 2.0**-2: "1/4", 1.0: "1", 4.0: "4", 16.0: "16"}
NAMES = {"irregularity": "irregularity", "transition_error": "transition error"}


SOURCE: dict[str, Any] = {"color": INK, "lw": 1.0, "ls": (0, (5, 2))}


@styled()
def draw_resonance(table: pd.DataFrame, *, name: str) -> Figure:
    """Return curves against the amplitude of the noise of all units and of half of them.

    Args:
        table: of `dynamics.resonance`, one network.
        name: of the network, as the title says it.
    """
    rows = table[table["level"].notna()]
    figure, axes = panels(len(MEASURES), columns=2, height=2.2, sharex=True)
    for ax, (measure, (title, label, reference)) in zip(axes, MEASURES.items(), strict=True):
        _draw_curves(ax, rows[rows["measure"] == measure])
        ax.set(title=title, ylabel=label)
        if reference is not None:
            ax.axhline(reference, color=INK, lw=0.8, ls=DOTTED)
        ax.axhline(number(table, measure, "source")["value"], **SOURCE)
    label_below(axes, "amplitude of the noise (training: 1)", columns=2)
    driven = {f"noise of {where}": {"color": c, "marker": "."} for where, c in COLOURS.items()}
    handles = keys(driven | {"the source itself": SOURCE})
    foot = (
        f"{int(rows['n'].max())} runs, bands: 95 % intervals over runs · the same noise and the "
        "same Gumbel variables at every amplitude, symbols are drawn · dotted: a Markov chain "
        "(top), no peak (bottom) · the best amplitude is chosen on half of the runs, "
        "its gain measured on the others"
    )
    frame(figure, resonance_finding(table, name=name), foot=foot, handles=[handles])
    return figure


def resonance_finding(table: pd.DataFrame, *, name: str) -> str:
    """Return the title: for each measure, whether more noise than the best does harm."""
    found = {measure: _optimum(table, measure) for measure in NAMES}
    said = [words for words in found.values() if words]
    without = [NAMES[measure] for measure, words in found.items() if not words]
    if without:
        verb = "has" if len(without) == 1 else "have"
        said.append(f"{listing(without)} {verb} no optimum between too little and too much")
    return f"{name}, noise of all units: {listing(said)}"


def _optimum(table: pd.DataFrame, measure: str) -> str:
    """Return where a measure is best, nothing where an end of the range is no worse."""
    ends = [
        number(table[table["other"] == f"{end} amplitude"], f"loss_of_{measure}", "all units")
        for end in ("smallest", "largest")
    ]
    if not all(end["low"] > 0 for end in ends):
        return ""
    at = number(table, f"best_amplitude_{measure}", "all units")["value"]
    cost = interval_words(ends[1], digits=3)
    return f"{NAMES[measure]} is least at {at:g}, more noise costs {cost}"


def _draw_curves(axes: Axes, rows: pd.DataFrame) -> None:
    for driven, colour in COLOURS.items():
        mine = rows[(rows["where"] == driven) & (rows["n"] > 1)]
        draw_curve(axes, mine, "level", colour=colour, marker=".", ms=6)
    axes.axvline(1, color=FAINT, lw=0.8, zorder=0)
    axes.set_xscale("log", base=2)
    axes.set_xticks(list(TICKS), list(TICKS.values()))
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
