"""Which differences between methods are shown: on how many networks each beats each other one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from markovlens.faithfulness.claims.differences import FLOOR
from markovlens.figures.colours import CONFIDENCE_COLOURS
from markovlens.figures.style import FLOORS, INK, frame, message, method_name, panels, styled
from markovlens.figures.tables import LEVEL, SCORE_NAMES, UNITS, methods_in, ordered
from markovlens.figures.text import balanced, listing
from markovlens.spelling import count

PANEL_NAMES = {
    "balanced_fidelity": "balanced agreement",
    "explained_divergence": "explained divergence",
    "variance_explained": "variance explained",
    "balanced_agreement_label": "agreement of labels",
    "concordance": "concordance",
    "divergence": "divergence (lower is better)",
    "iia": "interchange interventions",
}
CELL = 0.27  # inches
TITLES = 84  # characters of all panels' titles side by side
BETTER = " better"  # how a verdict ends that calls a method better


@styled()
def draw_differences(differences: pd.DataFrame, *, level: float = LEVEL) -> Figure:
    """Return a panel a score: in row i and column j, the networks on which method i beats j.

    Args:
        differences: the table of `faithfulness.differences`.
        level: 1 - the family-wise error within each score.
    """
    title = differences_finding(differences)
    if differences.empty:
        return message(title, foot="", why="it takes two methods with values on one network")
    stems = differences["score"].map(_stem)
    scores = ordered(stems, PANEL_NAMES)
    both = differences.assign(method=differences["method_a"])
    found = methods_in(pd.concat([both, differences.assign(method=differences["method_b"])]))
    methods = sorted(found, key=lambda method: method in FLOORS)
    height = CELL * len(methods) + 1.5
    figure, axes = panels(len(scores), columns=len(scores), height=height, sharey=True)
    for ax, score in zip(axes, scores, strict=True):
        _draw_score(ax, differences[stems == score], methods)
        ax.set_title(balanced(PANEL_NAMES.get(score, score), TITLES // len(scores)))
    axes[0].set_ylabel("this method is better ...")
    frame(figure, title, foot=_foot(differences, level))
    return figure


def differences_finding(differences: pd.DataFrame) -> str:
    """Return the title: how many differences are shown, and who wins most of the first score's."""
    if differences.empty:
        return "No two methods to compare"
    shown = differences["verdict"].str.endswith(BETTER)
    floor = differences["against"] == FLOOR
    stems = differences["score"].map(_stem)
    first = ordered(stems, PANEL_NAMES)[0]
    mine = differences[shown & ~floor & (stems == first)]
    wins = mine["verdict"].str.removesuffix(BETTER).value_counts()
    most = [f"{method_name(str(name))} {n}" for name, n in wins.head(3).items()]
    leaders = f"; of {SCORE_NAMES.get(first, first)}, wins: {listing(most)}" if most else ""
    between = f"{int(shown[~floor].sum()):,} of {count(int((~floor).sum()), 'difference')}"
    beside = f"; from a floor {int(shown[floor].sum()):,} of {int(floor.sum()):,}"
    return f"{between} between methods are shown{leaders}{beside if floor.any() else ''}"


def _foot(differences: pd.DataFrame, level: float) -> str:
    """Return what a difference must show, which of a run of one seed is about that network only."""
    seeds = sorted(set(differences["n_seeds"]))
    tests = [
        *(["t over seeds (degrees of freedom: seeds - 1)"] if seeds[-1] > 1 else []),
        *(["over sequences: that network only"] if seeds[-1] == 1 else []),
        *(["1 where one seed of several has both"] if seeds[0] == 1 < seeds[-1] else []),
    ]
    return (
        f"of n networks · p from paired differences, {', '.join(tests)} · Holm over all pairs of "
        "methods and networks (those with floors, right of the line, by themselves), each score a "
        f"family of its own at {100 * (1 - level):g} %, and the same sign "
        "in every seed · empty: never compared"
    )


def _stem(score: str) -> str:
    for unit in UNITS:
        score = score.removesuffix(f"_{unit}")
    return score


def wins_of(differences: pd.DataFrame, methods: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return (M, M): on how many networks row beats column, and how many they are compared on."""
    place = {method: index for index, method in enumerate(methods)}
    wins, compared = np.zeros((2, len(methods), len(methods)), dtype=int)
    for row in differences.itertuples():
        a, b = place[str(row.method_a)], place[str(row.method_b)]
        compared[a, b] += 1
        compared[b, a] += 1
        winner = str(row.verdict).removesuffix(BETTER)
        wins[a, b] += winner == row.method_a
        wins[b, a] += winner == row.method_b
    return wins, compared


def _draw_score(axes: Axes, differences: pd.DataFrame, methods: list[str]) -> None:
    wins, compared = wins_of(differences, methods)
    share = np.full(wins.shape, np.nan)
    np.divide(wins, compared, out=share, where=compared > 0)
    names = [method_name(method) for method in methods]
    sns.heatmap(
        share, mask=compared == 0, annot=wins, fmt="d", annot_kws={"size": 7.5}, ax=axes,
        cmap=CONFIDENCE_COLOURS, vmin=0, vmax=1.25, cbar=False, xticklabels=names,
        yticklabels=names,
    )  # fmt: skip
    axes.tick_params(axis="y", rotation=0)
    axes.tick_params(axis="x", rotation=90)
    axes.set_xlabel(f"... than this one (n = {compared.max()})")
    n_compared = sum(method not in FLOORS for method in methods)
    for line in (axes.axhline, axes.axvline):
        line(n_compared, color=INK, lw=0.8)
    axes.tick_params(length=0)
