"""Whether networks write as their sources do: each statistic beside the source against itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure

from markovlens.figures.dynamics.emulators import (
    FLOOR_COLOUR,
    body_height,
    draw_networks,
    loss_colours,
    loss_handles,
    mark_handle,
    measured,
    muted_line,
)
from markovlens.figures.style import frame, panels, styled
from markovlens.figures.text import listing

Key = Mapping[str, str | int]
COMMON: Key = {"where": "common symbols"}
PANELS: Sequence[tuple[str, Key, str, str]] = (  # measure, cells of the table, title, unit
    ("frequency_error", {"where": "all"}, "Symbol frequencies", "largest error"),
    ("transition_error", COMMON, "Symbol transitions", "largest error, common symbols"),
    ("pair_error", {"where": "lag", "step": 8}, "Pairs 8 steps apart", "largest error"),
    ("volatility_ratio", {"where": "all"}, "Changes of symbol", "network / source"),
    ("matched_distance", {"where": "all"}, "Matched sequences", "Euclidean distance"),
    ("dwell_ks", {"where": "symbol", "symbol": 0}, "Dwell times in symbol 0", "Kolmogorov-Smirnov"),
)
RATIO = "volatility_ratio"
N_TICKS = 5  # intervals at most: more would run into those of the next panel


@styled()
def draw_match(table: pd.DataFrame) -> Figure:
    """Return a panel a statistic, a line a task and loss, a dot a network.

    Args:
        table: of `dynamics.match` with task, loss and seed, of one or many networks.
    """
    figure, axes = panels(len(PANELS), columns=3, height=body_height(table), sharey=True)
    for ax, (measure, key, title, unit) in zip(axes, PANELS, strict=True):
        here = table[(table[list(key)] == pd.Series(key)).all(axis=1)]
        floor = here[here["measure"] == f"{measure}_floor"]
        draw_networks(ax, here[here["measure"] == measure], table, marks={FLOOR_COLOUR: floor})
        ax.set(title=title, xlabel=unit)
        ax.locator_params(axis="x", nbins=N_TICKS)
        if measure == RATIO:
            muted_line(ax, 1.0)
        elif measure != "matched_distance":
            ax.set_xlim(left=0)
    groups = int(table["n"].max())
    foot = (
        f"dots: networks, lines: 95 % intervals over {groups} independent groups of runs · grey: "
        "the source in the network's place, at the same size · common symbols: at least 2 % of "
        "steps · dwell times: largest difference of the distribution functions · left of grey is "
        "no better match but too little spread"
    )
    handles = [*loss_handles(loss_colours(table)), *mark_handle("the source against itself")]
    frame(figure, match_finding(table), foot=foot, handles=[handles])
    return figure


def match_finding(table: pd.DataFrame) -> str:
    """Return the title: the median miss of transitions and the change rate, by loss."""
    said = []
    for loss in sorted(table["loss"].unique()):
        mine = table[table["loss"] == loss]
        error = measured(mine, "transition_error_miss", "common symbols")["value"].median()
        ratio = measured(mine, RATIO, "all")["value"].median()
        said.append(f"{loss}: {error:.3f} and {ratio:.2f} times as often")
    return (
        "Errors of symbol transitions beyond chance, and how often symbols change compared with "
        f"the source (medians): {listing(said)}"
    )
