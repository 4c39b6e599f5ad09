"""Thresholds of a codebook moved to where a network changes its answers.

A tree is grown on how rows move the state (`codebooks.growing`), and a cut that explains most of
the moves need not be where the network's behaviour turns: the state may also say how far from the
boundary a row was, which later steps forget. So each threshold is then moved to where the machine
that is counted over the codes comes closest to the network on training sequences.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from markovlens.codebooks.editing import with_threshold
from markovlens.codebooks.tree import LEAF, Tree
from markovlens.sequences import Sequences

Closeness = Callable[[Tree], float]

SPANS = (0.1, 0.02, 0.004, 0.0)  # of the rows, to either side, that thresholds are tried between
PLACES = 9  # stretches of a span, a single gap each in the last one
ROUNDS = 2  # over all cuts, since each is moved with the others where they are


def sharpened(tree: Tree, inputs: Sequences, closeness: Closeness) -> Tree:
    """Return the tree with its thresholds moved, as it is where no move is better.

    Each threshold is looked for among the rows next to it, more and more finely: of each stretch of
    them the widest gap is tried. Of several that are equally close it is the one farthest from any
    row, so that it ends in the middle of a gap.
    Coordinate ascent: at most 4 x 9 trees a cut and round.

    Args:
        tree: the codebook.
        inputs: training rows.
        closeness: how close a machine comes to the network with a tree; more is better.
    """
    features = tree.context.features(inputs)
    values = np.hstack([features, features @ tree.directions.T])
    best = closeness(tree)
    for _ in range(ROUNDS):
        before = tree
        for node in np.flatnonzero((tree.feature != LEAF) & np.isfinite(tree.threshold)):
            column = values[:, tree.feature[node]]
            column = np.unique(column[~np.isnan(column)])
            tree, best = _moved(tree, int(node), column, closeness, best)
        if tree is before:
            break
    return tree


def _moved(
    tree: Tree, node: int, column: np.ndarray, closeness: Closeness, best: float
) -> tuple[Tree, float]:
    """Return the tree with one threshold moved between values (U,), and how close it comes."""
    between, gaps = (column[1:] + column[:-1]) / 2, np.diff(column)
    for span in SPANS if len(between) else ():
        here = int(np.searchsorted(column[1:-1], tree.threshold[node]))
        reach = max(int(span * len(between)), PLACES // 2)
        low, high = max(here - reach, 0), min(here + reach, len(between) - 1)
        parts = np.array_split(np.arange(low, high + 1), PLACES)
        places = [int(part[gaps[part].argmax()]) for part in parts if len(part)]
        moved = [with_threshold(tree, node, float(between[place])) for place in places]
        found = [(closeness(each), gaps[place]) for each, place in zip(moved, places, strict=True)]
        winner = max(range(len(found)), key=found.__getitem__)
        if found[winner] > (best, gaps[here]):
            tree, best = moved[winner], found[winner][0]
    return tree, best
