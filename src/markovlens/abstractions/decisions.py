"""Clusters of what the network answers, instead of its hidden states (Zhang et al. 2021)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from markovlens.abstractions.base import Evidence, Fitted, Options, each_size
from markovlens.abstractions.clusters import shared_clusters
from markovlens.abstractions.counting import build_machine
from markovlens.errors import DataError
from markovlens.outputs import Output
from markovlens.trace import Trace


@each_size
def fit(evidence: Evidence, n_states: int, rng: np.random.Generator, options: Options) -> Fitted:
    """Return the machine over k-means clusters of the network's outputs.

    Distributions and labels are clustered as they are, values in units of each column's standard
    deviation, a risk by its rank in training.

    A state is what the network says, so that two hidden states with one answer are one state here:
    where answers carry little, as with two classes of a formal language, that is the point at
    which it fails. The network must answer at every step.
    """
    trace = evidence.train
    if not trace.has_output.all():
        raise DataError(
            f"the network answers at {trace.has_output.mean():.0%} of the steps; "
            "clusters of answers need one at each",
            page="no-answers",
        )
    places = _places(trace)
    scaled = replace(evidence, train=replace(trace, outputs=places(trace.outputs)))
    clusters = shared_clusters(scaled, n_states, options, of="outputs")
    machine = build_machine(trace, clusters.memberships, deterministic=False)
    return Fitted(machine, lambda read: clusters.nearest(places(read.outputs)))


def _places(trace: Trace) -> Callable[[np.ndarray], np.ndarray]:
    """Return what gives outputs (N, C) a place in which distances mean something."""
    given = trace.outputs
    if trace.output == Output.VALUES:
        spread = given.std(axis=0)
        return lambda outputs: outputs / np.where(spread > 0, spread, 1)
    if trace.output == Output.RISK:
        known = np.sort(given[:, 0])
        return lambda outputs: np.searchsorted(known, outputs) / len(known)
    return lambda outputs: outputs
