"""Clusters of decoder states as the authors find them, and where a stream changes cluster."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.exceptions import ConvergenceWarning

RESTARTS = 5


def k_means(points: np.ndarray, n_clusters: int, *, seed: int) -> np.ndarray:
    """Return k-means++ labels (N,) of points (N, D), the best of five starts."""
    model = KMeans(n_clusters, n_init=RESTARTS, random_state=seed)
    with warnings.catch_warnings():
        # States of a dead network coincide: fewer clusters are then all there are.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(points).labels_


def single_linkage(points: np.ndarray, n_clusters: int, *, seed: int) -> np.ndarray:
    """Return labels (N,) of agglomerative clustering: cosine distance, single linkage.

    As in the authors' public code (Su & Shlizerman 2020). On unit vectors the cosine distance is
    half the squared Euclidean one, and single linkage sees only the order of distances; the
    Euclidean form needs no (N, N) matrix. `seed` has no part in it. A point at the origin has no
    direction and stays there.
    """
    norms = np.linalg.norm(points, axis=1, keepdims=True)
    units = np.divide(points, norms, out=np.zeros_like(points), where=norms > 0)
    model = AgglomerativeClustering(n_clusters, linkage="single", metric="euclidean")
    return model.fit(units).labels_


PARTITIONS: dict[str, Callable[..., np.ndarray]] = {
    "kmeans": k_means,
    "single_linkage": single_linkage,
}


def smoothed(labels: np.ndarray, width: int) -> np.ndarray:
    """Return, for each step (T,), the commonest label of the `width` steps around it.

    Of equals the smallest label counts; at the ends there are fewer steps.
    """
    counts = np.eye(int(labels.max()) + 1)[labels]  # (T, K)
    total = np.vstack([np.zeros(counts.shape[1]), np.cumsum(counts, axis=0)])
    steps = np.arange(len(labels))
    begin = np.maximum(steps - width // 2, 0)
    end = np.minimum(steps + (width + 1) // 2, len(labels))
    return (total[end] - total[begin]).argmax(axis=1)


def changes(labels: np.ndarray) -> np.ndarray:
    """Return the steps at which the label is another than at the step before."""
    return np.flatnonzero(np.diff(labels)) + 1
