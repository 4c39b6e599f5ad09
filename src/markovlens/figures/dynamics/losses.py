"""Does the loss decide whether there is an orbit: rotation by loss, same task and seed joined."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from markovlens.dynamics.claims import LAGS, TRANSPORT
from markovlens.dynamics.measures import Estimate, mean_of
from markovlens.figures.dynamics.emulators import (
    FLOOR_COLOUR,
    loss_colours,
    loss_handles,
    mark_handle,
    measured,
    muted_line,
)
from markovlens.figures.dynamics.orbit import ONE_WAY
from markovlens.figures.panels import (
    Line,
    draw_dots,
    draw_marks,
    heights_of,
    name_blocks,
    stacked,
)
from markovlens.figures.style import FAINT, frame, panels, styled
from markovlens.figures.text import percent
from markovlens.spelling import count

TURNS, SHARE = "turns_per_switch", "sign_share"
PANELS = (  # measure, title, label, value that means something by itself
    (TURNS, "Rotation", "turns per switch", 0.5),
    (SHARE, "Direction", "share of runs that turn as most do", ONE_WAY),
)
BY = ["task", "seed"]


@styled()
def draw_losses(table: pd.DataFrame) -> Figure:
    """Return turns per switch and share of runs one way, a line a seed, a dot a loss.

    Args:
        table: of `dynamics.orbit` with task, loss and seed, of one or many networks; those of
            several models are averaged.
    """
    seeds = table.sort_values("seed", kind="stable").groupby("task", sort=False)["seed"].unique()
    tasks = dict.fromkeys(table["task"])
    heights = stacked([(task, str(seed)) for task in tasks for seed in seeds[task]], gap=1.0)
    height = max(1.6, 0.25 * (2 - min(heights.values())) + 0.7)
    figure, axes = panels(len(PANELS), columns=2, height=height, sharey=True)
    for ax, (measure, title, label, reference) in zip(axes, PANELS, strict=True):
        controls = by_pair(table, measure, "shuffled").reset_index()
        draw_marks(ax, controls, heights, BY, colour=FLOOR_COLOUR)
        _draw_pairs(ax, by_pair(table, measure, "run").reset_index(), heights)
        muted_line(ax, reference)
        name_blocks(ax, heights)
        ax.set(title=title, xlabel=label)
        ax.grid(axis="x")
    foot = (
        f"a line a seed: networks of the same task and seed, losses joined · {_sizes(table)} each, "
        "bars: 95 % intervals over runs · grey: the same steps in random order (mean over losses) "
        f"· dotted: half a turn, as a closed orbit of two symbols makes, and {percent(ONE_WAY)} of "
        "runs · difference in the title: mean and 95 % interval over pairs of networks; "
        "whether it stands among all claims is in claims.csv, loss_decides_orbit"
    )
    handles = [*loss_handles(loss_colours(table)), *mark_handle("steps in random order")]
    frame(figure, losses_finding(table), foot=foot, handles=[handles])
    return figure


def losses_finding(table: pd.DataFrame) -> str:
    """Return the title: by how much rotation differs between paired networks, and who has it."""
    turns, shares = (by_pair(table, measure, "run") for measure in (TURNS, SHARE))
    pairs = _both(turns)
    if pairs.empty:
        found = ", ".join(sorted(table["loss"].unique()))
        return f"Whether the loss decides on the orbit cannot be told: all networks are of {found}"
    gain = mean_of((pairs[TRANSPORT] - pairs[LAGS]).to_numpy())
    # No verdict: that is the claim's, which is tested together with all others.
    one_way = (_both(shares) >= ONE_WAY).sum()
    certain = gain.low > 0 or gain.high < 0
    return (
        f"{'' if certain else 'No difference is certain: '}{count(len(pairs), 'pair')} of networks "
        f"turn by {_words(gain)} a switch with {LAGS} in place of {TRANSPORT}; "
        f"{one_way[TRANSPORT]} by {TRANSPORT} and {one_way[LAGS]} by {LAGS} circle one way"
    )


def by_pair(table: pd.DataFrame, measure: str, where: str) -> pd.DataFrame:
    """Return value, low and high by (task, seed, loss), models averaged."""
    rows = measured(table, measure, where).dropna(subset=["value"])
    return rows.groupby(["task", "seed", "loss"], sort=False)[["value", "low", "high"]].mean()


def _both(values: pd.DataFrame) -> pd.DataFrame:
    """Return the values of the two losses as columns, of the pairs that have both."""
    wide = values["value"].unstack("loss").reindex(columns=[TRANSPORT, LAGS])
    return wide.dropna()


def _words(gain: Estimate) -> str:
    """Return "0.20 less" with the interval of the difference, transport minus transport+lags."""
    more = "less" if gain.value >= 0 else "more"
    sign = 1 if gain.value >= 0 else -1
    low, high = sorted((sign * gain.low, sign * gain.high))
    interval = f" [{low:.2f}, {high:.2f}]" if np.isfinite(gain.low) else ""
    return f"{abs(gain.value):.2f}{interval} {more}"


def _sizes(table: pd.DataFrame) -> str:
    return count(int(measured(table, SHARE, "run")["n"].max()), "run")


def _draw_pairs(axes: Axes, rows: pd.DataFrame, heights: dict[Line, float]) -> None:
    at = heights_of(rows, heights, BY, apart=0.1)
    for _, mine in rows.groupby(BY, sort=False):
        axes.plot(mine["value"], at[mine.index], color=FAINT, lw=1.6, zorder=1)
    for loss, mine in rows.groupby("loss"):
        draw_dots(axes, mine, at[mine.index], colour=loss_colours(rows)[str(loss)])
