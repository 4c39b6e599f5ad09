"""Stand-ins for noise-driven networks whose hidden states are known to hold a source's chain."""

from dataclasses import dataclass

import numpy as np

from markovlens.dynamics.network import Episode
from markovlens.tasks.markov import draw


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
