"""The likeliest stays of a semi-Markov chain, whatever the laws of their lengths.

Yu (2010), Hidden semi-Markov models, Artificial Intelligence 174: the Viterbi recursion over ends
of stays. Chains of phases have it for nothing where each way to stay is one path.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from markovlens.hmm.lattices import Engine, log_densities
from markovlens.hmm.packing import Packed


@dataclass(frozen=True, slots=True)
class Stays:
    """Logarithms of what a semi-Markov chain does."""

    start: NDArray[np.float64]  # (K,)
    moves: NDArray[np.float64]  # (K, K), -inf on the diagonal
    law: NDArray[np.float64]  # (K, T) of 1 .. T steps
    lasting: NDArray[np.float64]  # (K, T) of as many steps or more


def likeliest_stays(
    packed: Packed, engine: Engine, stays: Stays, n_phases: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """States (N,) of the best segmentation, and the joint log-probability (n_sequences,) of each.

    The engine is that of the chain of phases, from which the outputs' densities are taken. Time and
    memory of a sequence of T steps are K T^2 and K T.
    """
    states = np.empty(packed.n_steps, dtype=np.int64)
    joints = np.empty(packed.n_sequences)
    for tile in packed.tiles:
        density = log_densities(tile, engine)[::n_phases].astype(np.float64)
        for lane, sequence in enumerate(tile.sequences):
            columns = tile.columns_of_lane(lane)
            states[tile.rows[columns]], joints[sequence] = segment(density[:, columns], stays)
    return states, joints


def segment(density: NDArray, stays: Stays) -> tuple[NDArray[np.int64], float]:
    """The best path (T,) of one sequence with log-densities (K, T), and its log-probability."""
    n_states, n_steps = density.shape
    sums = np.concatenate([np.zeros((n_states, 1)), np.cumsum(density, axis=1)], axis=1)
    entered = np.empty((n_states, n_steps))  # best way to begin a stay at a step
    came, since = np.empty((2, n_states, n_steps), dtype=np.int64)
    entered[:, 0], came[:, 0] = stays.start, -1
    for t in range(n_steps):
        law = stays.law if t + 1 < n_steps else stays.lasting
        ways = entered[:, : t + 1] - sums[:, : t + 1] + law[:, t::-1]
        since[:, t] = ways.argmax(axis=1)
        ended = ways.max(axis=1) + sums[:, t + 1]
        if t + 1 < n_steps:
            onward = ended[:, None] + stays.moves
            came[:, t + 1], entered[:, t + 1] = onward.argmax(axis=0), onward.max(axis=0)
    path, state, last = np.empty(n_steps, dtype=np.int64), int(ended.argmax()), n_steps - 1
    while last >= 0:
        first = since[state, last]
        path[first : last + 1] = state
        state, last = int(came[state, first]), int(first) - 1
    return path, float(ended.max())
