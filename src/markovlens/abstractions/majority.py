"""The lowest floor: one state that always answers with the network's mean output."""

from __future__ import annotations

import numpy as np

from markovlens.abstractions.base import Evidence, Fitted, Options, each_size
from markovlens.abstractions.counting import build_machine


@each_size
def fit(evidence: Evidence, n_states: int, rng: np.random.Generator, options: Options) -> Fitted:
    """Return the machine with one state, whatever `n_states` asks for."""
    trace = evidence.train
    return Fitted(build_machine(trace, np.ones((trace.n_steps, 1)), deterministic=True))
