"""The figure of `durations.py`, and the means over seeds behind it."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy import stats

from markovlens.figures.style import INK, MUTED, frame, panels, styled

LEVEL = 0.95
KEYS = ["law", "sequences", "way", "measure"]
LAWS = ("geometric", "negative binomial", "bimodal", "fixed")
FITTED = ("HMM", "negative binomial", "free")
BY_BIC = "law by BIC"
COLOURS = {
    "HMM": "#0072B2",
    "sticky HMM": "#56B4E9",
    "negative binomial": "#E69F00",
    "free": "#009E73",
    BY_BIC: INK,
    "true model": MUTED,
}
MARKERS = dict(zip(COLOURS, "os^vDx", strict=True))
PANELS = {
    "states": "States that BIC chooses (3 are true)",
    "ARI": "Decoded states, adjusted Rand index",
    "nats lost": "Nats a step below the true model",
    "dwell error of 3 states": "Dwell laws, total variation to the true one",
}
EXACT = ("states", "parameters")
"""Measures of which the true model's own value says nothing of how well one can do."""


def summarised(rows: pd.DataFrame) -> pd.DataFrame:
    """Return means over seeds of each way, of the law that BIC chooses, and of differences."""
    rows = pd.concat([rows, chosen_by_bic(rows)])
    return over_seeds(pd.concat([rows, gains(rows)]), KEYS)


def over_seeds(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return means of the values with the same keys, and t intervals for seeds not seen."""
    grouped = rows.groupby(keys, dropna=False)["value"]
    table = grouped.agg(value="mean", n_seeds="count", error="sem").reset_index()
    half = stats.t.ppf((1 + LEVEL) / 2, table["n_seeds"] - 1) * table.pop("error")
    table["low"], table["high"] = table["value"] - half, table["value"] + half
    return table


def chosen_by_bic(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the fitted law with the lowest BIC in each draw."""
    draw = ["law", "sequences", "seed"]
    values = rows[(rows["measure"] == "BIC") & rows["way"].isin(FITTED)]
    best = values.loc[values.groupby(draw)["value"].idxmin(), [*draw, "way"]]
    return rows.merge(best, on=[*draw, "way"]).assign(way=BY_BIC)


def gains(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what each way has above the HMM of the same draw, measure by measure."""
    wide = rows[rows["way"] != "true model"].pivot(
        index=["law", "sequences", "seed", "measure"], columns="way", values="value"
    )
    others = wide.drop(columns="HMM").sub(wide["HMM"], axis=0)
    return others.add_suffix(" less HMM").melt(ignore_index=False).reset_index()


@styled()
def draw_durations(table: pd.DataFrame) -> Figure:
    """Return a panel for each measure, laws from left to right, both numbers of sequences."""
    figure, axes = panels(len(PANELS), columns=2, height=2.4)
    for ax, (measure, title) in zip(axes, PANELS.items(), strict=True):
        _draw(ax, table[table["measure"] == measure], measure)
        ax.set_title(title)
    few, many = sorted(table["sequences"].unique())
    foot = (
        f"3 states, all with the law below, mean stay 8 steps, outputs two standard deviations "
        f"apart \u00b7 sequences of 80 steps, {few} (left marks) or {many} (right marks) for "
        "training, 60 for the scores \u00b7 states, phases and law by BIC, pseudo-steps of the "
        f"sticky HMM by 20 validation sequences \u00b7 means of {table['n_seeds'].min()} seeds and "
        f"{LEVEL:.0%} intervals over seeds"
    )
    frame(figure, finding(table), foot=foot, handles=[_handles()])
    return figure


def finding(table: pd.DataFrame) -> str:
    """Return the title: what explicit durations bring where they are fixed, and where not."""
    many = table[table["sequences"] == table["sequences"].max()]
    value = many.set_index(["law", "way", "measure"])["value"]
    plain, lasting = (
        f"{value['fixed', way, 'states']:.1f} states for 3 (ARI {value['fixed', way, 'ARI']:.2f})"
        for way in ("HMM", BY_BIC)
    )
    same = value["geometric", f"{BY_BIC} less HMM", "ARI"]
    return (
        f"Where stays are fixed, BIC takes {plain} with an HMM, {lasting} with explicit durations; "
        f"where they are geometric ARI changes by {same:+.3f}"
    )


def _draw(axes: Axes, table: pd.DataFrame, measure: str) -> None:
    sizes = sorted(table["sequences"].unique())
    ways = [way for way in COLOURS if not (way == "true model" and measure in EXACT)]
    for place, way in enumerate(ways):
        mine = table[table["way"] == way]
        shift = 0.09 * (place - (len(ways) - 1) / 2)
        for law, n_train in mine[["law", "sequences"]].itertuples(index=False):
            one = mine[(mine["law"] == law) & (mine["sequences"] == n_train)].iloc[0]
            x = 1.4 * LAWS.index(law) + 0.6 * sizes.index(n_train) + shift
            error = [[one["value"] - one["low"]], [one["high"] - one["value"]]]
            axes.errorbar(
                x,
                one["value"],
                np.array(error),
                color=COLOURS[way],
                marker=MARKERS[way],
                ms=4,
                lw=1,
            )
    axes.set_xticks([1.4 * place + 0.3 for place in range(len(LAWS))], LAWS)
    axes.grid(axis="y")


def _handles() -> list[Line2D]:
    return [
        Line2D([], [], color=colour, marker=MARKERS[way], ls="", label=way)
        for way, colour in COLOURS.items()
    ]
