"""How far two groups lie apart, for many weightings of their units at once.

A relabelling of units and a resample of them are both weights (B, U), so that permutations and the
bootstrap are sums of the same few products. Differences are divided by their standard errors (delta
method), so that a permutation test stays right where groups differ in spread and size but not in
what is tested (Chung & Romano, "Exact and asymptotically robust permutation tests", 2013).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from markovlens.groups.counting import Ratios, quotient

ROUNDING = 1e-10  # of sums of squares, relative: below, nothing varies


@dataclass(frozen=True, slots=True)
class Pool:
    """The units of two groups, one after the other.

    Attributes:
        rates: of all U units; of pairs first all subjects in the one group, then in the other.
        paired: whether unit i of the first half is unit i of the second.
    """

    rates: Ratios
    paired: bool

    @property
    def partner(self) -> np.ndarray:
        """The other half's unit (U,) of each of a pair."""
        return np.roll(np.arange(len(self.rates.above)), len(self.rates.above) // 2)

    @property
    def common(self) -> np.ndarray:
        """The ratio (M,) of all units together; NaN where nothing below ever happens."""
        return quotient(self.rates.above.sum(axis=0), self.rates.below.sum(axis=0))

    @property
    def rest(self) -> np.ndarray:
        """What each unit (U, M) has above over the common ratio of what it has below."""
        return self.rates.above - np.nan_to_num(self.common) * self.rates.below

    @property
    def varies(self) -> np.ndarray:
        """Whether units differ (M,), without which there is nothing to test."""
        scale = np.abs(self.rates.above).max(axis=0)
        return np.asarray(np.abs(self.rest).max(axis=0) > ROUNDING * scale)


@dataclass(frozen=True, slots=True)
class Contrast:
    """Both groups under B weightings, of M measures each.

    Attributes:
        first, second: (B, M), the groups' values; NaN where what is below never happens.
        error: (B, M), standard error of their difference.
        deviation: (B, M), standard deviation over units; of pairs, of their differences.
        freedom: (B, M), degrees of freedom of the error: Welch's, of pairs one less than there are.
    """

    first: np.ndarray
    second: np.ndarray
    error: np.ndarray
    deviation: np.ndarray
    freedom: np.ndarray

    @property
    def difference(self) -> np.ndarray:
        """The first less the second (B, M)."""
        return self.first - self.second

    @property
    def statistic(self) -> np.ndarray:
        """The difference in standard errors (B, M): infinite where no unit varies, 0 if alike."""
        difference = np.where(np.abs(self.difference) > ROUNDING, self.difference, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = difference / self.error
        return np.where(difference == 0, np.where(np.isnan(self.difference), np.nan, 0.0), found)

    @property
    def effect(self) -> np.ndarray:
        """The difference in standard deviations (B, M), unbiased of small samples (Hedges 1981)."""
        found = np.full_like(self.difference, np.nan)
        np.divide(self.difference, self.deviation, out=found, where=self.deviation > 0)
        return found * self.small

    @property
    def small(self) -> np.ndarray:
        """What corrects ratios (B, M) to a standard deviation of few degrees of freedom."""
        return np.asarray(1 - 3 / (4 * np.maximum(self.freedom, 1.0) - 1))


@dataclass(frozen=True, slots=True)
class _Side:
    """One group under B weightings: its value less the common one, and what its units add to it."""

    apart: np.ndarray
    below: np.ndarray
    variance: np.ndarray
    size: np.ndarray


def contrast(pool: Pool, first: np.ndarray, second: np.ndarray) -> Contrast:
    """Return the contrast of two groups.

    Args:
        pool: all units.
        first, second: (B, U), how often each unit is in each group.
    """
    rest = pool.rest  # sums of it have the same differences, and rounding is small
    one, other = (_side(rest, pool.rates.below, weights) for weights in (first, second))
    values = pool.common + one.apart, pool.common + other.apart
    if pool.paired:
        error, deviation, freedom = _of_pairs(one, other, _shared(pool, rest, first, (one, other)))
    else:
        error, deviation, freedom = _of_two(one, other)
    return Contrast(*values, error, deviation, freedom)


Spread = tuple[np.ndarray, np.ndarray, np.ndarray]  # error, deviation and freedom (B, M)


def _of_pairs(one: _Side, other: _Side, shared: np.ndarray) -> Spread:
    apart = one.variance + other.variance
    variance = _unless_rounded(apart - 2 * shared, apart)
    freedom = np.broadcast_to(one.size - 1, variance.shape)
    return np.sqrt(variance / one.size), np.sqrt(variance), freedom


def _of_two(one: _Side, other: _Side) -> Spread:
    a, b = one.variance / one.size, other.variance / other.size
    pooled = (one.size - 1) * one.variance + (other.size - 1) * other.variance
    doubt = a**2 / (one.size - 1) + b**2 / (other.size - 1)
    fewest = np.broadcast_to(np.minimum(one.size, other.size) - 1, doubt.shape)
    freedom = np.divide((a + b) ** 2, doubt, out=fewest.astype(float), where=doubt > 0)
    return np.sqrt(a + b), np.sqrt(pooled / (one.size + other.size - 2)), freedom


def _side(rest: np.ndarray, below: np.ndarray, weights: np.ndarray) -> _Side:
    """Return one group; its variance is that of one unit's share in its value (delta method)."""
    size = weights.sum(axis=1, keepdims=True)
    sums = weights @ below
    apart = quotient(weights @ rest, sums)
    squares = weights @ rest**2
    crossed, belows = weights @ (rest * below), weights @ below**2
    left = squares - 2 * apart * crossed + apart**2 * belows
    left = _unless_rounded(left, squares + apart**2 * belows)
    mean = sums / size
    variance = left / (size - 1) / np.where(mean > 0, mean, np.nan) ** 2
    return _Side(apart, mean, variance, size)


def _shared(
    pool: Pool, rest: np.ndarray, weights: np.ndarray, sides: tuple[_Side, _Side]
) -> np.ndarray:
    """Return the covariance (B, M) of what the two halves of a pair add to their groups' values."""
    one, other = sides
    below, partner = pool.rates.below, pool.partner
    both = weights @ (rest * rest[partner])
    both -= other.apart * (weights @ (rest * below[partner]))
    both -= one.apart * (weights @ (below * rest[partner]))
    both += one.apart * other.apart * (weights @ (below * below[partner]))
    means = np.where(one.below * other.below > 0, one.below * other.below, np.nan)
    return np.asarray(both / (one.size - 1) / means)


def _unless_rounded(squares: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return sums of squares, 0 where only rounding keeps them from it."""
    return np.where(squares > ROUNDING * scale, squares, 0.0)
