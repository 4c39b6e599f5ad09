"""What the states of an encoder-decoder stand for: class, place, phase or role."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from markovlens.figures.colours import CONFIDENCE_COLOURS
from markovlens.figures.style import frame, message, method_name, model_name, panels, styled
from markovlens.figures.tables import LEVEL
from markovlens.figures.text import leading
from markovlens.spelling import count

SCORE = "ami"
REFERENCES = {
    "class": "class of the window",
    "phase": "phase of the movement",
    "position": "place in the window",
    "role": "encoder or decoder",
}
LINE = 0.31  # inches of a network and part
TITLE_METHOD = "hmm"


@styled()
def draw_correspondence(states: pd.DataFrame, *, level: float = LEVEL) -> Figure:
    """Return a heat map a reference: what states of each method tell of it beyond the control.

    Args:
        states: rows of `seq2seq_states.csv`.
        level: coverage of its intervals.
    """
    rows = states[(states["score"] == SCORE) & (states["selection"] == "chosen")]
    if rows.empty:
        return message("No states of encoder-decoders", foot="", why="every fit failed")
    rows = rows.assign(
        network=rows["task"] + "\n" + rows["model"].map(model_name) + ", " + rows["part"],
        beyond=beyond_control(rows),
    )
    lines, methods = (list(dict.fromkeys(rows[name])) for name in ("network", "method"))
    references = [name for name in REFERENCES if (rows["reference"] == name).any()]
    figure, axes = panels(len(references), columns=4, height=LINE * len(lines) + 0.9, sharey=True)
    for ax, reference in zip(axes, references, strict=True):
        here = rows[rows["reference"] == reference]
        _draw_reference(ax, here, lines, methods, most=float(rows["beyond"].max()))
        ax.set_title(REFERENCES[reference], fontsize=9)
    foot = (
        "adjusted mutual information (1: the states are the classes, 0: they know nothing of them) "
        f"· mean of {count(int(rows['n_seeds'].max()), 'seed')}; below it the control: the same "
        "with classes dealt anew to windows, or windows turned in time; -: there is none · the "
        f"darker, the further above the control; white: the {level:.0%} interval over seeds and "
        "test windows reaches the control · K by BIC on training windows (HMM, GMM), or the HMM's K"
    )
    frame(figure, correspondence_finding(rows), foot=foot)
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


def beyond_control(rows: pd.DataFrame) -> pd.Series:
    """Return value minus control (M,), 0 where the interval reaches the control or none is there.

    The control is the upper end of what it gave, so that nothing is shaded by its luck.
    """
    clear = rows["low"] > rows[["control", "control_high"]].max(axis=1, skipna=False)
    return (rows["value"] - rows["control"]).where(clear, 0.0).where(rows["value"].notna())


def _draw_reference(
    axes: Axes, rows: pd.DataFrame, lines: list[str], methods: list[str], *, most: float
) -> None:
    notes = rows["value"].map(_said) + "\n" + rows["control"].map(_said)
    table = rows.assign(note=notes)
    beyond, words = (
        table.pivot(index="network", columns="method", values=name).reindex(
            index=lines, columns=methods
        )
        for name in ("beyond", "note")
    )
    sns.heatmap(
        beyond, annot=words, fmt="", annot_kws={"size": 7}, cmap=CONFIDENCE_COLOURS, vmin=0,
        vmax=most or 1.0, cbar=False, linewidths=0.8, linecolor="#E6E6E6", ax=axes,
        xticklabels=[method_name(method) for method in methods],
    )  # fmt: skip
    axes.set(xlabel="", ylabel="")
    axes.tick_params(length=0, labelsize=7.5)
    axes.tick_params(axis="y", labelrotation=0)


def _said(number: float) -> str:
    return f"{round(number, 2) + 0.0:.2f}" if np.isfinite(number) else "-"  # no "-0.00"
