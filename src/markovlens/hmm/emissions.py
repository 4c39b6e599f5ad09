"""Emission densities and their sufficient statistics over blocks of a tile's columns.

A Gaussian log-density is a constant less a sum of whitened squares, whatever the covariance:

    spherical, diag        (x_d - m_kd)^2 / 2 s_kd^2
    tied                   |L^-1 x - L^-1 m_k|^2 / 2, C = L L'; linear in x but for what all share
    full                   |L_k^-1 (x - m_k)|^2 / 2, C_k = L_k L_k'

Diagonal and full ones run in compiled loops, tied ones and the squares of many features in BLAS.
`Moments` are the expected statistics, which add up over blocks and tiles. Features are relative to
the centre of the packed data, so squares lose no digits to an offset.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import get_blas_funcs
from scipy.linalg.lapack import dtrtri

from markovlens.hmm import kernels, sums

LOG_TWO_PI = float(np.log(2 * np.pi))

MOST_LOOPED_FEATURES = 128
"""Largest D whose outer products are summed in compiled loops; BLAS is as fast for more."""

SQUARED_COLUMNS = 256
"""Columns that BLAS squares at a time: many for few calls, few to stay in cache."""


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

    def log_density(self, x: NDArray, columns: slice, out: NDArray) -> None:
        """Write the log-density, in nats, to the same columns of out, (K, n) as x is (D, n)."""

    def collect(self, x: NDArray, columns: slice, gamma: NDArray) -> Moments:
        """Expected statistics of columns of x under the same columns of gamma (K, n)."""


def strips(columns: slice, size: int) -> Iterator[slice]:
    """Parts of at most `size` columns."""
    for first in range(columns.start, columns.stop, size):
        yield slice(first, min(first + size, columns.stop))


def padded(values: NDArray, shape: tuple[int, ...], dtype: np.dtype) -> NDArray:
    """Values in the first corner of an array of zeros: `numpy.pad` takes five times as long."""
    out = np.zeros(shape, dtype=dtype)
    out[tuple(map(slice, values.shape))] = values
    return out


def mirrored(upper: NDArray) -> NDArray[np.float64]:
    """Symmetric (K, D, D) matrices from their upper triangles, which are zero below."""
    out = upper.astype(np.float64)
    out += upper.transpose(0, 2, 1)
    diagonal = np.arange(upper.shape[-1])
    out[:, diagonal, diagonal] *= 0.5
    return out


def _count(gamma: NDArray, columns: slice) -> NDArray[np.float64]:
    """(K,) expected steps."""
    count = np.zeros(len(gamma))
    kernels.row_sums(gamma, columns.start, columns.stop, gamma.dtype.type(0), count)
    return count


@dataclass(frozen=True, slots=True)
class DiagonalDensity:
    """Gaussians with their own variance for each feature; spherical ones too."""

    scales: NDArray  # (D, K) 1 / sqrt(2) s, padded for the kernel
    shifts: NDArray  # (D, K) means in that unit, padded likewise
    constants: NDArray  # (K,), padded likewise

    @classmethod
    def of(cls, means: NDArray, variances: NDArray, dtype: np.dtype) -> "DiagonalDensity":
        """Density for means and variances (K, D), means relative to the centre."""
        scales = np.sqrt(0.5 / variances)
        constants = -0.5 * (np.log(variances) + LOG_TWO_PI).sum(axis=1)
        k, d = means.shape
        size = k + -k % 4
        return cls(
            padded(scales.T, (d, size), dtype),
            padded((means * scales).T, (d, size), dtype),
            padded(constants, (size,), dtype),
        )

    def log_density(self, x: NDArray, columns: slice, out: NDArray) -> None:
        """Write the log-density to columns of out."""
        kernels.diagonal_log_density(
            x, self.scales, self.shifts, self.constants, columns.start, columns.stop, out
        )

    def collect(self, x: NDArray, columns: slice, gamma: NDArray) -> Moments:
        """Sums of x and of its squares."""
        gamma = np.ascontiguousarray(gamma)
        out = np.zeros((2 * len(x), len(gamma)))
        sums.weighted_squares(x, gamma, columns.start, columns.stop, out)
        return Moments(_count(gamma, columns), out[::2].T, out[1::2].T)


@dataclass(frozen=True, slots=True)
class FullDensity:
    """Gaussians with full covariances."""

    factors: NDArray  # (K, D + 3, D + 3) L_k^-T / sqrt(2), upper, padded for the kernel
    shifts: NDArray  # (K, D + 3) means whitened by it, padded likewise
    constants: NDArray  # (K,)

    @classmethod
    def of(cls, means: NDArray, inverses: NDArray, dtype: np.dtype) -> "FullDensity":
        """Density for means (K, D) and inverse Cholesky factors (K, D, D)."""
        scaled = inverses * np.sqrt(0.5)
        shifts = np.einsum("kij,kj->ki", scaled, means)
        volumes = _log_volume(inverses)
        k, d = means.shape
        factors = padded(scaled.transpose(0, 2, 1), (k, d + 3, d + 3), dtype)
        return cls(factors, padded(shifts, (k, d + 3), dtype), volumes.astype(dtype))

    def log_density(self, x: NDArray, columns: slice, out: NDArray) -> None:
        """Write the log-density to columns of out."""
        kernels.full_log_density(
            x, self.factors, self.shifts, self.constants, columns.start, columns.stop, out
        )

    def collect(self, x: NDArray, columns: slice, gamma: NDArray) -> Moments:
        """Sums of x and of its outer products."""
        gamma = np.ascontiguousarray(gamma)
        first = np.zeros((len(x) + 1, len(gamma)))
        sums.weighted_sums(x, gamma, columns.start, columns.stop, first)
        second = _looped_products if len(x) <= MOST_LOOPED_FEATURES else _squared
        return Moments(_count(gamma, columns), first[:-1].T, mirrored(second(x, columns, gamma)))


def _looped_products(x: NDArray, columns: slice, gamma: NDArray) -> NDArray[np.float64]:
    """(K, D, D) sums of gamma x_i x_j for j >= i, zero elsewhere."""
    n_features = len(x)
    out = np.zeros((n_features * (n_features + 1), len(gamma)))
    sums.weighted_products(x, gamma, columns.start, columns.stop, out)
    return products_of(out, n_features)


def products_of(rows: NDArray, n_features: int) -> NDArray[np.float64]:
    """(K, D, D) what `sums.weighted_products` wrote to its rows (D (D + 1), K)."""
    return rows.T.reshape(-1, n_features, n_features + 1)[:, :, :-1]


def _squared(x: NDArray, columns: slice, gamma: NDArray) -> NDArray:
    """The same as BLAS squares of the weighted columns."""
    (add_square,) = get_blas_funcs(("syrk",), (x,))
    out = np.zeros((len(gamma), *2 * (len(x),)), dtype=x.dtype)
    memory = np.empty(len(x) * SQUARED_COLUMNS, dtype=x.dtype)
    for part in strips(columns, SQUARED_COLUMNS):
        for k, weights in enumerate(gamma):
            # Columns without weight, frequent when states are far apart, add exactly nothing.
            used = kernels.weighted_columns(x, weights, part.start, part.stop, memory)
            if used == 0:
                continue
            scaled = memory[: len(x) * used].reshape(len(x), used)
            # In place, upper triangle: to BLAS, a C array is its transpose.
            add_square(1.0, scaled.T, beta=1.0, c=out[k].T, trans=1, lower=1, overwrite_c=1)
    return out


@dataclass(frozen=True, slots=True)
class TiedDensity:
    """Gaussians that share one covariance."""

    means: NDArray  # (K, D) whitened
    inverse: NDArray  # (D, D) inverse Cholesky factor
    constants: NDArray  # (K, 1)

    @classmethod
    def of(cls, means: NDArray, inverse: NDArray, dtype: np.dtype) -> "TiedDensity":
        """Density for means (K, D) and the inverse Cholesky factor (D, D)."""
        white = means @ inverse.T
        constants = _log_volume(inverse) - 0.5 * (white**2).sum(axis=1)
        return cls(white.astype(dtype), inverse.astype(dtype), constants[:, None].astype(dtype))

    def log_density(self, x: NDArray, columns: slice, out: NDArray) -> None:
        """Write the log-density to columns of out."""
        white = self.inverse @ x[:, columns]
        shared = 0.5 * np.einsum("dn,dn->n", white, white)
        out[:, columns] = self.means @ white + (self.constants - shared)

    def collect(self, x: NDArray, columns: slice, gamma: NDArray) -> Moments:
        """Sums of x and the outer products of all columns that gamma weighs."""
        part, weights = x[:, columns], gamma[:, columns]
        scaled = part * np.sqrt(weights.sum(axis=0))
        first, second = weights @ part.T, scaled @ scaled.T
        return Moments(_count(gamma, columns), first.astype(float), second.astype(float))


@dataclass(frozen=True, slots=True)
class TableDensity:
    """Categorical emissions; columns are (1, n) codes."""

    log_table: NDArray  # (K, C)

    def log_density(self, x: NDArray, columns: slice, out: NDArray) -> None:
        """Write the log-probability to columns of out."""
        out[:, columns] = self.log_table[:, x[0, columns]]

    def collect(self, x: NDArray, columns: slice, gamma: NDArray) -> Moments:
        """Expected symbols of each state."""
        n_codes = self.log_table.shape[1]
        codes, weights = x[0, columns], gamma[:, columns]
        counts: Any = np.stack([np.bincount(codes, row, minlength=n_codes) for row in weights])
        return Moments(_count(gamma, columns), counts, np.empty(0))


def inverse_factors(covariances: NDArray) -> NDArray[np.float64]:
    """Inverses of the lower Cholesky factors of (K, D, D) covariances."""
    factors = np.linalg.cholesky(covariances)
    return np.stack([dtrtri(factor, lower=1)[0] for factor in factors])


def _log_volume(inverse: NDArray) -> NDArray:
    """Log |L^-1| - D/2 log 2 pi, over the last two axes."""
    diagonal = np.diagonal(inverse, axis1=-2, axis2=-1)
    return np.log(diagonal).sum(axis=-1) - 0.5 * diagonal.shape[-1] * LOG_TWO_PI


def gaussian_density(
    kind: str, means: NDArray, covariances: NDArray, *, dtype: np.dtype
) -> Density:
    """Density of Gaussians whose means (K, D) are relative to the centre.

    `covariances` is (K,) spherical, (K, D) diag, (D, D) tied or (K, D, D) full.
    """
    if kind == "spherical":
        covariances = np.broadcast_to(covariances[:, None], means.shape)
    if kind in ("spherical", "diag"):
        return DiagonalDensity.of(means, covariances, dtype)
    if kind == "tied":
        return TiedDensity.of(means, inverse_factors(covariances[None])[0], dtype)
    return FullDensity.of(means, inverse_factors(covariances), dtype)
