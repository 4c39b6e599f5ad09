"""Intervals of differences by resampling the units that are permuted, and of effects from them."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, stdtrit

from markovlens.groups.contrasts import ROUNDING, Contrast, Pool, contrast

LEAST_DEFINED = 0.95  # share of resamples with a number, below which there is no interval


def resampled(
    pool: Pool, sizes: tuple[int, int], *, n_bootstraps: int, rng: np.random.Generator
) -> Contrast:
    """Return the contrast of resamples: of each group's units, or of the pairs."""
    drawn = [_weights(size, n_bootstraps, rng) for size in (sizes[:1] if pool.paired else sizes)]
    nothing = [np.zeros_like(weights) for weights in drawn]
    if pool.paired:
        return contrast(pool, np.hstack([drawn[0], nothing[0]]), np.hstack([nothing[0], drawn[0]]))
    return contrast(pool, np.hstack([drawn[0], nothing[1]]), np.hstack([nothing[0], drawn[1]]))


def _weights(n_units: int, n_bootstraps: int, rng: np.random.Generator) -> np.ndarray:
    share = np.full(n_units, 1 / n_units)
    return rng.multinomial(n_units, share, size=n_bootstraps).astype(float)


def ends(
    value: np.ndarray, replicates: np.ndarray, freedom: np.ndarray, level: float
) -> np.ndarray:
    """Return the intervals (M, 2) of values (M,), each of which holds its value.

    Percentiles of the replicates (B, M), taken as far out as Student's t and the lost degree of
    freedom ask for (Hesterberg, "What teachers should know about the bootstrap", 2015): plain ones
    are too narrow of few units. NaN where a value is none, where replicates do not vary, or where
    more than a few have no number.
    """
    far = stdtrit(freedom, (1 + level) / 2) * np.sqrt((freedom + 1) / freedom)
    tails = ndtr(-far)
    found = np.full((len(value), 2), np.nan)
    defined = np.isfinite(replicates)
    for row in np.flatnonzero(np.isfinite(value) & (defined.mean(axis=0) >= LEAST_DEFINED)):
        mine = replicates[defined[:, row], row]
        if np.ptp(mine) > 0:
            low, high = np.quantile(mine, [tails[row], 1 - tails[row]])
            found[row] = min(low, value[row]), max(high, value[row])
    return np.where(np.abs(found) < ROUNDING, 0.0, found)


def effect_ends(seen: Contrast, difference: np.ndarray, level: float) -> np.ndarray:
    """Return the intervals (M, 2) of effects, from those (M, 2) of the differences.

    The doubt of the difference and that of the standard deviation, as normal units would have it,
    are joined as the squares of how far they reach (Zou & Donner, "Construction of confidence
    limits about effect measures", 2008). Effects of resamples themselves would be far too large of
    few units, whose spread a resample easily loses.
    """
    effect, freedom = seen.effect[0], seen.freedom[0]
    deviation = np.where(seen.deviation[0] > 0, seen.deviation[0], np.nan)
    reach = (difference - seen.difference[0][:, None]) * (seen.small[0] / deviation)[:, None]
    far = stdtrit(freedom, (1 + level) / 2) * effect
    own = far**2 / (2 * freedom)
    away = np.sqrt(reach**2 + own[:, None])
    return np.stack([effect - away[:, 0], effect + away[:, 1]], axis=1)
