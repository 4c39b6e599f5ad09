"""Whether the states are the same ones when the network is trained again from another seed."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations

import numpy as np

from markovlens.faithfulness.scores.intervals import CORRELATION
from markovlens.faithfulness.scores.recovery import adjusted_rand
from markovlens.faithfulness.scores.tally import Bootstrap, Score, per_sequence


def stability(
    decoded: Mapping[int, np.ndarray], lengths: np.ndarray, bootstrap: Bootstrap
) -> dict[int, Score]:
    """Return for each seed the mean adjusted Rand index of its states with the other seeds'.

    All seeds read the same sequences. The index takes no notice of how states are numbered, and it
    is low both where a fit is unstable and where the networks themselves differ.

    Args:
        decoded: by seed, the states (N,) of one method; none or one of them gives no score.
        lengths: (S,).
        bootstrap: over the sequences.
    """
    pairs = {
        (one, other): agreement(decoded[one], decoded[other], lengths, bootstrap)
        for one, other in permutations(decoded, 2)
        if one < other
    }
    scores = {}
    for seed in decoded:
        mine = [score for pair, score in pairs.items() if seed in pair]
        if mine:
            value = float(np.mean([score.value for score in mine]))
            replicates = np.mean([score.replicates for score in mine], axis=0)
            scores[seed] = bootstrap.interval(value, replicates, CORRELATION)
    return scores


def agreement(
    one: np.ndarray, other: np.ndarray, lengths: np.ndarray, bootstrap: Bootstrap
) -> Score:
    """Return the adjusted Rand index of two labellings (N,) of the steps of the same sequences."""
    rows, columns = int(one.max()) + 1, int(other.max()) + 1
    cells = one.astype(np.int64) * columns + other
    tables = per_sequence(np.ones(len(cells)), cells, lengths, rows * columns)
    whole = tables.sum(axis=0).reshape(1, rows, columns)
    resampled = (bootstrap.counts @ tables).reshape(-1, rows, columns)
    value = float(adjusted_rand(whole)[0])
    return bootstrap.interval(value, adjusted_rand(resampled), CORRELATION)
