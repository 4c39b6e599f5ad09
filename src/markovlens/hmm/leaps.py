"""Steps that go further than an M-step, where EM creeps.

Near an optimum each pass of EM shrinks what is left by a rate r, and so the gain of the objective
by its square. Two gains in a row give r, and 1 / (1 - r) times the last step is where the series
ends (Aitken's delta-squared, as in Dempster, Laird & Rubin 1977, sec. 3). Other directions, which
such a step overshoots, shrink fast: so two plain passes come between leaps, and one that loses
ground is taken back. A leap goes along log-probabilities, means, log-variances and the logarithmic
Cholesky factors of covariances, all of which are free.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from markovlens.hmm.chains import SharedChain, normalise_rows
from markovlens.hmm.gaussians import Gaussians, floored
from markovlens.hmm.lattices import Chain

PLAIN_PASSES = 2
"""Plain passes after a leap, whose gains say how far the next one goes."""

LEAST_RATE, FURTHEST = 0.5, 30.0
"""Rates below which plain passes are as good, and the most steps in one leap."""

MOST_NATS = 5.0
"""Most that a leap changes a log-probability."""


def leap_factor(history: Sequence[float], leapt: int) -> float:
    """Steps to go in one; 0 where a plain pass is to be done.

    Args:
        history: the objective before each pass and now, in nats.
        leapt: passes done at the last leap.
    """
    if len(history) - 1 - leapt < PLAIN_PASSES or len(history) <= PLAIN_PASSES:
        return 0.0
    before, last = np.diff(history[-3:])
    if not 0.0 < last < before:
        return 0.0
    rate = np.sqrt(last / before)
    return float(min(1.0 / (1.0 - rate), FURTHEST)) if rate > LEAST_RATE else 0.0


def leap(before: Any, after: Any, factor: float, prior: Any) -> Any:
    """The model (`em.Parameters`, Gaussian) so many times as far from `before` as `after` is."""
    rows = [
        _along_rows(
            getattr(getattr(before, part), name), getattr(getattr(after, part), name), factor
        )
        for part in ("chain", "shared")
        for name in ("start", "transition")
    ]
    emissions = _along_gaussians(before.emissions, after.emissions, factor, prior.emissions)
    return type(after)(Chain(*rows[:2]), SharedChain(*rows[2:]), emissions)


def _along_rows(before: NDArray, after: NDArray, factor: float) -> NDArray[np.float64]:
    """Probabilities (.., K) further along; zeros stay, and what did not change."""
    both = (before > 0.0) & (after > 0.0)
    step = np.log(np.where(both, after, 1.0)) - np.log(np.where(both, before, 1.0))
    further = np.clip((factor - 1.0) * step, -MOST_NATS, MOST_NATS)
    return np.where(before == after, after, normalise_rows(after * np.exp(further), after))


def _along_gaussians(before: Any, after: Any, factor: float, prior: Any) -> Gaussians:
    """Means and covariances further along, at or above the floor of the prior."""
    means = before.means + factor * (after.means - before.means)
    old, new = before.covariances, after.covariances
    if np.array_equal(old, new):
        return Gaussians(after.kind, means, new)
    if after.kind in ("spherical", "diag"):
        further = np.clip((factor - 1.0) * np.log(new / old), -MOST_NATS, MOST_NATS)
        floor = prior.floor.mean() if after.kind == "spherical" else prior.floor
        return Gaussians(after.kind, means, np.maximum(new * np.exp(further), floor))
    factors = _along_factors(np.linalg.cholesky(old), np.linalg.cholesky(new), factor)
    covariances = factors @ np.swapaxes(factors, -1, -2)
    stacked = floored(covariances.reshape(-1, *covariances.shape[-2:]), prior.floor)
    return Gaussians(after.kind, means, stacked.reshape(covariances.shape))


def _along_factors(before: NDArray, after: NDArray, factor: float) -> NDArray[np.float64]:
    """Lower factors (.., D, D) further along, their diagonals by logarithms and so positive."""
    diagonal = np.diagonal(after, axis1=-2, axis2=-1)
    ratio = diagonal / np.diagonal(before, axis1=-2, axis2=-1)
    further = np.exp(np.clip((factor - 1.0) * np.log(ratio), -MOST_NATS, MOST_NATS))
    out = before + factor * (after - before)
    index = np.arange(out.shape[-1])
    out[..., index, index] = diagonal * further
    return out
