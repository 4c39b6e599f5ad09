"""Which centre is nearest to each point, and what points have in common that share one; compiled.

Points are columns (D, M) of float64, worked off in groups as in `kernels`. Centres are rows (K, D).
"""

import numpy as np

from markovlens.hmm.compiling import cached_njit, inline_njit
from markovlens.hmm.vector_arithmetic import larger, smaller, where_above
from markovlens.hmm.vectors import by_groups, entry, load, spread, store


@inline_njit
def _squared_distance(points, centers, k, column, keep):
    """Those of a group of points to a centre."""
    out = spread(0.0, keep)
    for d in range(points.shape[0]):
        away = load(points, d, column, keep) - entry(centers, k, d)
        out = out + away * away
    return out


@inline_njit
def _approach(column, keep, points, centers, k, squares):
    """A group of points of `approach`."""
    fresh = _squared_distance(points, centers, k, column, keep)
    store(squares, 0, column, smaller(fresh, load(squares, 0, column, keep)), keep)


@cached_njit()
def approach(points, centers, k, squares):
    """Lower squares (M,) to the squared distances to centre k where these are smaller."""
    rows = squares.reshape((1, squares.size))
    by_groups(_approach, points, 0, squares.size, (points, centers, k, rows))


@inline_njit
def _assign(column, keep, points, centers, found):
    """A group of points of `assign`."""
    least = _squared_distance(points, centers, 0, column, keep)
    nearest = spread(0.0, keep)
    for k in range(1, centers.shape[0]):
        fresh = _squared_distance(points, centers, k, column, keep)
        nearest = larger(where_above(least, fresh, np.float64(k)), nearest)
        least = smaller(fresh, least)
    store(found, 0, column, nearest, keep)


@cached_njit()
def assign(points, centers, labels):
    """Write the number of the nearest centre of each point, the first of equals, to labels (M,).

    Returns whether any changed.
    """
    found, changed = np.empty((1, labels.size)), 0
    by_groups(_assign, points, 0, labels.size, (points, centers, found))
    for i in range(labels.size):
        label = np.int64(found[0, i])
        changed += label != labels[i]
        labels[i] = label
    return changed > 0


@cached_njit()
def sums_of(points, labels, n_centers):
    """Numbers (K,) and sums (K, D) of the points of each label."""
    count, sums = np.zeros(n_centers), np.zeros((n_centers, points.shape[0]))
    for i in range(labels.size):
        count[labels[i]] += 1.0
        for d in range(points.shape[0]):
            sums[labels[i], d] += points[d, i]
    return count, sums


@cached_njit()
def deviations(points, centers, labels):
    """(D,) mean squared distances of the points to the centres of their labels, by feature."""
    out = np.zeros(points.shape[0])
    for d in range(points.shape[0]):
        for i in range(labels.size):
            away = points[d, i] - centers[labels[i], d]
            out[d] += away * away
    return out / labels.size
