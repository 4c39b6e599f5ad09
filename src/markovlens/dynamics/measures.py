"""Named numbers of the dynamics stage: one tidy row each, whatever analysis they come from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from markovlens.faithfulness.claims import t_interval

COLUMNS = ["analysis", "measure", "where", "value", "low", "high", "n"]
WHOLE = "all"  # `where` of a number that belongs to the network as a whole


@dataclass(frozen=True, slots=True)
class Measure:
    """One number with its interval.

    Attributes:
        measure: its name.
        value: the number, in the measure's own unit.
        low, high: 95 % interval; both equal `value` where nothing is random.
        n: independent runs (or groups of runs, or sequences) behind it.
        where: the symbol, state, zone, lag or checkpoint that it belongs to.
    """

    measure: str
    value: float
    low: float
    high: float
    n: int
    where: str = WHOLE


def averaged(measure: str, values: np.ndarray, where: str = WHOLE) -> Measure:
    """Return the mean of independent values (R,) with Student's interval."""
    low, high = t_interval(values)
    return Measure(measure, float(values.mean()), low, high, len(values), where)


def compared(
    measure: str, values: np.ndarray, floor: np.ndarray, where: str = WHOLE
) -> list[Measure]:
    """Return a statistic of a network beside what the source itself gives at the same size.

    Four rows: the network's mean, the source's (`_floor`), their difference (`_gap`, negative
    where the network lies below the floor) and its size (`_miss`): how far the network is from the
    source in either direction, the number to score. A distance below its floor means that the
    network's sequences are alike more than the source's are: under-dispersion, not a better match.

    Args:
        measure: name of the statistic.
        values: (R,), of independent groups of the network's runs.
        floor: (R,), of as many groups of the source's sequences.
        where: as in `Measure`.
    """
    gap = averaged(f"{measure}_gap", values - floor, where)
    ends = sorted((abs(gap.low), abs(gap.high)))
    nearest = 0.0 if gap.low <= 0 <= gap.high else ends[0]
    miss = Measure(f"{measure}_miss", abs(gap.value), nearest, ends[1], gap.n, where)
    own = averaged(measure, values, where), averaged(f"{measure}_floor", floor, where)
    return [*own, gap, miss]


def tidy(analysis: str, measures: Iterable[Measure]) -> pd.DataFrame:
    """Return one row a number, with the name of the analysis."""
    rows = [
        (analysis, one.measure, one.where, one.value, one.low, one.high, one.n) for one in measures
    ]
    return pd.DataFrame(rows, columns=COLUMNS)
