"""LISOR-x (Hou & Zhou 2020): as LISOR-k, with the position in the sequence beside the state."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from markovlens.abstractions.base import Evidence, Fitted, Options, each_size
from markovlens.abstractions.clusters import Clusters, k_means, means, squared_distances
from markovlens.abstractions.lisor_k import lisor_machine
from markovlens.seeding import integer, seed_for
from markovlens.sequences import steps_of
from markovlens.trace import Trace


@each_size
def fit(evidence: Evidence, n_states: int, rng: np.random.Generator, options: Options) -> Fitted:
    """Return the automaton over clusters of states and positions.

    The features of step t (from 1) of sequence i are zeros but for `position_weight` * t in
    column i, so that the steps of one sequence attract and those of others repel. A sequence read
    later shares no column with the training sequences: its distance to a cluster is that of the
    states plus the squared norm of the cluster's mean position features, which is how steps are
    decoded, training sequences included.
    """
    trace = evidence.train
    seed = integer(seed_for(evidence.seed, "lisor_x", n_states))
    features = with_positions(trace, options.position_weight)
    labels = k_means(features, n_states, seed=seed, options=options)
    clusters = Clusters(labels, means(np.asarray(trace.states, dtype=np.float64), labels))
    apart = _position_norms(features[:, trace.states.shape[1] :], labels)

    def decode(read: Trace) -> np.ndarray:
        nearest: np.ndarray = (squared_distances(read.states, clusters.centres) + apart).argmin(1)
        return nearest

    return Fitted(lisor_machine(evidence, clusters, options), decode)


def with_positions(trace: Trace, weight: float) -> sparse.csr_matrix:
    """Return states and position features (N, D + S), sparse: one number a row beside the state."""
    sequence = np.repeat(np.arange(len(trace)), trace.lengths)
    position = weight * (steps_of(trace.lengths) + 1.0)
    rows = np.arange(trace.n_steps)
    features = sparse.csr_matrix((position, (rows, sequence)), shape=(trace.n_steps, len(trace)))
    states = sparse.csr_matrix(np.asarray(trace.states, dtype=np.float64))
    return sparse.hstack([states, features], format="csr")


def _position_norms(features: sparse.csr_matrix, labels: np.ndarray) -> np.ndarray:
    """Return the squared norm (K,) of each cluster's mean position features (N, S)."""
    members = sparse.csr_matrix((np.ones(len(labels)), (labels, np.arange(len(labels)))))
    centres = members @ features
    totals = np.asarray(centres.multiply(centres).sum(axis=1)).ravel()
    return totals / np.bincount(labels) ** 2
