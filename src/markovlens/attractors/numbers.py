"""Rows of the table of numbers, and how one labelling of steps agrees with others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from markovlens.faithfulness.scores.intervals import SHARE
from markovlens.faithfulness.scores.stability import agreement
from markovlens.faithfulness.scores.tally import Bootstrap, Score, Tally, per_sequence
from markovlens.trace import Trace

Row = dict[str, Any]
N_SHIFTS = 10  # by how many sequences the floor shifts one labelling against the other


def number(measure: str, value: float, n: int, **where: Any) -> Row:
    """Return the row of a number that no sequence has a part in, from n searches or points."""
    return {"measure": measure, "value": float(value), "n": n} | where


def scored(measure: str, score: Score, **where: Any) -> Row:
    """Return the row of a score over sequences, with its interval."""
    ends = {"low": score.low, "high": score.high}
    return number(measure, score.value, score.n_sequences, **ends, **where)


def accuracy(trace: Trace, bootstrap: Bootstrap) -> Row:
    """Return the share of test steps at which the network is right."""
    right = (trace.outputs.argmax(axis=1) == trace.targets).astype(float)
    hits = per_sequence(right, np.zeros(len(right), dtype=int), trace.lengths, 1)
    return scored("accuracy", bootstrap.score(Tally(hits, trace.lengths[:, None] * 1.0, SHARE)))


@dataclass(frozen=True, slots=True)
class Steps:
    """Labels of the steps of the same sequences, all of one length.

    Attributes:
        lengths: (S,), all the same.
        bootstrap: over the sequences.
    """

    lengths: np.ndarray
    bootstrap: Bootstrap

    def ari(self, one: np.ndarray, other: np.ndarray) -> Score:
        """Return the adjusted Rand index of two labellings (N,), -1 being a label of its own."""
        return agreement(one - one.min(), other - other.min(), self.lengths, self.bootstrap)

    def floor(self, one: np.ndarray, other: np.ndarray) -> float:
        """Return the mean index with the labels of other sequences at the same step."""
        length = int(self.lengths[0])
        shifts = np.linspace(1, len(self.lengths) - 1, N_SHIFTS).astype(int)
        shifted = (np.roll(other, shift * length) for shift in shifts)
        return float(np.mean([self.ari(one, labels).value for labels in shifted]))
