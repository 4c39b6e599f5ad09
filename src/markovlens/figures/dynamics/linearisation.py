"""Unstable directions and turning pairs in each zone, beside Jacobians of other active units."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from markovlens.figures.dynamics.zones import (
    CONTROL_COLOUR,
    DRAWN,
    FEWEST_RUNS,
    draw_groups,
    number,
)
from markovlens.figures.panels import DOTTED, keys, square
from markovlens.figures.style import INK, frame, panels, styled
from markovlens.figures.text import listing

KINDS = {
    "": ("step without noise", "#332288"),
    "_noisy": ("step with noise", "#88CCEE"),
    "_control": ("other units active", CONTROL_COLOUR),
}
MEASURES = {
    "unstable": ("Unstable", "eigenvalues with |λ| > 1"),
    "unstable_pairs": ("Unstable and turning", "pairs with |λ| > 1"),
    "critical_pairs": ("Nearly neutral, turning", "pairs with |λ| in 0.8 to 1.25"),
    "modulus": ("Fastest growth", "largest |λ| (factor a step)"),
}
ZONE_NAMES = "tran-\nsition", "kick-\nzone", "cluster"


@styled()
def draw_linearisation(table: pd.DataFrame, *, name: str) -> Figure:
    """Return mean counts of eigenvalues by zone and by kind of Jacobian.

    Args:
        table: of `dynamics.linearisation`, one network.
        name: of the network, as the title says it.
    """
    figure, axes = panels(len(MEASURES), columns=4, height=2.8)
    for ax, (measure, (title, label)) in zip(axes, MEASURES.items(), strict=True):
        kinds = {
            colour: [number(table, measure + suffix, zone) for zone in DRAWN]
            for suffix, (_, colour) in KINDS.items()
        }
        draw_groups(ax, kinds, ZONE_NAMES)
        ax.set(title=title, ylabel=label)
    axes[-1].axhline(1, color=INK, lw=0.8, ls=DOTTED)
    foot = (
        f"means over states of {int(table['n'].max())} runs at most, lines: 95 % intervals over "
        "runs · a pair turns by more than 0.1 rad a step · other units active: as many, drawn at "
        "random · dotted: |λ| = 1"
    )
    handles = keys({label: square(colour) for label, colour in KINDS.values()})
    frame(figure, linearisation_finding(table, name=name), foot=foot, handles=[handles])
    return figure


def linearisation_finding(table: pd.DataFrame, *, name: str) -> str:
    """Return the title: unstable eigenvalues in each zone, and in the control's transition."""
    said = []
    for zone in DRAWN:
        row = number(table, "unstable", zone)
        if row["n"] >= FEWEST_RUNS:
            said.append(f"{row['value']:.2f} in the {zone}")
    control = number(table, "unstable_control", "transition")
    rest = f" (with other units active: {control['value']:.2f})" if control["n"] else ""
    return f"{name}: unstable directions a state: {listing(reversed(said))}{rest}"
