"""What the decoder does when it is started from another window's encoder end."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from markovlens.figures.style import (
    FAINT,
    INK,
    MUTED,
    frame,
    message,
    model_name,
    panels,
    styled,
)
from markovlens.figures.tables import LEVEL
from markovlens.figures.text import count, percent

OF = {"states": "late states", "outputs": "late outputs"}
LINES = {  # (condition, score): words, colour, marker
    ("other_class", "class_of_donor"): ("start of another class: becomes it", "#0072B2", "o"),
    ("input_only", "class_of_donor"): ("only its first input: becomes it", "#D55E00", "s"),
    ("same_class", "leaves_class"): ("start of the same class: leaves it", "#009E73", "^"),
    ("none", "leaves_class"): ("nothing swapped: leaves it", "#7F7F7F", "D"),
}
RETURN = ("displaced", "return_ratio")
LINE = 0.17  # inches
NETWORK = ["task", "model"]


@styled()
def draw_swaps(swaps: pd.DataFrame, *, level: float = LEVEL) -> Figure:
    """Return what becomes of late states and outputs, and how much of a displacement is left.

    Args:
        swaps: rows of `seq2seq_swaps.csv`.
        level: coverage of its intervals.
    """
    if swaps.empty:
        return message("No decoder was started by hand", foot="", why="no network here allows it")
    networks = list(swaps[NETWORK].drop_duplicates().itertuples(index=False, name=None))
    height = LINE * len(networks) * (len(LINES) + 1) + 0.6
    figure, axes = panels(3, columns=3, height=height, sharey=True)
    for ax, (of, words) in zip(axes[:2], OF.items(), strict=True):
        _draw_shares(ax, swaps[swaps["of"] == of], networks)
        ax.set_title(words)
        ax.set_xlabel("share of swaps")
        ax.set_xlim(-0.04, 1.04)
    _draw_return(axes[2], swaps, networks)
    middle = (len(LINES) - 1) / 2
    axes[0].set_ylim(-(len(LINES) + 1) * len(networks) + 0.5, 0.7)
    axes[0].set_yticks([-(len(LINES) + 1) * i - middle for i in range(len(networks))])
    axes[0].set_yticklabels([f"{task}\n{model_name(model)}" for task, model in networks])
    axes[0].tick_params(axis="y", length=0)
    foot = (
        f"test windows, mean of {count(int(swaps['n_seeds'].max()), 'seed')}, {level:.0%} "
        "intervals over seeds and windows \u00b7 late: the second half of the decoder; its class "
        "is that of the nearest undisturbed one \u00b7 displaced: the start is moved at random as "
        "far as two windows of a class lie apart"
    )
    handles = [
        Line2D([], [], color=colour, marker=marker, ls="", ms=5.5, label=words)
        for words, colour, marker in LINES.values()
    ]
    frame(figure, swaps_finding(swaps), foot=foot, handles=[handles])
    return figure


def swaps_finding(swaps: pd.DataFrame) -> str:
    """Return the title: how often late states become of the donor's class, beside two controls.

    They are the same donor with only its first input exchanged, and how often the nearest window is
    of the right class where nothing is: no more can be asked of a swap.
    """
    late = swaps[swaps["of"] == "states"]
    shares = {
        (condition, str(task)): float(rows["value"].mean())
        for (condition, score, task), rows in late.groupby(["condition", "score", "task"])
        if (condition, score) in LINES
    }
    said = []
    for task in dict.fromkeys(late["task"]):
        found = [shares.get((condition, task)) for condition in ("other_class", "input_only")]
        if found[0] is None:
            continue
        left = shares.get(("none", task))
        numbers = [*found, None if left is None else 1 - left]
        words = ", ".join("-" if one is None else percent(one) for one in numbers)
        said.append(f"{words} ({task})")
    if not said:
        return "No window had a donor of another class"
    return (
        "Late decoder states of the donor's class after its start, of it after its first input "
        f"alone, and of their own without a swap: {'; '.join(said)}"
    )


def _draw_shares(axes: Axes, rows: pd.DataFrame, networks: list[tuple[str, str]]) -> None:
    for block, (task, model) in enumerate(networks):
        here = rows[(rows["task"] == task) & (rows["model"] == model)]
        for line, ((condition, score), (_, colour, marker)) in enumerate(LINES.items()):
            y = -block * (len(LINES) + 1) - line
            mine = here[(here["condition"] == condition) & (here["score"] == score)]
            for _, row in mine.iterrows():
                axes.plot([row["low"], row["high"]], [y, y], color=colour, lw=1.4)
                axes.plot(row["value"], y, marker, ms=5.5, color=colour)
        axes.axhline(-block * (len(LINES) + 1) - len(LINES), color=FAINT, lw=0.5)


def _draw_return(axes: Axes, rows: pd.DataFrame, networks: list[tuple[str, str]]) -> None:
    """Draw what is left of a displacement: on the left of the line the decoder draws it back."""
    mine = rows[(rows["condition"] == RETURN[0]) & (rows["score"] == RETURN[1])]
    for block, (task, model) in enumerate(networks):
        y = -block * (len(LINES) + 1) - (len(LINES) - 1) / 2
        for _, row in mine[(mine["task"] == task) & (mine["model"] == model)].iterrows():
            axes.plot([row["low"], row["high"]], [y, y], color=INK, lw=1.4)
            axes.plot(row["value"], y, "o", ms=5.5, color=INK)
    axes.axvline(1, color=MUTED, lw=0.9, ls=(0, (2, 2)))
    axes.set_xlim(left=0)
    axes.set_title("displaced start")
    axes.set_xlabel("share of the distance left at the end")
