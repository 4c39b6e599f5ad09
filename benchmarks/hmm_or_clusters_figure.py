"""The figure of `hmm_or_clusters.py`: fidelity against noise, by aliasing and training strings."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from markovlens.faithfulness.claims.claims import CONTRADICTED, SUPPORTED, Claim
from markovlens.faithfulness.claims.hmm_or_clusters import (
    ALIKE,
    BRANCHING,
    CHANCE,
    HMMS,
    PLAIN,
)
from markovlens.figures.colours import method_colours
from markovlens.figures.dots import method_handles
from markovlens.figures.panels import DOTTED
from markovlens.figures.style import CEILING_DASHES, FAINT, INK, frame, panels, styled
from markovlens.figures.text import listing

ROWS = {
    PLAIN: "states apart",
    ALIKE: "half look alike",
    BRANCHING: "moves branch",
}
SHORT = {
    "quiet": "little noise",
    "few": "few strings",
    "noisy": "noise",
    ALIKE: "states that look alike",
    BRANCHING: "branching moves with noise",
}
APART = 0.05  # sd from one method's mark to the next's
VERDICTS = {SUPPORTED: "k-means is closer than {hmm}", CONTRADICTED: "{hmm} closer"}


@styled()
def draw_conditions(table: pd.DataFrame, claims: Sequence[Claim]) -> Figure:
    """Return a panel an aliasing and number of strings, a line a method.

    Args:
        table: rows of `hmm_or_clusters_tables.summary`.
        claims: decided ones, for the title.
    """
    sizes = sorted(table["n_train"].unique())
    places = [(aliasing, size) for aliasing in ROWS for size in sizes]
    figure, axes = panels(len(places), columns=len(sizes), height=1.75, sharex=True, sharey=True)
    for ax, (aliasing, size) in zip(axes, places, strict=True):
        here = table[(table["aliasing"] == aliasing) & (table["n_train"] == size)]
        _draw_cell(ax, here)
        ax.set_title(f"{size} strings")
        if size == sizes[0]:
            ax.set_ylabel(f"{ROWS[aliasing]}\nbalanced agreement")
    for ax in axes[-len(sizes) :]:
        ax.set_xlabel("noise, in sd of each unit")
    foot = (
        f"mean over {int(table['n_machines'].max())} planted machines, bars: 95 % intervals over "
        "machines · each method chose its own K on noisy training and validation data · scored in "
        "closed loop on whole test strings · the true machine is run on inputs alone, too · grey "
        "dots: chance"
    )
    handles = [*method_handles(dict.fromkeys(table["method"]), marker="."), _ceiling()]
    frame(figure, finding(claims), foot=foot, handles=[handles])
    return figure


def finding(claims: Sequence[Claim]) -> str:
    """Return the title: where one of both is closer to the planted machine, and where neither."""
    nowhere = all(claim.verdict != SUPPORTED for claim in claims)
    said = ["k-means is nowhere shown to be closer than an HMM"] if nowhere else []
    for verdict, words in VERDICTS.items():
        closer: dict[str, list[str]] = {}
        for hmm, name in HMMS.items():
            where = [
                SHORT[claim.claim.split(":")[1]]
                for claim in claims
                if claim.verdict == verdict and claim.claim.endswith(f":{hmm}")
            ]
            if where:
                closer.setdefault(listing(where), []).append(name)
        said += [f"{words.format(hmm=listing(hmms))} under {w}" for w, hmms in closer.items()]
    title = "; ".join(said)
    return title[0].upper() + title[1:]


def _draw_cell(axes: Axes, rows: pd.DataFrame) -> None:
    colours = method_colours(rows["method"])
    # Last to first, so that the first method lies on top where all are perfect.
    for place, method in reversed(list(enumerate(colours))):
        mine, look = rows[rows["method"] == method], {"color": colours[method]}
        x = mine["noise"] + APART * (place - (len(colours) - 1) / 2)
        axes.vlines(x, mine["low"], mine["high"], lw=0.9, alpha=0.6, **look)
        axes.plot(x, mine["balanced_agreement"], marker=".", lw=1.5, ms=6, **look)
    true_machine = rows["balanced_agreement_of_true_machine"].iloc[0]
    axes.axhline(true_machine, color=INK, lw=0.9, ls=CEILING_DASHES["truth"])
    axes.axhline(CHANCE, color=FAINT, lw=1.0, ls=DOTTED)
    axes.set_ylim(0.42, 1.03)
    axes.grid(axis="y")


def _ceiling() -> Line2D:
    return Line2D([], [], color=INK, lw=1.2, ls=CEILING_DASHES["truth"], label="true machine")
