"""The ceiling of stochastic tasks: the exact Bayes filter, and how well a network holds it."""

from __future__ import annotations

import numpy as np

from markovlens.faithfulness.scores.intervals import AT_MOST_1
from markovlens.faithfulness.scores.tally import Bootstrap, Score, per_sequence
from markovlens.tasks.base import Source
from markovlens.tasks.markov import filter_beliefs, predict_next
from markovlens.trace import Trace


def filter_trace(source: Source, trace: Trace) -> tuple[np.ndarray, np.ndarray]:
    """Return exact beliefs (N, K) over the latent state and predictions (N, V) of what follows."""
    beliefs = filter_beliefs(source, trace.sequences)
    return beliefs, predict_next(source, beliefs)


def belief_r2(source: Source, train: Trace, test: Trace, bootstrap: Bootstrap) -> Score:
    """Return R² of the linear regression from activations to Bayes beliefs (Shai et al. 2024).

    Fitted by least squares on the training trace; the share of variance explained on the test
    trace, all K coordinates together, about the test mean.
    """
    beliefs, _ = filter_trace(source, train)
    target, _ = filter_trace(source, test)
    weights, *_ = np.linalg.lstsq(_with_one(train.states), beliefs, rcond=None)
    residual = ((target - _with_one(test.states) @ weights) ** 2).sum(axis=1)
    spread = ((target - target.mean(axis=0)) ** 2).sum(axis=1)
    group = np.zeros(test.n_steps, dtype=int)
    unexplained = per_sequence(residual, group, test.lengths, 1)
    total = per_sequence(spread, group, test.lengths, 1)
    ratio = (bootstrap.counts @ unexplained) / (bootstrap.counts @ total)
    value = float(1 - residual.sum() / spread.sum())
    return bootstrap.interval(value, 1 - ratio[:, 0], AT_MOST_1)


def _with_one(states: np.ndarray) -> np.ndarray:
    return np.column_stack([states.astype(np.float64), np.ones(len(states))])
