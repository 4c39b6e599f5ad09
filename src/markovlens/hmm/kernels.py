"""Gaussian densities and weighted moments over columns, compiled by numba for few features.

Columns are worked off in strips that stay in the first cache, features two at a time. Arrays are
whole, with the columns [first, last) to use: views with gaps would not become vector code.
"""

import numpy as np
from numba import njit

_FAST = {"nsz", "contract"}
_SUMS = {"nsz", "contract", "reassoc"}

STRIP = 512
"""Columns in a strip."""


@njit(cache=True, nogil=True, fastmath=_FAST)
def diagonal_log_density(x, scales, shifts, constants, first, last, out):
    """Write constant_k - sum_d (scale_kd x_d - shift_kd)^2 to columns of out (K, n)."""
    n_features = x.shape[0]
    for begin in range(first, last, STRIP):
        end = min(begin + STRIP, last)
        for k in range(len(constants)):
            row = out[k, begin:end]
            row[:] = constants[k]
            for d in range(0, n_features - 1, 2):
                s0, s1, m0, m1 = scales[k, d], scales[k, d + 1], shifts[k, d], shifts[k, d + 1]
                x0, x1 = x[d, begin:end], x[d + 1, begin:end]
                for column in range(end - begin):
                    y0, y1 = s0 * x0[column] - m0, s1 * x1[column] - m1
                    row[column] -= y0 * y0 + y1 * y1
            if n_features % 2 == 1:
                s0, m0 = scales[k, n_features - 1], shifts[k, n_features - 1]
                x0 = x[n_features - 1, begin:end]
                for column in range(end - begin):
                    y0 = s0 * x0[column] - m0
                    row[column] -= y0 * y0


@njit(cache=True, nogil=True, fastmath=_SUMS)
def diagonal_sums(x, gamma, first, last, zero, out):
    """Add to out (2, K, D) the sums of gamma x and of gamma x^2; `zero` has the type of x."""
    n_features = x.shape[0]
    for begin in range(first, last, STRIP):
        end = min(begin + STRIP, last)
        for k in range(gamma.shape[0]):
            weight = gamma[k, begin:end]
            for d in range(0, n_features, 2):
                e = min(d + 1, n_features - 1)
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
def full_log_density(x, inverses, shifts, constants, first, last, out):
    """Write constant_k - |H_k x - shift_k|^2 to columns of out (K, n).

    H_k is lower triangular, with three columns of zeros added: `inverses` is (K, D, D + 3).
    """
    n_features = x.shape[0]
    y0, y1 = np.empty(STRIP, dtype=x.dtype), np.empty(STRIP, dtype=x.dtype)
    for begin in range(first, last, STRIP):
        end = min(begin + STRIP, last)
        for k in range(len(constants)):
            row, factor = out[k, begin:end], inverses[k]
            row[:] = constants[k]
            for i in range(0, n_features - 1, 2):
                _whiten_two(x, factor, shifts[k], i, begin, end, y0, y1)
                for column in range(end - begin):
                    row[column] -= y0[column] * y0[column] + y1[column] * y1[column]
            if n_features % 2 == 1:
                i = n_features - 1
                y0[:] = -shifts[k, i]
                for j in range(n_features):
                    h, source = factor[i, j], x[j, begin:end]
                    for column in range(end - begin):
                        y0[column] += h * source[column]
                for column in range(end - begin):
                    row[column] -= y0[column] * y0[column]


@njit(cache=True, nogil=True, fastmath=_FAST)
def _whiten_two(x, factor, shift, i, begin, end, y0, y1):
    """Rows i and i + 1 of H x - shift; `factor` (D, D + 3) is zero above the diagonal."""
    y0[:] = -shift[i]
    y1[:] = -shift[i + 1]
    final = x.shape[0] - 1  # what lies beyond has coefficient zero
    for j in range(0, i + 2, 4):
        a0, a1, a2, a3 = factor[i, j], factor[i, j + 1], factor[i, j + 2], factor[i, j + 3]
        n = i + 1
        b0, b1, b2, b3 = factor[n, j], factor[n, j + 1], factor[n, j + 2], factor[n, j + 3]
        x0, x1 = x[j, begin:end], x[min(j + 1, final), begin:end]
        x2, x3 = x[min(j + 2, final), begin:end], x[min(j + 3, final), begin:end]
        for column in range(end - begin):
            u, v, w, z = x0[column], x1[column], x2[column], x3[column]
            y0[column] += a0 * u + a1 * v + a2 * w + a3 * z
            y1[column] += b0 * u + b1 * v + b2 * w + b3 * z


@njit(cache=True, nogil=True, fastmath=_SUMS)
def full_sums(x, gamma, first, last, zero, sums, squares):
    """Add to sums (K, D) and the upper triangles of squares (K, D, D); `zero` is of x's type."""
    n_features = x.shape[0]
    scaled = np.empty((n_features, STRIP), dtype=x.dtype)
    for begin in range(first, last, STRIP):
        end = min(begin + STRIP, last)
        for k in range(gamma.shape[0]):
            weight = gamma[k, begin:end]
            for i in range(n_features):
                source, target, total = x[i, begin:end], scaled[i], zero
                for column in range(end - begin):
                    value = weight[column] * source[column]
                    target[column] = value
                    total += value
                sums[k, i] += total
            for i in range(0, n_features, 2):
                n = min(i + 1, n_features - 1)
                s0, s1 = scaled[i], scaled[n]
                for j in range(i, n_features, 2):
                    m = min(j + 1, n_features - 1)
                    x0, x1 = x[j, begin:end], x[m, begin:end]
                    q00, q01, q10, q11 = zero, zero, zero, zero
                    for column in range(end - begin):
                        u, v = x0[column], x1[column]
                        q00 += s0[column] * u
                        q01 += s0[column] * v
                        q10 += s1[column] * u
                        q11 += s1[column] * v
                    squares[k, i, j] += q00
                    if m > j:
                        squares[k, i, m] += q01
                    if n > i:
                        squares[k, n, j] += q10
                    if m > j and n > i:
                        squares[k, n, m] += q11


@njit(cache=True, nogil=True, fastmath=_FAST)
def subtract(x, mean, first, out):
    """Write columns of x from `first` on, less the mean (D,), to out (D, m)."""
    for d in range(len(out)):
        source, target, m = x[d, first : first + out.shape[1]], out[d], mean[d]
        for column in range(len(target)):
            target[column] = source[column] - m


@njit(cache=True, nogil=True, fastmath=_FAST)
def less_squares(white, constant, out):
    """Write the constant less the sum of squares of each column of white (D, m) to out (m,)."""
    out[:] = constant
    for d in range(0, len(white) - 1, 2):
        y0, y1 = white[d], white[d + 1]
        for column in range(len(out)):
            out[column] -= y0[column] * y0[column] + y1[column] * y1[column]
    if len(white) % 2 == 1:
        y0 = white[-1]
        for column in range(len(out)):
            out[column] -= y0[column] * y0[column]


@njit(cache=True, nogil=True, fastmath=_FAST)
def scale_columns(x, columns, factors, out):
    """Write the chosen columns (m,) of x, each times its factor, to out (D, m)."""
    chosen = len(columns)
    together = chosen > 0 and columns[-1] - columns[0] == chosen - 1
    for d in range(len(out)):
        target = out[d]
        if together:  # neighbours become vector code
            source = x[d, columns[0] : columns[0] + chosen]
            for column in range(chosen):
                target[column] = source[column] * factors[column]
        else:
            source = x[d]
            for column in range(chosen):
                target[column] = source[columns[column]] * factors[column]
