"""How far ahead encoder-decoders forecast better than a movement that stops, or just goes on."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from markovlens.figures.style import MUTED, frame, message, model_name, panels, styled
from markovlens.figures.text import count, listing
from markovlens.seq2seq.horizons import NETWORK, WHOLE

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
    networks = list(table[NETWORK].drop_duplicates().itertuples(index=False, name=None))
    if not networks:
        return message("Nothing was forecast", foot="", why="no network forecasts movements")
    figure, axes = panels(len(networks), columns=min(4, len(networks)), height=2.3)
    for ax, (task, model) in zip(axes, networks, strict=True):
        mine = table[(table["task"] == task) & (table["model"] == model)]
        _draw_network(ax, mine[mine["step"] != WHOLE])
        ax.set_title(f"{task},\n{model_name(model)}", fontsize=9)
        ax.set_xlabel("frames ahead")
    axes[0].set_ylabel("error over the baseline's")
    foot = (
        f"squared error on test windows, mean of {count(int(table['n_seeds'].max()), 'seed')}, "
        "bands: Student's 95 % interval over seeds \u00b7 dotted: as good as the baseline \u00b7 "
        "no line where the baseline makes no error"
    )
    handles = [
        Line2D([], [], color=colour, ls=dashes, label=words)
        for words, colour, dashes in LINES.values()
    ]
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
    steps = rows["step"].astype(int).to_numpy()
    for baseline, (_, colour, dashes) in LINES.items():
        name = f"{baseline}_ratio"
        axes.plot(steps, rows[name], color=colour, ls=dashes, marker=".", ms=3)
        low = np.maximum(rows[f"{name}_low"], rows[name] / 10)  # a log axis has no zero
        axes.fill_between(steps, low, rows[f"{name}_high"], color=colour, alpha=0.18, lw=0)
    axes.axhline(1, color=MUTED, lw=0.9, ls=(0, (1, 2)))
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    if high < NARROW * low:  # powers of ten alone would leave one tick
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
