"""Sequences that bear a label, as a review or a recording does: how they are split and asked."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from markovlens.errors import DataError
from markovlens.sequences import Sequences
from markovlens.tasks.base import SPLITS, Split, no_targets


def stratified_splits(
    labels: np.ndarray, sizes: Mapping[str, int], *, family: str, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Return indices into `labels` (M,) for each split: disjoint, shuffled, classes in proportion.

    Where `sizes` has no `n_train`, training has all that the two others leave.

    Raises:
        DataError: the three splits ask for more than there is.
    """
    rest = len(labels) - sizes["n_valid"] - sizes["n_test"]
    counts = [sizes.get("n_train", max(rest, 1)), sizes["n_valid"], sizes["n_test"]]
    if sum(counts) > len(labels):
        key = "n_train" if "n_train" in sizes else "n_valid"
        raise DataError(
            f"expected at most {len(labels)} sequences in the three splits together, "
            f"got {' + '.join(map(str, counts))} = {sum(counts)}; lower tasks.{family}.{key}",
            page="split-impossible",
        )
    shuffled = rng.permutation(len(labels))
    order = shuffled[np.argsort(_share_before(labels[shuffled]), kind="stable")]
    parts = np.split(order, np.cumsum(counts))[: len(SPLITS)]
    return dict(zip(SPLITS, parts, strict=True))


def at_end(inputs: Sequences, labels: np.ndarray) -> Split:
    """Return a split whose sequences' `labels` (S,) are asked for after their last steps."""
    targets = no_targets(inputs.n_steps)
    targets[np.cumsum(inputs.lengths) - 1] = labels
    return Split(inputs, targets, no_targets(inputs.n_steps))


def commonest_share(splits: Mapping[str, Split]) -> float:
    """Return how often the best constant answer is right on validation data.

    It is the least that a network must do better than: a gate where no other is known.
    """
    targets = splits["valid"].targets
    counts = np.bincount(targets[targets >= 0])
    return float(counts.max() / counts.sum())


def _share_before(labels: np.ndarray) -> np.ndarray:
    """Return for each item which share (M,) of its own class comes before it.

    Sorted by it, the classes are mixed in proportion everywhere, hence in any contiguous part.
    """
    share = np.empty(len(labels))
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        share[members] = (np.arange(len(members)) + 0.5) / len(members)
    return share
