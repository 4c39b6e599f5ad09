"""Where a network that is asked about rows changes its answers: what cuts of a codebook become."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from markovlens.abstractions.base import Evidence, Options
from markovlens.abstractions.clusters import START_CLUSTERS, shared_clusters
from markovlens.abstractions.probing import OutOfWordsError, Probe
from markovlens.codebooks.editing import grafted, hoisted, weights_of, with_plane, with_threshold
from markovlens.codebooks.growing import FEW_TERMS, Moves, grow_tree
from markovlens.codebooks.scale import Scale
from markovlens.codebooks.tree import LEAF, Tree
from markovlens.seeding import seed_for

N_ROWS = 60  # of each code that are asked about
N_PAIRS, MOST_PAIRS = 16, 64  # of rows between which a cut is sought
PAIRS_A_FEATURE = 4  # for a cut through several features at once
LEAST_PAIRS = 4  # that are told apart, else a cut stays where it is
NEARBY = 0.25  # share of rows on either side of a cut that are tried
CONSISTENT = 0.995  # a code is not split from here on
LEAST_SHARE = 0.01  # of training rows in a code that a split makes
LEAST_EXPLAINED = 0.02  # share of the variance of outputs that a cut must explain
THINNER = 3  # times closer a cut through several features must be than one through a single one
SLACK = 1.5  # times farther from a plane of few channels crossings may be than from the best one
TRIM = 3  # times the median distance, beyond which a crossing is left out of a plane
ROUNDS = 3  # of leaving out


def consistency_of(answers: np.ndarray, codes: np.ndarray, *, decides: bool) -> dict[int, float]:
    """Return for each code how much alike its rows are answered, 1 at best.

    Questions to which all rows of all codes have one answer tell nothing and do not count. Of
    decisions it is the share that is the commonest of its question; of other outputs the share of
    their variance over all rows that is not within the code.

    Args:
        answers: (R, B, C), to B questions.
        codes: int (R,), of the rows.
        decides: whether answers are decisions, one-hot.
    """
    tells = np.ptp(answers, axis=0).any(axis=-1)
    if not tells.any():
        return dict.fromkeys(np.unique(codes).tolist(), 1.0)
    said = answers[:, tells]
    total = _variance(said)

    def alike(mine: np.ndarray) -> float:
        if decides:
            return float(mine.mean(axis=0).max(axis=-1).mean())
        return float(1 - _variance(mine) / total)

    return {int(code): alike(said[codes == code]) for code in np.unique(codes)}


def _variance(said: np.ndarray) -> float:
    return float(np.square(said - said.mean(axis=0)).sum(axis=(1, 2)).mean())


@dataclass(frozen=True, slots=True)
class Asked:
    """A network that is asked about training rows.

    Attributes:
        probe: what asks.
        rows: (N, D), those of the training sequences.
        scale: of the rows.
        oblique: as in `refine`.
        rng: draws the rows that are asked about.
    """

    probe: Probe
    rows: np.ndarray
    scale: Scale
    oblique: bool
    rng: np.random.Generator

    @classmethod
    def of(cls, evidence: Evidence, *, oblique: bool) -> Asked:
        """Return the network of the evidence with its training rows."""
        train = evidence.train
        assert evidence.network is not None, "there is somebody to ask"
        rng = np.random.default_rng(seed_for(evidence.seed, "refine"))
        clusters = shared_clusters(evidence, min(START_CLUSTERS, train.n_steps), Options()).labels
        rows = train.sequences.rows
        probe = Probe(evidence.network, train, clusters, rng)
        return cls(probe, rows, Scale.of(rows), oblique, rng)

    def finer(self, tree: Tree, most_codes: int, most_words: int) -> Iterator[Tree]:
        """Yield the tree with its cuts moved, then with one code split more each time.

        A cut stays, and no further code is split, where that takes more than `most_words`.
        """
        for node in np.flatnonzero(tree.feature != LEAF):
            tree = self._within(most_words, partial(self.put, tree, int(node))) or tree
        yield tree
        while tree.n_codes < most_codes:
            split = self._within(most_words, partial(self.split, tree))
            if split is None:
                return
            tree = split
            yield tree

    def _within(self, most_words: int, ask: Callable[[], Tree | None]) -> Tree | None:
        """Return the tree that questions lead to; None if there are not words enough for them."""
        self.probe.most_words = most_words
        try:
            return ask()
        except OutOfWordsError:
            return None
        finally:
            self.probe.most_words = np.inf

    def put(self, tree: Tree, node: int) -> Tree:
        """Return the tree with the cut of a node where the network changes its answers.

        It stays between categories, between missing and known, and where hardly a pair of rows is
        told apart.
        """
        feature = int(tree.feature[node])
        named = feature < len(tree.channels) and bool(tree.channels[feature].levels)
        if named or np.isinf(tree.threshold[node]):
            return tree
        below, above = self._sides(tree, node)
        if len(below) < LEAST_PAIRS:
            return tree
        crossed = self.probe.crossings(below, above)
        if len(crossed) < LEAST_PAIRS:
            return tree
        plane = self._plane(crossed, weights_of(tree, node)) if self.oblique else None
        if plane is not None:
            return with_plane(tree, node, *plane)
        return with_threshold(tree, node, float(np.median(tree.values(crossed)[:, feature])))

    def _sides(self, tree: Tree, node: int) -> tuple[np.ndarray, np.ndarray]:
        """Return pairs of rows (Q, D) from both sides of a cut, near it, nothing missing."""
        leaves = tree.leaves(self.rows)
        distance = np.abs(tree.values(self.rows)[:, tree.feature[node]] - tree.threshold[node])
        known = ~np.isnan(self.rows).any(axis=1)
        wanted = min(max(N_PAIRS, PAIRS_A_FEATURE * self.rows.shape[1]), MOST_PAIRS)
        drawn = []
        for side in (tree.left[node], tree.right[node]):
            mine = np.flatnonzero(np.isin(leaves, tree.below(int(side))) & known)
            near = mine[np.argsort(distance[mine], kind="stable")]
            near = near[: max(int(NEARBY * len(near)), wanted)]
            drawn.append(self.rng.choice(near, wanted if len(near) else 0))
        n_pairs = min(map(len, drawn))
        return self.rows[drawn[0][:n_pairs]], self.rows[drawn[1][:n_pairs]]

    def _plane(self, crossed: np.ndarray, before: np.ndarray) -> tuple[np.ndarray, float] | None:
        """Return weights (D,) and threshold of the plane through crossings (Q, D), if it is better.

        It is where crossings lie much closer to it than to the cut along `before` (D,).
        Of few channels is better than of many, unless crossings then lie farther away.
        """
        free = np.ptp(crossed, axis=0) > 0
        if free.sum() < 2 or len(crossed) < PAIRS_A_FEATURE * free.sum() / 2:
            return None
        z = self.scale.standard(crossed)
        along = before * self.scale.sd
        thin = _thin(z, free)
        if _spread(z, along / np.linalg.norm(along)) <= THINNER * _spread(z, thin):
            return None
        weights = thin / self.scale.sd * np.sign(thin @ along or 1.0)
        return weights, float(np.median(crossed @ weights))

    def split(self, tree: Tree) -> Tree | None:
        """Return the tree with the least consistent code split that can be; None if none can."""
        rows, leaves = self._drawn(tree)
        answers = self.probe.answers(rows)
        found = consistency_of(answers, leaves, decides=self.probe.decides)
        for leaf in sorted(found, key=lambda each: found[each]):
            if found[leaf] >= CONSISTENT:
                return None
            mine = leaves == leaf
            finer = self._split_one(tree, leaf, rows[mine], answers[mine])
            if finer is not None and self._is_large(finer, leaf) and self._parts(finer, leaf):
                return finer
        return None

    def _drawn(self, tree: Tree) -> tuple[np.ndarray, np.ndarray]:
        """Return training rows (R, D) of each code, and their leaves (R,)."""
        leaves = tree.leaves(self.rows)
        each = [self.rng.permutation(np.flatnonzero(leaves == leaf))[:N_ROWS]
                for leaf in np.unique(leaves)]  # fmt: skip
        drawn = np.concatenate(each)
        return self.rows[drawn], leaves[drawn]

    def _split_one(
        self, tree: Tree, leaf: int, rows: np.ndarray, answers: np.ndarray
    ) -> Tree | None:
        """Return the tree with a leaf cut where its rows' answers say, and that cut put finely."""
        flat = answers.reshape(len(rows), -1).astype(np.float64)
        moves = Moves(tree.channels, tree.context, rows, flat - flat.mean(axis=0))
        twig = grow_tree(moves, 2, oblique=self.oblique)
        return self.put(grafted(tree, leaf, twig), leaf) if twig.n_codes > 1 else None

    def _is_large(self, tree: Tree, node: int) -> bool:
        """Return whether both sides of a cut have enough training rows."""
        leaves = tree.leaves(self.rows)
        sides = [
            np.isin(leaves, tree.below(int(each[node]))).sum() for each in (tree.left, tree.right)
        ]
        return bool(min(sides) >= LEAST_SHARE * len(self.rows))

    def _parts(self, tree: Tree, node: int) -> bool:
        """Return whether rows on both sides of a cut between leaves are answered otherwise."""
        rows, leaves = self._drawn(tree)
        answers = self.probe.answers(rows)
        below, above = (answers[leaves == each[node]] for each in (tree.left, tree.right))
        return self._differ(below, above, _variance(answers))

    def _differ(self, first: np.ndarray, second: np.ndarray, variance: float) -> bool:
        """Return whether answers to two sets of rows differ, beside the variance over all."""
        if not len(first) or not len(second):
            return False
        if self.probe.decides:
            return self.probe.decided_otherwise(first.mean(axis=0), second.mean(axis=0))
        gap = first.mean(axis=0) - second.mean(axis=0)
        shares = len(first) * len(second) / (len(first) + len(second)) ** 2
        return bool(np.square(gap).sum() * shares >= LEAST_EXPLAINED * variance)

    def joined(self, tree: Tree) -> Tree:
        """Return the tree without cuts that make no difference to what is answered."""
        rows, leaves = self._drawn(tree)
        answers = self.probe.answers(rows)
        variance = _variance(answers)
        for node in np.flatnonzero(tree.feature != LEAF)[::-1]:
            ends = int(tree.left[node]), int(tree.right[node])
            for kept, gone in (ends, ends[::-1]):
                mine = np.isin(leaves, tree.below(gone))
                goes = tree.leaves(rows[mine], kept)
                groups = [
                    (answers[mine][(leaves[mine] == old) & (goes == new)], answers[leaves == new])
                    for old, new in {*zip(leaves[mine].tolist(), goes.tolist(), strict=True)}
                ]
                if not any(self._differ(*pair, variance) for pair in groups):
                    return self.joined(hoisted(tree, int(node), kept))
        return tree

    def table(self, tree: Tree) -> pd.DataFrame:
        """Return the rule, share and consistency of each code, as in `refining.Refined`."""
        rows, leaves = self._drawn(tree)
        found = consistency_of(self.probe.answers(rows), leaves, decides=self.probe.decides)
        shares = np.bincount(tree.leaves(self.rows), minlength=len(tree.feature)) / len(self.rows)
        order = tree.below(0)
        return pd.DataFrame(
            {
                "rule": tree.names,
                "share": shares[order],
                "consistency": [found.get(int(leaf), np.nan) for leaf in order],
            }
        )


def _thin(z: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Return the unit normal (D,) of the plane near points (Q, D), of few terms where those do.

    Args:
        z: the points, standardised.
        free: bool (D,), the columns in which they differ.
    """
    dense = _among(z, np.flatnonzero(free))
    strongest = np.argsort(-np.abs(dense), kind="stable")
    for n_terms in FEW_TERMS:
        few = _among(z, np.sort(strongest[:n_terms]))
        if _spread(z, few) <= SLACK * _spread(z, dense):
            return few
    return dense


def _among(z: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return the normal (D,) of the plane near points (Q, D) as seen in some columns alone."""
    normal = np.zeros(z.shape[1])
    normal[columns] = _normal(z[:, columns])
    return normal


def _normal(points: np.ndarray) -> np.ndarray:
    """Return the unit normal (F,) of the plane near points (Q, F), those far from it left out."""
    kept = np.ones(len(points), dtype=bool)
    for _ in range(ROUNDS):
        middle = np.median(points[kept], axis=0)
        normal: np.ndarray = np.linalg.svd(points[kept] - points[kept].mean(axis=0))[2][-1]
        distance = np.abs((points - middle) @ normal)
        kept = distance <= TRIM * max(np.median(distance), np.finfo(float).eps)
        if kept.sum() <= points.shape[1]:
            break
    return normal


def _spread(points: np.ndarray, normal: np.ndarray) -> float:
    """Return the median distance of points (Q, F) from the plane with this unit normal."""
    along = points @ normal
    return float(np.median(np.abs(along - np.median(along))))
