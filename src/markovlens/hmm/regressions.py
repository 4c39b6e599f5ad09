"""Gaussian emissions whose mean is linear in the input row: x_t ~ N(A_k u_t + c_k, C_k).

Density and sums are those of one Gaussian over (u, x): |L^-1 (x - A u - c)|^2 is a sum of squares
of (u, x) under the lower triangular [[0, 0], [-L^-1 A, L^-1]], which the compiled kernels take. The
M-step is a weighted ridge regression, its covariance that of the residuals; the draw of A to zero
is a matrix normal prior, -r/2 tr(A' C^-1 A).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from markovlens.hmm.emissions import FullDensity, Moments, gaussian_density, inverse_factors
from markovlens.hmm.gaussians import (
    GaussianPrior,
    Gaussians,
    full_covariances,
    update_covariances,
)
from markovlens.hmm.packing import Packed

ROOT_HALF = float(np.sqrt(0.5))


@dataclass(frozen=True, slots=True)
class RegressionPrior:
    """Prior of the intercepts and covariances, and the draw of slopes to zero."""

    outputs: GaussianPrior
    strength: float  # r, pseudo-steps in which the input is one deviation from its mean


@dataclass(frozen=True, slots=True)
class Regressions:
    """Means that follow the input, and covariances about them, of K states."""

    outputs: Gaussians  # means are those at the mean input
    slopes: NDArray[np.float64]  # (K, D, P), a deviation of the input

    @classmethod
    def begun(cls, outputs: Gaussians, n_inputs: int) -> "Regressions":
        """Means that no input moves."""
        return cls(outputs, np.zeros((*outputs.means.shape, n_inputs)))

    def density(self, packed: Packed) -> FullDensity:
        """Density over packed columns that hold the input above the observation."""
        k, d, p = self.slopes.shape
        means = self.outputs.means - packed.center
        inverses = inverse_factors(full_covariances(self.outputs))
        plain = gaussian_density("full", means, full_covariances(self.outputs), dtype=packed.dtype)
        factors = np.zeros((k, p + d + 3, p + d + 3))
        factors[:, :p, p : p + d] = -ROOT_HALF * (inverses @ self.slopes).transpose(0, 2, 1)
        factors[:, p : p + d, p : p + d] = ROOT_HALF * inverses.transpose(0, 2, 1)
        shifts = np.zeros((k, p + d + 3))
        shifts[:, p : p + d] = ROOT_HALF * np.einsum("kij,kj->ki", inverses, means)
        constants = plain.constants  # type: ignore[attr-defined]
        return FullDensity(factors.astype(packed.dtype), shifts.astype(packed.dtype), constants)

    def updated(self, moments: Moments, packed: Packed, prior: RegressionPrior) -> "Regressions":
        """The parameters after an M-step."""
        p, kept = self.slopes.shape[2], self.outputs
        solved = [
            _ridge(*each, prior=prior, state=state, n_inputs=p)
            for state, each in enumerate(
                zip(moments.count, moments.first, moments.second, strict=True)
            )
        ]
        means = np.stack([mean for mean, _ in solved])
        slopes = np.stack([slope for _, slope in solved])
        held = moments.count + prior.outputs.mean_weight < np.finfo(float).tiny
        means = np.where(held[:, None], kept.means - packed.center, means)
        slopes = np.where(held[:, None, None], self.slopes, slopes)
        rest = residuals(moments, slopes, prior.strength, kind=kept.kind)
        spread = update_covariances(kept, means, rest, prior.outputs)
        return Regressions(Gaussians(kept.kind, means + packed.center, spread), slopes)

    def penalty(self, packed: Packed, prior: RegressionPrior) -> float:
        """Log-prior up to a constant, in nats."""
        inverses = inverse_factors(full_covariances(self.outputs))
        drawn = float(np.square(inverses @ self.slopes).sum())
        return self.outputs.penalty(packed, prior.outputs) - 0.5 * prior.strength * drawn

    def n_parameters(self, params: str) -> int:
        """Free parameters of means, covariances and slopes."""
        return self.outputs.n_parameters(params) + self.slopes.size

    def sampled(
        self, states: NDArray, inputs: NDArray, rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """(N, D) one emission of each state under the standardised input (N, P) of its step."""
        moved = np.einsum("ndp,np->nd", self.slopes[states], inputs)
        return self.outputs.sampled(states, rng) + moved


def _ridge(
    count: float,
    first: NDArray,
    second: NDArray,
    *,
    prior: RegressionPrior,
    state: int,
    n_inputs: int,
) -> tuple[NDArray, NDArray]:
    """Intercept (D,) and slopes (D, P) of a state from the moments of its (u, x)."""
    p, weight = n_inputs, prior.outputs.mean_weight
    system = np.zeros((1 + p, 1 + p))
    system[0, 0], system[0, 1:], system[1:, 0] = count + weight, first[:p], first[:p]
    system[1:, 1:] = second[:p, :p] + prior.strength * np.eye(p)
    target = np.concatenate([first[None, p:] + weight * prior.outputs.mean[state], second[:p, p:]])
    found = np.linalg.lstsq(system, target, rcond=None)[0]  # inputs may depend on each other
    return found[0], found[1:].T


def residuals(moments: Moments, slopes: NDArray, strength: float, *, kind: str) -> Moments:
    """Moments of x less what the input explains, the draw of slopes among the squares.

    Args:
        moments: of (u, x), second (K, P + D, P + D).
        slopes: (K, D, P).
        strength: r.
        kind: of the covariances, for which squares are summed as `Gaussians` read them.
    """
    k, d, p = slopes.shape
    turn = np.concatenate([-slopes, np.broadcast_to(np.eye(d), (k, d, d))], axis=2)
    first = np.einsum("kdj,kj->kd", turn, moments.first)
    second = turn @ moments.second @ turn.transpose(0, 2, 1)
    second = second + strength * slopes @ slopes.transpose(0, 2, 1)
    if kind == "tied":
        second = second.sum(axis=0)
    elif kind != "full":
        second = np.diagonal(second, axis1=1, axis2=2)
    return replace(moments, first=first, second=second)
