"""How many states: information criteria and held-out likelihood over the number of states."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, MaxNLocator

from markovlens.abstractions import WITHOUT_MOVES
from markovlens.figures.colours import METHOD_COLOURS, method_colours
from markovlens.figures.style import (
    ALARM,
    INK,
    SMALL_SIZE,
    frame,
    message,
    method_name,
    panels,
    styled,
)
from markovlens.figures.text import spread
from markovlens.spelling import count
from markovlens.status import Status

KEYS = ["seed", "n_states"]
# column, name, whether the axis shows the distance from each seed's best
CRITERIA = (("bic", "BIC", True), ("heldout", "held-out", False))
UNDRAWN = {"aic": "AIC", "icl": "ICL"}  # their curves repeat that of BIC
SPREAD = {  # these look at several fits or at an error, and have no curve of their own
    "bic_ess": "BIC with an effective sample size",
    "slope": "the slope heuristic",
    "eml": "expected marginal likelihood",
    "heldout_1se": "held-out within 1 SE",
}
NAMES = {column: name for column, name, _ in CRITERIA} | UNDRAWN | SPREAD


@styled()
def draw_selection(
    sweep: pd.DataFrame,
    *,
    criterion: str = "bic",
    true_states: int | None = None,
    method: str = "hmm",
    network: str = "",
) -> Figure:
    """Return curves of BIC and held-out log-likelihood over the number of states K.

    Args:
        sweep: one row a fit; `seed` may be missing where there is one seed.
        criterion: by what `chosen` was decided.
        true_states: the true number of states, None where it is unknown.
        method: whose colour to use.
        network: "task, cell", for the foot line.
    """
    fits = prepared(sweep)
    if not has_likelihood(sweep) and (sweep["status"] != Status.FAILED).any():
        picked = spread(list(sweep.loc[sweep["chosen"].astype(bool), "n_states"]))
        loop = "open" if method in WITHOUT_MOVES else "closed"
        why = f"it has no likelihood; sizes are compared on validation sequences, in {loop} loop"
        return message(f"The {method_name(method)} picks {picked} states", foot=network, why=why)
    title = selection_finding(fits, criterion=criterion, true_states=true_states)
    foot = _foot(fits, network=network)
    if not fits["survived"].any():
        return message(title, foot=foot, why=_reasons(fits))
    colour = method_colours([method])[method]
    figure, axes = panels(len(CRITERIA), columns=2, height=3.1)
    for ax, (column, name, relative) in zip(axes, CRITERIA, strict=True):
        _draw_criterion(ax, fits, column=column, relative=relative, colour=colour)
        _label(ax, fits, name=name, relative=relative, chosen_here=column == criterion)
        _mark_truth(ax, true_states)
    frame(figure, title, foot=foot, handles=[_handles(axes[0])])
    return figure


def has_likelihood(sweep: pd.DataFrame) -> bool:
    """Return whether any fit has one, by which sizes are chosen."""
    return bool(np.isfinite(sweep["bic"].astype(float)).any())


def prepared(sweep: pd.DataFrame) -> pd.DataFrame:
    """Return the sweep with `seed` filled in, `usable` (no failure) and `survived` (not dropped).

    Fits that were dropped early have no ICL; their other values are those when they were dropped.
    """
    fits = sweep.copy()
    if "seed" not in fits:
        fits["seed"] = 0
    fits["usable"] = (fits["status"] != Status.FAILED) & np.isfinite(fits["bic"].astype(float))
    fits["survived"] = fits["usable"] & np.isfinite(fits["icl"].astype(float))
    return fits.sort_values(["seed", "n_states", "restart"], kind="stable", ignore_index=True)


def chosen_states(sweep: pd.DataFrame) -> pd.Series:
    """Return the chosen number of states of each seed, seeds without a choice left out."""
    fits = prepared(sweep)
    return fits[fits["chosen"].astype(bool) & fits["survived"]].groupby("seed")["n_states"].first()


def selection_finding(
    sweep: pd.DataFrame, *, criterion: str = "bic", true_states: int | None = None
) -> str:
    """Return the title: how many states are chosen, how many seeds agree, and the truth."""
    fits, chosen, name = prepared(sweep), chosen_states(sweep), NAMES.get(criterion, criterion)
    n_seeds = fits["seed"].nunique()
    if not len(chosen):
        n_failed = int((~fits["usable"]).sum())
        return f"{name} picks nothing: {n_failed} of {count(len(fits), 'fit')} failed"
    if chosen.nunique() == 1:
        picks = f"{count(int(chosen.iloc[0]), 'state')} ({len(chosen)} of {count(n_seeds, 'seed')})"
    else:
        picks = f"{spread(list(chosen))} states (median {chosen.median():g}, {n_seeds} seeds)"
    truth = f"; the truth has {true_states}" if true_states is not None else ""
    return f"{name} picks {picks}{_edge_warning(fits, chosen)}{truth}"


def _edge_warning(fits: pd.DataFrame, chosen: pd.Series) -> str:
    """Return what to add when the best size may lie beyond the range that was tried."""
    at_edge = int((chosen == fits["n_states"].max()).sum())
    if not at_edge or fits["n_states"].nunique() == 1:
        return ""
    where = "" if at_edge == len(chosen) else f"in {count(at_edge, 'seed')} "
    return f", {where}the most that was tried"


def _draw_criterion(
    axes: Axes, fits: pd.DataFrame, *, column: str, relative: bool, colour: str
) -> None:
    """Draw restarts as dots, the best fit of each K as a line a seed, and the mean of the seeds.

    Dropped fits are dots as well, but none of them is the best.
    """
    usable = fits[fits["usable"]].astype({column: float})
    survived = usable[usable["survived"]]
    best = survived.groupby(KEYS, as_index=False)[column].agg("min" if relative else "max")
    zero = best.groupby("seed")[column].min() * relative
    above, dots = (rows.assign(y=rows[column] - rows["seed"].map(zero)) for rows in (best, usable))
    chosen = above.merge(chosen_states(fits).reset_index(), on=KEYS)
    n_seeds = above["seed"].nunique()
    shared = above[above.groupby("n_states")["seed"].transform("size") == n_seeds]
    draw: Any = {"x": "n_states", "y": "y", "color": colour, "ax": axes, "legend": False}
    sns.scatterplot(dots, s=18, lw=0, alpha=0.35, label="one fit (restart)", **draw)
    thin = {"lw": 0.9, "alpha": 0.4, "label": "best fit of a seed"}
    sns.lineplot(above, units="seed", estimator=None, **thin, **draw)
    if n_seeds > 1:
        sns.lineplot(shared, errorbar=None, lw=2.2, label="mean over seeds", **draw)
    ring: Any = {"marker": "o", "ms": 10, "mfc": "none", "mec": INK, "mew": 1.4}
    axes.plot(chosen["n_states"], chosen["y"], ls="", label="chosen K", **ring)


def _label(axes: Axes, fits: pd.DataFrame, *, name: str, relative: bool, chosen_here: bool) -> None:
    budgets = sorted(fits["n_states"].unique())
    axes.set_title(f"{name} (decides)" if chosen_here else name)
    axes.set_xlabel("number of states K")
    axes.set_xticks(budgets)
    axes.margins(x=0.06)
    if relative:
        axes.set_ylabel(f"{name} above the seed's best fit")
        axes.yaxis.set_major_formatter(EngFormatter(sep=""))
    else:
        axes.set_ylabel("log-likelihood, nats per step")
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.grid(axis="y")
    _mark_failures(axes, fits)


def _mark_failures(axes: Axes, fits: pd.DataFrame) -> None:
    """Put a cross and a count at the bottom where fits failed."""
    failures = fits[~fits["usable"]].groupby("n_states").size()
    if not len(failures):
        return
    bottom, top = axes.get_ylim()
    axes.set_ylim(bottom - 0.14 * (top - bottom), top)
    place = axes.get_xaxis_transform()
    cross: Any = {"ms": 6, "mew": 1.5, "ls": "", "label": "failed fits (number)"}
    heights = np.full(len(failures), 0.035)
    axes.plot(failures.index, heights, "x", color=ALARM, transform=place, clip_on=False, **cross)
    for n_states, number in zip(failures.index.to_numpy(), failures, strict=True):
        axes.text(
            n_states, 0.07, str(number), transform=place, ha="center", color=ALARM, size=SMALL_SIZE,
            bbox={"boxstyle": "square,pad=0.1", "fc": "white", "ec": "none"},
        )  # fmt: skip


def _mark_truth(axes: Axes, true_states: int | None) -> None:
    if true_states is not None:
        line: Any = {"color": METHOD_COLOURS["truth"], "ls": "--", "lw": 1.1, "label": "true K"}
        axes.axvline(true_states, zorder=0, **line)


def _handles(axes: Axes) -> list[Artist]:
    """Return the legend of an axes, each entry once."""
    handles, labels = axes.get_legend_handles_labels()
    return list(dict(zip(labels, handles, strict=True)).values())


def _foot(fits: pd.DataFrame, *, network: str) -> str:
    seeds = count(fits["seed"].nunique(), "seed")
    restarts = count(int(fits["restart"].nunique()), "random start")
    resized = ", others from the next size" if fits["restart"].isna().any() else ""
    covariances = ", ".join(sorted(fits["covariance"].dropna().astype(str).unique()))
    failed = int((~fits["usable"]).sum())
    dropped = int((fits["usable"] & ~fits["survived"]).sum())
    stopped = int((fits["status"] == Status.NOT_CONVERGED).sum())
    parts = [
        network,
        f"{count(len(fits), 'fit')}: {seeds}, {restarts} a K{resized}",
        f"covariance {covariances}" if covariances else "",
        f"{failed} failed" if failed else "none failed",
        f"{dropped} dropped early" if dropped else "",
        f"{stopped} stopped before convergence" if stopped else "",
        "left: lower is better; right: higher",
        _other_picks(fits),
    ]
    return " · ".join(part for part in parts if part)


def _other_picks(fits: pd.DataFrame) -> str:
    """Return which sizes the criteria that are not drawn would have picked."""
    survived = fits[fits["survived"]]
    if survived.empty:
        return ""
    picks = {
        name: survived.loc[survived.groupby("seed")[column].idxmin(), "n_states"]
        for column, name in UNDRAWN.items()
    }
    return " and ".join(f"{name} picks {spread(list(sizes))}" for name, sizes in picks.items())


def _reasons(fits: pd.DataFrame) -> str:
    reasons = fits["reason"].value_counts()
    return "; ".join(f"{number} × {reason}" for reason, number in reasons.head(3).items())
