"""Named numbers over independent runs, each with its interval: what every analysis writes.

The run is the unit that is resampled: steps of one run depend on each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from operator import attrgetter

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import stdtrit

from markovlens.faithfulness.claims.ranges import FREE, Range, within

LEVEL = 0.95
SHARE, POSITIVE = (0.0, 1.0), (0.0, np.inf)
# Measures of which nothing is below 0 or, of shares, above 1.
ENDS: dict[str, Range] = {
    **dict.fromkeys(
        (
            "share_of_states", "share_transition", "share_kick-zone", "share_cluster",
            "share_unsure", "zone_share", "variance_share", "fate_share", "fate_is_symbol",
            "kicks_that_cross", "missed", "occupancy", "switching_rate", "switching",
        ),
        SHARE,
    ),
    **dict.fromkeys(
        (
            "residency", "drift", "dwell_time", "irregularity", "transition_error", "switches",
            "norm_ratio", "factor_per_step", "approach_modulus", "regions_solved", "held_points",
            "held_cycles", "boundary_changes", "boundary_in_kicks", "spectral_peak", "lead",
            "flips",
        ),
        POSITIVE,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Of what a number is: a name, and what tells it from others of that name.

    Attributes:
        where: in words that never hold a number: a zone, a role, a criterion, `all`.
        pair: two symbols, "0>2" from 0 to 2, "0-2" whichever way.
        symbol: of the source's alphabet.
        unit: of the network.
        n_states: size of the HMM.
        state: of that HMM or of the source.
        rank: which root or component, from 1; or how many components.
        step: steps from a switch or a disturbance, of a lag, or of training.
        level: amplitude, gain, share of fresh noise, or number of units that were changed.
        other, other_pair: the second thing where two are compared, in the terms of the first.
    """

    where: str = "all"
    pair: str | None = None
    symbol: int | None = None
    unit: int | None = None
    n_states: int | None = None
    state: int | None = None
    rank: int | None = None
    step: int | None = None
    level: float | None = None
    other: str | None = None
    other_pair: str | None = None


PLACE = tuple(field.name for field in fields(Place))
_cells_of = attrgetter(*PLACE)
COLUMNS = ("analysis", "measure", *PLACE, "value", "low", "high", "n")
WHOLE = ("symbol", "unit", "n_states", "state", "rank", "step")
TYPES = dict.fromkeys(WHOLE, "Int64") | {"level": "float64"}  # empty cells, too, have a type


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval.

    Attributes:
        value: NaN where no run has what is measured; `n` is then 0.
        low, high: 95 % interval over runs; equal to `value` for what no run has a part in.
        n: independent runs that it rests on.
    """

    value: float
    low: float
    high: float
    n: int


NOTHING = Estimate(np.nan, np.nan, np.nan, 0)
Numbers = dict[tuple[str, str | Place], Estimate]
"""By measure and place; a place that is only a name may be just that."""


def exactly(value: float, n: int = 1) -> Estimate:
    """Return a number that is computed and not sampled."""
    return Estimate(float(value), float(value), float(value), n)


def over_runs(sums: np.ndarray, statistic: Callable[[np.ndarray], np.ndarray]) -> Estimate:
    """Return a statistic of what all runs add up to, with its delete-one-run jackknife interval.

    Efron & Stein, "The jackknife estimate of variance", 1981; Student's t with the runs that
    have anything, less one, as its degrees of freedom.

    Args:
        sums: (B, ...), what each run adds.
        statistic: maps totals (M, ...) to (M,).
    """
    used = sums[(sums != 0).any(axis=tuple(range(1, sums.ndim)))].astype(np.float64)
    n = len(used)
    if n == 0:
        return NOTHING
    total = used.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):  # 0 / 0 is said by NaN and n = 0
        value = float(statistic(total[None])[0])
        without = np.asarray(statistic(total - used)) if n > 1 else np.array([np.nan])
    if not np.isfinite(value):
        return NOTHING
    error = np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum())
    half = float(stdtrit(n - 1, (1 + LEVEL) / 2) * error) if n > 1 else np.nan
    return Estimate(value, value - half, value + half, n)


def mean_of(values: np.ndarray) -> Estimate:
    """Return the mean over runs of one value (B,) each; runs with NaN are left out."""
    return ratio_of(np.nan_to_num(values), np.isfinite(values))


def ratio_of(numerator: np.ndarray, weight: np.ndarray) -> Estimate:
    """Return sum(numerator) / sum(weight) over runs (B,); runs without weight are left out."""
    has = np.asarray(weight) > 0
    pairs = np.stack([np.asarray(numerator, float)[has], np.asarray(weight, float)[has]], axis=1)
    return over_runs(pairs, lambda sums: sums[:, 0] / sums[:, 1])


def share_of(flags: np.ndarray) -> Estimate:
    """Return the share of runs (B,) that are true, with Wilson's interval."""
    n = len(flags)
    if n == 0:
        return NOTHING
    found = int(np.count_nonzero(flags))
    interval = stats.binomtest(found, n).proportion_ci(LEVEL, method="wilson")
    return Estimate(found / n, float(interval.low), float(interval.high), n)


def tidy(analysis: str, estimates: Numbers) -> pd.DataFrame:
    """Return one row for each measure and place, the place in columns of its own.

    Intervals end where values of their measure do, which jackknife intervals do not by themselves.
    """
    rows = [
        (analysis, measure, *_cells_of(_placed(where)), *_possible(measure, found))
        for (measure, where), found in estimates.items()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(TYPES)


def _possible(measure: str, found: Estimate) -> tuple[float, float, float, int]:
    low, high = within((found.low, found.high), ENDS.get(measure, FREE))
    return found.value, low, high, found.n


def _placed(where: str | Place) -> Place:
    return where if isinstance(where, Place) else Place(where)


def sums_by_run(values: np.ndarray, run: np.ndarray, n_runs: int) -> np.ndarray:
    """Return the sum (B,) of `values` (N,) of each run, given the run (N,) of each value."""
    return np.bincount(run, weights=values, minlength=n_runs)
