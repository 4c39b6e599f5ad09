"""Trees grown so that inputs which move the state alike share a leaf.

A row moves the state from where it was: what two rows have in common shows only among steps that
begin alike. So moves are compared within clusters of the state before, each cluster in columns of
its own, and a regression tree (CART; Breiman, Friedman, Olshen & Stone 1984) cuts the rows where
that explains most of the moves. Over all states together they could cancel, as in parity, where the
same symbol moves one state forth and the other back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from markovlens.channels import Channel
from markovlens.codebooks.context import Context
from markovlens.codebooks.scale import Scale
from markovlens.codebooks.tree import LEAF, Tree
from markovlens.sequences import starts_of
from markovlens.trace import Trace

MOST_ROWS = 20_000  # that a tree is grown on
LEAST_ROWS = 5  # in a leaf
MOST_DIRECTIONS = 2
FEW_TERMS = (2, 3)  # of sums that a person reads
LEAST_DIRECTION = 0.1  # strength beside the strongest
ROUNDS = 2  # of finding a direction again from the cut that it gave
TINY = 0.05  # share of the largest weight, in units of spread, below which a term is left out
STIFFNESS = 1e3  # inverse strength of the penalty on a direction's weights


@dataclass(frozen=True, slots=True)
class Moves:
    """What rows do to the state.

    Attributes:
        channels: what the columns of rows are.
        context: how rows became features.
        features: (N, F), in the units of the channels.
        targets: (N, B), the state after each row less its mean over rows that began alike, in the
            columns of the state before, zero in all others.
    """

    channels: tuple[Channel, ...]
    context: Context
    features: np.ndarray
    targets: np.ndarray


@dataclass(frozen=True, slots=True)
class Nodes:
    """A tree of M nodes as scikit-learn grew it, in standard units; arrays as those of `Tree`."""

    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    missing_left: np.ndarray


def moves_of(
    trace: Trace, clusters: np.ndarray, context: Context, rng: np.random.Generator
) -> Moves:
    """Return the moves of at most `MOST_ROWS` rows of a trace.

    Args:
        trace: of a network that reads rows.
        clusters: int (N,), the cluster of the state after each step.
        context: how rows become features.
        rng: draws the rows, where there are more.
    """
    before = np.roll(clusters, 1)
    before[starts_of(trace.lengths)] = clusters.max() + 1
    features = context.features(trace.sequences)
    chosen = np.arange(trace.n_steps)
    if len(chosen) > MOST_ROWS:
        chosen = np.sort(rng.choice(len(chosen), MOST_ROWS, replace=False))
    states = trace.states[chosen].astype(np.float64)
    targets = _by_start(states, before[chosen], int(clusters.max()) + 2)
    return Moves(trace.channels, context, features[chosen], targets)


def _by_start(states: np.ndarray, before: np.ndarray, n_starts: int) -> np.ndarray:
    """Return states (N, D) less the mean of their start, each in its start's columns."""
    n_rows, width = states.shape
    targets = np.zeros((n_rows, n_starts, width))
    for start in np.unique(before):
        mine = np.flatnonzero(before == start)
        targets[mine, start] = states[mine] - states[mine].mean(axis=0)
    return targets.reshape(n_rows, -1)


def grow_tree(moves: Moves, n_codes: int, *, oblique: bool = False) -> Tree:
    """Return a tree of at most `n_codes` codes, 1 or more, as `grow_trees` does."""
    return grow_trees(moves, (n_codes,), oblique=oblique)[0]


def grow_trees(
    moves: Moves, sizes: Sequence[int], *, oblique: bool = False, most_terms: int | None = None
) -> list[Tree]:
    """Return for each of `sizes` a tree of at most so many codes, whose cuts explain the moves.

    Args:
        moves: what the rows of the training sequences do.
        sizes: leaves, 1 or more; each tree is the next larger one with its last cuts undone.
        oblique: whether weighted sums of features may be cut, too. They are the directions in which
            a linear model of the moves lies (close kin to sliced inverse regression, Li 1991), each
            found again by a logistic regression of the side of its cut on which a row's move is.
        most_terms: of a sum; all features when None. Those with the largest weights, in units of
            their spread, are kept.
    """
    scale = Scale.of(moves.features)
    z = scale.standard(moves.features)
    weights = _sums(z, moves.targets, most_terms) if oblique else np.zeros((0, z.shape[1]))
    grown = _grown(z, moves.targets, max(sizes), weights)
    return [_as_tree(moves, scale, weights, _first_cuts(grown, size - 1)) for size in sizes]


def _sums(z: np.ndarray, targets: np.ndarray, most_terms: int | None) -> np.ndarray:
    """Return weights (G, F) of the sums that may be cut, of two terms or more."""
    weights = _directions(z, targets)
    for _ in range(ROUNDS if len(weights) else 0):
        weights = np.array([_again(z, targets, each) for each in weights])
    weights = np.array([_sparse(z, targets, each, most_terms) for each in weights])
    return weights.reshape(-1, z.shape[1])[(weights != 0).reshape(-1, z.shape[1]).sum(axis=1) > 1]


def _sparse(
    z: np.ndarray, targets: np.ndarray, weights: np.ndarray, most_terms: int | None
) -> np.ndarray:
    """Return a direction (F,) found again with few terms, those of hardly any weight left out."""
    strongest = np.argsort(-np.abs(weights), kind="stable")[:most_terms]
    kept = np.sort(strongest[np.abs(weights[strongest]) > TINY * np.abs(weights).max()])
    if len(kept) == len(weights):
        return weights
    found = np.zeros(len(weights))
    found[kept] = _again(z[:, kept], targets, weights[kept] / np.linalg.norm(weights[kept]))
    return found


def _grown(z: np.ndarray, targets: np.ndarray, n_codes: int, weights: np.ndarray) -> Nodes | None:
    """Return the nodes of scikit-learn's tree of standard features (N, F) and their sums."""
    if n_codes < 2 or len(z) < 2 * LEAST_ROWS:
        return None
    from sklearn.tree import DecisionTreeRegressor

    tree = DecisionTreeRegressor(
        max_leaf_nodes=n_codes, min_samples_leaf=LEAST_ROWS, random_state=0
    )
    found = tree.fit(np.hstack([z, z @ weights.T]), targets).tree_
    sides = (found.children_left, found.children_right)
    return Nodes(found.feature, found.threshold, *sides, found.missing_go_to_left.astype(bool))


def _first_cuts(nodes: Nodes | None, n_cuts: int) -> Nodes | None:
    """Return the tree after its first cuts: a tree of few leaves grows best cuts first.

    Each cut adds two nodes behind those that are there.
    """
    if nodes is None or n_cuts < 1:
        return None
    kept = slice(min(2 * n_cuts + 1, len(nodes.feature)))
    is_leaf = nodes.left[kept] >= kept.stop
    left, right = (np.where(is_leaf, LEAF, side[kept]) for side in (nodes.left, nodes.right))
    return Nodes(nodes.feature[kept], nodes.threshold[kept], left, right, nodes.missing_left[kept])


def _as_tree(moves: Moves, scale: Scale, weights: np.ndarray, grown: Nodes | None) -> Tree:
    """Return scikit-learn's tree with its cuts in the units of the channels.

    A sum is scaled so that its largest weight is 1, and its first one positive.
    """
    raw = weights / scale.sd
    size = np.abs(raw).max(axis=1, initial=0)
    size *= np.sign(raw[np.arange(len(raw)), (raw != 0).argmax(axis=1)])
    raw = raw / size[:, None]
    met_missing = np.isnan(moves.features).any(axis=0)
    if grown is None:
        return single_code(moves.channels, moves.context, met_missing)
    feature = np.where(grown.left == LEAF, LEAF, grown.feature)
    offset = np.concatenate([scale.mean, raw @ scale.mean])
    unit = np.concatenate([scale.sd, 1 / size])
    whole = np.isinf(grown.threshold)  # what is known and what is missing part there
    turned = np.concatenate([np.zeros(len(scale.sd), dtype=bool), size < 0])[feature] & ~whole
    tree = Tree(
        moves.channels,
        moves.context,
        raw,
        np.where(whole, _missing_one(feature, raw, met_missing), feature),
        np.where(whole, np.inf, grown.threshold * unit[feature] + offset[feature]),
        np.where(turned, grown.right, grown.left),
        np.where(turned, grown.left, grown.right),
        grown.missing_left ^ turned,
        met_missing,
    )
    return replace(tree, threshold=_halfway(tree, moves.features))


def _halfway(tree: Tree, features: np.ndarray) -> np.ndarray:
    """Return thresholds (M,) with those of plain features halfway between values that they part.

    There scikit-learn puts them, too, but in standard units as float32 rounds them: 5.5 of whole
    numbers would become 5.50000003. No row of features (N, F) gets another code.
    """
    threshold, leaf = tree.threshold.copy(), tree.leaves(features)
    plain = (tree.feature != LEAF) & (tree.feature < features.shape[1]) & np.isfinite(threshold)
    for node in np.flatnonzero(plain):
        sides = (tree.below(int(each[node])) for each in (tree.left, tree.right))
        values = (features[np.isin(leaf, side), tree.feature[node]] for side in sides)
        below, above = (each[~np.isnan(each)] for each in values)
        if below.size and above.size:
            threshold[node] = _between(below.max(), above.min())
    return threshold


def _between(low: float, high: float) -> float:
    """Return the number halfway between two, below the second however close they are."""
    middle = low + (high - low) / 2
    return middle if middle < high else low


def _missing_one(feature: np.ndarray, weights: np.ndarray, met_missing: np.ndarray) -> np.ndarray:
    """Return the features (M,) of nodes, in place of a sum its only one that was ever missing."""
    missing = (weights != 0) & met_missing
    alone = np.where(missing.sum(axis=1) == 1, missing.argmax(axis=1), -1)
    own = np.concatenate([np.full(len(met_missing), -1), alone])[feature]
    return np.where(own >= 0, own, feature)


def single_code(channels: tuple[Channel, ...], context: Context, met: np.ndarray) -> Tree:
    """Return the tree that cuts nothing; `met` (F,) as in `Tree.met_missing`."""
    leaf, nowhere = np.full(1, LEAF), np.zeros(1, dtype=bool)
    return Tree(
        channels, context, np.zeros((0, len(met))), leaf, np.zeros(1), leaf, leaf, nowhere, met
    )


def _directions(z: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the directions (G, F) along which features (N, F) explain the targets linearly."""
    if z.shape[1] < 2:
        return np.zeros((0, z.shape[1]))
    filled = np.nan_to_num(z)
    slopes = np.linalg.lstsq(filled, targets, rcond=None)[0]
    left, strengths, _ = np.linalg.svd(slopes, full_matrices=False)
    strong = strengths[:MOST_DIRECTIONS] > LEAST_DIRECTION * strengths[0]
    return left.T[:MOST_DIRECTIONS][strong]


def _again(z: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return a direction (F,) found again by the sides on which moves fall, of unit length.

    The cut along the direction has two sides, each with its mean moves. A row's move is more like
    one of them; how much more is its weight. Where both sides do the same nothing can be told.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.tree import DecisionTreeRegressor

    along = np.nan_to_num(z) @ weights
    stump = DecisionTreeRegressor(max_leaf_nodes=2, min_samples_leaf=LEAST_ROWS, random_state=0)
    sides = stump.fit(along[:, None], targets).apply(along[:, None])
    if len(np.unique(sides)) < 2:
        return weights
    above = sides == sides.max()
    apart = _mean_by_start(targets, above) - _mean_by_start(targets, ~above)
    likeness = (targets * apart).sum(axis=1) - _middle(targets, above, apart)
    if not np.any(likeness > 0) or not np.any(likeness < 0):
        return weights
    model = LogisticRegression(C=STIFFNESS, max_iter=200)
    model.fit(np.nan_to_num(z), likeness > 0, sample_weight=np.abs(likeness))
    found = model.coef_[0]
    unit: np.ndarray = found / np.linalg.norm(found)
    return unit * np.sign(unit @ weights)


def _mean_by_start(targets: np.ndarray, mine: np.ndarray) -> np.ndarray:
    """Return the mean (B,) of each column over the rows `mine` (N,) that it belongs to."""
    counts = np.maximum((targets[mine] != 0).sum(axis=0), 1)
    mean: np.ndarray = targets[mine].sum(axis=0) / counts
    return mean


def _middle(targets: np.ndarray, above: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """Return how far along `apart` (B,) the middle between both sides lies, for each row (N,)."""
    middle = (_mean_by_start(targets, above) + _mean_by_start(targets, ~above)) / 2
    at_middle: np.ndarray = ((targets != 0) * middle * apart).sum(axis=1)
    return at_middle
