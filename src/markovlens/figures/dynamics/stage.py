"""The figures of emulating networks, from the tables of the dynamics stage."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from markovlens.dynamics.store import load_noisy
from markovlens.figures.dynamics.bridge import draw_bridge
from markovlens.figures.dynamics.connectivity import draw_connectivity
from markovlens.figures.dynamics.emergence import draw_emergence
from markovlens.figures.dynamics.fixed_points import draw_fixed_points
from markovlens.figures.dynamics.gains import draw_gains
from markovlens.figures.dynamics.kicks import draw_kicks
from markovlens.figures.dynamics.linearisation import draw_linearisation
from markovlens.figures.dynamics.losses import draw_losses
from markovlens.figures.dynamics.match import draw_match
from markovlens.figures.dynamics.orbit import draw_orbit
from markovlens.figures.dynamics.residency import draw_residency
from markovlens.figures.dynamics.resonance import draw_resonance
from markovlens.figures.dynamics.sensitivity import draw_sensitivity
from markovlens.figures.dynamics.sources import draw_sources
from markovlens.figures.save import save_figure
from markovlens.figures.style import message, styled
from markovlens.files.runs import Run
from markovlens.files.whole import read_table
from markovlens.status import Status

# Of each figure of one network: how it is drawn, and the tables that it takes beside the numbers.
DRAWINGS: dict[str, tuple[Callable[..., Figure], tuple[str, ...]]] = {
    "fixed_points": (draw_fixed_points, ("decay",)),
    "orbit": (draw_orbit, ("paths",)),
    "residency": (draw_residency, ("points",)),
    "linearisation": (draw_linearisation, ()),
    "sensitivity": (draw_sensitivity, ()),
    "resonance": (draw_resonance, ()),
    "kicks": (draw_kicks, ()),
    "gains": (draw_gains, ()),
    "emergence": (draw_emergence, ()),
}
CONNECTIVITY = "connectivity"  # of the weights themselves
FIGURES = (*DRAWINGS, CONNECTIVITY)
# Of which analyses a figure has the numbers, where not of the one that bears its name.
ANALYSES = {
    "orbit": ("orbit", "composition"),
    "gains": ("silencing", "recurrent_gain", "noise_gain"),
}


def draw_emulator(run: Run, outputs: Mapping[str, str]) -> None:
    """Draw every analysis of one network.

    Args:
        run: the network.
        outputs: where to write each of `FIGURES`.
    """
    names = ("numbers", "paths", "points", "decay", "roles")
    tables = {name: read_table(run.dynamics(name)) for name in names}
    name = f"{run.task}, {run.model}, seed {run.seed}"
    for figure in FIGURES:
        save_figure(outputs[figure], _drawn(figure, run, tables, name))


def draw_emulation(table: str, outputs: Mapping[str, str]) -> None:
    """Draw how all networks match their sources, their states, and what the loss decides.

    Args:
        table: of all numbers.
        outputs: where to write `match`, `bridge`, `losses` and `sources`.
    """
    numbers = read_table(table)
    numbers = numbers[(numbers["status"] == Status.OK) & (numbers["gate"] == "passed")]
    match, bridge, training, rotation = (
        numbers[numbers["analysis"] == name]
        for name in ("match", "bridge", "bridge_training", "orbit")
    )
    drawings: dict[str, tuple[pd.DataFrame, Callable[[], Figure]]] = {
        "match": (match, lambda: draw_match(match)),
        "bridge": (bridge, lambda: draw_bridge(bridge, training)),
        "losses": (rotation, lambda: draw_losses(rotation)),
        "sources": (numbers, lambda: draw_sources(numbers)),
    }
    for name, (rows, draw) in drawings.items():
        save_figure(outputs[name], _nothing("all networks") if rows.empty else draw())


def _drawn(figure: str, run: Run, tables: Mapping[str, pd.DataFrame], name: str) -> Figure:
    numbers = tables["numbers"]
    failed = set(numbers.loc[numbers["status"] != Status.OK, "analysis"])
    if failed & {figure, "study"}:
        return _nothing(name)
    if figure == CONNECTIVITY:
        return _connectivity(run, tables["roles"], name)
    rows = numbers[numbers["analysis"].isin(ANALYSES.get(figure, (figure,)))]
    draw, more = DRAWINGS[figure]
    return draw(rows, *(tables[each] for each in more), name=name)


def _connectivity(run: Run, table: pd.DataFrame, name: str) -> Figure:
    """Draw the weights by role, for the first pair of symbols that has roles."""
    network = load_noisy(run.folder / "network")
    first = table[table["pair"] == table["pair"].iloc[0]] if len(table) else table
    roles = {str(role): np.asarray(units) for role, units in first.groupby("role")["unit"]}
    return draw_connectivity(network.recurrent, roles, name=name)


@styled()
def _nothing(name: str) -> Figure:
    why = "the analysis failed; the column `reason` of the table of numbers says why"
    return message("There is nothing to draw", foot=name, why=why)
