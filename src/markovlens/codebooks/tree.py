"""A decision tree whose leaves are the codes: each is a rule on channels."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from markovlens.channels import Channel
from markovlens.codebooks.base import check_channels
from markovlens.codebooks.context import CHANGE, Context
from markovlens.codebooks.digits import Extent
from markovlens.codebooks.known import Known, known_of
from markovlens.codebooks.rules import Cut, Words, outline_of, rules_of, words_of
from markovlens.sequences import Sequences

LEAF = -1
BLOCK = 65_536  # rows that are read at a time


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Tree:
    """A codebook of cuts: codes are the leaves from left to right, V of them.

    Attributes:
        channels: what the D columns of rows are.
        context: how rows become F features.
        directions: (G, F), weights of sums of features that may be cut as well, each a further
            feature; none where G is 0.
        feature: int (M,), the feature that each node cuts, below F + G; -1 for a leaf.
        threshold: float (M,), values up to it go left.
        left, right: int (M,), the nodes below each node.
        missing_left: bool (M,), whether a missing value goes left.
        met_missing: bool (F,), whether values of each feature were missing where the tree was
            grown; its rules say nothing of missing values elsewhere.
        known: what each channel held where it was made; empty where that is not known.
        names: the rule of each code, in as many digits as it takes to decide as the cuts do.
        words: how the rules spell features and thresholds.
    """

    channels: tuple[Channel, ...]
    context: Context
    directions: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    missing_left: np.ndarray
    met_missing: np.ndarray
    known: tuple[Known, ...] = ()
    names: tuple[str, ...] = field(init=False)
    words: Words = field(init=False)
    _code_of: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        """Number the leaves and put them into words."""
        paths = list(self._paths(0, ()))
        code_of = np.full(len(self.feature), LEAF)
        code_of[[leaf for leaf, _ in paths]] = np.arange(len(paths))
        object.__setattr__(self, "_code_of", code_of)
        found = self.context.names(self.channels)
        rules = [path for _, path in paths]
        words = words_of(rules, found, self.directions, self._extents())
        object.__setattr__(self, "words", words)
        object.__setattr__(self, "names", rules_of(rules, words))

    def _extents(self) -> list[Extent]:
        """Return how the values of each feature lie; of changes that is not known."""
        own = [Extent.of(each) for each in known_of(self)]
        if self.context.kind == CHANGE:
            return [*own, *(Extent() for _ in own)]
        return own * (len(self.met_missing) // len(own))

    @property
    def outline(self) -> tuple[str, ...]:
        """Its rules in the fewest digits: trees alike in them cut hardly otherwise."""
        paths = [path for _, path in self._paths(0, ())]
        found = self.context.names(self.channels)
        return rules_of(paths, outline_of(paths, found, self.directions))

    def told_cuts(self, channel: int) -> dict[float, str]:
        """Return the thresholds of a channel, in this row or one before, as its rules tell them."""
        own = range(channel, len(self.met_missing), len(self.channels))
        return {
            threshold: text
            for feature in own
            for threshold, text in self.words.thresholds.get(feature, {}).items()
            if np.isfinite(threshold)
        }

    def _paths(self, node: int, path: tuple[Cut, ...]) -> list[tuple[int, tuple[Cut, ...]]]:
        """Return the leaves below a node, from left to right, and the cuts on the way to each."""
        feature = int(self.feature[node])
        if feature == LEAF:
            return [(node, path)]
        threshold, missing = float(self.threshold[node]), bool(self.missing_left[node])
        met = self._met_missing(feature)
        below = Cut(feature, threshold, below=True, missing=missing and met)
        above = Cut(feature, threshold, below=False, missing=not missing and met)
        return [
            *self._paths(int(self.left[node]), (*path, below)),
            *self._paths(int(self.right[node]), (*path, above)),
        ]

    def _met_missing(self, feature: int) -> bool:
        further = feature - len(self.met_missing)
        if further < 0:
            return bool(self.met_missing[feature])
        return bool(self.met_missing[self.directions[further] != 0].any())

    @property
    def n_codes(self) -> int:
        """Number of codes V."""
        return len(self.names)

    @property
    def n_terms(self) -> int:
        """Features that its rules name, those of a sum each, for every cut once."""
        cuts = {*zip(self.feature.tolist(), self.threshold.tolist(), strict=True)}
        n_features = len(self.met_missing)
        terms = [1] * n_features + np.count_nonzero(self.directions, axis=1).tolist()
        return sum(terms[feature] for feature, _ in cuts if feature != LEAF)

    def encode(self, inputs: Sequences) -> np.ndarray:
        """Return the code, int (N,), of each row; raises `DataError` for other channels."""
        check_channels(self.channels, inputs)
        features = self.context.features(inputs)
        blocks = np.array_split(features, -(-len(features) // BLOCK))
        return np.concatenate([self._code_of[self.leaves(block)] for block in blocks])

    def values(self, features: np.ndarray) -> np.ndarray:
        """Return what is cut (N, F + G): features (N, F), then their sums along the directions."""
        return np.hstack([features, features @ self.directions.T])

    def leaves(self, features: np.ndarray, root: int = 0) -> np.ndarray:
        """Return the node (N,), a leaf, to which each row of features (N, F) falls from a root."""
        values = self.values(features)
        node = np.full(len(values), root)
        inner = np.flatnonzero(self.feature[node] != LEAF)
        while inner.size:
            at = node[inner]
            value = values[inner, self.feature[at]]
            goes_left = np.where(
                np.isnan(value), self.missing_left[at], value <= self.threshold[at]
            )
            node[inner] = np.where(goes_left, self.left[at], self.right[at])
            inner = inner[self.feature[node[inner]] != LEAF]
        return node

    def below(self, node: int) -> np.ndarray:
        """Return the leaves (L,) at or below a node."""
        return np.array([leaf for leaf, _ in self._paths(node, ())])

    def __repr__(self) -> str:
        """Return its rules."""
        return "Tree: " + "; ".join(self.names)
