"""Weighted sums over columns, compiled by numba: what the M-step needs of the data.

Four states share every value loaded. Columns are worked off in strips that stay in a core's first
caches; a strip is summed in the type of the data and added in float64. Arrays are whole, with the
columns [first, last) to use: views with gaps would not become vector code. `zero` is of their type.
"""

import numpy as np
from numba import njit

_FAST = {"nsz", "contract", "reassoc"}

STRIP = 512
"""Columns in a strip."""


@njit(cache=True, nogil=True, fastmath=_FAST)
def row_sums(gamma, first, last, zero, out):
    """Add to out (K,) the sums of the rows of gamma (K, n) over columns [first, last)."""
    for begin in range(first, last, STRIP):
        for k in range(gamma.shape[0]):
            row, total = gamma[k, begin : min(begin + STRIP, last)], zero
            for column in range(len(row)):
                total += row[column]
            out[k] += total


@njit(cache=True, nogil=True, fastmath=_FAST)
def diagonal_sums(x, gamma, first, last, zero, out):
    """Add to out (2, K, D) the sums of gamma x and of gamma x^2; `gamma` is (K, n)."""
    n_states = gamma.shape[0]
    by_four = n_states - n_states % 4
    for begin in range(first, last, STRIP):
        end = min(begin + STRIP, last)
        for k in range(0, by_four, 4):
            w0, w1 = gamma[k, begin:end], gamma[k + 1, begin:end]
            w2, w3 = gamma[k + 2, begin:end], gamma[k + 3, begin:end]
            for d in range(x.shape[0]):
                row = x[d, begin:end]
                f0, f1, f2, f3 = zero, zero, zero, zero
                q0, q1, q2, q3 = zero, zero, zero, zero
                for column in range(end - begin):
                    value = row[column]
                    square = value * value
                    f0 += w0[column] * value
                    f1 += w1[column] * value
                    f2 += w2[column] * value
                    f3 += w3[column] * value
                    q0 += w0[column] * square
                    q1 += w1[column] * square
                    q2 += w2[column] * square
                    q3 += w3[column] * square
                for s, f, q in ((0, f0, q0), (1, f1, q1), (2, f2, q2), (3, f3, q3)):
                    out[0, k + s, d] += f
                    out[1, k + s, d] += q
        for k in range(by_four, n_states):
            _one_state_sums(x, gamma, k, begin, end, zero, out)


@njit(cache=True, nogil=True, fastmath=_FAST)
def _one_state_sums(x, gamma, k, begin, end, zero, out):
    """The part of `diagonal_sums` of one state and one strip, two features at a time."""
    weight = gamma[k, begin:end]
    for d in range(0, x.shape[0], 2):
        e = min(d + 1, x.shape[0] - 1)
        x0, x1 = x[d, begin:end], x[e, begin:end]
        f0, f1, q0, q1 = zero, zero, zero, zero
        for column in range(end - begin):
            w0, w1 = weight[column] * x0[column], weight[column] * x1[column]
            f0 += w0
            f1 += w1
            q0 += w0 * x0[column]
            q1 += w1 * x1[column]
        out[0, k, d] += f0
        out[1, k, d] += q0
        if e > d:
            out[0, k, e] += f1
            out[1, k, e] += q1


@njit(cache=True, nogil=True, fastmath=_FAST)
def full_sums(x, gamma, first, last, zero, out):
    """Add to out (K, D + 1, D) the sums of gamma x in row 0, of gamma x_i x_j in row i + 1, j >= i.

    The products of features are formed once for four states; below the diagonal nothing is added.
    """
    n_features, n_states = x.shape[0], gamma.shape[0]
    final = n_states - 1
    ones = np.ones(STRIP, dtype=x.dtype)
    for begin in range(first, last, STRIP):
        end = min(begin + STRIP, last)
        for k in range(0, n_states, 4):
            states = min(4, n_states - k)  # what lies beyond is summed, but not added
            w0, w1 = gamma[k, begin:end], gamma[min(k + 1, final), begin:end]
            w2, w3 = gamma[min(k + 2, final), begin:end], gamma[min(k + 3, final), begin:end]
            for i in range(n_features + 1):
                left = x[i - 1, begin:end] if i > 0 else ones[: end - begin]
                for j in range(max(i - 1, 0), n_features, 2):
                    m = min(j + 1, n_features - 1)
                    x0, x1 = x[j, begin:end], x[m, begin:end]
                    a0, a1, a2, a3 = zero, zero, zero, zero
                    b0, b1, b2, b3 = zero, zero, zero, zero
                    for column in range(end - begin):
                        p, q = left[column] * x0[column], left[column] * x1[column]
                        a0 += w0[column] * p
                        a1 += w1[column] * p
                        a2 += w2[column] * p
                        a3 += w3[column] * p
                        b0 += w0[column] * q
                        b1 += w1[column] * q
                        b2 += w2[column] * q
                        b3 += w3[column] * q
                    for s, a, b in ((0, a0, b0), (1, a1, b1), (2, a2, b2), (3, a3, b3)):
                        if s < states:
                            out[k + s, i, j] += a
                            out[k + s, i, m] += b if m > j else 0.0
