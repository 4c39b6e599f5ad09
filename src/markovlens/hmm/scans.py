"""Forward, backward and Viterbi recursions over the lanes of a tile, compiled by numba.

Arrays are (K, n): a row for each state, columns as laid out by `packing`. The innermost loops run
over the lanes of one time step, so they are vector code. Emissions come as probabilities divided by
their column's maximum; each step is rescaled to sum to one (Rabiner 1989, section V.A).

    forward    a_t(j) = e_t(j) sum_i a_{t-1}(i) A(i, j) / c_t
    backward   b_{t-1}(i) = sum_j A(i, j) v_t(j),   v_t(j) = e_t(j) b_t(j) / c_t

so that the expected transitions are A * (a_{t-1} v_t'), one matrix product for a whole tile.
"""

import numpy as np
from numba import njit

_FAST = {"nsz", "contract", "arcp"}


@njit(cache=True, nogil=True, fastmath=_FAST)
def shift_down(values, first, last, floor, top):
    """Subtract from columns [first, last) of values (K, n) their maximum, written to top (n,).

    Nothing is left below `floor`, so that no exponential is a denormal number.
    """
    highest = top[first:last]
    for column in range(last - first):
        highest[column] = values[0, first + column]
    for j in range(1, values.shape[0]):
        row = values[j, first:last]
        for column in range(last - first):
            value = row[column]
            highest[column] = value if value > highest[column] else highest[column]
    for j in range(values.shape[0]):
        row = values[j, first:last]
        for column in range(last - first):
            value = row[column] - highest[column]
            row[column] = value if value > floor else floor


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def mix_shared(out, to, matrix, values, at, lanes):
    """Write matrix' values[:, at:] to out[:, to:], both m lanes; `matrix` is (K, K, 1).

    Targets and sources are taken two at a time, so that each value loaded is used twice.
    """
    n_states = out.shape[0]
    even = n_states - n_states % 2
    for j in range(n_states):
        target = out[j, to : to + lanes]
        for lane in range(lanes):
            target[lane] = 0.0
    for j in range(0, even, 2):
        left, right = out[j, to : to + lanes], out[j + 1, to : to + lanes]
        for i in range(0, even, 2):
            a0, a1 = matrix[i, j, 0], matrix[i + 1, j, 0]
            b0, b1 = matrix[i, j + 1, 0], matrix[i + 1, j + 1, 0]
            v0, v1 = values[i, at : at + lanes], values[i + 1, at : at + lanes]
            for lane in range(lanes):
                x0, x1 = v0[lane], v1[lane]
                left[lane] += a0 * x0 + a1 * x1
                right[lane] += b0 * x0 + b1 * x1
    for j in range(n_states):
        target = out[j, to : to + lanes]
        for i in range(even if j < even else 0, n_states):
            a0, v0 = matrix[i, j, 0], values[i, at : at + lanes]
            for lane in range(lanes):
                target[lane] += a0 * v0[lane]


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def mix_by_symbol(out, to, matrix, values, at, symbols):
    """As `mix_shared`, each lane by its own matrix; `matrix` is (K, K, V), `symbols` (m,)."""
    n_states, lanes = out.shape[0], len(symbols)
    for j in range(n_states):
        target = out[j, to : to + lanes]
        for lane in range(lanes):
            target[lane] = 0.0
        for i in range(n_states):
            table, source = matrix[i, j], values[i, at : at + lanes]
            for lane in range(lanes):
                target[lane] += table[symbols[lane]] * source[lane]


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def forward(emission, start, matrix, symbols, offsets, limits, alpha, scale):
    """Fill alpha (K, n) with p(z_t | x_1..t) and scale (n,) with c_t.

    `start` is (V, K), `matrix` (K, K, V). Values below `limits[0]` become zero; a lane whose scale
    falls below `limits[1]` gets scale zero from there on and must be redone in log space.
    """
    n_states = emission.shape[0]
    tiny, least = limits[0], limits[1]
    inverse = np.empty(offsets[1], dtype=emission.dtype)
    for t in range(len(offsets) - 1):
        first, last = offsets[t], offsets[t + 1]
        lanes = last - first
        here, total = symbols[first:last], scale[first:last]
        if t == 0:
            for j in range(n_states):
                for lane in range(lanes):
                    alpha[j, lane] = start[here[lane], j]
        elif matrix.shape[2] == 1:
            mix_shared(alpha, first, matrix, alpha, offsets[t - 1], lanes)
        else:
            mix_by_symbol(alpha, first, matrix, alpha, offsets[t - 1], here)
        for lane in range(lanes):
            total[lane] = 0.0
        for j in range(n_states):
            target, factor = alpha[j, first:last], emission[j, first:last]
            for lane in range(lanes):
                target[lane] *= factor[lane]
                total[lane] += target[lane]
        for lane in range(lanes):
            enough = total[lane] > least
            total[lane] = total[lane] if enough else 0.0
            inverse[lane] = 1.0 / total[lane] if enough else 0.0
        for j in range(n_states):
            target = alpha[j, first:last]
            for lane in range(lanes):
                value = target[lane] * inverse[lane]
                target[lane] = value if value > tiny else 0.0


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def backward(emission, matrix, symbols, offsets, limits, alpha, arrival):
    """Overwrite emission by gamma = p(z_t | x_1..T) and fill arrival, both (K, n).

    `matrix` is (K, K, V), transposed: [j, i, symbol]. Column t-1 of `arrival` holds v_t, zero where
    a sequence ends, so that sum_t a_{t-1} v_t' is `alpha @ arrival.T`. Messages are cut off at
    1 / limits[0].
    """
    n_states = emission.shape[0]
    n_times, lanes_in_all = len(offsets) - 1, offsets[1]
    message = np.ones((n_states, lanes_in_all), dtype=emission.dtype)
    total = np.empty(lanes_in_all, dtype=emission.dtype)
    arrival[:, offsets[n_times - 1] :] = 0.0
    for t in range(n_times - 1, -1, -1):
        first, last = offsets[t], offsets[t + 1]
        lanes = last - first
        back = offsets[t - 1] if t > 0 else 0
        for j in range(n_states):
            gamma, forth = emission[j, first:last], alpha[j, first:last]
            news = message[j, :lanes]
            if t > 0:
                coming = arrival[j, back : back + lanes]
                for lane in range(lanes):
                    coming[lane] = gamma[lane] * news[lane]
                arrival[j, back + lanes : first] = 0.0
            for lane in range(lanes):
                gamma[lane] = forth[lane] * news[lane]
        if t == 0:
            break
        if matrix.shape[2] == 1:
            mix_shared(message, 0, matrix, arrival, back, lanes)
        else:
            mix_by_symbol(message, 0, matrix, arrival, back, symbols[first:last])
        _rescale(message, arrival, alpha, back, total[:lanes], limits[0])


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _rescale(message, arrival, alpha, back, total, tiny):
    """Divide messages so that sum_i a(i) b(i) = 1 in every lane."""
    n_states, lanes, most = message.shape[0], len(total), 1.0 / tiny
    for lane in range(lanes):
        total[lane] = 0.0
    for i in range(n_states):
        values, weight = message[i, :lanes], alpha[i, back : back + lanes]
        for lane in range(lanes):
            total[lane] += weight[lane] * values[lane]
    for lane in range(lanes):
        total[lane] = 1.0 / total[lane] if total[lane] > 0.0 else 0.0
    for i in range(n_states):
        values, coming = message[i, :lanes], arrival[i, back : back + lanes]
        for lane in range(lanes):
            value, arrived = values[lane] * total[lane], coming[lane] * total[lane]
            value, arrived = min(value, most), min(arrived, most)
            values[lane] = value if value > tiny else 0.0
            coming[lane] = arrived if arrived > tiny else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def viterbi(log_emission, log_start, log_matrix, symbols, offsets, path):
    """Fill path (n,) with the most likely states and return each lane's joint log-probability.

    `log_start` is (V, K), `log_matrix` (K, K, V) [to, from, symbol], `log_emission` (K, n).
    """
    n_states, n_columns = log_emission.shape
    lanes_in_all, n_times = offsets[1], len(offsets) - 1
    origin = np.zeros((n_states, n_columns), dtype=np.int16)
    score = np.empty((n_states, lanes_in_all))
    best = np.empty((n_states, lanes_in_all))
    for j in range(n_states):
        for lane in range(lanes_in_all):
            score[j, lane] = log_start[symbols[lane], j] + log_emission[j, lane]
    chosen = np.empty(lanes_in_all)
    for t in range(1, n_times):
        first, last = offsets[t], offsets[t + 1]
        for j in range(n_states):
            _best_origin(score, log_matrix[j], symbols[first:last], best[j], chosen)
            choice = origin[j, first:last]
            for lane in range(last - first):
                choice[lane] = np.int16(chosen[lane])
        for j in range(n_states):
            for lane in range(last - first):
                score[j, lane] = best[j, lane] + log_emission[j, first + lane]
    return _trace_back(score, origin, offsets, path)


@njit(cache=True, nogil=True, error_model="numpy")
def _best_origin(score, log_column, symbols, top, chosen):
    """Best previous state of each lane as a float, and its score; `log_column` is (K, V)."""
    lanes, shared = len(symbols), log_column.shape[1] == 1
    for lane in range(lanes):
        top[lane], chosen[lane] = -np.inf, 0.0
    for i in range(len(score)):
        source, number = score[i], float(i)
        if shared:
            step = log_column[i, 0]
            for lane in range(lanes):
                value = source[lane] + step
                better = value > top[lane]
                chosen[lane] = number if better else chosen[lane]
                top[lane] = value if better else top[lane]
        else:
            table = log_column[i]
            for lane in range(lanes):
                value = source[lane] + table[symbols[lane]]
                better = value > top[lane]
                chosen[lane] = number if better else chosen[lane]
                top[lane] = value if better else top[lane]


@njit(cache=True, nogil=True)
def _trace_back(score, origin, offsets, path):
    """Follow the origins from the best last state of each lane."""
    n_states, lanes = score.shape
    joint = np.empty(lanes)
    for lane in range(lanes):
        t = len(offsets) - 2
        while offsets[t + 1] - offsets[t] <= lane:
            t -= 1
        state = 0
        for j in range(n_states):
            if score[j, lane] > score[state, lane]:
                state = j
        joint[lane] = score[state, lane]
        path[offsets[t] + lane] = state
        while t > 0:
            state = origin[state, offsets[t] + lane]
            t -= 1
            path[offsets[t] + lane] = state
    return joint


@njit(cache=True, nogil=True)
def _log_sum(values):
    """Log of the summed exponentials of a short vector."""
    top = values.max()
    if top == -np.inf:
        return top
    return top + np.log(np.exp(values - top).sum())


@njit(cache=True, nogil=True)
def smooth_in_logs(log_emission, log_start, log_matrix, symbols):
    """Filter, gamma (K, T), transitions (V, K, K) and log-likelihood of one sequence, in log space.

    Slow, and exact where probabilities underflow. An impossible sequence has log-likelihood -inf
    and zeros elsewhere.
    """
    n_states, n_times = log_emission.shape
    ahead = np.empty((n_states, n_times))
    behind = np.zeros((n_states, n_times))
    for t in range(n_times):
        step = log_matrix[symbols[t]]
        for j in range(n_states):
            prior = log_start[symbols[0], j] if t == 0 else _log_sum(ahead[:, t - 1] + step[:, j])
            ahead[j, t] = prior + log_emission[j, t]
    for t in range(n_times - 1, 0, -1):
        step = log_matrix[symbols[t]]
        for i in range(n_states):
            behind[i, t - 1] = _log_sum(step[i] + log_emission[:, t] + behind[:, t])
    total = _log_sum(ahead[:, n_times - 1])
    filtered, gamma = np.zeros_like(ahead), np.zeros_like(ahead)
    moves = np.zeros_like(log_matrix)
    if total == -np.inf:
        return filtered, gamma, moves, total
    for t in range(n_times):
        filtered[:, t] = np.exp(ahead[:, t] - _log_sum(ahead[:, t]))
        gamma[:, t] = np.exp(ahead[:, t] + behind[:, t] - total)
        for i in range(n_states if t > 0 else 0):
            onward = log_matrix[symbols[t], i] + log_emission[:, t] + behind[:, t]
            moves[symbols[t], i] += np.exp(ahead[i, t - 1] + onward - total)
    return filtered, gamma, moves, total
