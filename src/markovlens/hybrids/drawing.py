"""What a hidden Markov model inside costs and tells: dots of how right, and how faithful."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from markovlens.figures.panels import DOTTED, draw_dots, keys
from markovlens.figures.style import MUTED, frame, panels, styled
from markovlens.figures.tables import LEVEL
from markovlens.figures.text import percent
from markovlens.hybrids.learning import FIRST, HMM, JOINT, LSTM
from markovlens.hybrids.study import (
    ACCURACY,
    AGREEMENT,
    BAYES,
    BEST,
    CONSTANT,
    EXPLAINED,
    LOSS,
    MACHINE,
    OWN,
    WHOLE,
)
from markovlens.spelling import count

NAMES = {
    LSTM: "LSTM",
    FIRST: "hybrid, HMM first",
    JOINT: "hybrid, trained together",
    HMM: "HMM alone",
}
COLOURS = {LSTM: "#0072B2", FIRST: "#E69F00", JOINT: "#D55E00", HMM: "#009E73"}
PARTS = (
    (LSTM, MACHINE, "machine of the LSTM"),
    (FIRST, BEST, "HMM first, read anew"),
    (FIRST, OWN, "HMM first, own output"),
    (JOINT, BEST, "together, read anew"),
    (JOINT, OWN, "together, own output"),
)
FAITHFUL = {True: "divergence explained", False: "balanced agreement"}
LOWEST = -0.3  # what is worse than this is drawn at the edge


@styled()
def draw_hybrids(table: pd.DataFrame, *, level: float = LEVEL) -> Figure:
    """Return the figure of the table `hybrids`: a column for each task.

    Args:
        table: with value, low and high of each model, part and measure.
        level: coverage of the intervals.
    """
    tasks = list(dict.fromkeys(table["task"]))
    figure, axes = panels(2 * len(tasks), columns=len(tasks), height=1.9)
    for at, task in enumerate(tasks):
        mine = table[table["task"] == task]
        foretells = bool(mine["foretells"].iloc[0])
        axes[at].set_title(str(task))
        _draw_wholes(axes[at], mine, LOSS if foretells else ACCURACY)
        _draw_parts(axes[len(tasks) + at], mine, foretells=foretells)
        if at:
            for ax in (axes[at], axes[len(tasks) + at]):
                ax.set_yticklabels([])
    looks = {NAMES[name]: {"color": COLOURS[name], "marker": "o", "ls": ""} for name in NAMES}
    frame(figure, finding(table), foot=_foot(table, level), handles=[keys(looks)])
    return figure


def finding(table: pd.DataFrame) -> str:
    """Return on how many tasks the machine read off later says more than a hybrid's HMM."""
    found = {name: _faithful(table, name, part) for name, part, _ in PARTS}
    found[FIRST], found[JOINT] = (_faithful(table, name, BEST) for name in (FIRST, JOINT))
    said = []
    for name in (FIRST, JOINT):
        both = (found[LSTM] - found[name]).dropna()
        said.append(f"{NAMES[name]} on {int((both > 0).sum())} of {count(len(both), 'task')}")
    words = "A machine read off later says more of its network than the HMM inside:"
    return f"{words} {', '.join(said)}"


def _faithful(table: pd.DataFrame, variant: str, part: str) -> pd.Series:
    """Return by task how faithful a part is, by the task's own measure."""
    mine = table[(table["variant"] == variant) & (table["part"] == part)]
    own = mine["foretells"].map({True: EXPLAINED, False: AGREEMENT})
    return mine[mine["measure"] == own].set_index("task")["value"]


def _draw_wholes(axes: Axes, rows: pd.DataFrame, measure: str) -> None:
    rows = rows[rows["measure"] == measure]
    whole = rows[rows["part"] == WHOLE].set_index("variant")
    for height, name in enumerate(reversed(NAMES)):
        mine = whole.loc[[name]]
        draw_dots(axes, mine, pd.Series(height, mine.index), colour=COLOURS[name])
    if BAYES in whole.index:
        axes.axvline(float(whole["value"][BAYES]), color=MUTED, lw=1.1)
    constant = rows.loc[rows["part"] == CONSTANT, "value"].iloc[0]
    if measure == ACCURACY:
        axes.axvline(constant, color=MUTED, lw=0.9, ls=DOTTED)
    axes.set_yticks(range(len(NAMES)), list(reversed(NAMES.values())))
    axes.set(xlabel="nats a symbol" if measure == LOSS else "accuracy", ylim=(-0.6, 3.6))


def _draw_parts(axes: Axes, rows: pd.DataFrame, *, foretells: bool) -> None:
    rows = rows[rows["measure"] == (EXPLAINED if foretells else AGREEMENT)]
    for height, (variant, part, _) in enumerate(reversed(PARTS)):
        mine = rows[(rows["variant"] == variant) & (rows["part"] == part)]
        ends = ["value", "low", "high"]
        shown = mine[ends].clip(lower=LOWEST)
        marker = "<" if (mine["value"] < LOWEST).any() else "o"
        draw_dots(
            axes, shown, pd.Series(height, mine.index), colour=COLOURS[variant], marker=marker
        )
    constant = rows.loc[rows["part"] == CONSTANT, "value"].iloc[0]
    axes.axvline(constant, color=MUTED, lw=0.9, ls=DOTTED)
    axes.set_yticks(range(len(PARTS)), [words for *_, words in reversed(PARTS)])
    axes.set(xlabel=FAITHFUL[foretells], ylim=(-0.6, len(PARTS) - 0.4))


def _foot(table: pd.DataFrame, level: float) -> str:
    shown = pd.concat([_faithful(table, variant, part) for variant, part, _ in PARTS])
    below = " · triangles: below the edge" if (shown < LOWEST).any() else ""
    seeds = count(int(table["n_seeds"].max()), "seed")
    return (
        "above: how right the whole is; below: how much of the whole a part says · "
        f"{percent(level)} intervals, {seeds} · dotted: a constant "
        f"answer, the LSTM's mean · full line: the exact filter of the source{below}"
    )
