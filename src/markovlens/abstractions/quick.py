"""A codebook with the quick machine that comes closest to its network: what is compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from markovlens.abstractions.base import Evidence, Options
from markovlens.abstractions.closeness import as_good, closeness
from markovlens.abstractions.clusters import shared_clusters
from markovlens.abstractions.coded import coded
from markovlens.abstractions.counting import build_machine
from markovlens.codebooks.base import Codebook
from markovlens.codebooks.context import Context

SIZES = (2, 3, 4, 6, 8, 12, 16, 24)  # states of the quick machines


@dataclass(frozen=True, slots=True)
class Tried:
    """A codebook with the state memberships (N, K) of its closest machine, and its scores (S,)."""

    codebook: Codebook
    kind: str
    context: Context
    members: np.ndarray
    scores: np.ndarray
    asked: bool = False

    @property
    def n_states(self) -> int:
        """Number of states K."""
        return self.members.shape[1]

    @property
    def n_codes(self) -> int:
        """Number of codes V."""
        return len(self.codebook.names)


def best_size(
    evidence: Evidence,
    options: Options,
    codebook: Codebook,
    kind: str,
    context: Context,
    *,
    known: np.ndarray | None = None,
) -> Tried:
    """Return a codebook with the quick machine that comes closest, of those the smallest.

    The machines are counted over clusters of several sizes, and over the states `known` (N,).
    """
    train, valid = coded(evidence.train, codebook), coded(evidence.validation, codebook)
    partitions = {
        size: shared_clusters(evidence, size, options).memberships
        for size in SIZES
        if size <= train.n_steps
    }
    if known is not None:
        partitions[int(known.max()) + 1] = np.eye(known.max() + 1)[known]
    scores = {
        size: closeness(build_machine(train, members, deterministic=False), valid)
        for size, members in partitions.items()
    }
    best = min(as_good(scores))
    return Tried(codebook, kind, context, partitions[best], scores[best])
