"""When the mechanism appears in training: what is measured, against updates."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from markovlens.figures.panels import DASHED, DOTTED, draw_curve, keys, label_below
from markovlens.figures.style import FAINT, INK, MUTED, frame, panels, styled
from markovlens.figures.text import listing

# Of each panel: its title and axis, and for each measure in it the colour and the name.
PANELS: dict[tuple[str, str], dict[str, tuple[str, str]]] = {
    ("Loss", "training loss"): {"loss": ("#111111", "loss")},
    ("Match", "total variation distance"): {"pair_error": ("#0072B2", "symbol pairs")},
    ("Switching", "mean of 1 / dwell"): {"switching": ("#D55E00", "switching")},
    ("Local linearisation", "share of states"): {
        "unstable": ("#009E73", "unstable direction"),
        "unstable_pairs": ("#332288", "unstable rotation"),
        "critical_pairs_moebius": ("#CC79A7", "near-critical pair (authors)"),
    },
}
# Of each bifurcation: line style and name.
EVENTS = {
    "unstable": (DASHED, "unstable direction appears"),
    "critical": ((0, (1, 1.5)), "near-critical pair appears"),
    "switching": ("-", "switching slows down"),
}


@styled()
def draw_emergence(table: pd.DataFrame, *, name: str) -> Figure:
    """Return four panels over training updates, with the bifurcations as vertical lines.

    Args:
        table: rows of `dynamics.emergence.emergence_table` of one network.
        name: of the network, for the foot line.
    """
    figure, axes = panels(len(PANELS), columns=2, height=2.1, sharex=True)
    for ax, ((title, label), measures) in zip(axes, PANELS.items(), strict=True):
        for later, (measure, (colour, words)) in enumerate(reversed(measures.items())):
            curve = _curve(table[table["measure"] == measure])
            # The first are the widest and lowest, so that equal curves are all seen.
            look = {"lw": 1.3 + 1.2 * later, "zorder": 3 - later, "marker": ".", "ms": 6}
            draw_curve(ax, curve, "step", colour=colour, label=words, **look)
        ax.set(title=title, ylabel=label)
        ax.grid(axis="y", color=FAINT, lw=0.5)
        for event, (style, _) in EVENTS.items():
            if (step := step_of(table, event)) is not None:
                ax.axvline(step, color=INK, lw=0.9, ls=style, zorder=1)
        if len(measures) > 1:
            ax.legend(loc="best", labelspacing=0.25)
    label_below(axes, "updates", columns=2)
    floor = table[(table["measure"] == "pair_error") & (table["where"] == "source")]
    if len(floor):
        axes[1].axhline(floor["value"].iloc[0], color=MUTED, lw=1.0, ls=DOTTED)
    growing = table.loc[table["measure"] == "growing", "value"].max()
    foot = (
        f"{name} · bands: 95 % intervals over {int(table['n'].max())} runs a checkpoint · "
        "dotted in the second panel: the source's own sequences · runs whose states grow without "
        f"bound, at most: {100 * growing:.0f} %"
    )
    handles = keys(
        {
            f"{words} ({_said(table, event)})": {"color": INK, "lw": 1.0, "ls": style}
            for event, (style, words) in EVENTS.items()
        }
    )
    frame(figure, emergence_finding(table), foot=foot, handles=[handles])
    return figure


def emergence_finding(table: pd.DataFrame) -> str:
    """Return the title: after how many updates each bifurcation comes, and what it does."""
    switching = _curve(table[table["measure"] == "switching"])
    said = [f"{name}: {_said(table, event)}" for event, (_, name) in EVENTS.items()]
    return (
        f"In training the rate of switching goes from {switching['value'].iloc[0]:.2f} to "
        f"{switching['value'].iloc[-1]:.2f}; {listing(said)}"
    )


def _said(table: pd.DataFrame, event: str) -> str:
    step = step_of(table, event)
    return "never" if step is None else f"update {step:,}"


def step_of(table: pd.DataFrame, event: str) -> int | None:
    """Return the update at which a bifurcation comes, None if it never does."""
    found = table[(table["measure"] == "bifurcation") & (table["where"] == event)]["value"].dropna()
    return None if found.empty else int(found.iloc[0])


def _curve(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of checkpoints by update; the source's row is no checkpoint."""
    rows = rows[rows["where"] == "checkpoint"]
    return rows.astype({"step": int}).sort_values("step")
