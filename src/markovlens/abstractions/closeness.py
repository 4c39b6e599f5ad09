"""How close a machine, run on inputs alone, comes to its network, sequence by sequence."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

import numpy as np

from markovlens.abstractions.kinds import PREDICTS, output_kind
from markovlens.arrays import variances
from markovlens.machines.machine import Machine
from markovlens.ordering import ordered_pairs
from markovlens.outputs import HALF, Output, is_answered
from markovlens.sequences import starts_of
from markovlens.trace import Trace

Name = TypeVar("Name", bound=Hashable)
ROUNDED = 1 + 1e-9  # what is equal but for rounding is within an error


def agreements(machine: Machine, trace: Trace) -> np.ndarray:
    """Return for each sequence (S,) how far machine and network say the same, at most 1.

    It is the share of its outputs with the same decision; of labels the share of labels that both
    have on or off, of values 1 less the squared error in units of each column's variance, of a risk
    the share of pairs with any other step that both order alike (`ordering`).
    """
    return agreed(machine.predict(trace.sequences), trace)


def agreed(said: np.ndarray, trace: Trace) -> np.ndarray:
    """Return `agreements` (S,) with what was said (N, C) after each step."""
    answered = is_answered(said)
    if trace.output == Output.DISTRIBUTION:
        return _mean((said.argmax(axis=1) == trace.decisions) & answered, trace)
    if trace.output == Output.LABELS:
        same = ((said > HALF) == (trace.outputs > HALF)).mean(axis=1)
        return _mean(np.where(answered, same, 0.0), trace)
    alike = np.zeros(trace.n_steps)
    rows = trace.has_output & answered
    measure = _explained if trace.output == Output.VALUES else _ordered
    alike[rows] = measure(said[rows], trace.outputs[rows].astype(np.float64))
    return _mean(alike, trace)


def _explained(said: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Return 1 less the squared error (M,), on average over columns, each by its variance."""
    variance = variances(given)
    varies = variance > 0
    if not varies.any():
        return np.ones(len(given))
    return np.asarray(1 - ((said - given)[:, varies] ** 2 / variance[varies]).mean(axis=1))


def _ordered(said: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Return the share (M,) of others that each step has the right order with; a half if none."""
    hits, pairs = ordered_pairs(said[:, 0], -given[:, 0], np.ones(len(given), dtype=bool))
    return np.divide(hits, pairs, out=np.full(len(given), HALF), where=pairs > 0)


def overlaps(machine: Machine, trace: Trace) -> np.ndarray:
    """Return for each sequence (S,) the mean probability that both outputs share, in 0..1.

    It is 1 less the total variation between the two distributions, of labels on average over them;
    of values and a risk it is `agreements`.
    """
    return overlapped(machine.predict(trace.sequences), trace)


def overlapped(said: np.ndarray, trace: Trace) -> np.ndarray:
    """Return `overlaps` (S,) with what was said (N, C) after each step."""
    if trace.output in (Output.VALUES, Output.RISK):
        return agreed(said, trace)
    outputs = np.nan_to_num(trace.outputs, nan=0.0)
    shared = (
        1 - np.abs(said - outputs).mean(axis=1)
        if trace.output == Output.LABELS
        else np.minimum(said, outputs).sum(axis=1)
    )
    return _mean(np.where(is_answered(said), shared, 0.0), trace)


def closeness(machine: Machine, trace: Trace) -> np.ndarray:
    """Return `overlaps` (S,) with a network that predicts, `agreements` with any other."""
    return close(machine.predict(trace.sequences), trace)


def close(said: np.ndarray, trace: Trace) -> np.ndarray:
    """Return `closeness` (S,) of what was said (N, C) after each step."""
    measure = overlapped if output_kind(trace).name == PREDICTS else agreed
    return measure(said, trace)


def as_good(scores: Mapping[Name, np.ndarray]) -> list[Name]:
    """Return the names whose mean score is within one standard error of the best one's.

    The rule of Breiman, Friedman, Olshen & Stone ("Classification and regression trees", 1984).

    Args:
        scores: for each name the scores (S,) of sequences, higher is better.
    """
    best = _best(scores)
    least = scores[best].mean() - scores[best].std() / np.sqrt(len(scores[best]))
    return [name for name, values in scores.items() if values.mean() >= least]


def as_good_in_pairs(scores: Mapping[Name, np.ndarray]) -> list[Name]:
    """Return the names whose mean score is within one standard error of the best one's.

    It is that of the difference to the best, taken sequence by sequence, or that of the best score
    itself, as in `as_good`, whichever is larger: the latter is 0 where the best is perfect, however
    few sequences tell the two apart.

    Args:
        scores: for each name the scores (S,) of the same sequences, higher is better.
    """
    best = scores[_best(scores)]

    def is_as_good(values: np.ndarray) -> bool:
        lag = best - values
        error = lag.std(ddof=len(lag) > 1)  # of one sequence that differs it is its mean
        return bool(lag.mean() <= max(best.std(), error * ROUNDED) / np.sqrt(len(lag)))

    return [name for name, values in scores.items() if is_as_good(values)]


def _best(scores: Mapping[Name, np.ndarray]) -> Name:
    return max(scores, key=lambda name: scores[name].mean())


def _mean(values: np.ndarray, trace: Trace) -> np.ndarray:
    """Return the mean (S,) of values (N,) over the steps of each sequence with an output."""
    starts = starts_of(trace.lengths)
    answered = np.add.reduceat(trace.has_output, starts, dtype=float)
    return np.add.reduceat(values * trace.has_output, starts, dtype=float) / np.maximum(answered, 1)
