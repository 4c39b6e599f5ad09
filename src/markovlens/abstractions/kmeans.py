"""Clusters of hidden states, joined by how often one follows another after each symbol."""

from __future__ import annotations

import numpy as np
from sklearn.cluster import KMeans

from markovlens.abstractions.base import Evidence, Fitted, Options, each_size
from markovlens.abstractions.counting import build_machine


@each_size
def fit(evidence: Evidence, n_states: int, rng: np.random.Generator, options: Options) -> Fitted:
    """Return the k-means machine with `n_states` clusters of all steps of the training trace."""
    trace = evidence.train
    clusters = KMeans(
        n_states,
        n_init=options.restarts,
        max_iter=options.max_iterations,
        random_state=int(rng.integers(2**31)),
    )
    labels = clusters.fit_predict(np.asarray(trace.states, dtype=np.float64))
    machine = build_machine(trace, np.eye(n_states)[labels], deterministic=False)
    return Fitted(machine, lambda read: clusters.predict(np.asarray(read.states, np.float64)))
