"""Whether answers that are no distributions are the right ones: of labels, values and a risk.

What is right is the network's own output, or what the task asks for; what is judged is a machine, a
floor, or the network against the task.
"""

from __future__ import annotations

import numpy as np

from markovlens.arrays import variances
from markovlens.faithfulness.scores.intervals import AT_MOST_1, SHARE
from markovlens.faithfulness.scores.tally import Bootstrap, Score, Tally, hits_and_steps
from markovlens.ordering import ordered_pairs
from markovlens.outputs import HALF, NO_TARGET, TIME_AND_EVENT, Output
from markovlens.sequences import starts_of
from markovlens.trace import Trace

OF_TARGET = "target_"  # before a measure's name: of what the task asks for, not of the network


def measured(said: np.ndarray, wanted: np.ndarray, trace: Trace, bootstrap: Bootstrap) -> Score:
    """Return how right answers are, by the measure of their kind (`outputs.MEASURE_OF`).

    Args:
        said: (N, C), what is judged.
        wanted: (N, C), what is right, NaN where nothing is; of a risk also (N, 2), time and event.
        trace: the kind of output, names of its columns, lengths.
        bootstrap: over its sequences.

    Returns:
        NaN where nothing is wanted, or where all that is wanted is the same.
    """
    if trace.output == Output.RISK:
        return concordance(said[:, 0], wanted, trace.lengths, bootstrap)
    if trace.output == Output.LABELS:
        return bootstrap.score(label_agreement(said, wanted, trace))
    return bootstrap.score(explained_variance(said, wanted, trace))


def by_column(
    said: np.ndarray, wanted: np.ndarray, trace: Trace, bootstrap: Bootstrap
) -> dict[str, Score]:
    """Return `measured` of each column of values or labels alone; nothing where there is one."""
    if len(trace.classes) == 1 or trace.output not in (Output.VALUES, Output.LABELS):
        return {}
    hidden = np.isnan(wanted)
    return {
        name: measured(said, np.where(_others(hidden, column), np.nan, wanted), trace, bootstrap)
        for column, name in enumerate(trace.classes)
    }


def _others(hidden: np.ndarray, column: int) -> np.ndarray:
    rest = np.ones_like(hidden)
    rest[:, column] = False
    return rest


def explained_variance(said: np.ndarray, wanted: np.ndarray, trace: Trace) -> Tally:
    """Return the share of the variance of `wanted` (N, C) that `said` (N, C) explains.

    1 less squared error over squared deviation from the mean of what is wanted, for each column,
    then the mean over columns that vary: 1 for the same, 0 for their mean, below 0 for what is
    worse than that. The ratio is one of sums over sequences, and the mean about which the variance
    is taken makes that least, so that its own noise moves the score in no first order.
    """
    known = ~np.isnan(wanted)
    right = np.where(known, wanted, 0.0).astype(np.float64)
    n_known = np.maximum(known.sum(axis=0), 1)
    mean = right.sum(axis=0) / n_known
    room = np.where(known, (right - mean) ** 2, 0.0)
    error = np.where(known, (right - said) ** 2, 0.0)
    varies = [bool(variances(wanted[rows, [c]][:, None])[0]) for c, rows in enumerate(known.T)]
    starts = starts_of(trace.lengths)
    total, lost = (np.add.reduceat(each, starts, axis=0) * varies for each in (room, error))
    return Tally(total - lost, total, AT_MOST_1, trace.classes)


def label_agreement(said: np.ndarray, wanted: np.ndarray, trace: Trace) -> Tally:
    """Return the share of steps with a label on or off as in `wanted` (N, C), balanced.

    It is the mean over labels, and for each over on and off where it is both, so that always the
    same gets a half of those.
    """
    n_groups = 2 * len(trace.classes)
    hits, steps = np.zeros((2, len(trace), n_groups))
    for column in range(len(trace.classes)):
        given = wanted[:, column]
        groups = np.where(np.isnan(given), NO_TARGET, 2 * column + (given > HALF))
        same = (said[:, column] > HALF) == (given > HALF)
        sums = hits_and_steps(same, groups.astype(np.int64), trace.lengths, n_groups)
        hits, steps = hits + sums[0], steps + sums[1]
    names = tuple(name for label in trace.classes for name in (f"not {label}", label))
    return Tally(hits, steps, SHARE, names)


def concordance(
    risk: np.ndarray, wanted: np.ndarray, lengths: np.ndarray, bootstrap: Bootstrap
) -> Score:
    """Return Harrell's C: the share of pairs of steps that `risk` (N,) has in the right order.

    Pairs are of any two steps, of one sequence or two, whose right order is known; equal risks
    count half. A pair weighs in the interval by both of its sequences: the influence of each is
    that of a U-statistic (Hoeffding, "A class of statistics with asymptotically normal
    distribution", 1948).

    Args:
        risk: what is judged, the higher the sooner.
        wanted: (N, 1) what has the right order, or (N, 2) time and whether the event came then;
            NaN where nothing is wanted.
        lengths: (S,), steps of each sequence.
        bootstrap: over the sequences.
    """
    rows = np.flatnonzero(~np.isnan(wanted).any(axis=1))
    censored = wanted.shape[1] == TIME_AND_EVENT
    time = wanted[rows, 0] if censored else -wanted[rows, 0]
    event = wanted[rows, 1] > 0 if censored else np.ones(len(rows), dtype=bool)
    hits, pairs = np.zeros((2, len(wanted)))
    if len(rows):
        hits[rows], pairs[rows] = ordered_pairs(risk[rows], time, event)
    right, known = (np.add.reduceat(each, starts_of(lengths)) for each in (hits, pairs))
    if not known.sum():
        return bootstrap.score(Tally(right[:, None], known[:, None]))
    value = float(right.sum() / known.sum())
    # Each pair is counted at both of its sequences, and moves with either.
    influence = 2 * (right - value * known) / known.sum()
    return bootstrap.interval(value, value + (bootstrap.counts - 1) @ influence, SHARE)
