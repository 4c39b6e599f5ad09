"""Forward, backward and Viterbi recursions over the lanes of a tile, compiled by numba.

Arrays are (K, n): a row for each state, columns as laid out by `packing`. The innermost loops run
over the lanes of one time step, so they are vector code. Emissions come as probabilities divided by
their column's maximum; each step is rescaled to sum to one (Rabiner 1989, section V.A).

    forward    a_t(j) = e_t(j) sum_i a_{t-1}(i) A(i, j) / c_t
    backward   b_{t-1}(i) = sum_j A(i, j) v_t(j),   v_t(j) = e_t(j) b_t(j) / c_t

so that the expected transitions are A * (a_{t-1} v_t'), one matrix product for a whole tile.
"""

import numpy as np

from markovlens.hmm.compiling import cached_njit

_FAST = {"nsz", "contract", "arcp"}


@cached_njit(fastmath=_FAST, error_model="numpy")
def mix_shared(out, to, matrix, values, at, lanes, spare):
    """Write matrix' values[:, at:] to out[:, to:], both m lanes.

    `matrix` is (K, K, 1), padded with zeros to whole blocks of four states by four; what lies
    beyond the last target goes to `spare` (3, m or more).
    """
    n_states, final = out.shape[0], out.shape[0] - 1
    for j in range(0, n_states, 4):
        t0 = out[j, to : to + lanes]
        t1 = out[j + 1, to : to + lanes] if j + 1 <= final else spare[0, :lanes]
        t2 = out[j + 2, to : to + lanes] if j + 2 <= final else spare[1, :lanes]
        t3 = out[j + 3, to : to + lanes] if j + 3 <= final else spare[2, :lanes]
        for i in range(0, n_states, 4):
            table = matrix[i : i + 4, j : j + 4, 0]
            a0, a1, a2, a3 = table[0, 0], table[1, 0], table[2, 0], table[3, 0]
            b0, b1, b2, b3 = table[0, 1], table[1, 1], table[2, 1], table[3, 1]
            c0, c1, c2, c3 = table[0, 2], table[1, 2], table[2, 2], table[3, 2]
            d0, d1, d2, d3 = table[0, 3], table[1, 3], table[2, 3], table[3, 3]
            v0, v1 = values[i, at : at + lanes], values[min(i + 1, final), at : at + lanes]
            v2 = values[min(i + 2, final), at : at + lanes]
            v3 = values[min(i + 3, final), at : at + lanes]
            if i == 0:
                for lane in range(lanes):
                    w, x, y, z = v0[lane], v1[lane], v2[lane], v3[lane]
                    t0[lane] = a0 * w + a1 * x + a2 * y + a3 * z
                    t1[lane] = b0 * w + b1 * x + b2 * y + b3 * z
                    t2[lane] = c0 * w + c1 * x + c2 * y + c3 * z
                    t3[lane] = d0 * w + d1 * x + d2 * y + d3 * z
            else:
                for lane in range(lanes):
                    w, x, y, z = v0[lane], v1[lane], v2[lane], v3[lane]
                    t0[lane] += a0 * w + a1 * x + a2 * y + a3 * z
                    t1[lane] += b0 * w + b1 * x + b2 * y + b3 * z
                    t2[lane] += c0 * w + c1 * x + c2 * y + c3 * z
                    t3[lane] += d0 * w + d1 * x + d2 * y + d3 * z


@cached_njit(fastmath=_FAST, error_model="numpy")
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


@cached_njit(fastmath=_FAST, error_model="numpy")
def forward(emission, start, matrix, symbols, offsets, limits, alpha, scale):
    """Fill alpha (K, n) with p(z_t | x_1..t) and scale (n,) with c_t.

    `start` is (V, K), `matrix` (K, K, V), padded as `mix_shared` wants it. Values below `limits[0]`
    become zero; a lane whose scale falls below `limits[1]` gets scale zero from there on and must
    be redone in log space.
    """
    n_states = emission.shape[0]
    tiny, least = limits[0], limits[1]
    inverse = np.empty(offsets[1], dtype=emission.dtype)
    spare = np.empty((3, offsets[1]), dtype=emission.dtype)
    for t in range(len(offsets) - 1):
        first, last = offsets[t], offsets[t + 1]
        lanes = last - first
        here, total = symbols[first:last], scale[first:last]
        if t == 0:
            for j in range(n_states):
                for lane in range(lanes):
                    alpha[j, lane] = start[here[lane], j]
        elif matrix.shape[2] == 1:
            mix_shared(alpha, first, matrix, alpha, offsets[t - 1], lanes, spare)
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


@cached_njit(fastmath=_FAST, error_model="numpy")
def backward(emission, matrix, symbols, offsets, limits, alpha, scale, arrival):
    """Overwrite emission by gamma = p(z_t | x_1..T) and fill arrival, both (K, n).

    `matrix` is (K, K, V), padded likewise and transposed: [j, i, symbol]. Column t-1 of `arrival`
    holds v_t, zero where a sequence ends, so that sum_t a_{t-1} v_t' is `alpha @ arrival.T`.
    Messages are cut off at 1 / limits[0].
    """
    n_states = emission.shape[0]
    tiny, most = limits[0], 1.0 / limits[0]
    n_times, lanes_in_all = len(offsets) - 1, offsets[1]
    message = np.ones((n_states, lanes_in_all), dtype=emission.dtype)
    inverse = np.empty(lanes_in_all, dtype=emission.dtype)
    spare = np.empty((3, lanes_in_all), dtype=emission.dtype)
    arrival[:, offsets[n_times - 1] :] = 0.0
    for t in range(n_times - 1, -1, -1):
        first, last = offsets[t], offsets[t + 1]
        lanes = last - first
        back = offsets[t - 1] if t > 0 else 0
        total = scale[first:last]
        for lane in range(lanes):
            inverse[lane] = 1.0 / total[lane] if total[lane] > 0.0 else 0.0
        for j in range(n_states):
            gamma, forth = emission[j, first:last], alpha[j, first:last]
            news = message[j, :lanes]
            if t > 0:
                coming = arrival[j, back : back + lanes]
                for lane in range(lanes):
                    value = min(gamma[lane] * news[lane] * inverse[lane], most)
                    coming[lane] = value if value > tiny else 0.0
                arrival[j, back + lanes : first] = 0.0
            for lane in range(lanes):
                gamma[lane] = forth[lane] * news[lane]
        if t == 0:
            break
        if matrix.shape[2] == 1:
            mix_shared(message, 0, matrix, arrival, back, lanes, spare)
        else:
            mix_by_symbol(message, 0, matrix, arrival, back, symbols[first:last])
        _rescale(message, alpha, back, inverse[:lanes], tiny)


@cached_njit(fastmath=_FAST, error_model="numpy")
def _rescale(message, alpha, back, total, tiny):
    """Divide messages so that sum_i a(i) b(i) = 1 in every lane, or rounding would add up."""
    n_states, lanes = message.shape[0], len(total)
    total[:] = 0.0
    for i in range(n_states):
        values, weight = message[i, :lanes], alpha[i, back : back + lanes]
        for lane in range(lanes):
            total[lane] += weight[lane] * values[lane]
    for lane in range(lanes):
        total[lane] = 1.0 / total[lane] if total[lane] > 0.0 else 0.0
    most = 1.0 / tiny
    for i in range(n_states):
        values = message[i, :lanes]
        for lane in range(lanes):
            value = min(values[lane] * total[lane], most)
            values[lane] = value if value > tiny else 0.0


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
