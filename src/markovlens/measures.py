"""How right answers are that make no decisions, as one number: of labels, values and a risk.

`faithfulness.scores.measures` has the same with intervals over sequences.
"""

from __future__ import annotations

import numpy as np

from markovlens.arrays import variances
from markovlens.ordering import ordered_pairs
from markovlens.outputs import HALF, TIME_AND_EVENT, Output

CHANCE = {Output.VALUES: 0.0, Output.RISK: HALF}
"""What a constant answer gets; of classes and labels it depends on the data (`of_one_answer`)."""


def how_right(said: np.ndarray, wanted: np.ndarray, output: Output) -> float:
    """Return the measure (`outputs.MEASURE_OF`) of answers of a kind that makes no decisions.

    Args:
        said: (N, C), what is judged.
        wanted: (N, C), what is right, NaN where nothing is; of a risk also (N, 2), time and event.
        output: the kind.

    Returns:
        At most 1; NaN where nothing is wanted, or all that is wanted is the same.
    """
    if output == Output.RISK:
        return concordance(said, wanted)
    if output == Output.LABELS:
        return label_agreement(said, wanted)
    return explained_variance(said, wanted)


def of_one_answer(wanted: np.ndarray, output: Output) -> float:
    """Return what the best constant answer gets, of a kind that makes no decisions.

    Args:
        wanted: as for `how_right`. A label that is on and off there gives a half, one that is
            always the same gives 1.
        output: the kind.
    """
    if output != Output.LABELS:
        return CHANCE[output]
    mostly_on = 2 * (wanted > HALF).sum(axis=0) > (~np.isnan(wanted)).sum(axis=0)
    return label_agreement(np.broadcast_to(mostly_on, wanted.shape), wanted)


def explained_variance(said: np.ndarray, wanted: np.ndarray) -> float:
    """Return R²: 1 less squared error over variance, on average over columns (N, C) that vary."""
    found = []
    for column, known in enumerate((~np.isnan(wanted)).T):
        right, given = wanted[known, column].astype(np.float64), said[known, column]
        variance = float(variances(right[:, None])[0])
        if variance > 0:
            found.append(1 - np.square(right - given).mean() / variance)
    return float(np.mean(found)) if found else float("nan")


def label_agreement(said: np.ndarray, wanted: np.ndarray) -> float:
    """Return the share of steps with a label (N, C) on or off as wanted, averaged over both."""
    same, known = (said > HALF) == (wanted > HALF), ~np.isnan(wanted)
    groups = [
        same[known[:, column] & ((wanted[:, column] > HALF) == on), column]
        for column in range(wanted.shape[1])
        for on in (False, True)
    ]
    shares = [group.mean() for group in groups if len(group)]
    return float(np.mean(shares)) if shares else float("nan")


def concordance(said: np.ndarray, wanted: np.ndarray) -> float:
    """Return Harrell's C of risks (N, 1): the share of pairs of steps in the right order."""
    known = ~np.isnan(wanted).any(axis=1)
    time, event = time_and_event(wanted[known])
    hits, pairs = ordered_pairs(said[known, 0], time, event)
    return float(hits.sum() / pairs.sum()) if pairs.sum() else float("nan")


def time_and_event(wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return when (N,) and whether (N,) the event came, of times, or of what is the sooner."""
    if wanted.shape[1] == TIME_AND_EVENT:
        return wanted[:, 0], wanted[:, 1] > 0
    return -wanted[:, 0], np.ones(len(wanted), dtype=bool)
