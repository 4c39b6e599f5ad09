"""State merging (Merrill & Tsilivis 2022): a prefix tree whose like states become one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from markovlens.abstractions.base import Decoder, Evidence, Fitted, Options, each_budget
from markovlens.abstractions.folding import Folding
from markovlens.abstractions.reducing import folded, reduce_to, table_of_labels
from markovlens.activations.basis import Basis
from markovlens.errors import DataError
from markovlens.sequences import starts_of
from markovlens.trace import Trace

MOST_CLASSES = 300  # with more than that left, nothing was compressed and folding takes minutes
ROOM = 8  # states for each of the largest budget above which minimising is not tried


@dataclass(frozen=True, slots=True)
class Tree:
    """The distinct prefixes of the training strings, shorter ones first.

    Attributes:
        moves: for each node its children by symbol.
        rows: int (P,), a step of the trace at which the prefix was read.
        node_of: int (N,), the node of each step.
    """

    moves: list[dict[int, int]]
    rows: np.ndarray
    node_of: np.ndarray


@each_budget("merging leaves")
def fit(evidence: Evidence, largest: int, options: Options) -> Fitted:
    """Return the merged machine for every budget that it fits; it has no size of its own to set.

    Two prefixes after which the network decides alike and whose states have a cosine similarity
    above 1 - `options.kappa` become one state, and so do their continuations; a merge by which
    prefixes that are decided differently would meet is left undone. What remains is minimised,
    with unseen moves as don't-cares, and counted on the training strings.

    Cosines are those of the network's own states: POD coordinates are centred and are taken back
    by the network's basis. Without a network the trace is taken as it is.
    """
    return _merged(evidence, options, largest=largest)


def _merged(evidence: Evidence, options: Options, *, largest: int) -> Fitted:
    trace = evidence.train
    tree = prefix_tree(trace)
    directions = directions_of(evidence, trace)
    kept, classes = _classes(trace, tree, directions, options)
    if classes.max() >= MOST_CLASSES:
        raise DataError(
            f"merging at kappa {options.kappa:g} leaves {classes.max() + 1} of {len(tree.rows)} "
            "prefixes; the states do not gather, or kappa is too small",
            page="every-fit-failed",
        )
    labels = classes[tree.node_of]
    table = table_of_labels(trace, labels, directions)
    joined = folded(table, labels)
    if joined.max() >= ROOM * largest:
        raise DataError(
            f"merging at kappa {options.kappa:g} leaves {joined.max() + 1} states, "
            f"more than the largest budget, {largest}",
            page="every-fit-failed",
        )
    reduced = reduce_to(trace, labels, directions, joined, unseen=options.unseen)
    state_of = reduced.state_of[classes[kept]]
    basis = _basis_of(evidence)
    return Fitted(reduced.machine, _decoder(basis, directions[tree.rows[kept]], state_of))


def n_merged(evidence: Evidence, options: Options) -> int:
    """Return how many classes of prefixes merging leaves, before they are minimised.

    A network may tell more prefixes apart than its decisions need; minimising would hide it.
    """
    trace = evidence.train
    classes = _classes(trace, prefix_tree(trace), directions_of(evidence, trace), options)[1]
    return int(classes.max()) + 1


def _classes(
    trace: Trace, tree: Tree, directions: np.ndarray, options: Options
) -> tuple[np.ndarray, np.ndarray]:
    return merge_alike(
        tree, directions[tree.rows], trace.decisions[tree.rows], above=1 - options.kappa
    )


def _decoder(basis: Basis | None, exemplars: np.ndarray, state_of: np.ndarray) -> Decoder:
    """Return the decoder that takes a step for the kept prefix with the most similar state."""

    def decode(read: Trace) -> np.ndarray:
        nearest: np.ndarray = (_along(basis, read) @ exemplars.T).argmax(axis=1)
        return state_of[nearest]

    return decode


def directions_of(evidence: Evidence, trace: Trace) -> np.ndarray:
    """Return the uncentred states at length 1, (N, D + 1)."""
    return _along(_basis_of(evidence), trace)


def _basis_of(evidence: Evidence) -> Basis | None:
    return None if evidence.network is None else evidence.network.basis


def _along(basis: Basis | None, trace: Trace) -> np.ndarray:
    states = np.asarray(trace.states, dtype=np.float64)
    states = states if basis is None else basis.restore(states)
    norms = np.linalg.norm(states, axis=1, keepdims=True)
    # States of zeros have no direction; they get one that only they share.
    return np.hstack([states, norms == 0]) / np.where(norms > 0, norms, 1)


def prefix_tree(trace: Trace) -> Tree:
    """Return the tree of all prefixes of at least one symbol."""
    number: dict[tuple[int, int], int] = {}
    rows: list[int] = []
    found = np.empty(trace.n_steps, dtype=np.int64)
    for start, length in zip(starts_of(trace.lengths), trace.lengths, strict=True):
        at = -1
        for row in range(start, start + length):
            edge = (at, int(trace.inputs[row]))
            if edge not in number:
                number[edge] = len(rows)
                rows.append(row)
            at = found[row] = number[edge]
    return _shorter_first(number, np.array(rows), found)


def _shorter_first(
    number: dict[tuple[int, int], int], rows: np.ndarray, node_of: np.ndarray
) -> Tree:
    depth = np.zeros(len(rows), dtype=np.int64)
    for (parent, _), child in number.items():  # parents were numbered before their children
        depth[child] = 0 if parent < 0 else depth[parent] + 1
    order = np.argsort(depth, kind="stable")
    rank = np.argsort(order)
    moves: list[dict[int, int]] = [{} for _ in rows]
    for (parent, symbol), child in number.items():
        if parent >= 0:
            moves[rank[parent]][symbol] = int(rank[child])
    return Tree(moves, rows[order], rank[node_of])


def merge_alike(
    tree: Tree, directions: np.ndarray, labels: np.ndarray, *, above: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the nodes that stay (M,) and the class (P,) of each node.

    Shorter prefixes come first; each later one joins the most similar that may take it.

    Args:
        tree: the prefix tree.
        directions: (P, D + 1), unit rows.
        labels: int (P,), the network's decision, -1 where it gives none.
        above: the cosine from which on states are alike.
    """
    folding = Folding(tree.moves, labels.tolist())
    kept: list[int] = []
    exemplars = np.empty_like(directions)
    for node in range(len(labels)):
        if folding.first(node) < node:  # taken along by an earlier merge
            continue
        likeness = exemplars[: len(kept)] @ directions[node]
        alike = np.flatnonzero(likeness > above)
        best = alike[np.argsort(-likeness[alike], kind="stable")]
        if not any(folding.merge(kept[place], node) for place in best.tolist()):
            exemplars[len(kept)] = directions[node]
            kept.append(node)
    return np.array(kept), folding.classes()
