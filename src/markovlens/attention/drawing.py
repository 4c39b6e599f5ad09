"""What explanations are worth: dots of what they find and say, curves of what the network needs."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from markovlens.attention.explained import ATTENTION, GRADIENTS, MACHINE, OCCLUSION, STEPS
from markovlens.attention.scoring import AUROC, CHANGES, RANDOM, TRUTH
from markovlens.attention.study import ATTENTIVE, PLAIN
from markovlens.figures.panels import DOTTED, draw_curve, draw_dots, keys
from markovlens.figures.style import MUTED, frame, panels, styled
from markovlens.figures.tables import LEVEL
from markovlens.spelling import count

NAMES = {
    ATTENTION: "attention weights",
    MACHINE: "need, by the machine",
    STEPS: "moves of the machine",
    OCCLUSION: "occlusion",
    GRADIENTS: "integrated gradients",
    RANDOM: "random",
    TRUTH: "planted truth",
}
COLOURS = {
    ATTENTION: "#D55E00",
    MACHINE: "#0072B2",
    STEPS: "#56B4E9",
    OCCLUSION: "#009E73",
    GRADIENTS: "#CC79A7",
    RANDOM: "#8A8A8A",
    TRUTH: "#111111",
}
NETWORKS = {ATTENTIVE: ("o", 0.16), PLAIN: ("s", -0.16)}  # marker, and how far from the line
CHANCE = {AUROC: 0.5}
FOUND = {
    AUROC: "evidence found (AUROC)",
    CHANGES: "changed by the top step",
}
CURVES = {"deletion": "steps taken away", "insertion": "steps put back"}
LOOKS = {RANDOM: {"ls": DOTTED}, TRUTH: {"ls": DOTTED}}


@styled()
def draw_attention(scores: pd.DataFrame, curves: pd.DataFrame, *, level: float = LEVEL) -> Figure:
    """Return the figure of the tables `attention` and `attention_curves`, a column for each task.

    Args:
        scores: with value, low and high of each explanation and measure.
        curves: of the networks with attention.
        level: coverage of the intervals.
    """
    cells = list(dict.fromkeys(zip(scores["task"], scores["model"], strict=True)))
    named = [name for name in NAMES if name in set(scores["explanation"])]
    figure, axes = panels(4 * len(cells), columns=len(cells), height=1.9, sharey="row")
    rows = [axes[at * len(cells) : (at + 1) * len(cells)] for at in range(4)]
    for at, (task, model) in enumerate(cells):
        mine = scores[(scores["task"] == task) & (scores["model"] == model)]
        rows[0][at].set_title(str(task))
        for line, (measure, words) in enumerate(FOUND.items()):
            _dots(rows[line][at], mine[mine["measure"] == measure], named, words)
            if measure in CHANCE and measure in set(mine["measure"]):
                rows[line][at].axvline(CHANCE[measure], color=MUTED, lw=0.9, ls=DOTTED, zorder=0)
        drawn = curves[(curves["task"] == task) & (curves["model"] == model)]
        for line, (curve, words) in enumerate(CURVES.items(), start=2):
            _along(rows[line][at], drawn[drawn["curve"] == curve], named, f"share of {words}")
    for line in (2, 3):
        rows[line][0].set_ylabel("probability\nof the answer")
    looks = {NAMES[name]: {"color": COLOURS[name]} | LOOKS.get(name, {}) for name in named}
    marks = {
        "network with attention": {"color": MUTED, "marker": "o", "ls": "", "ms": 5},
        "plain network": {"color": MUTED, "marker": "s", "ls": "", "ms": 5},
    }
    frame(figure, finding(scores), foot=_foot(scores, level), handles=[keys(looks), keys(marks)])
    return figure


def finding(scores: pd.DataFrame) -> str:
    """Return what attention and machines find of planted evidence, in words."""
    own = scores[(scores["network"] == ATTENTIVE) & (scores["measure"] == AUROC)]
    parts = []
    for name in (ATTENTION, MACHINE):
        values = own.loc[own["explanation"] == name, "value"]
        if len(values):
            parts.append(f"{NAMES[name]} {values.min():.2f} to {values.max():.2f}")
    return "Planted evidence found (AUROC; chance is 0.50): " + ", ".join(parts)


def _dots(axes: Axes, rows: pd.DataFrame, named: Sequence[str], words: str) -> None:
    heights = {name: -float(at) for at, name in enumerate(named)}
    for network, (marker, apart) in NETWORKS.items():
        for name in named:
            one = rows[(rows["network"] == network) & (rows["explanation"] == name)]
            at = one["explanation"].map(heights).astype(float) + apart
            draw_dots(axes, one, at, colour=COLOURS[name], marker=marker)
    axes.set_yticks(list(heights.values()), [NAMES[name] for name in named])
    axes.set_ylim(min(heights.values()) - 0.6, 0.6)
    axes.set_xlim(-0.03, 1.03)
    axes.set_xticks([0, 0.5, 1])
    axes.set_xlabel(words)
    if rows.empty:
        axes.text(0.5, 0.5, "no evidence\nis known", transform=axes.transAxes, ha="center",
                  va="center", color=MUTED)  # fmt: skip


def _along(axes: Axes, rows: pd.DataFrame, named: Sequence[str], words: str) -> None:
    bands = rows[rows["network"] == ATTENTIVE].rename(columns={"least": "low", "most": "high"})
    for name in named:
        one = bands[bands["explanation"] == name]
        draw_curve(axes, one, "share", colour=COLOURS[name], **LOOKS.get(name, {}))
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlabel(words)
    axes.grid(axis="y")


def _foot(scores: pd.DataFrame, level: float) -> str:
    seeds = count(int(scores["n_seeds"].max()), "seed")
    most = count(int(scores["n_sequences"].max()), "test sequence")
    return (
        f"{seeds}, {most} a task · lines at dots: {100 * level:g} % intervals "
        "for sequences and seeds · curves: the network with attention, bands from the lowest seed "
        "to the highest; a step that is taken away gives way to a symbol drawn as often as it is "
        "met · where no evidence is planted none can be found"
    )
