"""Noise-driven networks by hand, and stand-ins whose hidden states are known to hold a chain."""

from dataclasses import dataclass

import numpy as np

from markovlens.dynamics.network import Episode, NoisyNetwork
from markovlens.tasks.markov import draw

IDLE = 14  # units that nobody reads


@dataclass(frozen=True)
class Planted:
    """Runs as a network that holds its source's latent state, one unit each, under noise."""

    source: object
    spread: float = 0.15

    @property
    def n_units(self):
        return len(self.source.initial) + 1

    def run(self, n_runs, n_steps, rng, *, warmup=0):
        latent, symbols = draw(self.source, n_runs, length=warmup + n_steps, rng=rng)
        hidden = np.eye(self.n_units)[latent]
        hidden += self.spread * rng.standard_normal(hidden.shape)
        logits = np.log(self.source.emission[latent] + 1e-6)
        return Episode(*(each[:, warmup:] for each in (hidden, logits, symbols)))


def rival_network():
    """Return two units that inhibit each other, two that integrate noise for them, and idle ones.

    Units 0 and 1 each hold the symbol of their number and get no noise of their own. Unit 2 drives
    unit 0 and inhibits unit 1, unit 3 the other way round; what they sum up decides.
    """
    n_units = 4 + IDLE
    rng = np.random.default_rng(5)
    recurrent = np.zeros((n_units, n_units), dtype=np.float32)
    recurrent[:2, :4] = [[0.7, -0.7, 0.5, -0.5], [-0.7, 0.7, -0.5, 0.5]]
    recurrent[[2, 3], [2, 3]] = 0.9
    recurrent[4:, 4:] = 0.05 * rng.random((IDLE, IDLE))  # positive: their drive never is negative
    drive = np.zeros((n_units, 4), dtype=np.float32)
    drive[2, 0] = drive[3, 1] = 1.0
    drive[4:, 2:] = rng.standard_normal((IDLE, 2))
    readout = np.zeros((2, n_units), dtype=np.float32)
    readout[0, 0] = readout[1, 1] = 1.0
    return NoisyNetwork(recurrent, drive, readout)
