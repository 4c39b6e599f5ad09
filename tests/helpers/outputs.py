"""Networks whose output is a known function of a planted machine's state, and noise."""

import numpy as np

from markovlens.machines.machine import Machine
from markovlens.outputs import NO_TARGET, Output
from markovlens.trace import Trace

LEVELS = np.array([[0.0, 1.0], [2.0, 1.0], [7.0, -1.0]])  # of two values in each of three states
LENGTH = 12


def counter(readout, output, spread=None, classes=("y1", "y2")):
    """Return the machine that counts ones modulo the states of `readout` (K, C)."""
    n = len(readout)
    stay, on = np.eye(n), np.roll(np.eye(n), 1, axis=1)
    return Machine(
        np.stack([stay[0], on[0]]), np.stack([stay, on]), readout, ("a", "b"), classes,
        np.ones((2, n), dtype=bool), output=output, spread=spread,
    )  # fmt: skip


def watched(output=Output.VALUES, *, levels=LEVELS, noise=0.5, seed=0, n_sequences=80):
    """Return the trace of a network that counts, and answers `levels` (K, C) with noise (sd)."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(2, LENGTH, n_sequences)
    inputs = rng.integers(0, 2, lengths.sum())
    starts = np.repeat(np.cumsum(lengths) - lengths, lengths)
    before = np.r_[0, np.cumsum(inputs)]
    truth = (before[1:] - before[starts]) % len(levels)
    outputs = levels[truth] + noise * rng.standard_normal((len(truth), levels.shape[1]))
    names = tuple(f"y{column + 1}" for column in range(levels.shape[1]))
    states = 4 * np.eye(len(levels))[truth] + 0.3 * rng.standard_normal((len(truth), len(levels)))
    nothing = np.full(len(truth), NO_TARGET)
    return Trace(states, inputs, outputs, nothing, truth, lengths, ("a", "b"), names, (), output)
