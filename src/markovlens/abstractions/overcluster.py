"""Many more clusters than states, then the smallest machine that they run."""

from __future__ import annotations

import numpy as np

from markovlens.abstractions.base import Evidence, Fitted, Options, each_size
from markovlens.abstractions.clusters import shared_clusters
from markovlens.abstractions.reducing import smallest_within


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
    what = f"{wanted} clusters"
    best = smallest_within(trace, clusters.labels, n_states, what=what, unseen=options.unseen)
    return Fitted(best.machine, lambda read: best.state_of[clusters.nearest(read.states)])
