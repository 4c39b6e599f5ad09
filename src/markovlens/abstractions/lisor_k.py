"""LISOR-k (Hou & Zhou 2020): k-means of hidden states, then the most frequent successors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from markovlens.abstractions.base import Evidence, Fitted, Options, each_size
from markovlens.abstractions.clusters import Clusters, shared_clusters
from markovlens.abstractions.counting import mean_output, output_spread
from markovlens.abstractions.tables import complete, count_table
from markovlens.machines.machine import Machine
from markovlens.outputs import Output, is_answered


@each_size
def fit(evidence: Evidence, n_states: int, rng: np.random.Generator, options: Options) -> Fitted:
    """Return the automaton over the clusters of all steps of the training trace.

    Points are in the trace's coordinates, as for every method here: the leading components, so that
    a centre is read out at its projection. What the paper leaves open is settled so: networks start
    every sequence afresh, as they were recorded; `options.restarts` starts of k-means; the start
    state is the machine's, outside the budget; `options.accept` and `options.unseen` say how states
    answer and where unseen moves go; ties go to the lowest state; the first symbol is read once. It
    is learnt on training sequences and never scored on them.
    """
    clusters = shared_clusters(evidence, n_states, options)
    return Fitted(
        lisor_machine(evidence, clusters, options), lambda read: clusters.nearest(read.states)
    )


def lisor_machine(evidence: Evidence, clusters: Clusters, options: Options) -> Machine:
    """Return the deterministic machine of clusters, with the readout and the rule asked for."""
    trace, readout = evidence.train, cluster_readout(evidence, clusters, options)
    table = count_table(trace, clusters.labels, readout, clusters.centres)
    spread = output_spread(trace, clusters.memberships, readout)
    return complete(replace(table, spread=spread), trace, unseen=options.unseen)


def cluster_readout(evidence: Evidence, clusters: Clusters, options: Options) -> np.ndarray:
    """Return the output (K, C) of each cluster, as `options.accept` says.

    A risk is ranked among those at the steps, so that it is always the vote's.
    """
    output = evidence.train.output
    asked = options.accept == "centre" and output != Output.RISK
    if asked and evidence.network is not None:
        at_centre = evidence.network.read_out(clusters.centres)
        if at_centre is not None:
            exact = np.asarray(at_centre, dtype=np.float64)
            voted = mean_output(evidence.train, clusters.memberships)
            exact = np.where(is_answered(exact)[:, None], exact, voted)
            is_distribution = output == Output.DISTRIBUTION
            return exact / exact.sum(axis=1, keepdims=True) if is_distribution else exact
    return mean_output(evidence.train, clusters.memberships)
