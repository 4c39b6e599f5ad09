"""Forward, backward and Viterbi recursions over the lanes of a tile, compiled by numba.

Arrays are (K, n): a row for each state, columns as laid out by `packing`. The lanes of one time
step are worked off in groups that fill vectors. Emissions come as probabilities divided by their
column's maximum; each step is rescaled to sum to one (Rabiner 1989, section V.A).

    forward    a_t(j) = e_t(j) sum_i a_{t-1}(i) A(i, j) / c_t
    backward   b_{t-1}(i) = sum_j A(i, j) v_t(j),   v_t(j) = e_t(j) b_t(j) / c_t

so that the expected transitions are A * (a_{t-1} v_t'), one matrix product for a whole tile.
"""

import numpy as np

from markovlens.hmm.compiling import cached_njit, inline_njit
from markovlens.hmm.vector_arithmetic import smaller, where_above
from markovlens.hmm.vectors import by_groups, entry, load, store, store_four


@inline_njit
def _mix(lane, keep, matrix, values, at, out, to):
    """Write matrix' values to out in a group of lanes; `matrix` is (K, K padded)."""
    for j in range(0, out.shape[0], 4):
        value = load(values, 0, at + lane, keep)
        a, b = entry(matrix, 0, j) * value, entry(matrix, 0, j + 1) * value
        c, d = entry(matrix, 0, j + 2) * value, entry(matrix, 0, j + 3) * value
        for i in range(1, out.shape[0]):
            value = load(values, i, at + lane, keep)
            a, b = a + entry(matrix, i, j) * value, b + entry(matrix, i, j + 1) * value
            c, d = c + entry(matrix, i, j + 2) * value, d + entry(matrix, i, j + 3) * value
        store_four(out, j, to + lane, (a, b, c, d), keep)


@cached_njit(error_model="numpy")
def mix_by_symbol(matrix, values, at, out, to, symbols):
    """As `_mix`, in all the lanes, each by the table of its symbol; `matrix` is (K, K, V)."""
    n_states, lanes = out.shape[0], len(symbols)
    for j in range(n_states):
        target = out[j, to : to + lanes]
        for lane in range(lanes):
            target[lane] = 0.0
        for i in range(n_states):
            table, source = matrix[i, j], values[i, at : at + lanes]
            for lane in range(lanes):
                target[lane] += table[symbols[lane]] * source[lane]


@inline_njit
def _mix_lanes(matrix, values, at, out, to, symbols):
    """Write matrix' values[:, at:] to out[:, to:] by the matrix of each lane's symbol.

    `matrix` is (K, K, V), padded with zeros to whole blocks of four targets; V = 1 for all symbols.
    """
    if matrix.shape[2] == 1:
        shared = matrix.reshape(matrix.shape[:2])
        by_groups(_mix, values, 0, len(symbols), (shared, values, at, out, to))
    else:
        mix_by_symbol(matrix, values, at, out, to, symbols)


@inline_njit
def _observe(column, keep, alpha, emission, scale, limits):
    """Turn what was predicted in a group of columns of alpha into what is filtered."""
    mass = load(alpha, 0, column, keep) * load(emission, 0, column, keep)
    for j in range(1, alpha.shape[0]):
        mass = mass + load(alpha, j, column, keep) * load(emission, j, column, keep)
    store(scale, 0, column, where_above(mass, limits[1], mass), keep)
    inverse = where_above(mass, limits[1], 1.0 / mass)
    for j in range(alpha.shape[0]):
        value = load(alpha, j, column, keep) * load(emission, j, column, keep) * inverse
        store(alpha, j, column, where_above(value, limits[0], value), keep)


@cached_njit(error_model="numpy")
def forward(emission, start, matrix, symbols, offsets, limits, alpha, scale):
    """Fill alpha (K, n) with p(z_t | x_1..t) and scale (n,) with c_t.

    `start` is (V, K), `matrix` as in `_mix_lanes`. Values below `limits[0]` become zero; a lane
    whose scale falls below `limits[1]` gets scale zero from there on and must be redone in log
    space.
    """
    scale = scale.reshape((1, scale.size))
    for t in range(len(offsets) - 1):
        first, last = offsets[t], offsets[t + 1]
        if t == 0:
            for j in range(alpha.shape[0]):
                for lane in range(last):
                    alpha[j, lane] = start[symbols[lane], j]
        else:
            _mix_lanes(matrix, alpha, offsets[t - 1], alpha, first, symbols[first:last])
        by_groups(_observe, alpha, first, last, (alpha, emission, scale, limits))


@inline_njit
def _smooth(lane, keep, first, back, emission, alpha, scale, limits, message, arrival):
    """Turn emissions of a group of lanes into gamma, and fill arrival one step earlier."""
    mass = load(scale, 0, first + lane, keep)
    inverse, most = where_above(mass, 0.0, 1.0 / mass), 1.0 / limits[0]
    for j in range(alpha.shape[0]):
        news = load(message, j, lane, keep)
        if back >= 0:
            value = smaller(load(emission, j, first + lane, keep) * news * inverse, most)
            store(arrival, j, back + lane, where_above(value, limits[0], value), keep)
        store(emission, j, first + lane, load(alpha, j, first + lane, keep) * news, keep)


@inline_njit
def _rescale(lane, keep, message, alpha, back, tiny):
    """Divide messages so that sum_i a(i) b(i) = 1 in every lane, or rounding would add up."""
    mass = load(message, 0, lane, keep) * load(alpha, 0, back + lane, keep)
    for i in range(1, alpha.shape[0]):
        mass = mass + load(message, i, lane, keep) * load(alpha, i, back + lane, keep)
    inverse, most = where_above(mass, 0.0, 1.0 / mass), 1.0 / tiny
    for i in range(alpha.shape[0]):
        value = smaller(load(message, i, lane, keep) * inverse, most)
        store(message, i, lane, where_above(value, tiny, value), keep)


@inline_njit
def _clear(arrival, first, last):
    """Set columns [first, last) to zero."""
    for j in range(arrival.shape[0]):
        for column in range(first, last):
            arrival[j, column] = 0.0


@cached_njit(error_model="numpy")
def backward(emission, matrix, symbols, offsets, limits, alpha, scale, arrival):
    """Overwrite emission by gamma = p(z_t | x_1..T) and fill arrival, both (K, n).

    `matrix` is (K, K, V), padded likewise and transposed: [j, i, symbol]. Column t-1 of `arrival`
    holds v_t, zero where a sequence ends, so that sum_t a_{t-1} v_t' is `alpha @ arrival.T`.
    Messages are cut off at 1 / limits[0].
    """
    n_times = len(offsets) - 1
    message = np.ones((alpha.shape[0], offsets[1]), dtype=alpha.dtype)
    _clear(arrival, offsets[n_times - 1], offsets[n_times])
    scale = scale.reshape((1, scale.size))
    for t in range(n_times - 1, -1, -1):
        first, last = offsets[t], offsets[t + 1]
        lanes, back = last - first, offsets[t - 1] if t > 0 else -1
        lattice = (first, back, emission, alpha, scale, limits, message, arrival)
        by_groups(_smooth, alpha, 0, lanes, lattice)
        if t == 0:
            break
        _clear(arrival, back + lanes, first)
        _mix_lanes(matrix, arrival, back, message, 0, symbols[first:last])
        by_groups(_rescale, alpha, 0, lanes, (message, alpha, back, limits[0]))


@cached_njit(error_model="numpy")
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


@cached_njit(error_model="numpy")
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


@cached_njit()
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


@cached_njit()
def _log_sum(values):
    """Log of the summed exponentials of a short vector."""
    top = values.max()
    if top == -np.inf:
        return top
    return top + np.log(np.exp(values - top).sum())


@cached_njit()
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
