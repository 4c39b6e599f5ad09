"""How every figure looks: fonts, sizes, colours of methods, cells and states, title and foot line.

Nothing here changes matplotlib for others: `styled()` puts the settings back when it ends.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from markovlens.figures.text import balanced, fitted, unbroken
from markovlens.machines import drawing

WIDTH = 9.6  # inches; an SVG of this width is 922 CSS pixels wide, the width of the report's viewer
INK = drawing.INK
MUTED = "#6B6B6B"
FAINT = "#C9C9C9"
ALARM = "#B5171F"  # disagreement and failure, always together with a cross or a word
TITLE_SIZE, TEXT_SIZE, SMALL_SIZE = 12.0, 9.5, 8.0  # points
LEGEND_CHARACTERS, KEY_CHARACTERS = 150, 9  # of a legend row; of a line or mark and its gaps
TITLE_CHARACTERS, FOOT_CHARACTERS = 110, 150
TITLE_SHARE = 0.97  # of the width that a title may fill: another font of an SVG's viewer is wider
MARGIN = 0.08  # inches around title, legend and foot line
TITLE_LINE, LEGEND_LINE, FOOT_LINE = 0.22, 0.22, 0.155  # inches

# Over seaborn's theme "ticks" of its context "paper".
SETTINGS: Any = drawing.SETTINGS | {
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.labelsize": TEXT_SIZE,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "figure.dpi": 96,
    # Measured with DejaVu Sans, which ships with matplotlib; the others, of the same widths, are
    # for viewers of SVG that have it not. They stand under the generic name because matplotlib
    # 3.11 logs every family that it is asked for by its own name and cannot find.
    "font.sans-serif": ["DejaVu Sans", "Bitstream Vera Sans", "Verdana"],
    "font.size": TEXT_SIZE,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.7,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "legend.handletextpad": 0.5,
    "lines.linewidth": 1.6,
    "patch.force_edgecolor": False,
    "text.color": INK,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 8.5,
}

METHOD_NAMES = {
    "hmm": "HMM",
    "hmm_input": "input-driven HMM",
    "hmm_soft": "softmax HMM",
    "hmm_driven": "softmax HMM, driven emissions",
    "kmeans": "k-means",
    "lisor_k": "LISOR-k",
    "lisor_x": "LISOR-x",
    "gmm": "GMM",
    "merging": "state merging",
    "lstar": "L*",
    "grid": "grid",
    "overcluster": "over-clustering",
    "rpni": "RPNI",
    "alergia": "Alergia",
    "regions": "linear regions",
    "decisions": "decision clusters",
    "coclusters": "co-clusters, no moves",
    "predictive": "predictive states",
    "ngram": "n-gram",
    "mean": "mean output",
    "last_value": "last value",
    "linear": "linear model of the input",
    "truth": "true machine",
    "bayes": "Bayes filter",
    "network": "the network itself",
}
FLOORS = ("ngram", "majority", "mean", "last_value", "linear")
CEILINGS = ("network", "truth", "bayes")
CEILING_DASHES = {"network": (0, (4, 2)), "truth": (0, (1, 1.5)), "bayes": (0, (5, 1.5, 1, 1.5))}

MODEL_MARKERS = {"srn": "o", "mgu": "s", "gru": "^", "lstm": "D"}
MODEL_NAMES = {
    "srn": "SRN",
    "relu": "rectified SRN",
    "mgu": "MGU",
    "gru": "GRU",
    "lstm": "LSTM",
    "min_gru": "minGRU",
    "signed_min_gru": "minGRU, signed",
    "lru": "LRU",
    "mamba": "Mamba",
    "slstm": "sLSTM",
    "mlstm": "mLSTM",
    "rwkv": "RWKV",
    "g2p_en": "g2p-en",
}


@contextmanager
def styled() -> Iterator[None]:
    """Draw in our style within this block; also usable as the decorator `@styled()`."""
    theme = sns.axes_style("ticks") | sns.plotting_context("paper") | SETTINGS
    with matplotlib.rc_context(theme):
        yield


def method_name(method: str) -> str:
    """Return the name of a method as prose."""
    return METHOD_NAMES.get(method, method.replace("_", " "))


def model_name(model: str) -> str:
    """Return the name of a network as prose."""
    return MODEL_NAMES.get(model, model.replace("_", "-"))


def frame(
    figure: Figure, title: str, *, foot: str, handles: Sequence[Sequence[Artist]] = ()
) -> None:
    """Add the finding above, the legend under it and the foot line, and make room for them.

    The figure grows by what is added, so its body keeps the height it was made with.

    Args:
        figure: with its axes in place.
        title: the finding.
        foot: what the numbers rest on.
        handles: legend entries, a list for each row of the legend.
    """
    title = fitted(title, TITLE_CHARACTERS, inches=TITLE_SHARE * WIDTH, size=TITLE_SIZE)
    foot = textwrap.fill(unbroken(foot), FOOT_CHARACTERS)
    handles = [part for row in handles for part in _fitting(row)]
    title_height = MARGIN + TITLE_LINE * (title.count("\n") + 1)
    header = title_height + LEGEND_LINE * len(handles) + MARGIN
    footer = FOOT_LINE * (foot.count("\n") + 1) + MARGIN
    body = figure.get_figheight()
    height = body + header + footer
    figure.set_size_inches(WIDTH, height)
    _make_room(figure, bottom=footer / height, height=body / height)
    left = MARGIN / WIDTH
    figure.text(left, 1 - MARGIN / height, title, va="top", fontsize=TITLE_SIZE, weight="bold")
    figure.text(left, MARGIN / 2 / height, foot, va="bottom", fontsize=SMALL_SIZE, color=MUTED)
    for row, entries in enumerate(handles):
        top = 1 - (title_height + LEGEND_LINE * row) / height
        _legend_row(figure, entries, top=top)


def _fitting(handles: Sequence[Artist]) -> list[list[Artist]]:
    """Return legend entries in rows that fit the width of a figure."""
    rows: list[list[Artist]] = [[]]
    room = LEGEND_CHARACTERS
    for handle in handles:
        taken = len(str(handle.get_label())) + KEY_CHARACTERS
        if taken > room and rows[-1]:
            rows.append([])
            room = LEGEND_CHARACTERS
        rows[-1].append(handle)
        room -= taken
    return rows


def _legend_row(figure: Figure, handles: Sequence[Artist], *, top: float) -> None:
    legend = figure.legend(
        handles=list(handles),
        loc="upper left",
        bbox_to_anchor=(0, top),
        ncols=len(handles),
        borderaxespad=0.0,
        columnspacing=1.3,
        handlelength=1.7,
    )
    legend.set_in_layout(False)


def _make_room(figure: Figure, *, bottom: float, height: float) -> None:
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.set(rect=(0.005, bottom, 0.99, height))  # type: ignore[call-arg]
        return
    for axes in figure.axes:
        x, y, w, h = axes.get_position().bounds
        axes.set_position((x, bottom + y * height, w, h * height))


def drawing_board(height: float) -> tuple[Figure, Axes]:
    """Return a figure whose one axes covers it and is measured in inches, for free drawing."""
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH), ylim=(0, height))
    axes.set_axis_off()
    return figure, axes


def panels(
    n_panels: int, *, columns: int, height: float, **options: Any
) -> tuple[Figure, list[Axes]]:
    """Return a figure with `n_panels` axes in rows of `columns`, each row `height` inches high."""
    columns = min(columns, n_panels)
    rows = -(-n_panels // columns)
    figure = Figure(figsize=(WIDTH, rows * height), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, **options).ravel()
    for unused in grid[n_panels:]:
        unused.remove()
    return figure, list(grid[:n_panels])


def name_edges(axes: Sequence[Axes], *, columns: int, x: str, y: str) -> None:
    """Name the axes of panels with shared axes, at the left and under the lowest of each column."""
    for ax in axes[-columns:]:
        ax.set_xlabel(balanced(x, 30))
        ax.tick_params(labelbottom=True)
    for ax in axes[::columns]:
        ax.set_ylabel(balanced(y, 24))


def message(title: str, *, foot: str, why: str) -> Figure:
    """Return a figure that says why there is nothing to draw."""
    figure, axes = drawing_board(1.2)
    axes.text(WIDTH / 2, 0.6, textwrap.fill(why, 100), ha="center", va="center", color=ALARM)
    frame(figure, title, foot=foot)
    return figure
