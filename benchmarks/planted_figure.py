"""Summary and figure of `planted_number.py`: the share of data sets whose number was found."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from planted_data import EMITTERS, LANGUAGES
from scipy import stats

from markovlens.figures.colours import CONFIDENCE_COLOURS
from markovlens.figures.style import frame, panels, styled
from markovlens.hmm.criteria import CRITERIA

LEVEL = 0.95
NOISY, CLEAN = "all projections with noise", "all projections without noise"
ORDER = ("sources", "chains", "beliefs", "languages, HMM", "languages", "networks", "all")
COUNTED = {"n_states": "states chosen", "n_lumped": "after joining states with the same future"}
NAMES = {
    "bic": "BIC", "aic": "AIC", "icl": "ICL", "bic_ess": "BIC, ess", "slope": "slope",
    "eml": "EML", "heldout": "held-out", "heldout_1se": "held-out, 1 SE",
}  # fmt: skip
READERS = {"hmm": "HMM", "hmm_input": "driven HMM"}


def summarise(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the share found by group of data sets, noise, criterion and what is counted.

    The last groups are all that was seen through projections, noise or none. `n` counts fits: data
    of a language are fitted by two methods. `low` and `high` are Wilson's interval with as many
    data sets as sources that differ leave of them; `excess` is the median of how many states were
    chosen above the planted number.
    """
    rows = rows.assign(
        group=[_group(row) for row in rows.itertuples()],
        data=[f"{row.source} {row.seen} {row.noise} {row.seed}" for row in rows.itertuples()],
    )
    projected = rows[rows["seen"] == "states"]
    noisy = projected["noise"] > 0
    together = projected.assign(group=noisy.map({True: NOISY, False: CLEAN}), noise=noisy * 1.0)
    keys = ["group", "noise", "criterion", "n_true", "source", "data"]
    long = pd.concat([rows, together]).melt(keys, list(COUNTED), "counted", "number")
    long = long.dropna().assign(excess=long["number"] - long["n_true"])
    places = long.groupby(["group", "counted", "noise", "criterion"], sort=False)
    found = places[["excess", "source", "data"]].apply(_share).astype({"n": int}).reset_index()
    found = found.assign(noise=found["noise"].mask(found["group"].isin([NOISY, CLEAN])))
    return found.sort_values("group", key=lambda names: names.map(_rank), kind="stable")


def _rank(group: str) -> int:
    """Return where a group stands, by how its name begins."""
    return next(i for i, begins in enumerate(ORDER) if group.startswith(begins))


def _share(fits: pd.DataFrame) -> pd.Series:
    found = fits["excess"] == 0
    n, share = len(found), float(found.mean())
    n_sets = fits["data"].nunique()
    low, high = _wilson(share, min(n_sets, _effective(found, fits["source"])))
    excess = fits["excess"].median()
    return pd.Series({"n": n, "share": share, "low": low, "high": high, "excess": excess})


def _effective(found: pd.Series, sources: pd.Series) -> float:
    """Return how many independent fits are worth as much as these, which share sources.

    Korn & Graubard, "Confidence intervals for proportions with small expected number of positive
    counts estimated from survey data", 1998: the variance of a plain share over that of the share
    with its clusters. Where all or none were found, each source counts once.
    """
    share = float(found.mean())
    off = (found - share).groupby(sources).sum()
    n_sources = len(off)
    if n_sources < 2 or share in (0.0, 1.0):
        return float(n_sources)
    variance = float((off**2).sum()) / len(found) ** 2 * n_sources / (n_sources - 1)
    return share * (1 - share) / variance if variance else float(len(found))


def _wilson(share: float, n: float) -> tuple[float, float]:
    """Return Wilson's interval of a share of n, which need not be whole."""
    z = stats.norm.ppf(0.5 + LEVEL / 2)
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return middle - half, middle + half


def _group(row: tuple) -> str:
    """Return what kind of data set a row is of."""
    reader = READERS[row.method]
    if row.seen == "beliefs":
        return "beliefs over sources"
    if row.seen != "states":
        return f"networks: {_network(row)}"
    if row.source in LANGUAGES:
        return f"languages, {reader}"
    return "sources, K 2-5" if row.source in EMITTERS else "chains, K 2-10"


def _network(row: tuple) -> str:
    if row.seen.startswith("emulator"):
        return "emulators of sources"
    if row.source in EMITTERS or row.source == "mess3":
        return f"predictors, {READERS[row.method]}"
    return f"languages, {READERS[row.method]}"


@styled()
def draw_shares(summary: pd.DataFrame, rows: pd.DataFrame) -> Figure:
    """Return two heat maps of the share found: of the number chosen, and of what joining leaves."""
    figure, axes = panels(2, columns=2, height=6.2, sharey=True)
    shown = summary[~summary["group"].isin([NOISY, CLEAN])]
    for ax, counted in zip(axes, COUNTED, strict=True):
        _heat_map(ax, shown, counted)
    n_sets = rows.groupby(["source", "seen", "noise", "seed", "method"]).ngroups
    foot = (
        f"{n_sets:,} data sets of {rows['seed'].nunique()} seeds · numbers: how many "
        "in a hundred data sets gave the planted number of states, among 1 to 12 · noise in "
        "standard deviations of every feature · driven: by inputs · empty: without "
        "inputs nothing is joined · intervals in planted_summary.csv"
    )
    frame(figure, _finding(summary), foot=foot)
    return figure


def _heat_map(axes: Axes, summary: pd.DataFrame, counted: str) -> None:
    labels = summary["group"] + [f", {x:g} sd" if x is not None else "" for x in _noise(summary)]
    mine = summary.assign(
        label=labels, share=100 * summary["share"].where(summary["counted"] == counted)
    )
    shares = mine.pivot_table("share", "label", "criterion", sort=False, dropna=False)
    shares = shares.reindex(index=labels.unique(), columns=list(CRITERIA))
    sns.heatmap(
        shares, annot=True, fmt=".0f", annot_kws={"size": 7}, vmin=0, vmax=100, cbar=False,
        cmap=CONFIDENCE_COLOURS, linewidths=0.8, linecolor="white", ax=axes,
        xticklabels=[NAMES[name] for name in CRITERIA],
    )  # fmt: skip
    axes.set(title=COUNTED[counted], xlabel="", ylabel="")
    axes.tick_params(length=0, labelsize=7.5)
    axes.tick_params(axis="x", labelrotation=60)


def _noise(summary: pd.DataFrame) -> list[float | None]:
    """Return the noise of each row, None of networks."""
    recorded = summary["group"].str.startswith("networks")
    return [None if of else noise for of, noise in zip(recorded, summary["noise"], strict=True)]


def _finding(summary: pd.DataFrame) -> str:
    """Return the title: what finds most numbers through noisy projections, and what BIC finds."""
    noisy = summary[(summary["group"] == NOISY) & (summary["counted"] == "n_states")]
    shares = 100 * noisy.set_index("criterion")["share"]
    best = shares.idxmax()
    return (
        f"Through noisy projections {NAMES[best]} finds the planted number of states in "
        f"{shares[best]:.0f} % of data sets, BIC in {shares['bic']:.0f} %"
    )
