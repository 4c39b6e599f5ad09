"""The E-step over one tile as one compiled call.

It runs the kernels of `kernels`, `scans` and `sums` in the order of `expectation`, which does the
same for every kind of density and of data, and takes as long between kernels as they take on small
tiles. What is expected of a tile is one row of numbers, so that tiles are added in one sum:

    score | first states (V, K) | moves (K + 1, K) | steps (K,) | sums of the features (R, K)

where what the last of the K + 1 rows holds has no meaning. Moves of several symbols have V rows of
K and stay zero: they are sums over columns here and there, which BLAS is left to do.
"""

import numpy as np

from markovlens.hmm import kernels, scans, sums
from markovlens.hmm.compiling import cached_njit, inline_njit
from markovlens.hmm.lattices import BLOCK_COLUMNS


@inline_njit
def _filter(log_density, x, density, missing, chain, lattice):
    """Fill the lattice forwards; whether all lanes can be trusted."""
    start, forth, _, symbols, offsets, limits = chain
    emission, alpha, _, top, scale = lattice
    floor = np.log(limits[0])
    for first in range(0, x.shape[1], BLOCK_COLUMNS):
        last = min(first + BLOCK_COLUMNS, x.shape[1])
        log_density(x, *density, first, last, emission)
        kernels.exponentials(emission, first, last, floor, top)
    for column in missing:
        emission[:, column] = 1.0
        top[column] = 0.0
    scans.forward(emission, start, forth, symbols, offsets, limits, alpha, scale)
    return scale.min() > 0.0


@inline_njit
def _smooth(missing, chain, lattice, transition, out):
    """Turn emissions into gamma and add what is expected of the chain and the numbers of steps.

    Returns what is left of out, for the sums of the features (R, K).
    """
    start, _, back, symbols, offsets, limits = chain
    gamma, alpha, arrival, top, scale = lattice
    n_symbols, n_states = start.shape
    out[0] += kernels.sum_of(top) + kernels.sum_of_logs(scale)
    scans.backward(gamma, back, symbols, offsets, limits, alpha, scale, arrival)
    after_starts = 1 + n_symbols * n_states
    starts = out[1:after_starts].reshape(n_symbols, n_states)
    for k in range(n_states):
        for lane in range(offsets[1]):
            starts[symbols[lane] if n_symbols > 1 else 0, k] += gamma[k, lane]
    after_moves = after_starts + n_symbols * n_states * n_states
    if n_symbols == 1:
        after_moves += n_states
        moves = out[after_starts:after_moves].reshape(n_states + 1, n_states)
        sums.weighted_sums(alpha, arrival, 0, scale.size, moves)
        moves[:n_states] *= transition
    for column in missing:
        gamma[:, column] = 0.0
    count = out[after_moves : after_moves + n_states]
    kernels.row_sums(gamma, 0, scale.size, gamma.dtype.type(0), count)
    return out[after_moves + n_states :].reshape(-1, n_states)


@cached_njit(error_model="numpy")
def diagonal_tile(x, density, missing, chain, lattice, transition, out):
    """Add what is expected of a tile to out; False where a lane underflows, and then nothing.

    `density` holds the arrays of a `DiagonalDensity`, `chain` those that the scans read, `lattice`
    room for (K, n) emissions, filtered states and arrivals and (n,) maxima and scales. R = 2 D:
    sums and squares in turn.
    """
    if not _filter(kernels.diagonal_log_density, x, density, missing, chain, lattice):
        return False
    rest = _smooth(missing, chain, lattice, transition, out)
    sums.weighted_squares(x, lattice[0], 0, x.shape[1], rest)
    return True


@cached_njit(error_model="numpy")
def full_tile(x, density, missing, chain, lattice, transition, out):
    """The same of a `FullDensity`; R = (D + 1) + D (D + 1), sums and products as in `sums`."""
    if not _filter(kernels.full_log_density, x, density, missing, chain, lattice):
        return False
    rest = _smooth(missing, chain, lattice, transition, out)
    n_sums = len(x) + 1
    sums.weighted_sums(x, lattice[0], 0, x.shape[1], rest[:n_sums])
    sums.weighted_products(x, lattice[0], 0, x.shape[1], rest[n_sums:])
    return True
