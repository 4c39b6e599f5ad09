"""A forest plot: the effect of every difference between groups, with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from markovlens.faithfulness.claims.differences import NOT_SHOWN
from markovlens.figures.panels import draw_dots, keys
from markovlens.figures.style import FAINT, INK, MUTED, SMALL_SIZE, WIDTH, frame, styled
from markovlens.figures.text import listing
from markovlens.groups.comparison import GroupComparison
from markovlens.groups.counting import MEASURES, TRANSITION
from markovlens.groups.wording import what
from markovlens.machines.drawing import Drawing
from markovlens.spelling import count

MOST_TRANSITIONS = 12  # of a pair of groups
LINE, AROUND = 0.21, 0.8  # inches
NUMBERS = 1.02  # where they begin, in widths of the panel
SHOWN, OPEN = INK, MUTED
LOOKS = {
    "shown after Holm's correction": {"color": SHOWN, "marker": "o", "ls": "-", "lw": 1.3},
    "not shown": {"color": OPEN, "marker": "o", "mfc": "white", "ls": "-", "lw": 1.3},
}


@styled()
def draw_forest(found: GroupComparison) -> Figure:
    """Return a panel for each pair of groups, rows by measure, the largest effects first.

    Of transitions only the `MOST_TRANSITIONS` with the largest effects are drawn.
    """
    pairs = [
        (f"{a} less {b}", _picked(rows))
        for (a, b), rows in found.table.groupby(["group_a", "group_b"], sort=False)
    ]
    heights = [LINE * len(rows) + AROUND for _, rows in pairs]
    figure = Drawing(figsize=(WIDTH, sum(heights)), layout="constrained")
    grid = figure.subplots(len(pairs), 1, squeeze=False, sharex=True, height_ratios=heights).ravel()
    for axes, (title, rows) in zip(grid, pairs, strict=True):
        _draw_pair(axes, rows, found.names)
        axes.set_title(title)
    grid[-1].set_xlabel("effect (Hedges' g) with its interval")
    frame(figure, _finding(found), foot=_foot(found), handles=[keys(LOOKS)])
    return figure


def _picked(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that are drawn, in their order from above."""
    size = rows["effect"].abs().fillna(-1.0)
    rows = rows.assign(rank=rows["measure"].map(MEASURES.index), size=size)
    rows = rows.sort_values(["rank", "size"], ascending=[True, False], kind="stable")
    moves = rows["measure"] == TRANSITION
    some = rows[moves].dropna(subset="effect").head(MOST_TRANSITIONS)
    return pd.concat([rows[~moves], some]).reset_index(drop=True)


def _draw_pair(axes: Axes, rows: pd.DataFrame, names: tuple[str, ...]) -> None:
    heights = pd.Series(-rows.index.to_numpy(dtype=float), rows.index)
    axes.axvline(0, color=FAINT, lw=1.0, zorder=0)
    dots = rows.rename(columns={"effect": "value", "effect_low": "low", "effect_high": "high"})
    shown = rows["finding"] != NOT_SHOWN
    draw_dots(axes, dots[shown], heights[shown], colour=SHOWN)
    draw_dots(axes, dots[~shown], heights[~shown], colour=OPEN)
    axes.plot(dots.loc[~shown, "value"], heights[~shown], "o", color=OPEN, mfc="white", ms=5)
    axes.set_yticks(heights, [what(row, names) for row in rows.to_dict("records")])
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.set_ylim(-len(rows) + 0.4, 0.6)
    for height, row in zip(heights, rows.to_dict("records"), strict=True):
        said, colour = _beside(row)
        axes.annotate(
            said, (NUMBERS, height), xycoords=axes.get_yaxis_transform(), va="center",
            fontsize=SMALL_SIZE, color=colour, annotation_clip=False,
        )  # fmt: skip


def _beside(row: Mapping[Any, Any]) -> tuple[str, str]:
    """Return what stands beside a row, and its colour: its numbers, or why there are none."""
    if pd.isna(row["p"]):
        return str(row["reason"]), MUTED
    values = f"{row['value_a']:.3g} and {row['value_b']:.3g} {row['unit']}"
    return f"{values}, Holm p {row['p_holm']:.2g}", INK


def _finding(found: GroupComparison) -> str:
    """Return the title: what differs most, or that nothing is shown."""
    shown = found.shown
    tested = count(int(found.table["p"].notna().sum()), "difference")
    if shown.empty:
        return f"None of {tested} between groups is shown"
    ranked = shown.loc[shown["effect"].abs().sort_values(ascending=False, kind="stable").index]
    most = [
        f"{what(row, found.names)} {row['finding']}" for row in ranked.head(2).to_dict("records")
    ]
    return f"{len(shown)} of {tested} shown: {listing(most)}"


def _how_many(row: Mapping[Any, Any]) -> str:
    number = f"{row['n_permutations']:,}"
    drawn = row["permutations"] == "drawn"
    return f"{number} relabellings drawn" if drawn else f"all {number} relabellings"


def _foot(found: GroupComparison) -> str:
    first: dict[Any, Any] = found.table.head(1).to_dict("records")[0]
    moves = found.table[found.table["measure"] == TRANSITION].dropna(subset="effect")
    left = (moves.groupby(["group_a", "group_b"]).size() > MOST_TRANSITIONS).any()
    return (
        f"{found.said} · p by permuting {first['units']}: {_how_many(first)} · "
        f"bars: {100 * found.level:g} % intervals from resampled {first['units']}"
        + (f" · of transitions the {MOST_TRANSITIONS} with the largest effects" if left else "")
    )
