"""Training seen as separability: loss, distances of classes and modes, checkpoint by checkpoint."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from markovlens.figures.panels import draw_seeds, keys, label_below
from markovlens.figures.seq2seq.energies import COLOURS
from markovlens.figures.style import INK, frame, message, panels, styled
from markovlens.figures.text import listing
from markovlens.seq2seq.snapshots import DECODER, ENCODER
from markovlens.spelling import count
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
MODES = (ENCODER, DECODER)
FEWEST = 2  # checkpoints
COLUMNS = 3
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
    if progress.empty or progress["step"].nunique() < FEWEST:
        why = "a network that came trained, or one whose checkpoints were not kept"
        return message("There is no training to follow", foot=network, why=why)
    shown = [name for name in PANELS if progress[_columns(name)].notna().any(axis=None)]
    figure, axes = panels(len(shown), columns=COLUMNS, height=1.95, sharex=True)
    for ax, name in zip(axes, shown, strict=True):
        for column in _columns(name):
            draw_seeds(ax, progress, "step", column, color=COLOURS.get(column.split("_")[0], INK))
        ax.set_title(_titled(name, PANELS[name], correlations), fontsize=9)
        ax.set(xscale="log", xlabel="", ylabel="")
        ax.xaxis.set_major_formatter(FuncFormatter(_plain))
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.grid(axis="y", lw=0.5)
    label_below(axes, "training steps", columns=COLUMNS)
    checkpoints = count(progress["step"].nunique(), "checkpoint")
    seeds = count(progress["seed"].nunique(), "seed")
    foot = (
        f"{network} \u00b7 states on test windows at {checkpoints} \u00b7 thin: {seeds}; thick: "
        "their mean \u00b7 "
        "r: Spearman's correlation with the test loss, mean of seeds [Student's 95 % interval], "
        "and the same given the step"
    )
    handles = keys({part: {"color": COLOURS[part]} for part in MODES})
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


def _columns(panel: str) -> list[str]:
    """Return the columns of the table that a panel draws."""
    return [f"{part}_modes_90" for part in MODES] if panel == "modes" else [panel]


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
