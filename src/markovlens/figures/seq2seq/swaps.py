"""What the decoder does when it is started from another window's encoder end."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from markovlens.figures.panels import (
    Line,
    draw_dots,
    heights_of,
    keys,
    middles,
    name_blocks,
    stacked,
)
from markovlens.figures.style import INK, MUTED, frame, message, model_name, panels, styled
from markovlens.figures.tables import LEVEL
from markovlens.figures.text import percent
from markovlens.spelling import count

OF = {"states": "late states", "outputs": "late outputs"}
LINES = {  # of each condition: the score that is drawn, words, colour, marker
    "other_class": ("class_of_donor", "start of another class: becomes it", "#0072B2", "o"),
    "input_only": ("class_of_donor", "only its first input: becomes it", "#D55E00", "s"),
    "same_class": ("leaves_class", "start of the same class: leaves it", "#009E73", "^"),
    "none": ("leaves_class", "nothing swapped: leaves it", "#7F7F7F", "D"),
}
RETURN = ("displaced", "return_ratio")
LINE = 0.17  # inches


@styled()
def draw_swaps(swaps: pd.DataFrame, *, level: float = LEVEL) -> Figure:
    """Return what becomes of late states and outputs, and how much of a displacement is left.

    Args:
        swaps: rows of `seq2seq_swaps.csv`.
        level: coverage of its intervals.
    """
    if swaps.empty:
        return message("No decoder was started by hand", foot="", why="no network here allows it")
    rows = swaps.assign(network=swaps["task"] + "\n" + swaps["model"].map(model_name))
    networks = list(dict.fromkeys(rows["network"]))
    heights = stacked([(network, line) for network in networks for line in LINES], gap=1.0)
    height = LINE * len(networks) * (len(LINES) + 1) + 0.6
    figure, axes = panels(3, columns=3, height=height, sharey=True)
    for ax, (of, words) in zip(axes[:2], OF.items(), strict=True):
        _draw_shares(ax, rows[rows["of"] == of], heights)
        ax.set(title=words, xlabel="share of swaps", xlim=(-0.04, 1.04))
    _draw_return(axes[2], rows, heights)
    for ax in axes:
        name_blocks(ax, heights)
    foot = (
        f"test windows, mean of {count(int(swaps['n_seeds'].max()), 'seed')}, {level:.0%} "
        "intervals over seeds and windows · late: the second half of the decoder; its class "
        "is that of the nearest undisturbed one · displaced: the start is moved at random as "
        "far as two windows of a class lie apart"
    )
    handles = keys(
        {
            words: {"color": colour, "marker": marker, "ls": "", "ms": 5.5}
            for _, words, colour, marker in LINES.values()
        }
    )
    frame(figure, swaps_finding(swaps), foot=foot, handles=[handles])
    return figure


def swaps_finding(swaps: pd.DataFrame) -> str:
    """Return the title: how often late states become of the donor's class, beside two controls.

    They are the same donor with only its first input exchanged, and how often the nearest window is
    of the right class where nothing is: no more can be asked of a swap.
    """
    late = _of_lines(swaps[swaps["of"] == "states"])
    shares = late.groupby(["condition", "task"])["value"].mean().to_dict()
    said = []
    for task in dict.fromkeys(late["task"]):
        if ("other_class", task) not in shares:
            continue
        numbers = [shares.get((condition, task)) for condition in ("other_class", "input_only")]
        left = shares.get(("none", task))
        numbers.append(None if left is None else 1 - left)
        words = ", ".join("-" if one is None else percent(one) for one in numbers)
        said.append(f"{words} ({task})")
    if not said:
        return "No window had a donor of another class"
    return (
        "Late decoder states of the donor's class after its start, of it after its first input "
        f"alone, and of their own without a swap: {'; '.join(said)}"
    )


def _of_lines(swaps: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the score that is drawn of each condition."""
    scores = {condition: score for condition, (score, *_) in LINES.items()}
    return swaps[swaps["score"] == swaps["condition"].map(scores)]


def _draw_shares(axes: Axes, rows: pd.DataFrame, heights: Mapping[Line, float]) -> None:
    rows = _of_lines(rows)
    at = heights_of(rows, heights, ["network", "condition"], apart=0)
    for condition, (_, _, colour, marker) in LINES.items():
        mine = rows[rows["condition"] == condition]
        draw_dots(axes, mine, at[mine.index], colour=colour, marker=marker)


def _draw_return(axes: Axes, rows: pd.DataFrame, heights: Mapping[Line, float]) -> None:
    """Draw what is left of a displacement: on the left of the line the decoder draws it back."""
    mine = rows[(rows["condition"] == RETURN[0]) & (rows["score"] == RETURN[1])]
    draw_dots(axes, mine, mine["network"].map(middles(heights)), colour=INK)
    axes.axvline(1, color=MUTED, lw=0.9, ls=(0, (2, 2)))
    axes.set_xlim(left=0)
    axes.set(title="displaced start", xlabel="share of the distance left at the end")
