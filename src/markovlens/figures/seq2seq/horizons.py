"""How far ahead encoder-decoders forecast better than a movement that stops, or just goes on."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from markovlens.figures.panels import DOTTED, draw_curve, keys, network_title, networks_of
from markovlens.figures.style import MUTED, frame, message, panels, styled
from markovlens.figures.text import listing
from markovlens.seq2seq.horizons import WHOLE
from markovlens.spelling import count

LINES = {  # of each baseline: words, colour, dashes
    "zero_velocity": ("share of the error of standing still", "#0072B2", "-"),
    "constant_velocity": ("share of the error of going on as before", "#D55E00", (0, (4, 1.5))),
}
NARROW = 30  # the largest ratio over the least, of an axis that needs ticks at 2 and 5


@styled()
def draw_horizons(table: pd.DataFrame) -> Figure:
    """Return a panel a network: its error over that of each baseline, by how far ahead it is.

    Args:
        table: rows of `horizon_table`.
    """
    networks = networks_of(table)
    if not networks:
        return message("Nothing was forecast", foot="", why="no network forecasts movements")
    figure, axes = panels(len(networks), columns=4, height=2.3)
    for ax, (task, model, mine) in zip(axes, networks, strict=True):
        _draw_network(ax, mine[mine["step"] != WHOLE])
        ax.set_title(network_title(task, model), fontsize=9)
        ax.set_xlabel("frames ahead")
    axes[0].set_ylabel("error over the baseline's")
    foot = (
        f"squared error on test windows, mean of {count(int(table['n_seeds'].max()), 'seed')}, "
        "bands: Student's 95 % interval over seeds · dotted: as good as the baseline · "
        "no line where the baseline makes no error"
    )
    handles = keys({words: {"color": colour, "ls": ls} for words, colour, ls in LINES.values()})
    frame(figure, horizons_finding(table), foot=foot, handles=[handles])
    return figure


def horizons_finding(table: pd.DataFrame) -> str:
    """Return the title: the error of each task's networks over that of standing still."""
    whole = table[table["step"] == WHOLE]
    said = [
        f"{ratio:.2g} ({task})"
        for task, ratio in whole.groupby("task", sort=False)["zero_velocity_ratio"].mean().items()
    ]
    return f"Error of the forecasts over that of standing still: {listing(said)}"


def _draw_network(axes: Axes, rows: pd.DataFrame) -> None:
    for baseline, (_, colour, dashes) in LINES.items():
        value, low, high = (rows[f"{baseline}_ratio{end}"] for end in ("", "_low", "_high"))
        drawn_low = np.maximum(low, value / 10)  # a log axis has no zero
        curve = rows.assign(value=value, low=drawn_low, high=high)
        draw_curve(axes, curve, "step", colour=colour, ls=dashes, marker=".", ms=3)
    axes.axhline(1, color=MUTED, lw=0.9, ls=DOTTED)
    axes.set_yscale("log")
    least, most = axes.get_ylim()
    if most < NARROW * least:  # powers of ten alone would leave one tick
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
