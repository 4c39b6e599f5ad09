"""Whether a sequence is like those a machine was made on: its surprise, beside held-out ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from markovlens.explaining.walks import Walk
from markovlens.machines.edges import START
from markovlens.sequences import starts_of

PRIOR = 0.5  # steps that each symbol counts with beside those seen, in each state
UNUSUAL = 0.95  # share of held-out sequences that surprise less


@dataclass(frozen=True, slots=True)
class Familiarity:
    """What training sequences read in which state, and how surprising held-out ones are.

    Attributes:
        bits: (K + 1, V), -log2 of the probability of each symbol after each state; the last row is
            before the first step.
        held_out: (M,), bits a step of held-out sequences, ascending.
        met: bool (V,), which symbols training sequences have.
    """

    bits: np.ndarray
    held_out: np.ndarray
    met: np.ndarray

    @classmethod
    def of(cls, walk: Walk, n_states: int, *, fitted: np.ndarray) -> Familiarity:
        """Return it of sequences on which a machine was fitted, bool (S,), and of the others."""
        steps = np.repeat(fitted, walk.lengths)
        counts = np.full((n_states + 1, walk.n_symbols), PRIOR)
        np.add.at(counts, (_rows(walk.before, n_states)[steps], walk.symbols[steps]), 1)
        bits = -np.log2(counts / counts.sum(axis=1, keepdims=True))
        met = np.bincount(walk.symbols[steps], minlength=walk.n_symbols) > 0
        found = cls(bits, np.array([]), met)
        surprises = found.surprise(walk)
        return cls(bits, np.sort(surprises[~fitted]), met)

    def by_step(self, walk: Walk) -> np.ndarray:
        """Return the surprise (N,) of each step, in bits."""
        return np.asarray(self.bits[_rows(walk.before, len(self.bits) - 1), walk.symbols])

    def surprise(self, walk: Walk) -> np.ndarray:
        """Return the mean surprise (S,) of each sequence, in bits a step."""
        sums = np.add.reduceat(self.by_step(walk), starts_of(walk.lengths))
        return np.asarray(sums / walk.lengths)

    def quantile(self, surprise: float) -> float:
        """Return the share of held-out sequences that surprise less."""
        return float((self.held_out < surprise).mean()) if len(self.held_out) else float("nan")


def _rows(before: np.ndarray, n_states: int) -> np.ndarray:
    return np.where(before == START, n_states, before)
