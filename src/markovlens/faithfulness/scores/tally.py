"""Scores as ratios of sums over sequences, so that one bootstrap of sequences serves them all."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from markovlens.errors import DataError
from markovlens.faithfulness.scores.intervals import (
    FREE,
    SHARE,
    Spread,
    limits,
    on_scale,
    spread_of_mean,
    spread_of_replicates,
    spread_of_shares,
)

FEW = 5  # sequences on which a group counts, below which its share is hardly known


@dataclass(frozen=True, slots=True)
class Tally:
    """What each sequence adds to a score: score = mean over groups of sum(numerator) / sum(weight).

    Attributes:
        numerator: (S, G), e.g. agreements of each sequence within each class.
        weight: (S, G), e.g. steps of each sequence within each class. A group that has no weight
            in any sequence does not count.
        scale: what the score can be, see `intervals.Spread`.
        groups: G names, of which the rare ones are told with the score; none need be given.
    """

    numerator: np.ndarray
    weight: np.ndarray
    scale: str = SHARE
    groups: tuple[str, ...] = ()

    def used(self) -> Tally:
        """Return the groups that have weight."""
        used = np.flatnonzero(self.weight.sum(axis=0) > 0)
        groups = tuple(self.groups[index] for index in used) if self.groups else ()
        return Tally(self.numerator[:, used], self.weight[:, used], self.scale, groups)

    def summed(self, unit: np.ndarray, n_units: int) -> Tally:
        """Return what each of several sequences that belong together add, by their `unit` (S,)."""
        numerator, weight = np.zeros((2, n_units, self.weight.shape[1]))
        np.add.at(numerator, unit, self.numerator)
        np.add.at(weight, unit, self.weight)
        return replace(self, numerator=numerator, weight=weight)

    @property
    def rates(self) -> np.ndarray:
        """(G,), the ratio of each group."""
        rates: np.ndarray = self.numerator.sum(axis=0) / self.weight.sum(axis=0)
        return rates

    @property
    def rare(self) -> tuple[str, ...]:
        """Names of the groups that have weight in fewer than `FEW` sequences, but in some."""
        n_sequences = (self.weight > 0).sum(axis=0)
        few = (n_sequences > 0) & (n_sequences < FEW)
        return tuple(name for name, is_rare in zip(self.groups, few, strict=False) if is_rare)


@dataclass(frozen=True, slots=True)
class Score:
    """One number with its uncertainty.

    Attributes:
        value: the score on all sequences.
        low, high: interval over sequences not seen; it holds the value.
        level: the interval's nominal coverage.
        n_sequences: sequences scored.
        replicates: (B,), the score on each resample; resample b is the same for every score of a
            split, so differences of two scores are paired. Their mean is about the value, they
            are no more bounded than a normal distribution is, and the interval is not read off
            them.
        spread: what the interval comes from, and what merging over seeds needs.
        rare: names of the groups (classes) that count on fewer than `FEW` sequences: their shares
            are hardly known, and neither is the part of the interval that comes of them.
        note: what was left out of it, and why; empty if nothing was.
    """

    value: float
    low: float
    high: float
    level: float
    n_sequences: int
    replicates: np.ndarray = field(repr=False)
    spread: Spread = field(repr=False)
    rare: tuple[str, ...] = field(default=(), repr=False)
    note: str = ""

    def columns(self) -> dict[str, Any]:
        """Return the score as cells of a row, with all that merging over seeds needs."""
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "replicates": self.replicates,
            "scale": self.spread.scale,
            "spread": self.spread.spread,
            "freedom": self.spread.freedom,
        }


FOR_MERGING = ("replicates", "scale", "spread", "freedom")  # columns that only merging needs
NO_SCORE: dict[str, Any] = {
    **dict.fromkeys(("value", "low", "high", "spread", "freedom")),
    "replicates": [],
    "scale": FREE,
}


@dataclass(frozen=True)
class Bootstrap:
    """Resamples of S sequences.

    Attributes:
        counts: (B, S), how often each sequence occurs in each resample.
        level: coverage of the intervals.
        unit: int (S,), what was drawn where several sequences are drawn as one; None where each is
            drawn by itself.
    """

    counts: np.ndarray
    level: float = 0.95
    unit: np.ndarray | None = None

    @classmethod
    def draw(
        cls, n_sequences: int, *, n_resamples: int, rng: np.random.Generator, level: float = 0.95
    ) -> Bootstrap:
        """Return `n_resamples` resamples with replacement."""
        if n_sequences < 1:
            raise DataError(
                "expected at least one sequence to score, got an empty split", page="nothing-there"
            )
        even = np.full(n_sequences, 1 / n_sequences)
        return cls(rng.multinomial(n_sequences, even, size=n_resamples).astype(np.float64), level)

    def of_groups(self, member: np.ndarray) -> Bootstrap:
        """Return resamples of sequences out of these of groups, given each one's group (S,)."""
        return Bootstrap(self.counts[:, member], self.level, member)

    def select(self, indices: np.ndarray) -> Bootstrap:
        """Return the same resamples of the sequences at `indices` (M,) alone."""
        unit = None if self.unit is None else self.unit[indices]
        return Bootstrap(self.counts[:, indices], self.level, unit)

    @cached_property
    def _deviations(self) -> np.ndarray:
        """(B, S), by how much each sequence occurs more often than once: kept for many scores."""
        return self.counts - 1

    def score(self, tally: Tally) -> Score:
        """Return the score of a tally with its interval.

        Replicates are those of the score's linear part in the sequences: a group that a resample
        happens to hold none of keeps its share, where the mean over the other groups would be
        another score. NaN if nothing has weight.
        """
        tally = tally.used()
        if not tally.weight.size:
            return self._made(np.nan, np.full(len(self.counts), np.nan), Spread(FREE, np.nan, 1.0))
        deviations = self._deviations
        if self.unit is not None:
            names, first, unit = np.unique(self.unit, return_index=True, return_inverse=True)
            tally, deviations = tally.summed(unit, len(names)), deviations[:, first]
        value = on_scale(float(tally.rates.mean()), tally.scale)
        by_group = influence_of(tally)
        influence = by_group.mean(axis=1)
        if tally.scale == SHARE:
            spread = spread_of_shares(tally.rates, by_group, tally.weight)
        else:
            spread = spread_of_mean(value, influence, tally.scale)
        return self._made(value, value + deviations @ influence, spread, tally.rare)

    def interval(self, value: float, replicates: np.ndarray, scale: str = FREE) -> Score:
        """Return a score from its value and its replicates (B,), moved so that they centre on it.

        A resample repeats sequences, and a score that rewards repetition is too high on all of
        them: that is no sign of the value being too low.
        """
        n_units = self._n_units()
        wider = np.sqrt(n_units / max(n_units - 1, 1))
        replicates = value + wider * (replicates - replicates.mean())
        return self._made(
            value, replicates, spread_of_replicates(value, replicates, n_units, scale)
        )

    def _n_units(self) -> int:
        return self.counts.shape[1] if self.unit is None else len(np.unique(self.unit))

    def _made(
        self, value: float, replicates: np.ndarray, spread: Spread, rare: tuple[str, ...] = ()
    ) -> Score:
        low, high = interval(value, spread, self.level)
        kept = replicates.astype(np.float32)
        return Score(value, low, high, self.level, self.counts.shape[1], kept, spread, rare)


def exactly(value: float, bootstrap: Bootstrap, scale: str = FREE) -> Score:
    """Return a score that no sequence has a part in, so that only seeds can widen its interval."""
    same = np.full(len(bootstrap.counts), value, dtype=np.float32)
    n_sequences = bootstrap.counts.shape[1]
    value = float(value)
    known = Spread(scale, 0.0, np.inf)
    return Score(value, value, value, bootstrap.level, n_sequences, same, known)


def interval(value: float, spread: Spread, level: float) -> tuple[float, float]:
    """Return low and high of one value."""
    numbers = (np.array([number]) for number in (value, spread.spread, spread.freedom))
    low, high = limits(*numbers, scale=spread.scale, level=level)[0]
    return float(low), float(high)


def influence_of(tally: Tally) -> np.ndarray:
    """Return what each sequence moves each group's ratio by, (S, G), the ratio being used.

    The sum of its squares over sequences is the ratio's variance: each group's is made n / (n - 1)
    times as large, n being the sequences that have weight in it.
    """
    moved = (tally.numerator - tally.rates * tally.weight) / tally.weight.sum(axis=0)
    n = (tally.weight > 0).sum(axis=0)
    influence: np.ndarray = moved * np.sqrt(n / np.maximum(n - 1, 1))
    return influence


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
    cells = _cells(groups, counted, lengths, n_groups)
    return _summed(cells, values[counted], (len(lengths), n_groups))


def hits_and_steps(
    hits: np.ndarray, groups: np.ndarray, lengths: np.ndarray, n_groups: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return `per_sequence` of `hits` (N,), and of a one at each step, both (S, G)."""
    counted, shape = groups >= 0, (len(lengths), n_groups)
    cells = _cells(groups, counted, lengths, n_groups)
    return _summed(cells, hits[counted], shape), _summed(cells, None, shape)


def _cells(
    groups: np.ndarray, counted: np.ndarray, lengths: np.ndarray, n_groups: int
) -> np.ndarray:
    sequence = np.repeat(np.arange(len(lengths)), lengths)
    cells: np.ndarray = (sequence * n_groups + groups)[counted]
    return cells


def _summed(cells: np.ndarray, values: np.ndarray | None, shape: tuple[int, int]) -> np.ndarray:
    sums = np.bincount(cells, weights=values, minlength=shape[0] * shape[1])
    return sums.reshape(shape).astype(np.float64, copy=False)
