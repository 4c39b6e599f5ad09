"""Sums over columns weighted by the states' probabilities, compiled by numba.

Four states by two features are summed at a time, so that each value loaded is used often, over
strips of columns that stay in the first caches. A strip is summed in the type of the data, and then
in float64. `weights` are (K, n), features (D, n); columns [first, last) count.
"""

from markovlens.hmm.compiling import cached_njit, inline_njit
from markovlens.hmm.vector_arithmetic import total
from markovlens.hmm.vectors import first_columns, group_size, load, spread

STRIP_BYTES = 4096
"""Size of a row of a strip."""


@inline_njit
def _neighbours(x, _, j, column, keep):
    """Rows j and j + 1, the last one twice."""
    return load(x, j, column, keep), load(x, min(j + 1, x.shape[0] - 1), column, keep)


@inline_njit
def _powers(x, i, _, column, keep):
    """A row and its square."""
    value = load(x, i, column, keep)
    return value, value * value


@inline_njit
def _products(x, i, j, column, keep):
    """Row i times rows j and j + 1, the last one twice."""
    value = load(x, i, column, keep)
    left, right = _neighbours(x, i, j, column, keep)
    return value * left, value * right


@inline_njit
def _four_by_two(features, weights, k, x, i, j, first, last, step, keep):
    """Sums of two features under states k .. k + 3, the last one repeated."""
    final = weights.shape[0] - 1
    zero = spread(weights.dtype.type(0), keep)
    a, b, c, d, e, f, g, h = zero, zero, zero, zero, zero, zero, zero, zero
    for column in range(first, last, step):
        p, q = features(x, i, j, column, keep)
        u, v = load(weights, k, column, keep), load(weights, min(k + 1, final), column, keep)
        a, b, c, d = a + u * p, b + u * q, c + v * p, d + v * q
        u = load(weights, min(k + 2, final), column, keep)
        v = load(weights, min(k + 3, final), column, keep)
        e, f, g, h = e + u * p, f + u * q, g + v * p, h + v * q
    one = total(a), total(c), total(e), total(g)
    return one, (total(b), total(d), total(f), total(h))


@inline_njit
def _add_four(out, row, k, one, two):
    """Add the sums of four states, as far as there are states, to two rows of out."""
    for s in range(min(4, out.shape[1] - k)):
        out[row, k + s] += one[s]
        out[row + 1, k + s] += two[s]


@inline_njit
def _add_strip(out, row, features, weights, k, x, i, j, first, last):
    """Add to two rows of out (.., K), from state k on, the sums of both features over a strip."""
    size = group_size(x)
    whole = last - (last - first) % size
    one, two = _four_by_two(features, weights, k, x, i, j, first, whole, size, None)
    _add_four(out, row, k, one, two)
    for column in range(whole, last, size // 2):
        rest = first_columns(x, last - column)
        one, two = _four_by_two(features, weights, k, x, i, j, column, column + 1, 1, rest)
        _add_four(out, row, k, one, two)


@cached_njit()
def weighted_sums(x, weights, first, last, out):
    """Add to out (D + 1, K) the sums of weights times x; the last row of out may hold anything."""
    strip = STRIP_BYTES // x.itemsize
    for begin in range(first, last, strip):
        end = min(begin + strip, last)
        for k in range(0, weights.shape[0], 4):
            for j in range(0, x.shape[0], 2):
                _add_strip(out, j, _neighbours, weights, k, x, j, j, begin, end)


@cached_njit()
def weighted_squares(x, weights, first, last, out):
    """Add to out (2 D, K) in turn the sums of weights times x_i and times x_i^2."""
    strip = STRIP_BYTES // x.itemsize
    for begin in range(first, last, strip):
        end = min(begin + strip, last)
        for k in range(0, weights.shape[0], 4):
            for i in range(x.shape[0]):
                _add_strip(out, 2 * i, _powers, weights, k, x, i, i, begin, end)


@cached_njit()
def weighted_products(x, weights, first, last, out):
    """Add to out (D (D + 1), K) the sums of weights times x_i x_j to row i (D + 1) + j, for j >= i.

    Other rows are not used; after each D of them there is one that may hold anything.
    """
    pitch = x.shape[0] + 1
    strip = STRIP_BYTES // x.itemsize
    for begin in range(first, last, strip):
        end = min(begin + strip, last)
        for k in range(0, weights.shape[0], 4):
            for i in range(x.shape[0]):
                for j in range(i, x.shape[0], 2):
                    row = i * pitch + j
                    _add_strip(out, row, _products, weights, k, x, i, j, begin, end)
