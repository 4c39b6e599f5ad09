"""How alike the states are that restarts of one size find: a column of a sweep's table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from markovlens.hmm import GaussianHMM, Sweep, posteriors
from markovlens.hmm.em import engine_of
from markovlens.hmm.packing import Packed

RESTARTS = "stability_restarts"  # the column of `with_stability`


def with_stability(found: Sweep) -> pd.DataFrame:
    """Return the table of a sweep with a column `RESTARTS`.

    It is the mean adjusted Rand index of a fit's states at the training steps, on its most likely
    path, with those of the other fits of its size and covariance that ran to their end. Fits that
    were dropped early have none, and neither has one that is alone.
    """
    table = found.table.assign(**{RESTARTS: np.nan})
    ended = table[table["icl"].notna()]  # what was dropped has none
    for (kind, size), models in found.models.items():
        alike = (ended["covariance"] == kind) & (ended["n_states"] == size)
        table.loc[ended.index[alike], RESTARTS] = agreements_of(models, found.packed)
    return table


def agreements_of(models: Sequence[GaussianHMM], packed: Packed) -> np.ndarray:
    """Return for each model (M,) the mean adjusted Rand index of its path with the others'."""
    engines = [engine_of(model.parameters(), packed, model.n_threads) for model in models]
    paths = [posteriors.most_likely(packed, engine)[0] for engine in engines]
    index = np.full((len(models), len(models)), np.nan)
    for one, other in combinations(range(len(models)), 2):
        index[one, other] = index[other, one] = adjusted_rand(paths[one], paths[other])
    others = len(models) - 1
    return np.nansum(index, axis=1) / others if others else np.full(1, np.nan)


def adjusted_rand(one: np.ndarray, other: np.ndarray) -> float:
    """Return the adjusted Rand index of two labellings (N,) by whole numbers from 0 on.

    To the last digit that of scikit-learn, which spends most of its time on looking at labels of
    any kind.
    """
    width = int(other.max()) + 1
    table = np.bincount(one * width + other, minlength=(int(one.max()) + 1) * width)
    table = table.reshape(-1, width)
    both, ours, theirs = (
        int(np.square(counts).sum()) for counts in (table, table.sum(axis=1), table.sum(axis=0))
    )
    lost, found = ours - both, theirs - both  # pairs that only one of them has together
    if not lost and not found:
        return 1.0
    together, apart = both - len(one), len(one) ** 2 - ours - theirs + both
    shared = (together + lost) * (lost + apart) + (together + found) * (found + apart)
    return 2.0 * (together * apart - lost * found) / shared
