"""Categorical emission parameters: symbol probabilities of each state."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from markovlens.hmm.chains import normalise_rows
from markovlens.hmm.emissions import Density, Moments, TableDensity
from markovlens.hmm.packing import Packed, Source


@dataclass(frozen=True, slots=True)
class Tables:
    """Probabilities (K, C) of C output symbols."""

    probabilities: NDArray[np.float64]

    def density(self, packed: Packed) -> Density:
        """Density over packed codes."""
        with np.errstate(divide="ignore"):
            return TableDensity(np.log(self.probabilities))

    def updated(self, moments: Moments, packed: Packed, prior: NDArray, *, params: str) -> "Tables":
        """The tables after an M-step; `prior` is (K, C) pseudo-counts. Zeros stay zeros."""
        if "e" not in params:
            return self
        counts = (moments.first + prior) * (self.probabilities > 0.0)
        return Tables(normalise_rows(counts, self.probabilities))

    def penalty(self, packed: Packed, prior: NDArray) -> float:
        """Log-prior up to a constant, in nats."""
        return float(xlogy(prior * (self.probabilities > 0.0), self.probabilities).sum())

    def n_parameters(self, params: str) -> int:
        """Free parameters: of each row, those that are not zero but one."""
        return ("e" in params) * int((self.probabilities > 0.0).sum() - len(self.probabilities))

    def sampled(self, states: NDArray, rng: np.random.Generator) -> NDArray[np.int64]:
        """(N, 1) one symbol of each state."""
        edges = np.cumsum(self.probabilities, axis=1)[states]
        draws = rng.random((len(states), 1)) * edges[:, -1:]
        return (draws >= edges).sum(axis=1)[:, None]

    def with_one_more(self) -> "Tables":
        """The same with the last state twice."""
        return Tables(np.concatenate([self.probabilities, self.probabilities[-1:]]))

    def split(self, source: int, target: int, packed: Source, rng: np.random.Generator) -> "Tables":
        """Make the target a random variation of the source."""
        tables = self.probabilities.copy()
        noisy = tables[source] * rng.gamma(10.0, 0.1, size=tables.shape[1])
        tables[target] = normalise_rows(noisy, tables[source])
        return Tables(tables)
