"""Emission densities and their sufficient statistics, as matrix products over a tile's columns.

Every family is used through the same three things: `log_density` of a block of columns, `collect`
of its expected statistics, and `Moments`, the statistics themselves, which add up over tiles.

    spherical, diag        log p = W features(x) + constant,   features = x and its squares
    full, few features     the same, features = x and its products of pairs
    full, many features    log p = -|L_k^-1 (x - m_k)|^2 / 2 + constant, C_k = L_k L_k'
    tied                   whitened by the one L, then linear in x
    categorical            a table

Features are relative to the centre of the packed data, so squares lose no digits to an offset.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import get_blas_funcs, solve_triangular

from markovlens.hmm.features import diagonal_features, paired_features

LOG_TWO_PI = float(np.log(2 * np.pi))

MOST_PAIRED_FEATURES = 24
"""Largest D for which full covariances use products of pairs rather than whitening."""

MOST_PAIRED_PRECISION = 1e7
"""Largest precision times data variance for which products of pairs keep enough digits."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Expected statistics of the emissions: weights, sums and second moments by state."""

    count: NDArray[np.float64]  # (K,) expected observed steps
    first: NDArray[np.float64]  # (K, D) sum of x; or (K, C) expected symbols
    second: NDArray[np.float64]  # (K, D) squares, (K, D, D) full, (D, D) tied, (0,) categorical

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(
            self.count + other.count, self.first + other.first, self.second + other.second
        )

    def __mul__(self, factor: float) -> "Moments":
        return Moments(self.count * factor, self.first * factor, self.second * factor)


class Density(Protocol):
    """Log-densities and statistics of one set of parameters."""

    def log_density(self, x: NDArray, out: NDArray) -> None:
        """Write the log-density of columns x to out (K, n), in nats."""

    def collect(self, x: NDArray, gamma: NDArray) -> Moments:
        """Expected statistics of columns x under gamma (K, n)."""


def _accumulate(gamma: NDArray, x: NDArray) -> tuple[NDArray, NDArray]:
    """Weights (K,) and weighted sums (K, D) in float64."""
    count = gamma.sum(axis=1, dtype=np.float64)
    return count, (gamma @ x.T).astype(np.float64)


@dataclass(frozen=True, slots=True)
class DiagonalDensity:
    """Gaussians with their own variance for each feature; spherical ones too."""

    weights: NDArray  # (K, 2D + 1)

    @classmethod
    def of(cls, means: NDArray, variances: NDArray, dtype: np.dtype) -> "DiagonalDensity":
        """Density for means and variances (K, D), means relative to the centre."""
        constant = -0.5 * (means**2 / variances + np.log(variances) + LOG_TWO_PI).sum(axis=1)
        weights = [means / variances, -0.5 / variances, constant[:, None]]
        return cls(np.concatenate(weights, axis=1).astype(dtype))

    def log_density(self, x: NDArray, out: NDArray) -> None:
        """Write the log-density to out (K, n)."""
        np.matmul(self.weights, diagonal_features(x), out=out)

    def collect(self, x: NDArray, gamma: NDArray) -> Moments:
        """Sums of x and of its squares."""
        sums = (gamma @ diagonal_features(x).T).astype(np.float64)
        return Moments(sums[:, -1], sums[:, : len(x)], sums[:, len(x) : -1])


@dataclass(frozen=True, slots=True)
class PairedDensity:
    """Gaussians with full covariances and few features, linear in the products of pairs."""

    weights: NDArray  # (K, D + D(D+1)/2 + 1)

    @classmethod
    def of(cls, means: NDArray, inverses: NDArray, dtype: np.dtype) -> "PairedDensity":
        """Density for means (K, D) and inverse Cholesky factors (K, D, D)."""
        precision = np.einsum("kji,kjl->kil", inverses, inverses)
        upper, right = np.triu_indices(means.shape[1])
        pairs = -precision[:, upper, right] * np.where(upper == right, 0.5, 1.0)
        linear = np.einsum("kij,kj->ki", precision, means)
        constant = _log_volume(inverses) - 0.5 * (linear * means).sum(axis=1)
        weights = np.concatenate([linear, pairs, constant[:, None]], axis=1)
        return cls(weights.astype(dtype))

    def log_density(self, x: NDArray, out: NDArray) -> None:
        """Write the log-density to out (K, n)."""
        np.matmul(self.weights, paired_features(x), out=out)

    def collect(self, x: NDArray, gamma: NDArray) -> Moments:
        """Sums of x and of its outer products."""
        n_features = len(x)
        sums = (gamma @ paired_features(x).T).astype(np.float64)
        second = np.empty((len(gamma), n_features, n_features))
        upper, right = np.triu_indices(n_features)
        second[:, upper, right] = second[:, right, upper] = sums[:, n_features:-1]
        return Moments(sums[:, -1], sums[:, :n_features], second)


@dataclass(frozen=True, slots=True)
class WhitenedDensity:
    """Gaussians with full covariances, whitened state by state."""

    means: NDArray  # (K, D)
    inverses: NDArray  # (K, D, D) inverse Cholesky factors, lower
    constant: NDArray  # (K,)

    @classmethod
    def of(cls, means: NDArray, inverses: NDArray, dtype: np.dtype) -> "WhitenedDensity":
        """Density for means (K, D) and inverse Cholesky factors (K, D, D)."""
        return cls(means.astype(dtype), inverses.astype(dtype), _log_volume(inverses))

    def log_density(self, x: NDArray, out: NDArray) -> None:
        """Write the log-density to out (K, n)."""
        (multiply,) = get_blas_funcs(("trmm",), (x,))
        for k, (mean, inverse) in enumerate(zip(self.means, self.inverses, strict=True)):
            white = multiply(1.0, inverse.T, (x - mean[:, None]).T, side=1, overwrite_b=1).T
            np.einsum("dn,dn->n", white, white, out=out[k])
        out *= -0.5
        out += self.constant[:, None].astype(x.dtype)

    def collect(self, x: NDArray, gamma: NDArray) -> Moments:
        """Sums of x and of its outer products."""
        count, first = _accumulate(gamma, x)
        second = np.empty((len(gamma), len(x), len(x)))
        for k, root in enumerate(np.sqrt(gamma)):
            scaled = x * root
            second[k] = scaled @ scaled.T
        return Moments(count, first, second)


@dataclass(frozen=True, slots=True)
class TiedDensity:
    """Gaussians that share one covariance."""

    means: NDArray  # (K, D) whitened
    inverse: NDArray  # (D, D) inverse Cholesky factor
    constant: NDArray  # (K, 1)

    @classmethod
    def of(cls, means: NDArray, inverse: NDArray, dtype: np.dtype) -> "TiedDensity":
        """Density for means (K, D) and the inverse Cholesky factor (D, D)."""
        white = means @ inverse.T
        constant = _log_volume(inverse) - 0.5 * (white**2).sum(axis=1)
        return cls(white.astype(dtype), inverse.astype(dtype), constant[:, None].astype(dtype))

    def log_density(self, x: NDArray, out: NDArray) -> None:
        """Write the log-density to out (K, n)."""
        white = self.inverse @ x
        np.matmul(self.means, white, out=out)
        out += self.constant
        out -= 0.5 * np.einsum("dn,dn->n", white, white)

    def collect(self, x: NDArray, gamma: NDArray) -> Moments:
        """Sums of x and the outer products of all columns that gamma weighs."""
        count, first = _accumulate(gamma, x)
        scaled = x * np.sqrt(gamma.sum(axis=0))
        return Moments(count, first, (scaled @ scaled.T).astype(np.float64))


@dataclass(frozen=True, slots=True)
class TableDensity:
    """Categorical emissions; columns are (1, n) codes."""

    log_table: NDArray  # (K, C)

    def log_density(self, x: NDArray, out: NDArray) -> None:
        """Write the log-probability to out (K, n)."""
        out[:] = self.log_table[:, x[0]]

    def collect(self, x: NDArray, gamma: NDArray) -> Moments:
        """Expected symbols of each state."""
        n_codes = self.log_table.shape[1]
        counts: Any = np.stack([np.bincount(x[0], row, minlength=n_codes) for row in gamma])
        return Moments(gamma.sum(axis=1, dtype=np.float64), counts, np.empty(0))


def inverse_factor(covariance: NDArray) -> NDArray:
    """Inverse of the lower Cholesky factor of a (D, D) covariance."""
    factor = np.linalg.cholesky(covariance)
    return solve_triangular(factor, np.eye(len(factor)), lower=True)


def _log_volume(inverse: NDArray) -> NDArray:
    """log |L^-1| - D/2 log 2 pi, over the last two axes."""
    diagonal = np.diagonal(inverse, axis1=-2, axis2=-1)
    return np.log(diagonal).sum(axis=-1) - 0.5 * diagonal.shape[-1] * LOG_TWO_PI


def gaussian_density(
    kind: str, means: NDArray, covariances: NDArray, *, variance: NDArray, dtype: np.dtype
) -> Density:
    """Density of Gaussians whose means (K, D) are relative to the centre.

    `covariances` is (K,) spherical, (K, D) diag, (D, D) tied or (K, D, D) full; `variance` (D,) is
    the data's, by which the safe formula for full covariances is chosen.
    """
    if kind == "spherical":
        covariances = np.broadcast_to(covariances[:, None], means.shape)
    if kind in ("spherical", "diag"):
        return DiagonalDensity.of(means, covariances, dtype)
    if kind == "tied":
        return TiedDensity.of(means, inverse_factor(covariances), dtype)
    inverses = np.stack([inverse_factor(covariance) for covariance in covariances])
    precision = (inverses**2).sum(axis=1) * variance
    limit = MOST_PAIRED_PRECISION if dtype == np.float64 else 1e-3 * MOST_PAIRED_PRECISION
    if means.shape[1] <= MOST_PAIRED_FEATURES and precision.max() < limit:
        return PairedDensity.of(means, inverses, dtype)
    return WhitenedDensity.of(means, inverses, dtype)
