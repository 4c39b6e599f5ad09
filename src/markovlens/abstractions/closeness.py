"""How close a machine, run on inputs alone, comes to its network, sequence by sequence."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

import numpy as np

from markovlens.abstractions.kinds import PREDICTS, output_kind
from markovlens.machines.machine import Machine
from markovlens.sequences import starts_of
from markovlens.trace import Trace

Name = TypeVar("Name", bound=Hashable)


def agreements(machine: Machine, trace: Trace) -> np.ndarray:
    """Return for each sequence (S,) the share of its outputs on which machine and network agree."""
    return _mean(machine.predict(trace.sequences).argmax(axis=1) == trace.decisions, trace)


def overlaps(machine: Machine, trace: Trace) -> np.ndarray:
    """Return for each sequence (S,) the mean probability that both outputs share, in 0..1.

    It is 1 less the total variation between the two distributions.
    """
    outputs = np.nan_to_num(trace.outputs, nan=0.0)
    return _mean(np.minimum(machine.predict(trace.sequences), outputs).sum(axis=1), trace)


def closeness(machine: Machine, trace: Trace) -> np.ndarray:
    """Return `agreements` (S,) with a network that decides, `overlaps` with one that predicts."""
    measure = overlaps if output_kind(trace).name == PREDICTS else agreements
    return measure(machine, trace)


def as_good(scores: Mapping[Name, np.ndarray]) -> list[Name]:
    """Return the names whose mean score is within one standard error of the best one's.

    The rule of Breiman, Friedman, Olshen & Stone ("Classification and regression trees", 1984).

    Args:
        scores: for each name the scores (S,) of sequences, higher is better.
    """
    best = max(scores, key=lambda name: scores[name].mean())
    least = scores[best].mean() - scores[best].std() / np.sqrt(len(scores[best]))
    return [name for name, values in scores.items() if values.mean() >= least]


def _mean(values: np.ndarray, trace: Trace) -> np.ndarray:
    """Return the mean (S,) of values (N,) over the steps of each sequence with an output."""
    starts = starts_of(trace.lengths)
    answered = np.add.reduceat(trace.has_output, starts, dtype=float)
    return np.add.reduceat(values * trace.has_output, starts, dtype=float) / np.maximum(answered, 1)
