"""k-means of what was recorded, made once for all methods that ask for the same clusters."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from markovlens.abstractions.base import Evidence, Options
from markovlens.abstractions.coresets import lightweight_coreset
from markovlens.errors import DataError
from markovlens.seeding import integer, seed_for

START_CLUSTERS = 12  # of states from which rows move the state, and from which a network is asked


@dataclass(frozen=True, slots=True)
class Clusters:
    """A partition of points into K clusters, none of them empty.

    Attributes:
        labels: int (N,), the cluster of each training point.
        centres: (K, D), their means.
    """

    labels: np.ndarray
    centres: np.ndarray

    @property
    def memberships(self) -> np.ndarray:
        """One-hot rows (N, K)."""
        return np.eye(len(self.centres))[self.labels]

    def nearest(self, points: np.ndarray) -> np.ndarray:
        """Return the cluster (M,) whose centre is nearest to each point (M, D)."""
        return squared_distances(points, self.centres).argmin(axis=1)


def shared_clusters(
    evidence: Evidence, n_clusters: int, options: Options, *, of: str = "states"
) -> Clusters:
    """Return the k-means clusters of all training steps, computed when they are first asked for.

    They depend on `evidence.seed` alone, so that `kmeans`, LISOR-k and over-clustering of one size
    see the same clusters.

    Args:
        evidence: whose training trace is clustered.
        n_clusters: the number asked for; constant or repeated points may give fewer.
        options: restarts, the bound on iterations, the size of a coreset.
        of: `states` or `outputs`.
    """
    key = ("kmeans", of, n_clusters, options.restarts, options.max_iterations, options.coreset)

    def make() -> Clusters:
        seed = integer(seed_for(evidence.seed, "kmeans", of, n_clusters))
        points = np.asarray(getattr(evidence.train, of), dtype=np.float64)
        labels = k_means(points, n_clusters, seed=seed, options=options)
        return Clusters(labels, means(points, labels))

    return evidence.once(key, make)


def k_means(points: np.ndarray, n_clusters: int, *, seed: int, options: Options) -> np.ndarray:
    """Return k-means++ labels (N,) of points (N, D), dense or sparse, numbered without gaps.

    Of more points than `options.coreset` it is a coreset whose centres are found.

    Raises:
        DataError: there are fewer points than clusters, or fewer in the coreset.
    """
    n_points = min(points.shape[0], options.coreset or points.shape[0])
    advice = "record more steps" if n_points == points.shape[0] else "take a larger coreset"
    _check_enough(n_points, n_clusters, advice)
    from sklearn.cluster import KMeans  # here: all who read machines load this module
    from sklearn.exceptions import ConvergenceWarning

    model = KMeans(
        n_clusters,
        n_init=options.restarts,
        max_iter=options.max_iterations,
        random_state=seed,
    )
    with warnings.catch_warnings():
        # A dead network leaves one point; the clusters it does not fill are dropped below.
        warnings.simplefilter("ignore", ConvergenceWarning)
        if n_points == points.shape[0]:
            labels = model.fit(points).labels_
        else:
            rows, weights = lightweight_coreset(points, n_points, rng=np.random.default_rng(seed))
            labels = model.fit(points[rows], sample_weight=weights).predict(points)
    numbers: np.ndarray = np.unique(labels, return_inverse=True)[1]
    return numbers


def weighted_cells(
    points: np.ndarray, weights: np.ndarray, n_cells: int, *, seed: int, options: Options
) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    """Return the k-means cell (N,) of points (N, D) that count `weights` (N,), none of them empty.

    And what gives the cell (M,) whose centre is nearest to each of other points (M, D). Where
    points repeat there are fewer than `n_cells`.

    Raises:
        DataError: there are fewer points than cells.
    """
    _check_enough(len(points), n_cells, "record more steps")
    from sklearn.cluster import KMeans  # here: all who read machines load this module
    from sklearn.exceptions import ConvergenceWarning

    model = KMeans(
        n_cells, n_init=options.restarts, max_iter=options.max_iterations, random_state=seed
    )
    with warnings.catch_warnings():
        # Said by the sizes themselves: a machine of fewer states goes to its own budget.
        warnings.filterwarnings("ignore", "Number of distinct clusters", ConvergenceWarning)
        labels = model.fit_predict(points, sample_weight=weights)
    filled, cells = np.unique(labels, return_inverse=True)
    model.cluster_centers_ = model.cluster_centers_[filled]
    return cells, model.predict


def _check_enough(n_points: int, n_clusters: int, advice: str) -> None:
    if n_points < n_clusters:
        raise DataError(
            f"{n_clusters} clusters need as many points, got {n_points}; {advice}", page="too-few"
        )


def weighted_classes(
    points: np.ndarray, weights: np.ndarray, n_classes: int, rng: np.random.Generator
) -> np.ndarray:
    """Return the k-means class (N,) of points (N, D) that count `weights` (N,), without gaps.

    Where points repeat there are fewer than `n_classes`: one for each that is different.
    """
    from sklearn.cluster import KMeans  # here: all who read machines load this module
    from sklearn.exceptions import ConvergenceWarning

    model = KMeans(n_classes, n_init=3, random_state=int(rng.integers(2**31)))
    with warnings.catch_warnings():
        # Said by the sizes themselves: a machine of fewer states goes to its own budget.
        warnings.filterwarnings("ignore", "Number of distinct clusters", ConvergenceWarning)
        labels = model.fit_predict(points, sample_weight=weights)
    numbers: np.ndarray = np.unique(labels, return_inverse=True)[1]
    return numbers


def means(points: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the mean (K, D) of the points (N, D) of each label."""
    sums = np.zeros((labels.max() + 1, points.shape[1]))
    np.add.at(sums, labels, points)
    return sums / np.bincount(labels)[:, None]


def squared_distances(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return ||x - c||^2 (N, K), up to a term that all clusters of a point share."""
    points = np.asarray(points, dtype=np.float64)
    return np.square(centres).sum(axis=1) - 2 * points @ centres.T
