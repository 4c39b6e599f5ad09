"""Clusters of what the network answers, instead of its hidden states (Zhang et al. 2021)."""

from __future__ import annotations

import numpy as np

from markovlens.abstractions.base import Evidence, Fitted, Options, each_size
from markovlens.abstractions.clusters import shared_clusters
from markovlens.abstractions.counting import build_machine
from markovlens.errors import DataError


@each_size
def fit(evidence: Evidence, n_states: int, rng: np.random.Generator, options: Options) -> Fitted:
    """Return the machine over k-means clusters of the network's output distributions.

    A state is what the network says, so that two hidden states with one answer are one state here:
    where answers carry little, as with two classes of a formal language, that is the point at
    which it fails. The network must answer at every step.
    """
    trace = evidence.train
    if not trace.has_output.all():
        raise DataError(
            f"the network answers at {trace.has_output.mean():.0%} of the steps; "
            "clusters of answers need one at each"
        )
    clusters = shared_clusters(evidence, n_states, options, of="outputs")
    machine = build_machine(trace, clusters.memberships, deterministic=False)
    return Fitted(machine, lambda read: clusters.nearest(read.outputs))
