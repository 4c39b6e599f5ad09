"""Whether a sequence is like those a machine was made on: its surprise, beside held-out ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from markovlens.explaining.walks import Walk
from markovlens.machines.edges import START

PRIOR = 0.5  # steps that each symbol counts with beside those seen, in each state
UNUSUAL = 0.95  # share of held-out sequences that surprise less


@dataclass(frozen=True, slots=True)
class Familiarity:
    """What training sequences read in which state, and how surprising held-out ones are.

    Attributes:
        bits: (K + 1, V), -log2 of the probability of each symbol after each state; the last row is
            before the first step.
        held_out: bits of each step (T,) of each of M held-out sequences.
        met: bool (V,), which symbols training sequences have.
        longest: steps of the longest of them.
    """

    bits: np.ndarray
    held_out: tuple[np.ndarray, ...]
    met: np.ndarray
    longest: int

    @classmethod
    def of(cls, walk: Walk, n_states: int, *, fitted: np.ndarray) -> Familiarity:
        """Return it of sequences on which a machine was fitted, bool (S,), and of the others."""
        steps = np.repeat(fitted, walk.lengths)
        counts = np.full((n_states + 1, walk.n_symbols), PRIOR)
        np.add.at(counts, (_rows(walk.before, n_states)[steps], walk.symbols[steps]), 1)
        bits = -np.log2(counts / counts.sum(axis=1, keepdims=True))
        met = np.bincount(walk.symbols[steps], minlength=walk.n_symbols) > 0
        longest = int(walk.lengths[fitted].max())
        by_step = cls(bits, (), met, longest).by_step(walk)
        parts = np.split(by_step, np.cumsum(walk.lengths)[:-1])
        others = tuple(parts[place] for place in np.flatnonzero(~fitted))
        return cls(bits, others, met, longest)

    def by_step(self, walk: Walk) -> np.ndarray:
        """Return the surprise (N,) of each step, in bits."""
        return np.asarray(self.bits[_rows(walk.before, len(self.bits) - 1), walk.symbols])

    def quantile(self, by_step: np.ndarray) -> float:
        """Return the share of held-out sequences that surprise less in the mean over their steps.

        They are cut to as many steps as the sequence has, (T,), since means over few vary more;
        where none is so long they are taken whole.
        """
        length = min(len(by_step), max(map(len, self.held_out)))
        others = [each[:length].mean() for each in self.held_out if len(each) >= length]
        return float((np.array(others) < by_step.mean()).mean())


def _rows(before: np.ndarray, n_states: int) -> np.ndarray:
    return np.where(before == START, n_states, before)
