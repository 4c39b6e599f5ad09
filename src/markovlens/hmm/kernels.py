"""Gaussian densities over columns, compiled by numba.

A group of columns fills two registers; several states or rows are worked off at a time, so that
each value loaded is used often. Arrays are whole, with the columns [first, last) to use.
Parameters come padded with zeros to whole blocks of rows.
"""

import numpy as np

from markovlens.hmm.compiling import cached_njit, inline_njit
from markovlens.hmm.vector_arithmetic import exponential, larger
from markovlens.hmm.vectors import by_groups, entry, group_size, load, spread, store, store_four

_FAST = {"nsz", "contract"}
_SUMS = {"nsz", "contract", "reassoc"}

STRIP = 512
"""Columns in a strip."""

LEAST_PRODUCT = 1e-200
"""Product below which another factor might make a denormal number."""


@inline_njit
def _diagonal(column, keep, x, scales, shifts, constants, near, out):
    """A group of columns of `diagonal_log_density`, four states at a time.

    They are copied to `near`: rows of x may compete for one place in the cache.
    """
    for f in range(x.shape[0]):
        store(near, f, 0, load(x, f, column, keep), keep)
    for k in range(0, out.shape[0], 4):
        a, b = spread(constants[k], keep), spread(constants[k + 1], keep)
        c, d = spread(constants[k + 2], keep), spread(constants[k + 3], keep)
        for f in range(x.shape[0]):
            value = load(near, f, 0, keep)
            p = entry(scales, f, k) * value - entry(shifts, f, k)
            q = entry(scales, f, k + 1) * value - entry(shifts, f, k + 1)
            r = entry(scales, f, k + 2) * value - entry(shifts, f, k + 2)
            s = entry(scales, f, k + 3) * value - entry(shifts, f, k + 3)
            a, b, c, d = a - p * p, b - q * q, c - r * r, d - s * s
        store_four(out, k, column, (a, b, c, d), keep)


@cached_njit()
def diagonal_log_density(x, scales, shifts, constants, first, last, out):
    """Write constant_k - sum_d (scale_dk x_d - shift_dk)^2 to columns of out (K, n).

    `scales` and `shifts` are (D, K padded to a multiple of four), `constants` likewise.
    """
    near = np.empty((x.shape[0], group_size(x)), dtype=x.dtype)
    by_groups(_diagonal, x, first, last, (x, scales, shifts, constants, near, out))


@inline_njit
def _less_four_squares(value, x, factor, shift, i, column, keep):
    """What is left of a value without the squares of rows i .. i + 3 of H x - shift."""
    final = x.shape[0] - 1
    a, b = spread(-shift[i], keep), spread(-shift[i + 1], keep)
    c, d = spread(-shift[i + 2], keep), spread(-shift[i + 3], keep)
    for j in range(i + 1):
        u = load(x, j, column, keep)
        a, b = a + entry(factor, j, i) * u, b + entry(factor, j, i + 1) * u
        c, d = c + entry(factor, j, i + 2) * u, d + entry(factor, j, i + 3) * u
    # The block on the diagonal is triangular; beyond the last row factors are zero.
    u, v = load(x, min(i + 1, final), column, keep), load(x, min(i + 2, final), column, keep)
    w = load(x, min(i + 3, final), column, keep)
    b = b + entry(factor, i + 1, i + 1) * u
    c = c + entry(factor, i + 1, i + 2) * u + entry(factor, i + 2, i + 2) * v
    d = d + entry(factor, i + 1, i + 3) * u + entry(factor, i + 2, i + 3) * v
    d = d + entry(factor, i + 3, i + 3) * w
    return value - ((a * a + b * b) + (c * c + d * d))


@inline_njit
def _less_two_squares(value, x, factor, shift, i, column, keep):
    """The same of rows i and i + 1, the last ones."""
    a, b = spread(-shift[i], keep), spread(-shift[i + 1], keep)
    for j in range(i + 1):
        u = load(x, j, column, keep)
        a, b = a + entry(factor, j, i) * u, b + entry(factor, j, i + 1) * u
    b = b + entry(factor, i + 1, i + 1) * load(x, min(i + 1, x.shape[0] - 1), column, keep)
    return value - (a * a + b * b)


@inline_njit
def _full(column, keep, x, factors, shifts, constants, out):
    """A group of columns of `full_log_density`."""
    n_features = x.shape[0]
    by_four = n_features if n_features % 4 == 3 else n_features - n_features % 4
    for k in range(len(constants)):
        value = spread(constants[k], keep)
        for i in range(0, by_four, 4):
            value = _less_four_squares(value, x, factors[k], shifts[k], i, column, keep)
        if by_four < n_features:
            value = _less_two_squares(value, x, factors[k], shifts[k], by_four, column, keep)
        store(out, k, column, value, keep)


@cached_njit()
def full_log_density(x, factors, shifts, constants, first, last, out):
    """Write constant_k - |H_k x - shift_k|^2 to columns of out (K, n).

    H_k is lower triangular; `factors` (K, D + 3, D + 3) are its transpose, `shifts` (K, D + 3).
    """
    by_groups(_full, x, first, last, (x, factors, shifts, constants, out))


@inline_njit
def _relative(column, keep, values, floor, top):
    """A group of columns of `exponentials`."""
    highest = load(values, 0, column, keep)
    for k in range(1, values.shape[0]):
        highest = larger(load(values, k, column, keep), highest)
    store(top, 0, column, highest, keep)
    for k in range(values.shape[0]):
        value = larger(load(values, k, column, keep) - highest, floor)
        store(values, k, column, exponential(value), keep)


@cached_njit()
def exponentials(values, first, last, floor, top):
    """Overwrite columns of values (K, n) by their exponentials over that of their maximum.

    The maximum goes to top (n,). No exponent is below `floor`, so that none is a denormal number.
    """
    by_groups(_relative, values, first, last, (values, floor, top.reshape((1, top.size))))


@cached_njit(fastmath=_FAST)
def weighted_columns(x, weights, first, last, out):
    """Write columns of x times the root of their weight to out (D * m,), those with weight only.

    Returns their number: `out` begins with that many columns of a C array with D rows.
    """
    used, roots = np.empty(last - first, dtype=np.int64), np.empty(last - first, dtype=x.dtype)
    count = 0
    for column in range(first, last):
        if weights[column] > 0.0:
            used[count] = column
            roots[count] = np.sqrt(weights[column])
            count += 1
    for d in range(x.shape[0]):
        target = out[d * count : (d + 1) * count]
        if count == last - first:  # neighbours become vector code
            source = x[d, first:last]
            for column in range(count):
                target[column] = source[column] * roots[column]
        else:
            for column in range(count):
                target[column] = x[d, used[column]] * roots[column]
    return count


@cached_njit(fastmath=_SUMS)
def row_sums(gamma, first, last, zero, out):
    """Add to out (K,) the sums of the rows of gamma (K, n) over columns [first, last)."""
    for begin in range(first, last, STRIP):
        for k in range(gamma.shape[0]):
            row, total = gamma[k, begin : min(begin + STRIP, last)], zero
            for column in range(len(row)):
                total += row[column]
            out[k] += total


@cached_njit(fastmath=_SUMS)
def sum_of(values):
    """Sum of values (n,) in float64."""
    out = 0.0
    for value in values:
        out += np.float64(value)
    return out


@cached_njit(fastmath=_SUMS)
def sum_of_logs(values):
    """Sum of the logarithms of values (n,), none much above 1 nor below `Limits.least`.

    A logarithm costs as much as a dozen products, so that it is taken of products: of four side by
    side, since each product waits for the one before.
    """
    out, a, b, c, d = 0.0, 1.0, 1.0, 1.0, 1.0
    whole = len(values) - len(values) % 4
    for i in range(0, whole, 4):
        a, b = a * values[i], b * values[i + 1]
        c, d = c * values[i + 2], d * values[i + 3]
        if min(min(a, b), min(c, d)) < LEAST_PRODUCT:
            out += np.log(a) + np.log(b) + np.log(c) + np.log(d)
            a, b, c, d = 1.0, 1.0, 1.0, 1.0
    for i in range(whole, len(values)):
        out += np.log(np.float64(values[i]))
    return out + np.log(a) + np.log(b) + np.log(c) + np.log(d)
