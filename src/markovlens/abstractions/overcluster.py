"""Many more clusters than states, then the smallest machine that they run."""

from __future__ import annotations

import numpy as np

from markovlens.abstractions.base import Evidence, Fitted, Options, each_size
from markovlens.abstractions.clusters import shared_clusters
from markovlens.abstractions.reducing import (
    Reduced,
    agreement,
    by_suffixes,
    folded,
    reduce_to,
    table_of_labels,
)
from markovlens.errors import DataError


@each_size
def fit(evidence: Evidence, n_states: int, rng: np.random.Generator, options: Options) -> Fitted:
    """Return the minimal machine of `options.overcluster` times `n_states` clusters.

    As many clusters as states are ambiguous: some hold points of two true states (Muskardin et
    al. 2023). Of four to eight times as many hardly any is. They are joined in two ways: by
    folding, with moves that were never seen as don't-cares; and by partition refinement, cut off
    at words of 0, 1, 2, ... symbols, which gives coarser machines where the minimal one exceeds
    the budget. Of all that fit into the budget it is the machine that agrees best with the network
    on the training sequences, of equals the smallest, then the one with the
    fewest unseen moves.
    """
    trace = evidence.train
    wanted = min(options.overcluster * n_states, trace.n_steps)
    clusters = shared_clusters(evidence, wanted, options)
    labels, points = clusters.labels, np.asarray(trace.states, dtype=np.float64)
    table = table_of_labels(trace, labels, points)
    ways = [folded(table, labels), *by_suffixes(table)]
    found = [reduce_to(trace, labels, points, way, unseen=options.unseen) for way in ways]
    fitting = [each for each in found if each.machine.n_states <= n_states]
    if not fitting:
        least = min(each.machine.n_states for each in found)
        raise DataError(
            f"{wanted} clusters come down to {least} states, the budget is {n_states}",
            page="every-fit-failed",
        )

    def merit(each: Reduced) -> tuple[float, int, float]:
        machine = each.machine
        return agreement(machine, trace), -machine.n_states, float(machine.seen.mean())

    best = max(fitting, key=merit)
    return Fitted(best.machine, lambda read: best.state_of[clusters.nearest(read.states)])
