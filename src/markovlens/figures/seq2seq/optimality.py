"""Training seen as separability: loss, distances of classes and modes, checkpoint by checkpoint."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter

from markovlens.figures.style import INK, frame, message, panels, styled
from markovlens.figures.text import count, listing
from markovlens.status import Scope

LOSS = "test_loss"
PANELS = {
    LOSS: "test loss (squared error)",
    "pointwise": "pointwise distance of classes",
    "centroid": "distance of class centroids",
    "silhouette": "silhouette of decoder steps",
    "fisher": "Fisher ratio of decoder steps",
    "modes": "modes for 90 % of variance",
}
MODES = {"encoder": "#0072B2", "decoder": "#D55E00"}
TITLE = ("pointwise", "centroid")  # the authors' own measures


@styled()
def draw_optimality(
    progress: pd.DataFrame, correlations: pd.DataFrame, *, network: str = ""
) -> Figure:
    """Return a panel for the test loss, each measure of separability, and the modes in use.

    Args:
        progress: rows of `progress_row` of one network, with seed.
        correlations: rows of `optimality_table` of the same network.
        network: "task, cell", for the foot line.
    """
    if progress.empty:
        return message("Nothing to follow", foot=network, why="no checkpoint was kept")
    figure, axes = panels(len(PANELS), columns=3, height=1.95, sharex=True)
    for ax, (name, words) in zip(axes, PANELS.items(), strict=True):
        if name == "modes":
            for part, colour in MODES.items():
                _draw_seeds(ax, progress, f"{part}_modes_90", colour=colour)
        else:
            _draw_seeds(ax, progress, name, colour=INK)
        ax.set_title(_titled(name, words, correlations), fontsize=9)
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter(FuncFormatter(_plain))
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.grid(axis="y", lw=0.5)
    for ax in axes[3:]:
        ax.set_xlabel("training steps")
    checkpoints = count(progress["step"].nunique(), "checkpoint")
    seeds = count(progress["seed"].nunique(), "seed")
    foot = (
        f"{network} \u00b7 states on test windows at {checkpoints} \u00b7 thin: {seeds}; thick: "
        "their mean \u00b7 "
        "r: Spearman's correlation with the test loss, mean of seeds [Student's 95 % interval], "
        "and the same given the step"
    )
    handles = [Line2D([], [], color=colour, label=part) for part, colour in MODES.items()]
    frame(figure, optimality_finding(correlations), foot=foot, handles=[handles])
    return figure


def optimality_finding(correlations: pd.DataFrame) -> str:
    """Return the title: how the authors' measures go with the loss, and how beyond time."""
    rows = {measure: _merged(correlations, measure) for measure in TITLE}
    known = {
        measure: row
        for measure, row in rows.items()
        if row is not None and np.isfinite(row["correlation"])
    }
    if not known:
        return "Separability and loss: too few checkpoints, or one class, to compare them"
    plain = listing(f"{row['correlation']:+.2f} ({name})" for name, row in known.items())
    begin = f"Rank correlation of separability with the test loss along training: {plain}"
    timed = [row["beyond_time"] for row in known.values()]
    if not np.isfinite(timed).any():
        return f"{begin}; one of both only ever goes one way, so the training step says as much"
    said = listing(f"{value:+.2f}" if np.isfinite(value) else "undefined" for value in timed)
    return f"{begin}; given the training step: {said}"


def _plain(value: float, _: int | None = None) -> str:
    return f"{value:,g}"


def _draw_seeds(axes: Axes, progress: pd.DataFrame, column: str, *, colour: str) -> None:
    table = progress.pivot_table(index="step", columns="seed", values=column, dropna=False)
    for seed in table.columns:
        axes.plot(table.index, table[seed], color=colour, lw=0.7, alpha=0.5)
    axes.plot(table.index, table.mean(axis=1), color=colour, lw=2, marker=".", ms=6)


def _titled(name: str, words: str, correlations: pd.DataFrame) -> str:
    row = _merged(correlations, name)
    if row is None or not np.isfinite(row["correlation"]):
        return words
    between = ""
    if np.isfinite(row["correlation_low"]):
        between = f" [{row['correlation_low']:.2f}, {row['correlation_high']:.2f}]"
    return f"{words}\nr = {row['correlation']:.2f}{between}"


def _merged(correlations: pd.DataFrame, measure: str) -> pd.Series | None:
    rows = correlations[
        (correlations["measure"] == measure) & (correlations["scope"] == Scope.NETWORK)
    ]
    return None if rows.empty else rows.iloc[0]
