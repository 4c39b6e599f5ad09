"""Trees with a cut moved, a leaf split or leaves joined; the tree that is given stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from markovlens.codebooks.tree import LEAF, Tree

PARTS = ("feature", "threshold", "left", "right", "missing_left")  # arrays with a row a node


def weights_of(tree: Tree, node: int) -> np.ndarray:
    """Return the weights (F,) of the sum of features that a node cuts."""
    weights: np.ndarray = np.vstack([np.eye(len(tree.met_missing)), tree.directions])[
        tree.feature[node]
    ]
    return weights


def with_threshold(tree: Tree, node: int, threshold: float) -> Tree:
    """Return the tree with the cut of a node moved along what it cuts."""
    thresholds = tree.threshold.copy()
    thresholds[node] = threshold
    return replace(tree, threshold=thresholds)


def with_plane(tree: Tree, node: int, weights: np.ndarray, threshold: float) -> Tree:
    """Return the tree with the cut of a node where a sum of features passes a threshold.

    Args:
        tree: of F features.
        node: what is cut otherwise; the same side stays below.
        weights: (F,), of any length: shown and kept divided by the largest.
        threshold: of the sum, in the units of the weights.
    """
    largest = np.abs(weights).max()
    feature = tree.feature.copy()
    feature[node] = len(tree.met_missing) + len(tree.directions)
    directions = np.vstack([tree.directions, weights / largest])
    moved = with_threshold(tree, node, float(threshold / largest))
    return without_unused(replace(moved, feature=feature, directions=directions))


def without_unused(tree: Tree) -> Tree:
    """Return the tree without directions that no node cuts."""
    n_features = len(tree.met_missing)
    used = np.unique(tree.feature[tree.feature >= n_features])
    number = np.arange(n_features + len(tree.directions))
    number[used] = n_features + np.arange(len(used))
    feature = np.where(tree.feature == LEAF, LEAF, number[tree.feature])
    return replace(tree, feature=feature, directions=tree.directions[used - n_features])


def grafted(tree: Tree, leaf: int, twig: Tree) -> Tree:
    """Return the tree with another one of the same features in the place of a leaf.

    The root of the twig takes the number of the leaf; its other nodes come last.
    """
    n_features, n_nodes = len(tree.met_missing), len(tree.feature)
    number = np.concatenate([[leaf], n_nodes + np.arange(len(twig.feature) - 1)])
    shift = np.where(twig.feature >= n_features, len(tree.directions), 0)
    mine = {
        "feature": np.where(twig.feature == LEAF, LEAF, twig.feature + shift),
        "threshold": twig.threshold,
        "left": np.where(twig.left == LEAF, LEAF, number[twig.left]),
        "right": np.where(twig.right == LEAF, LEAF, number[twig.right]),
        "missing_left": twig.missing_left,
    }
    joined: dict[str, Any] = {}
    for name, values in mine.items():
        joined[name] = np.concatenate([getattr(tree, name), values[1:]])
        joined[name][leaf] = values[0]
    directions = np.vstack([tree.directions, twig.directions])
    return without_unused(replace(tree, directions=directions, **joined))


def hoisted(tree: Tree, node: int, child: int) -> Tree:
    """Return the tree with a node replaced by one of its two children; the other side is gone."""
    parts = {name: getattr(tree, name).copy() for name in PARTS}
    for values in parts.values():
        values[node] = values[child]
    kept = _reached(parts)
    number = np.full(len(tree.feature), LEAF)
    number[kept] = np.arange(len(kept))
    found: dict[str, Any] = {name: values[kept] for name, values in parts.items()}
    for side in ("left", "right"):
        found[side] = np.where(found["feature"] == LEAF, LEAF, number[found[side]])
    return without_unused(replace(tree, **found))


def _reached(parts: Mapping[str, np.ndarray]) -> list[int]:
    """Return the nodes that are reached from the root, parents first."""
    kept, pending = [], [0]
    while pending:
        node = pending.pop()
        kept.append(node)
        if parts["feature"][node] != LEAF:
            pending += [int(parts["right"][node]), int(parts["left"][node])]
    return kept
