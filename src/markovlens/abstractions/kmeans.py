"""Clusters of hidden states, joined by how often one follows another after each symbol."""

from __future__ import annotations

import numpy as np

from markovlens.abstractions.base import Evidence, Fitted, Options, each_size
from markovlens.abstractions.clusters import shared_clusters
from markovlens.abstractions.counting import build_machine


@each_size
def fit(evidence: Evidence, n_states: int, rng: np.random.Generator, options: Options) -> Fitted:
    """Return the k-means machine with `n_states` clusters of all steps of the training trace."""
    clusters = shared_clusters(evidence, n_states, options)
    machine = build_machine(evidence.train, clusters.memberships, deterministic=False)
    return Fitted(machine, lambda read: clusters.nearest(read.states))
