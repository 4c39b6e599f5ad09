"""Scores as ratios of sums over sequences, so that one bootstrap of sequences serves them all."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from markovlens.errors import DataError


@dataclass(frozen=True, slots=True)
class Tally:
    """What each sequence adds to a score: score = mean over groups of sum(numerator) / sum(weight).

    Attributes:
        numerator: (S, G), e.g. agreements of each sequence within each class.
        weight: (S, G), e.g. steps of each sequence within each class. A group that has no weight
            in any sequence does not count.
    """

    numerator: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True, slots=True)
class Score:
    """One number with its uncertainty.

    Attributes:
        value: the score on all sequences.
        low, high: percentile interval over bootstrap resamples of whole sequences.
        level: the interval's nominal coverage.
        n_sequences: sequences scored.
        replicates: (B,), the score on each resample; resample b is the same for every score of a
            split, so differences of two scores are paired.
    """

    value: float
    low: float
    high: float
    level: float
    n_sequences: int
    replicates: np.ndarray = field(repr=False)


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Resamples of S sequences.

    Attributes:
        counts: (B, S), how often each sequence occurs in each resample.
        level: coverage of the intervals.
    """

    counts: np.ndarray
    level: float = 0.95

    @classmethod
    def draw(
        cls, n_sequences: int, *, n_resamples: int, rng: np.random.Generator, level: float = 0.95
    ) -> Bootstrap:
        """Return `n_resamples` resamples with replacement."""
        if n_sequences < 1:
            raise DataError("expected at least one sequence to score, got an empty split")
        even = np.full(n_sequences, 1 / n_sequences)
        return cls(rng.multinomial(n_sequences, even, size=n_resamples).astype(np.float64), level)

    def score(self, tally: Tally) -> Score:
        """Return the score of a tally with its interval."""
        used = tally.weight.sum(axis=0) > 0
        numerator, weight = tally.numerator[:, used], tally.weight[:, used]
        value = float((numerator.sum(axis=0) / weight.sum(axis=0)).mean())
        weights = self.counts @ weight
        ratios = np.divide(
            self.counts @ numerator, weights, out=np.full(weights.shape, np.nan), where=weights > 0
        )
        return self.interval(value, np.nanmean(ratios, axis=1))

    def interval(self, value: float, replicates: np.ndarray) -> Score:
        """Return a score from its value and its replicates (B,)."""
        low, high = interval(replicates, self.level)
        n_sequences = self.counts.shape[1]
        return Score(value, low, high, self.level, n_sequences, replicates.astype(np.float32))


def exactly(value: float, bootstrap: Bootstrap) -> Score:
    """Return a score that no sequence has a part in, so that only seeds can widen its interval."""
    return bootstrap.interval(float(value), np.full(len(bootstrap.counts), value))


def interval(replicates: np.ndarray, level: float) -> tuple[float, float]:
    """Return the percentile interval of replicates (B,)."""
    tail = (1 - level) / 2
    low, high = np.quantile(replicates, [tail, 1 - tail])
    return float(low), float(high)


def per_sequence(
    values: np.ndarray, groups: np.ndarray, lengths: np.ndarray, n_groups: int
) -> np.ndarray:
    """Return sums (S, G) of `values` (N,) over the steps of each sequence in each group.

    Args:
        values: (N,).
        groups: int (N,) in 0..G-1, or negative for steps that do not count.
        lengths: (S,).
        n_groups: G.
    """
    counted = groups >= 0
    sequence = np.repeat(np.arange(len(lengths)), lengths)[counted]
    cells = sequence * n_groups + groups[counted]
    sums = np.bincount(cells, weights=values[counted], minlength=len(lengths) * n_groups)
    return sums.reshape(len(lengths), n_groups)
