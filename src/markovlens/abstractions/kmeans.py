"""Clusters of hidden states, joined by how often one follows another after each symbol."""

from __future__ import annotations

import numpy as np
from sklearn.cluster import KMeans

from markovlens.abstractions.base import Fitted, Options
from markovlens.abstractions.counting import build_machine
from markovlens.trace import Trace


def fit(
    trace: Trace,
    *,
    n_states: int,
    rng: np.random.Generator,
    valid: Trace | None = None,
    options: Options,
) -> Fitted:
    """Return the k-means machine with `n_states` clusters of all steps of the training trace."""
    seed = int(rng.integers(2**31))
    clusters = KMeans(n_states, n_init=options.restarts, random_state=seed)
    labels = clusters.fit_predict(np.asarray(trace.states, dtype=np.float64))
    machine = build_machine(trace, np.eye(n_states)[labels], deterministic=False)
    return Fitted(machine, lambda states, lengths: clusters.predict(np.asarray(states, np.float64)))
