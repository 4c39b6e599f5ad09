"""Gaussian emission parameters: priors, covariance floor, M-step, parameter counts.

The penalised objective of state k with covariance C and mean m is, besides the data's part,

    -1/2 [ w log|C| + tr(P C^-1) + u (m - m_0)' C^-1 (m - m_0) ],    C >= F = diag(floor)

(inverse Wishart, or inverse gamma by feature, with scale P and weight w; normal prior of the mean
with weight u). Its constrained maximum clips the eigenvalues of F^-1/2 C F^-1/2 at one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from markovlens.hmm.emissions import Density, Moments, gaussian_density, inverse_factors
from markovlens.hmm.packing import Packed, Source, unit_variances

KINDS = ("spherical", "diag", "tied", "full")

DEFAULT_FLOOR = 1e-3
"""Smallest variance over the feature's own, when `min_covar` is None."""

DEFAULT_PRIOR = 1e-2
"""Scale of the covariance prior over the feature's own variance when `covars_prior` is None."""

LEAST_FLOOR = 1e-12
"""Smallest variance over the feature's own in any case, where digits end."""


@dataclass(frozen=True, slots=True)
class GaussianPrior:
    """Prior of means and covariances in the data's units."""

    mean: NDArray  # (K, D) m_0, relative to the centre
    mean_weight: float  # u, pseudo-steps
    scale: NDArray  # P: (K, D), (D, D) tied or (K, D, D) full
    weight: float  # w, pseudo-steps
    floor: NDArray  # (D,) smallest variances F

    @property
    def flat(self) -> bool:
        """Whether nothing but the floor is asked for."""
        return self.mean_weight == 0.0 and self.weight == 0.0 and not self.scale.any()


@dataclass(frozen=True, slots=True)
class Gaussians:
    """Means and covariances of K states."""

    kind: str
    means: NDArray[np.float64]  # (K, D) in the data's units
    covariances: NDArray[np.float64]  # (K,) spherical, (K, D) diag, (D, D) tied, (K, D, D) full

    def density(self, packed: Packed) -> Density:
        """Density over the packed columns."""
        means = self.means - packed.center
        return gaussian_density(self.kind, means, self.covariances, dtype=packed.dtype)

    def updated(
        self, moments: Moments, packed: Packed, prior: GaussianPrior, *, params: str
    ) -> "Gaussians":
        """The parameters after an M-step; `params` holds m and c for what may change."""
        means = self.means - packed.center
        if "m" in params:
            means = update_means(means, moments, prior)
        covariances = self.covariances
        if "c" in params:
            covariances = update_covariances(self, means, moments, prior)
        return Gaussians(self.kind, means + packed.center, covariances)

    def penalty(self, packed: Packed, prior: GaussianPrior) -> float:
        """Log-prior up to a constant, in nats."""
        if prior.flat:
            return 0.0
        away = self.means - packed.center - prior.mean
        spread = as_full_or_diagonal(self.kind, self.covariances, self.means.shape)
        total = float(log_volumes(self).sum()) * prior.weight
        scale = np.broadcast_to(prior.scale, spread.shape)
        if self.kind in ("spherical", "diag"):
            total += (scale / spread).sum()
            return -0.5 * float(total + prior.mean_weight * (away**2 / spread).sum())
        inverses = inverse_factors(spread)
        total += sum(((h @ p) * h).sum() for h, p in zip(inverses, scale, strict=True))
        away = away[None] if self.kind == "tied" else away[:, None]
        quadratic = sum(((h @ d.T) ** 2).sum() for h, d in zip(inverses, away, strict=True))
        return -0.5 * float(total + prior.mean_weight * quadratic)

    def n_parameters(self, params: str) -> int:
        """Free parameters of means and covariances."""
        n_states, n_features = self.means.shape
        pairs = n_features * (n_features + 1) // 2
        spread = {
            "spherical": n_states,
            "diag": n_states * n_features,
            "tied": pairs,
            "full": n_states * pairs,
        }
        return ("m" in params) * n_states * n_features + ("c" in params) * spread[self.kind]

    def sampled(self, states: NDArray, rng: np.random.Generator) -> NDArray[np.float64]:
        """(N, D) one emission of each state."""
        noise = rng.standard_normal((len(states), self.means.shape[1]))
        full = full_covariances(self)
        factors = np.stack([np.linalg.cholesky(covariance) for covariance in full])
        return self.means[states] + np.einsum("nij,nj->ni", factors[states], noise)

    def with_one_more(self) -> "Gaussians":
        """The same with the last state twice."""
        covariances = self.covariances
        if self.kind != "tied":
            covariances = np.concatenate([covariances, covariances[-1:]])
        return Gaussians(self.kind, np.concatenate([self.means, self.means[-1:]]), covariances)

    def split(
        self, source: int, target: int, packed: Source, rng: np.random.Generator
    ) -> "Gaussians":
        """Put the target half a deviation from the source, along its widest axis, both alike.

        Widths are in the units of `squared_units`. The axis points to where its largest entry is
        positive, since which of its two directions an eigensolver gives is a matter of rounding.
        """
        unit = np.sqrt(squared_units(self.kind, packed))
        covariance = full_covariances(self)[source] / np.outer(unit, unit)
        variances, axes = np.linalg.eigh(covariance)
        axis = axes[:, -1] * np.sign(axes[np.abs(axes[:, -1]).argmax(), -1])
        random = np.linalg.cholesky(covariance) @ rng.standard_normal(len(unit))
        step = unit * (0.5 * np.sqrt(variances[-1]) * axis + 0.1 * random)
        means, covariances = self.means.copy(), self.covariances.copy()
        means[target], means[source] = means[source] + step, means[source] - step
        if self.kind != "tied":
            covariances[target] = covariances[source]
        return Gaussians(self.kind, means, covariances)


def as_full_or_diagonal(kind: str, covariances: NDArray, shape: tuple[int, ...]) -> NDArray:
    """Variances (K, D), or covariances (1 or K, D, D)."""
    if kind in ("spherical", "diag"):
        spread = covariances[:, None] if kind == "spherical" else covariances
        spread = np.broadcast_to(spread, shape)
        return spread
    return covariances[None] if kind == "tied" else covariances


def log_volumes(gaussians: Gaussians) -> NDArray[np.float64]:
    """(K,) log-determinants of the covariances; (1,) if tied."""
    spread = as_full_or_diagonal(gaussians.kind, gaussians.covariances, gaussians.means.shape)
    if spread.ndim == 2:
        return np.log(spread).sum(axis=1)
    return log_determinants(spread)


def log_determinants(covariances: NDArray) -> NDArray[np.float64]:
    """(K,) log-determinants of (K, D, D) covariances, by Cholesky factors.

    Their rounding does not depend on the units of the features, as that of pivots does.
    """
    factors = np.linalg.cholesky(covariances)
    return 2.0 * np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)


def full_covariances(gaussians: Gaussians) -> NDArray[np.float64]:
    """(K, D, D) covariances of every kind."""
    shape = gaussians.means.shape
    spread = as_full_or_diagonal(gaussians.kind, gaussians.covariances, shape)
    if spread.ndim == 2:
        return spread[:, :, None] * np.eye(shape[1])
    return np.broadcast_to(spread, (shape[0], shape[1], shape[1])).copy()


def update_means(means: NDArray, moments: Moments, prior: GaussianPrior) -> NDArray[np.float64]:
    """(K, D) posterior modes of the means; a state without weight keeps its own."""
    weight = moments.count + prior.mean_weight
    held = weight < np.finfo(float).tiny
    sums = moments.first + prior.mean_weight * prior.mean
    return np.where(held[:, None], means, sums / np.where(held, 1.0, weight)[:, None])


def update_covariances(
    gaussians: Gaussians, means: NDArray, moments: Moments, prior: GaussianPrior
) -> NDArray[np.float64]:
    """Posterior modes of the covariances about the given means, at or above the floor."""
    kind, away = gaussians.kind, means - prior.mean
    weight = moments.count + prior.weight
    held = weight < np.finfo(float).tiny
    safe = np.where(held, 1.0, weight)
    if kind in ("spherical", "diag"):
        spread = prior.scale + prior.mean_weight * away**2 + scatter(moments, means, diagonal=True)
        spread = np.maximum(spread / safe[:, None], 0.0)
        if kind == "spherical":
            spread = np.maximum(spread.mean(axis=1), prior.floor.mean())
            return np.where(held, gaussians.covariances, spread)
        spread = np.maximum(spread, prior.floor)
        return np.where(held[:, None], gaussians.covariances, spread)
    outer = prior.mean_weight * away[:, :, None] * away[:, None]
    if kind == "tied":
        cross = np.einsum("ki,kj->ij", moments.first, means)
        mass = np.einsum("k,ki,kj->ij", moments.count, means, means)
        spread = moments.second - cross - cross.T + mass + prior.scale + outer.sum(axis=0)
        return floored(spread[None] / (moments.count.sum() + prior.weight), prior.floor)[0]
    spread = (scatter(moments, means, diagonal=False) + prior.scale + outer) / safe[:, None, None]
    return np.where(held[:, None, None], gaussians.covariances, floored(spread, prior.floor))


def scatter(moments: Moments, means: NDArray, *, diagonal: bool) -> NDArray[np.float64]:
    """Expected squares (K, D), or outer products (K, D, D), about the means."""
    count, first = moments.count, moments.first
    if diagonal:
        return moments.second - 2 * first * means + count[:, None] * means**2
    cross = first[:, :, None] * means[:, None]
    mass = (count[:, None] * means)[:, :, None] * means[:, None]
    return moments.second - cross - cross.transpose(0, 2, 1) + mass


def floored(covariances: NDArray, floor: NDArray) -> NDArray[np.float64]:
    """The (K, D, D) covariances with no eigenvalue below one in units of the floor (D,)."""
    unit = np.sqrt(floor)
    covariances = 0.5 * (covariances + covariances.transpose(0, 2, 1))
    in_units = covariances / np.outer(unit, unit)
    try:
        np.linalg.cholesky(in_units - np.eye(len(unit)))
    except np.linalg.LinAlgError:  # only now are the eigenvalues worth their price
        values, axes = np.linalg.eigh(in_units)
        scaled = axes * unit[:, None]
        lifted = (scaled * np.maximum(values, 1.0)[:, None]) @ scaled.transpose(0, 2, 1)
        low = values[:, 0] < 1.0
        return np.where(low[:, None, None], lifted, covariances)
    return covariances


def squared_units(kind: str, source: Source) -> NDArray[np.float64]:
    """(D,) squared units in which the defaults of a kind are given.

    They are each feature's own, so that no default depends on the units of the others. Spherical
    covariances have one variance for all features and so one unit: the mean variance.
    """
    own = unit_variances(source)
    if kind != "spherical":
        return own
    shared = float(source.variance.mean())
    return np.full(len(own), shared if shared > 0.0 else own.mean())


def variance_floor(units: NDArray, min_covar: float | None) -> NDArray[np.float64]:
    """(D,) smallest variances: in squared units when `min_covar` is None, else absolute."""
    if min_covar is None:
        return DEFAULT_FLOOR * units
    return np.maximum(float(min_covar), LEAST_FLOOR * units)


def gaussian_prior(
    kind: str,
    packed: Packed,
    *,
    n_states: int,
    means_prior: float | NDArray,
    means_weight: float,
    covars_prior: float | NDArray | None,
    covars_weight: float,
    min_covar: float | None,
) -> GaussianPrior:
    """Prior in the data's units; None for `covars_prior` is a share of each feature's variance."""
    n_features = packed.n_features
    units = squared_units(kind, packed)
    floor = variance_floor(units, min_covar)
    if covars_prior is None:
        covars_prior = DEFAULT_PRIOR * units
    if np.ndim(covars_prior) == 0:
        covars_prior = np.full(n_features, float(np.asarray(covars_prior)))
    scale = np.asarray(covars_prior, float)
    lost = 1.0 if kind in ("spherical", "diag") else float(n_features)
    if kind in ("tied", "full") and scale.ndim == 1:
        scale = np.diag(scale)
    shapes = {
        "spherical": (n_states, n_features),
        "diag": (n_states, n_features),
        "tied": (n_features, n_features),
        "full": (n_states, n_features, n_features),
    }
    scale = np.broadcast_to(scale, shapes[kind])
    mean = np.broadcast_to(np.asarray(means_prior, float), (n_states, n_features))
    weight = max(float(covars_weight) - lost, 0.0)
    return GaussianPrior(mean - packed.center, float(means_weight), scale, weight, floor)
