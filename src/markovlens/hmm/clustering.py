"""Clusters from which Gaussian states begin: k-means in a metric that the clusters themselves give.

Nothing here depends on the units of single features. What does not depend on them cannot know which
features matter either: k-means on standardised features lets many that say nothing outvote the few
in which states are piled up. So there are several trials, most of which begin with a random part of
the features, in a metric that is then adapted; the one under which the points are likeliest counts.
"""

import numpy as np
from numpy.typing import NDArray

from markovlens.hmm.emissions import Moments
from markovlens.hmm.gaussians import (
    DEFAULT_FLOOR,
    GaussianPrior,
    Gaussians,
    log_volumes,
    update_covariances,
    update_means,
)
from markovlens.hmm.nearest import approach, assign, deviations, sums_of

LLOYD_PASSES = 10
"""Passes of k-means after k-means++."""

TRIALS, TRIAL_ROUNDS, TRIAL_PASSES = 8, 2, 2
"""Trials, metrics tried after the first one in each, and passes of k-means in each metric."""

FAINT = 0.05
"""Weight of the features that a trial leaves out at first."""


def spread_out(points: NDArray, n_states: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """(K, D) points (D, M) far apart: k-means++ (Arthur & Vassilvitskii 2007)."""
    n_points = points.shape[1]
    centers, nearest = np.empty((n_states, len(points))), np.full(n_points, np.inf)
    centers[0] = points[:, rng.integers(n_points)]
    for k in range(1, n_states):
        approach(points, centers, k - 1, nearest)
        mass = np.cumsum(nearest)
        if mass[-1] > 0.0:
            index = np.searchsorted(mass, rng.random() * mass[-1], side="right")
        else:
            index = rng.integers(n_points)
        centers[k] = points[:, min(int(index), n_points - 1)]
    return centers


def centers_of(points: NDArray, labels: NDArray, otherwise: NDArray) -> NDArray[np.float64]:
    """(K, D) means of the points (D, M) of each label; `otherwise` (K, D) where there are none."""
    count, sums = sums_of(points, labels, len(otherwise))
    return np.where(count[:, None] > 0, sums / np.maximum(count, 1.0)[:, None], otherwise)


def lloyd(points: NDArray, centers: NDArray, *, passes: int) -> NDArray[np.int64]:
    """(M,) labels after so many passes of k-means, or fewer if nothing changes any more."""
    labels = np.zeros(points.shape[1], dtype=np.int64)
    assign(points, centers, labels)
    for _ in range(passes):
        centers = centers_of(points, labels, centers)
        if not assign(points, centers, labels):
            break
    return labels


def cluster(points: NDArray, n_states: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """(M,) labels of k-means of points (D, M) from a k-means++ start."""
    return lloyd(points, spread_out(points, n_states, rng), passes=LLOYD_PASSES)


def adapted(
    points: NDArray, n_states: int, weights: NDArray, rng: np.random.Generator
) -> NDArray[np.int64]:
    """(M,) labels of k-means whose metric comes to be that of the clusters which it finds.

    Distances weigh the standardised features, at first by `weights` (D,), then by one over their
    deviation within clusters: features in which nothing piles up come to count little.
    """
    seen = points * weights[:, None]
    labels = lloyd(seen, spread_out(seen, n_states, rng), passes=TRIAL_PASSES)
    for _ in range(TRIAL_ROUNDS):
        spare = points[:, rng.integers(points.shape[1], size=n_states)].T
        centers = centers_of(points, labels, spare)
        within = deviations(points, centers, labels)
        weights = 1.0 / np.sqrt(np.maximum(within, DEFAULT_FLOOR))
        labels = lloyd(points * weights[:, None], centers * weights, passes=TRIAL_PASSES)
    return labels


def trial_weights(n_features: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """(TRIALS, D) first weights: all features alike once, then random parts of them."""
    weights = np.ones((TRIALS, n_features))
    for row in weights[1:]:
        n_left_out = int(rng.integers(n_features))
        row[rng.choice(n_features, n_left_out, replace=False)] = FAINT
    return weights


def clustered_likelihood(
    kind: str, points: NDArray, labels: NDArray, n_states: int, *, prior: GaussianPrior
) -> float:
    """Log-likelihood, nats up to a constant, of points (D, M) that are in one cluster each.

    Clusters have Gaussians of the `kind`, as an M-step under the prior makes them.
    """
    (count, first), shape = sums_of(points, labels, n_states), (n_states, len(points))
    if kind == "tied":
        second = points @ points.T
    elif kind == "full":
        own = (points[:, labels == k] for k in range(n_states))
        second = np.stack([each @ each.T for each in own])
    else:
        _, second = sums_of(points**2, labels, n_states)
    moments = Moments(count, first, second)
    means = update_means(np.zeros(shape), moments, prior)
    blank = np.ones((n_states,) if kind == "spherical" else shape)
    if kind == "full":
        blank = np.tile(np.eye(shape[1]), (n_states, 1, 1))
    spread = update_covariances(Gaussians(kind, means, blank), means, moments, prior)
    volumes = log_volumes(Gaussians(kind, means, spread))
    return float((count * (np.log(np.maximum(count, 1.0)) - 0.5 * volumes)).sum())
