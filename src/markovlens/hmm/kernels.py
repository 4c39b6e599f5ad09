"""Gaussian densities and weighted moments over columns, compiled by numba.

Columns are worked off in strips that stay in the first caches, several rows at a time so that each
value loaded is used often. Arrays are whole, with the columns [first, last) to use: views with gaps
would not become vector code. Parameters come padded with zeros to whole blocks of rows. Moments are
summed over a strip in the type of the data, of which `zero` is, and then in float64.
"""

import numpy as np

from markovlens.hmm.compiling import cached_njit

_FAST = {"nsz", "contract"}
_SUMS = {"nsz", "contract", "reassoc"}

STRIP = 512
"""Columns in a strip."""


@cached_njit(fastmath=_FAST)
def diagonal_log_density(x, scales, shifts, constants, first, last, out):
    """Write constant_k - sum_d (scale_kd x_d - shift_kd)^2 to columns of out (K, n).

    `scales` and `shifts` are (K + K % 2, D padded to a multiple of four), `constants` (K + K % 2,).
    """
    n_states, final = out.shape[0], x.shape[0] - 1
    spare = np.empty((1, STRIP), dtype=x.dtype)
    for begin in range(first, last, STRIP):
        end = min(begin + STRIP, last)
        lanes = end - begin
        for k in range(0, n_states, 2):
            n = k + 1
            r0 = out[k, begin:end]
            r1 = out[n, begin:end] if n < n_states else spare[0, :lanes]
            r0[:], r1[:] = constants[k], constants[n]
            for d in range(0, x.shape[0], 4):
                s0, s1, s2, s3 = scales[k, d], scales[k, d + 1], scales[k, d + 2], scales[k, d + 3]
                m0, m1, m2, m3 = shifts[k, d], shifts[k, d + 1], shifts[k, d + 2], shifts[k, d + 3]
                u0, u1, u2, u3 = scales[n, d], scales[n, d + 1], scales[n, d + 2], scales[n, d + 3]
                v0, v1, v2, v3 = shifts[n, d], shifts[n, d + 1], shifts[n, d + 2], shifts[n, d + 3]
                x0, x1 = x[d, begin:end], x[min(d + 1, final), begin:end]
                x2, x3 = x[min(d + 2, final), begin:end], x[min(d + 3, final), begin:end]
                for lane in range(lanes):
                    a, b, c, e = x0[lane], x1[lane], x2[lane], x3[lane]
                    y0, y1, y2, y3 = s0 * a - m0, s1 * b - m1, s2 * c - m2, s3 * e - m3
                    z0, z1, z2, z3 = u0 * a - v0, u1 * b - v1, u2 * c - v2, u3 * e - v3
                    r0[lane] -= (y0 * y0 + y1 * y1) + (y2 * y2 + y3 * y3)
                    r1[lane] -= (z0 * z0 + z1 * z1) + (z2 * z2 + z3 * z3)


@cached_njit(fastmath=_FAST)
def full_log_density(x, inverses, shifts, constants, first, last, out):
    """Write constant_k - |H_k x - shift_k|^2 to columns of out (K, n).

    H_k is lower triangular; `inverses` is (K, D + 3, D + 3) and `shifts` (K, D + 3).
    """
    n_features = x.shape[0]
    by_four = n_features if n_features % 4 == 3 else n_features - n_features % 4
    white = np.empty((4, STRIP), dtype=x.dtype)
    for begin in range(first, last, STRIP):
        end = min(begin + STRIP, last)
        for k in range(len(constants)):
            out[k, begin:end] = constants[k]
            for i in range(0, by_four, 4):
                _less_four_squares(x, inverses[k], shifts[k], i, begin, end, white, out[k])
            if by_four < n_features:
                _less_two_squares(x, inverses[k], shifts[k], by_four, begin, end, white, out[k])


@cached_njit(fastmath=_FAST)
def _less_four_squares(x, factor, shift, i, begin, end, white, out):
    """Subtract from out the squares of rows i .. i + 3 of H x - shift."""
    lanes, final, row = end - begin, x.shape[0] - 1, out[begin:end]
    y0, y1, y2, y3 = white[0, :lanes], white[1, :lanes], white[2, :lanes], white[3, :lanes]
    y0[:], y1[:], y2[:], y3[:] = -shift[i], -shift[i + 1], -shift[i + 2], -shift[i + 3]
    for j in range(0, i + 4, 4):
        a0, a1, a2, a3 = factor[i, j], factor[i, j + 1], factor[i, j + 2], factor[i, j + 3]
        n = i + 1
        b0, b1, b2, b3 = factor[n, j], factor[n, j + 1], factor[n, j + 2], factor[n, j + 3]
        n = i + 2
        c0, c1, c2, c3 = factor[n, j], factor[n, j + 1], factor[n, j + 2], factor[n, j + 3]
        n = i + 3
        d0, d1, d2, d3 = factor[n, j], factor[n, j + 1], factor[n, j + 2], factor[n, j + 3]
        x0, x1 = x[j, begin:end], x[min(j + 1, final), begin:end]
        x2, x3 = x[min(j + 2, final), begin:end], x[min(j + 3, final), begin:end]
        if j < i:
            for lane in range(lanes):
                u, v, w, z = x0[lane], x1[lane], x2[lane], x3[lane]
                y0[lane] += a0 * u + a1 * v + a2 * w + a3 * z
                y1[lane] += b0 * u + b1 * v + b2 * w + b3 * z
                y2[lane] += c0 * u + c1 * v + c2 * w + c3 * z
                y3[lane] += d0 * u + d1 * v + d2 * w + d3 * z
        else:  # the block on the diagonal is triangular
            for lane in range(lanes):
                u, v, w = x0[lane], x1[lane], x2[lane]
                p, q = y0[lane] + a0 * u, y1[lane] + (b0 * u + b1 * v)
                r = y2[lane] + (c0 * u + c1 * v + c2 * w)
                s = y3[lane] + (d0 * u + d1 * v + d2 * w + d3 * x3[lane])
                row[lane] -= (p * p + q * q) + (r * r + s * s)


@cached_njit(fastmath=_FAST)
def _less_two_squares(x, factor, shift, i, begin, end, white, out):
    """Subtract from out the squares of rows i and i + 1, a multiple of four, of H x - shift."""
    lanes, n, row = end - begin, i + 1, out[begin:end]
    y0, y1 = white[0, :lanes], white[1, :lanes]
    y0[:], y1[:] = -shift[i], -shift[n]
    for j in range(0, i, 4):
        a0, a1, a2, a3 = factor[i, j], factor[i, j + 1], factor[i, j + 2], factor[i, j + 3]
        b0, b1, b2, b3 = factor[n, j], factor[n, j + 1], factor[n, j + 2], factor[n, j + 3]
        x0, x1 = x[j, begin:end], x[j + 1, begin:end]
        x2, x3 = x[j + 2, begin:end], x[j + 3, begin:end]
        for lane in range(lanes):
            u, v, w, z = x0[lane], x1[lane], x2[lane], x3[lane]
            y0[lane] += a0 * u + a1 * v + a2 * w + a3 * z
            y1[lane] += b0 * u + b1 * v + b2 * w + b3 * z
    a0, b0, b1 = factor[i, i], factor[n, i], factor[n, n]
    x0, x1 = x[i, begin:end], x[min(n, x.shape[0] - 1), begin:end]
    for lane in range(lanes):
        p, q = y0[lane] + a0 * x0[lane], y1[lane] + (b0 * x0[lane] + b1 * x1[lane])
        row[lane] -= p * p + q * q


@cached_njit(fastmath=_FAST)
def shift_down(values, first, last, floor, top):
    """Subtract from columns [first, last) of values (K, n) their maximum, written to top (n,).

    Nothing is left below `floor`, so that no exponential is a denormal number.
    """
    for begin in range(first, last, STRIP):
        end = min(begin + STRIP, last)
        highest = top[begin:end]
        highest[:] = values[0, begin:end]
        for j in range(1, values.shape[0]):
            row = values[j, begin:end]
            for column in range(end - begin):
                value = row[column]
                highest[column] = value if value > highest[column] else highest[column]
        for j in range(values.shape[0]):
            row = values[j, begin:end]
            for column in range(end - begin):
                value = row[column] - highest[column]
                row[column] = value if value > floor else floor


@cached_njit(fastmath=_FAST)
def subtract(x, mean, first, out):
    """Write columns of x from `first` on, less the mean (D,), to out (D, m)."""
    for d in range(len(out)):
        source, target, m = x[d, first : first + out.shape[1]], out[d], mean[d]
        for column in range(len(target)):
            target[column] = source[column] - m


@cached_njit(fastmath=_FAST)
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


@cached_njit(fastmath=_SUMS)
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


@cached_njit(fastmath=_SUMS)
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
