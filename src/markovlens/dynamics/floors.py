"""A statistic of a network beside what its source gives at the same size: floor, gap and miss."""

from __future__ import annotations

import numpy as np

from markovlens.dynamics.measures import Estimate, Numbers, Place, mean_of
from markovlens.faithfulness.scores.tally import Score


def compared(measure: str, values: np.ndarray, floor: np.ndarray, *, where: str | Place) -> Numbers:
    """Return a statistic's mean, its floor, their difference (`_gap`) and its size (`_miss`).

    The gap is negative where the network lies below the floor. The miss says how far the network
    is from the source in either direction, and is the number to score: a distance below its floor
    means that the network's sequences are more alike than the source's (under-dispersion), not
    that they match better.

    Args:
        measure: name of the statistic.
        values: (R,), of independent groups of the network's runs.
        floor: (R,), of as many groups of the source's sequences.
        where: the symbol, lag or cell that the statistic belongs to.
    """
    gap = mean_of(values - floor)
    return {
        (measure, where): mean_of(values),
        (f"{measure}_floor", where): mean_of(floor),
        (f"{measure}_gap", where): gap,
        (f"{measure}_miss", where): _size(gap),
    }


def of_score(score: Score) -> Estimate:
    """Return a bootstrapped score as an estimate over runs."""
    return Estimate(score.value, score.low, score.high, score.n_sequences)


def _size(signed: Estimate) -> Estimate:
    """Return the absolute value of an estimate; its interval reaches 0 if the signed one does."""
    near, far = sorted((abs(signed.low), abs(signed.high)))
    low = 0.0 if signed.low <= 0 <= signed.high else near
    return Estimate(abs(signed.value), low, far, signed.n)
