"""What the states of an encoder-decoder stand for: class, place, phase or role."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from markovlens.figures.dots import method_handles, value_limits
from markovlens.figures.style import (
    FAINT,
    MUTED,
    frame,
    message,
    method_colours,
    method_name,
    model_name,
    panels,
    styled,
)
from markovlens.figures.tables import LEVEL
from markovlens.figures.text import count, leading

SCORE = "ami"
REFERENCES = {
    "class": "class of the window",
    "phase": "phase of the movement",
    "position": "place in the window",
    "role": "encoder or decoder",
}
LINE = 0.11  # inches from one dot to the next
NETWORK = ["task", "model", "part"]
TITLE_METHOD = "hmm"


@styled()
def draw_correspondence(states: pd.DataFrame, *, level: float = LEVEL) -> Figure:
    """Return a panel a reference: adjusted mutual information of each network's states with it.

    Args:
        states: rows of `seq2seq_states.csv`.
        level: coverage of its intervals.
    """
    rows = states[(states["score"] == SCORE) & (states["selection"] == "chosen")]
    if rows.empty:
        return message("No states of encoder-decoders", foot="", why="every fit failed")
    references = [name for name in REFERENCES if (rows["reference"] == name).any()]
    methods = list(dict.fromkeys(rows["method"]))
    networks = list(rows[NETWORK].drop_duplicates().itertuples(index=False, name=None))
    height = LINE * len(networks) * (len(methods) + 1) + 0.6
    figure, axes = panels(len(references), columns=4, height=height, sharey=True)
    for ax, reference in zip(axes, references, strict=True):
        _draw_reference(ax, rows[rows["reference"] == reference], networks, methods)
        ax.set_title(REFERENCES[reference], fontsize=9)
        ax.set_xlabel("adjusted mutual information")
    step = len(methods) + 1
    axes[0].set_ylim(-step * len(networks) + 0.5, 0.7)
    axes[0].set_yticks([-step * i - (len(methods) - 1) / 2 for i in range(len(networks))])
    axes[0].set_yticklabels([f"{task}\n{model_name(m)}, {part}" for task, m, part in networks])
    axes[0].tick_params(axis="y", length=0, labelsize=7)
    foot = (
        f"K by BIC on training windows (HMM, GMM), or the HMM's K; mean of "
        f"{count(int(rows['n_seeds'].max()), 'seed')}, {level:.0%} intervals over seeds and test "
        "windows \u00b7 tick: the same with classes dealt anew to windows, or windows turned in "
        "time \u00b7 1: the states are the classes, 0: they know nothing of them"
    )
    handles = [*method_handles(methods), Line2D([], [], marker="|", ls="", color=MUTED, ms=8)]
    handles[-1].set_label("control")
    frame(figure, correspondence_finding(rows), foot=foot, handles=[handles])
    return figure


def correspondence_finding(rows: pd.DataFrame) -> str:
    """Return the title: what HMM states of encoder and decoder together tell most of, by task."""
    mine = rows[(rows["method"] == TITLE_METHOD) & (rows["part"] == "joint")]
    said = []
    for task, network in mine.groupby("task", sort=False):
        clear = network.assign(gain=network["value"] - network["control"])
        best = clear.sort_values("gain", na_position="first").iloc[-1]
        words = f"{best['reference']} ({task}, {best['value']:.2f}, control {best['control']:.2f})"
        said.append((float(best["gain"]), words))
    if not said:
        return "What the states of encoder-decoders stand for"
    return f"States of the {method_name(TITLE_METHOD)} tell most of: {leading(said)}"


def _draw_reference(
    axes: Axes, rows: pd.DataFrame, networks: list[tuple[str, str, str]], methods: list[str]
) -> None:
    colours = method_colours(methods)
    for block, network in enumerate(networks):
        here = rows[(rows[NETWORK] == list(network)).all(axis=1)]
        for line, method in enumerate(methods):
            y = -block * (len(methods) + 1) - line
            for _, row in here[here["method"] == method].iterrows():
                axes.plot([row["low"], row["high"]], [y, y], color=colours[method], lw=1.3)
                axes.plot(row["value"], y, "o", ms=4.5, color=colours[method])
                axes.plot(row["control"], y, "|", ms=6, mew=1.3, color=MUTED)
        axes.axhline(-block * (len(methods) + 1) - len(methods), color=FAINT, lw=0.5)
    axes.axvline(0, color=FAINT, lw=0.8)
    beside = rows.assign(low=rows[["low", "control"]].min(axis=1).clip(upper=0))
    axes.set_xlim(value_limits(beside, at_most=None))
