"""Networks that read rows, planted: states that jump as an automaton reading bits does."""

import numpy as np

from markovlens.trace import Trace

PARITY, COUNT = [[0, 1], [1, 0]], [[1, 0], [2, 0], [3, 0], [3, 3]]
STEPS = 20


def trace_of(rows, bits, successor, *, channels=(), noise=0.3, seed=1):
    """Return a trace over rows (N, D) that act as bits (N,), and its planted states (N,).

    Where the states of the automaton lie does not depend on the seed.
    """
    rng = np.random.default_rng(seed)
    truth, at = np.zeros(len(bits), dtype=int), 0
    for row, bit in enumerate(bits):
        at = successor[0 if row % STEPS == 0 else at][bit]
        truth[row] = at
    places = 2 * np.random.default_rng(1).normal(size=(4, 5))
    states = places[truth] + noise * rng.normal(size=(len(bits), 5))
    outputs = np.eye(2)[(truth == 1).astype(int)]
    nothing = np.full(len(bits), -1)
    lengths = np.full(len(bits) // STEPS, STEPS)
    return Trace(states, rows, outputs, nothing, truth, lengths, (), ("no", "yes"), channels), truth
