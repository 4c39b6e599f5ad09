"""What is read and what is used of every layer: a panel for each task, cells by colour."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from markovlens.figures.colours import state_colour
from markovlens.figures.panels import DOTTED, keys
from markovlens.figures.style import INK, MUTED, frame, model_name, panels, styled
from markovlens.figures.tables import LEVEL
from markovlens.figures.text import listing
from markovlens.layers.claims import ALIKE, best_and_most

COLUMNS = 2
APART = 0.26  # between cells, of the distance of two layers
GAP = 0.6  # more between networks of different depth
LOOKS: dict[str, dict[str, Any]] = {
    "probe": {"marker": "o", "mfc": "white", "ls": DOTTED, "lw": 1.0},
    "iia": {"marker": "s", "ls": "-", "lw": 1.6},
}
MEANINGS = {
    "probe": "its state is read off the layer (linear probe)",
    "iia": "this layer alone exchanged, and the network goes on from there",
}
TOO_FEW = "Which layer is used most is not told: too few sequences could be exchanged"
NEEDED = ["probe", "iia", "iia_random"]  # to say which layer is used most
FLOORS = {"probe_control": "_", "iia_random": "x"}
FLOOR_MEANINGS = {
    "probe_control": "probe of labels that mean nothing",
    "iia_random": "layer moved at random, as far",
}


@styled()
def draw_layers(
    table: pd.DataFrame, networks: pd.DataFrame | None = None, *, level: float = LEVEL
) -> Figure:
    """Return the figure of a table of layers.

    Args:
        table: task, cell, n_layers, depth, score, value, low, high, n_sequences; `counted` and
            `n_seeds` where there are several networks, of which only those are drawn that count.
        networks: the same of each network that counts, not merged, with `model` and `seed`; the
            table when None, which is then of single networks.
        level: coverage of the intervals.
    """
    rows = table[table["value"].notna()]
    if "counted" in rows:
        rows = rows[rows["counted"]]
    tasks = list(dict.fromkeys(table["task"]))
    cells = list(dict.fromkeys(table["cell"]))
    begins = _begins(sorted(table["n_layers"].unique()))
    figure, axes = panels(len(tasks), columns=COLUMNS, height=2.6, sharey=True)
    for ax, task in zip(axes, tasks, strict=True):
        _draw(ax, rows[rows["task"] == task], cells, begins)
        ax.set_title(str(task))
        ax.set_ylabel("share of steps")
    looks = {
        model_name(str(cell)): {"color": state_colour(at), "lw": 4} for at, cell in enumerate(cells)
    }
    said = {MEANINGS[score]: look | {"color": INK} for score, look in LOOKS.items()}
    floors = {
        FLOOR_MEANINGS[score]: {"marker": mark, "color": MUTED, "ls": ""}
        for score, mark in FLOORS.items()
    }
    said_of = rows if networks is None else networks
    frame(figure, finding(said_of), foot=_foot(table, level), handles=[keys(looks | said | floors)])
    return figure


def finding(rows: pd.DataFrame) -> str:
    """Return in how many networks the best readable layer is the most used one.

    Layers that differ by up to `ALIKE` are alike, as claims take them: of several that are read
    best, all have to be among the most used. Of one network it is said which layers those are.

    Args:
        rows: of single networks: averages over networks hide which layer each of them uses.
    """
    networks = list(_networks(rows))
    if not networks:
        return "No network learned its task" if "seed" in rows else TOO_FEW
    if len(networks) == 1:
        return _of_one(*best_and_most(networks[0]))
    agreed = sum(_same(mine) for mine in networks)
    return (
        f"The layer that is read best is the one that is used most in {agreed} of {len(networks)} "
        "networks"
    )


def _of_one(best: pd.Series, most: pd.Series) -> str:
    """Return which layers (L,) of one network are read best, and which are used most."""
    if best.equals(most):
        return f"{_layers(best)} read best and used most{_alike(best)}"
    used = f"{_layers(most).lower()} used most{_alike(most)}"
    return f"{_layers(best)} read best{_alike(best)}, {used}"


def _layers(chosen: pd.Series) -> str:
    """Return "Layer 1 is" or "Layers 1 and 2 are"."""
    depths = [str(depth) for depth in chosen.index[chosen]]
    return f"Layer {depths[0]} is" if len(depths) == 1 else f"Layers {listing(depths)} are"


def _alike(chosen: pd.Series) -> str:
    return f" (within {ALIKE:g})" if chosen.sum() > 1 else ""


def _networks(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    keys = [name for name in ("task", "model", "cell", "n_layers", "seed") if name in rows]
    for _, mine in rows.groupby(keys, sort=False):
        wide = mine.pivot_table(index="depth", columns="score", values="value")
        if not wide.reindex(columns=NEEDED).isna().any(axis=None):
            yield wide


def _same(layers: pd.DataFrame) -> bool:
    """Return whether all layers of the best probe are among those with the largest effect."""
    best, most = best_and_most(layers)
    return bool(most[best].all())


def _begins(depths: list[int]) -> dict[int, float]:
    """Return where the lowest layer of networks of each depth stands."""
    widths = [n_layers + GAP for n_layers in depths]
    return dict(zip(depths, accumulate(widths, initial=0.0), strict=False))


def _draw(axes: Axes, rows: pd.DataFrame, cells: list[str], begins: dict[int, float]) -> None:
    places: dict[float, str] = {}
    for n_layers, begin in begins.items():
        where = begin + np.arange(n_layers)
        places |= {float(x): f"{at + 1}" for at, x in enumerate(where)}
        for at, cell in enumerate(cells):
            mine = rows[(rows["n_layers"] == n_layers) & (rows["cell"] == cell)]
            shift = APART * (at - (len(cells) - 1) / 2)
            _draw_cell(axes, mine, where + shift, state_colour(at))
    axes.set_xticks(list(places), list(places.values()))
    axes.set_xlim(min(places) - 0.6, max(places) + 0.6)
    axes.set_xlabel("layer from below")
    axes.set_ylim(-0.04, 1.06)
    axes.grid(axis="y")


def _draw_cell(axes: Axes, rows: pd.DataFrame, where: np.ndarray, colour: str) -> None:
    for score, mark in FLOORS.items():
        mine = rows[rows["score"] == score].sort_values("depth")
        axes.plot(where[mine["depth"] - 1], mine["value"], mark, color=colour, ms=5, alpha=0.7)
    for at, (score, look) in enumerate(LOOKS.items()):
        mine = rows[rows["score"] == score].sort_values("depth")
        x = where[mine["depth"] - 1] + 0.05 * (2 * at - 1)
        axes.vlines(x, mine["low"], mine["high"], color=colour, lw=1.0)
        axes.plot(x, mine["value"], color=colour, ms=4.5, **look)


def _foot(table: pd.DataFrame, level: float) -> str:
    n_seeds = int(table["n_seeds"].max()) if "n_seeds" in table else 1
    seeds = f"mean over up to {n_seeds} seeds · " if n_seeds > 1 else ""
    return (
        f"{seeds}lines: {100 * level:g} % intervals over test sequences "
        f"({int(table['n_sequences'].max())} at most){' and seeds' if n_seeds > 1 else ''} · the "
        "probe averages over true states · exchanges: steps at which the states of donor and base "
        "ask for different answers"
    )
