"""A codebook with the quick machine that comes closest to its network: what is compared.

Quick machines are counted over clusters of states, one cluster a step. Dozens of codebooks, each
with thresholds moved hundreds of times, meet the same few partitions, so that what does not depend
on codes is kept.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np

from markovlens.abstractions.base import Evidence, Options
from markovlens.abstractions.closeness import as_good_in_pairs, close
from markovlens.abstractions.clusters import shared_clusters
from markovlens.abstractions.counting import frequencies, mean_output, moves_in
from markovlens.codebooks.centres import Centres
from markovlens.codebooks.context import Context
from markovlens.codebooks.tree import Tree
from markovlens.sequences import by_step, starts_of
from markovlens.trace import Trace

logger = logging.getLogger(__name__)

SIZES = (2, 3, 4, 6, 8, 12, 16, 24)  # states of the quick machines
FEW = 64  # sequences, up to which a matrix for each is faster than a loop over codes


@dataclass(frozen=True, slots=True)
class Partition:
    """One of K states at each step of the training sequences.

    Attributes:
        labels: int (N,).
        share: (K,), of steps in each state.
        readout: (K, C), the network's mean output in each.
        starts: (S,), the first rows of sequences.
        moves: (M,), the other rows.
        pairs: (M,), state before and state after each of these, as one number below K^2.
    """

    labels: np.ndarray
    share: np.ndarray
    readout: np.ndarray
    starts: np.ndarray
    moves: np.ndarray
    pairs: np.ndarray

    @classmethod
    def of(cls, trace: Trace, labels: np.ndarray) -> Partition:
        """Return the partition of a training trace by labels (N,), none of them without a step."""
        members = np.eye(labels.max() + 1)[labels]
        moves = moves_in(trace.lengths)
        pairs = labels[moves - 1] * members.shape[1] + labels[moves]
        readout, starts = mean_output(trace, members), starts_of(trace.lengths)
        return cls(labels, members.mean(axis=0), readout, starts, moves, pairs)

    @property
    def n_states(self) -> int:
        """Number of states K."""
        return len(self.share)

    def counted(self, codes: np.ndarray, n_codes: int) -> tuple[np.ndarray, np.ndarray]:
        """Return `initial` (V, K) and `transition` (V, K, K) with codes (N,), as counts say."""
        k = self.n_states
        counts = np.bincount(codes[self.moves] * k**2 + self.pairs, minlength=n_codes * k**2)
        begun = codes[self.starts] * k + self.labels[self.starts]
        first = np.bincount(begun, minlength=n_codes * k).reshape(n_codes, k)
        moves = counts.reshape(n_codes, k, k).astype(float)
        return frequencies(moves, first.astype(float), self.share, deterministic=False)[:2]


class SideBySide:
    """A trace whose sequences a machine reads all at once, the longest first."""

    def __init__(self, trace: Trace) -> None:
        """Lay out the trace; its steps are put in the order in which they are read."""
        rows = [rows for _, rows in by_step(trace.lengths)]
        self.trace = trace
        self._order = np.concatenate(rows)
        self._begins = np.cumsum([0, *map(len, rows)])

    def closeness(self, partition: Partition, codes: np.ndarray, read: np.ndarray) -> np.ndarray:
        """Return how close (S,) a quick machine comes to the network on the trace.

        Args:
            partition: of the training steps.
            codes: int (N,), of the training rows.
            read: int (N',), of the rows of this trace.
        """
        n_codes = int(max(codes.max(), read.max())) + 1
        initial, transition = partition.counted(codes, n_codes)
        said = np.empty((len(self._order), partition.readout.shape[1]))
        said[self._order] = self._run(initial, transition, read[self._order]) @ partition.readout
        return close(said, self.trace)

    def _run(self, initial: np.ndarray, transition: np.ndarray, read: np.ndarray) -> np.ndarray:
        """Return the belief (N', K) after each step, in the order of reading."""
        belief = initial[read]  # right at first steps
        bounds = zip(self._begins[:-2], self._begins[1:-1], self._begins[2:], strict=True)
        for last, begin, end in bounds:
            now, before = read[begin:end], belief[last : last + end - begin]
            if len(now) <= FEW:
                belief[begin:end] = (before[:, None] @ transition[now])[:, 0]
                continue
            for code in np.flatnonzero(np.bincount(now)):
                mine = np.flatnonzero(now == code)
                belief[begin + mine] = before[mine] @ transition[code]
        return belief


@dataclass(frozen=True, slots=True)
class Tried:
    """A codebook with the partition of its closest machine, and the scores (S,) of that."""

    codebook: Tree | Centres
    kind: str
    context: Context
    partition: Partition
    scores: np.ndarray
    asked: bool = False

    @property
    def n_states(self) -> int:
        """Number of states K."""
        return self.partition.n_states

    @property
    def n_codes(self) -> int:
        """Number of codes V."""
        return len(self.codebook.names)

    @property
    def n_terms(self) -> int:
        """What its rules name, see `Tree.n_terms`."""
        return self.codebook.n_terms


def best_size(
    evidence: Evidence,
    options: Options,
    codebook: Tree | Centres,
    kind: str,
    context: Context,
    *,
    known: np.ndarray | None = None,
) -> Tried:
    """Return a codebook with the quick machine that comes closest, of those the smallest.

    The machines are counted over clusters of several sizes, and over the states `known` (N,).
    """
    train, valid = evidence.train, evidence.validation
    partitions = [_clustered(evidence, size, options) for size in SIZES if size <= train.n_steps]
    if known is not None:
        partitions.append(Partition.of(train, known))
    codes, read = codebook.encode(train.sequences), codebook.encode(valid.sequences)
    scores = {
        place: side_by_side(evidence, "valid").closeness(each, codes, read)
        for place, each in enumerate(partitions)
    }
    best = min(as_good_in_pairs(scores), key=lambda place: partitions[place].n_states)
    logger.info(
        "%s of %d codes, context %s: closeness %.4f with %d states",
        *(kind, len(codebook.names), context, scores[best].mean(), partitions[best].n_states),
    )
    return Tried(codebook, kind, context, partitions[best], scores[best])


def side_by_side(evidence: Evidence, split: str) -> SideBySide:
    """Return the training or the validation trace (`train`, `valid`), laid out once."""
    return evidence.once(("side by side", split), lambda: SideBySide(getattr(evidence, split)))


def _clustered(evidence: Evidence, size: int, options: Options) -> Partition:
    """Return the partition into clusters of states, made once."""

    def make() -> Partition:
        return Partition.of(evidence.train, shared_clusters(evidence, size, options).labels)

    return evidence.once(("partition", size, options.restarts, options.max_iterations), make)
