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

LLOYD_PASSES = 10
"""Passes of k-means after k-means++."""

TRIALS, TRIAL_ROUNDS, TRIAL_PASSES = 8, 2, 2
"""Trials, metrics tried after the first one in each, and passes of k-means in each metric."""

FAINT = 0.05
"""Weight of the features that a trial leaves out at first."""


def squared_distances(points: NDArray, centers: NDArray) -> NDArray[np.float64]:
    """(M, K) squared distances."""
    cross = points @ centers.T
    squares = (points**2).sum(axis=1)[:, None] + (centers**2).sum(axis=1)
    return np.maximum(squares - 2.0 * cross, 0.0)


def spread_out(points: NDArray, n_states: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """(K, D) points far apart: k-means++ (Arthur & Vassilvitskii 2007)."""
    centers = [points[rng.integers(len(points))]]
    nearest = squared_distances(points, centers[0][None])[:, 0]
    while len(centers) < n_states:
        mass = np.cumsum(nearest)
        if mass[-1] > 0.0:
            index = np.searchsorted(mass, rng.random() * mass[-1], side="right")
        else:
            index = rng.integers(len(points))
        centers.append(points[min(int(index), len(points) - 1)])
        nearest = np.minimum(nearest, squared_distances(points, centers[-1][None])[:, 0])
    return np.array(centers)


def centers_of(points: NDArray, labels: NDArray, otherwise: NDArray) -> NDArray[np.float64]:
    """(K, D) means of the points of each label; `otherwise` (K, D) where there are none."""
    member = np.eye(len(otherwise))[labels]
    size = member.sum(axis=0)[:, None]
    return np.where(size > 0, (member.T @ points) / np.maximum(size, 1.0), otherwise)


def lloyd(points: NDArray, centers: NDArray, *, passes: int) -> NDArray[np.int64]:
    """(M,) labels after so many passes of k-means, or fewer if nothing changes any more."""
    labels = squared_distances(points, centers).argmin(axis=1)
    for _ in range(passes):
        centers = centers_of(points, labels, centers)
        updated = squared_distances(points, centers).argmin(axis=1)
        if np.array_equal(updated, labels):
            break
        labels = updated
    return labels


def cluster(points: NDArray, n_states: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """(M,) labels of k-means from a k-means++ start."""
    return lloyd(points, spread_out(points, n_states, rng), passes=LLOYD_PASSES)


def adapted(
    points: NDArray, n_states: int, weights: NDArray, rng: np.random.Generator
) -> NDArray[np.int64]:
    """(M,) labels of k-means whose metric comes to be that of the clusters which it finds.

    Distances weigh the standardised features, at first by `weights` (D,), then by one over their
    deviation within clusters: features in which nothing piles up come to count little.
    """
    first = spread_out(points * weights, n_states, rng)
    labels = lloyd(points * weights, first, passes=TRIAL_PASSES)
    for _ in range(TRIAL_ROUNDS):
        spare = points[rng.integers(len(points), size=n_states)]
        centers = centers_of(points, labels, spare)
        within = ((points - centers[labels]) ** 2).mean(axis=0)
        weights = 1.0 / np.sqrt(np.maximum(within, DEFAULT_FLOOR))
        labels = lloyd(points * weights, centers * weights, passes=TRIAL_PASSES)
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
    """Log-likelihood, nats up to a constant, of points (M, D) that are in one cluster each.

    Clusters have Gaussians of the `kind`, as an M-step under the prior makes them.
    """
    member = np.eye(n_states)[labels]
    count, shape = member.sum(axis=0), (n_states, points.shape[1])
    if kind == "tied":
        second = points.T @ points
    elif kind == "full":
        second = np.stack([points[own].T @ points[own] for own in member.T > 0])
    else:
        second = member.T @ points**2
    moments = Moments(count, member.T @ points, second)
    means = update_means(np.zeros(shape), moments, prior)
    blank = np.ones((n_states,) if kind == "spherical" else shape)
    if kind == "full":
        blank = np.tile(np.eye(shape[1]), (n_states, 1, 1))
    spread = update_covariances(Gaussians(kind, means, blank), means, moments, prior)
    volumes = log_volumes(Gaussians(kind, means, spread))
    return float((count * (np.log(np.maximum(count, 1.0)) - 0.5 * volumes)).sum())
