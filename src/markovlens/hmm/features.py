"""Features of the activations in which Gaussian log-densities are linear, compiled by numba.

The last row is one, so that a constant needs no pass of its own and weights add up with the rest.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

_FAST = {"nsz", "contract"}


def diagonal_features(x: NDArray) -> NDArray:
    """(2D + 1, n) x, its squares, one."""
    out = np.empty((2 * len(x) + 1, x.shape[1]), dtype=x.dtype)
    _fill_squares(x, out)
    return out


def paired_features(x: NDArray) -> NDArray:
    """(D + D(D+1)/2 + 1, n) x, the products of its pairs by rows of the upper triangle, one."""
    rows = len(x) * (len(x) + 3) // 2 + 1
    out = np.empty((rows, x.shape[1]), dtype=x.dtype)
    _fill_pairs(x, out)
    return out


@njit(cache=True, nogil=True, fastmath=_FAST)
def _fill_squares(x, out):
    """Write x, its squares and one."""
    n_features, n_columns = x.shape
    out[2 * n_features] = 1.0
    for i in range(n_features):
        plain, square = out[i], out[n_features + i]
        for column in range(n_columns):
            value = x[i, column]
            plain[column] = value
            square[column] = value * value


@njit(cache=True, nogil=True, fastmath=_FAST)
def _fill_pairs(x, out):
    """Write x, the products of its pairs and one."""
    n_features, n_columns = x.shape
    row = n_features
    for i in range(n_features):
        plain = out[i]
        for column in range(n_columns):
            plain[column] = x[i, column]
    for i in range(n_features):
        left = out[i]
        for j in range(i, n_features):
            right, product = out[j], out[row]
            row += 1
            for column in range(n_columns):
                product[column] = left[column] * right[column]
    out[row] = 1.0
