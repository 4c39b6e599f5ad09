"""Rows whose code rounding may turn: sums are added up in another order in other languages."""

from __future__ import annotations

import numpy as np

from markovlens.codebooks.centres import Centres
from markovlens.codebooks.tree import Tree
from markovlens.reliance.exporting.plan import Plan
from markovlens.sequences import Sequences

NEAR = 1e-12  # of the sizes that are added up; rounding of a thousand sums is less


def unsure(plan: Plan, inputs: Sequences) -> np.ndarray:
    """Return from which step on (bool, N) a sequence may be read otherwise in another language.

    That is from the first row on that lies on a border between two codes, where the border is of a
    sum of channels or between two centres. A cut of one channel is exact.
    """
    doubtful = _doubtful(plan, inputs)
    so_far = np.cumsum(doubtful)
    before = np.repeat((so_far - doubtful)[inputs.starts], inputs.lengths)
    found: np.ndarray = so_far > before
    return found


def without(inputs: Sequences, dropped: np.ndarray) -> Sequences | None:
    """Return sequences up to the first step that is dropped (bool, N); None where none is left."""
    kept = np.add.reduceat(~dropped, inputs.starts)
    if not kept.any():
        return None
    return Sequences(inputs.values[~dropped], kept[kept > 0], inputs.channels)


def _doubtful(plan: Plan, inputs: Sequences) -> np.ndarray:
    nowhere = np.zeros(inputs.n_steps, dtype=bool)
    if not plan.reads_codes:
        return nowhere
    features = plan.context.features(inputs)
    with np.errstate(over="ignore", invalid="ignore"):
        if plan.centres is not None:
            return _between(plan.centres, features)
        if plan.tree is not None and len(plan.tree.directions):
            return _on_border(plan.tree, features)
    return nowhere


def _between(book: Centres, features: np.ndarray) -> np.ndarray:
    """Return which features (N, F) lie as near to a second centre as to the nearest."""
    z, squares = book.scale.filled(features), np.square(book.centres).sum(axis=1)
    first, second = np.sort(squares - 2 * z @ book.centres.T, axis=1)[:, :2].T
    sizes = (squares + 2 * np.abs(z) @ np.abs(book.centres.T)).max(axis=1)
    found: np.ndarray = second - first <= NEAR * sizes
    return found


def _on_border(tree: Tree, features: np.ndarray) -> np.ndarray:
    """Return which features (N, F) have a sum on a threshold of it, or too large for a float."""
    n_features = features.shape[1]
    values = features @ tree.directions.T
    sizes = np.abs(features) @ np.abs(tree.directions.T)
    found: np.ndarray = (~np.isfinite(values)).any(axis=1) & ~np.isnan(features).any(axis=1)
    for node in np.flatnonzero((tree.feature >= n_features) & np.isfinite(tree.threshold)):
        at, cut = tree.feature[node] - n_features, tree.threshold[node]
        found |= np.abs(values[:, at] - cut) <= NEAR * (sizes[:, at] + abs(cut))
    return found
