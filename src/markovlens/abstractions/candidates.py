"""Which codebooks are tried: each kind, number of codes and context, and trees grown again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from markovlens.abstractions.base import Evidence, Fitted, Options
from markovlens.abstractions.clusters import START_CLUSTERS, shared_clusters
from markovlens.abstractions.coded import coded
from markovlens.abstractions.counting import build_machine
from markovlens.abstractions.lumped import lump_states
from markovlens.abstractions.quick import Tried, best_size
from markovlens.codebooks.centres import Centres, nearest_centres
from markovlens.codebooks.context import Context
from markovlens.codebooks.cuts import quantile_cuts
from markovlens.codebooks.growing import FEW_TERMS, Moves, grow_trees, moves_of
from markovlens.codebooks.tree import Tree
from markovlens.seeding import seed_for
from markovlens.trace import Trace

OBLIQUE = "oblique"
GROWN = ("tree", OBLIQUE)  # kinds whose thresholds can be moved


def codebooks(
    evidence: Evidence, options: Options
) -> Iterator[tuple[Tree | Centres, str, Context]]:
    """Yield every codebook that is tried, with its kind and context."""
    trace = evidence.train
    clusters = shared_clusters(evidence, min(START_CLUSTERS, trace.n_steps), options).labels
    for name in options.contexts:
        context, known = Context.named(name), set[tuple[str, ...]]()
        rng = np.random.default_rng(seed_for(evidence.seed, "codebook", name))
        moves = moves_of(trace, clusters, context, rng)
        for kind in options.codes:
            for book in _of_kind(kind, moves, trace, options.n_codes, rng):
                if _outline(book) not in known:
                    known.add(_outline(book))
                    yield book, kind, context


def _outline(book: Tree | Centres) -> tuple[str, ...]:
    """Return the rules of a codebook in few digits: of those alike in them one is tried."""
    return book.outline if isinstance(book, Tree) else book.names


def _of_kind(
    kind: str, moves: Moves, trace: Trace, sizes: Sequence[int], rng: np.random.Generator
) -> Iterator[Tree | Centres]:
    """Yield the codebooks of one kind and context, of each number of codes."""
    inputs, context = trace.sequences, moves.context
    if kind in GROWN:
        yield from _trees(kind, moves, sizes)
    elif kind == "quantile":
        yield from (quantile_cuts(inputs, n_codes, context=context) for n_codes in sizes)
    else:
        yield from (nearest_centres(inputs, n_codes, context=context, rng=rng) for n_codes in sizes)


def _trees(kind: str, moves: Moves, sizes: Sequence[int]) -> Iterator[Tree]:
    """Yield trees of each number of codes, oblique ones of few terms as well as of all."""
    if kind != OBLIQUE:
        yield from grow_trees(moves, sizes)
        return
    few = [n_terms for n_terms in FEW_TERMS if n_terms < moves.features.shape[1]]
    for most_terms in (*few, None):
        yield from grow_trees(moves, sizes, oblique=True, most_terms=most_terms)


def regrown(evidence: Evidence, options: Options, first: Tried) -> Iterator[Tried]:
    """Yield trees grown again by the moves between states that differ in what comes after them.

    Where states lie says more than what they do: trees grown on places cut rows where the state
    moves on smoothly, and nothing follows from it. The states of the closest quick machine, joined
    where they have the same future, move only where something does.
    """
    trace = evidence.train
    labels = _states_with_a_future(evidence, options, first)
    if labels.max() == 0:
        return
    rng = np.random.default_rng(seed_for(evidence.seed, "codebook", "again"))
    places = replace(trace, states=np.eye(labels.max() + 1)[labels])
    moves = moves_of(places, labels, first.context, rng)
    known: set[tuple[str, ...]] = set()
    for kind in [kind for kind in options.codes if kind in GROWN]:
        for tree in _trees(kind, moves, options.n_codes):
            if tree.outline not in known:
                known.add(tree.outline)
                yield best_size(evidence, options, tree, kind, first.context, known=labels)


def _states_with_a_future(evidence: Evidence, options: Options, tried: Tried) -> np.ndarray:
    """Return the state (N,) at each training step of a quick machine, lumped."""
    read = replace(
        evidence,
        train=coded(evidence.train, tried.codebook),
        valid=coded(evidence.validation, tried.codebook),
        _made={},
    )
    clusters = shared_clusters(evidence, tried.n_states, options)
    machine = build_machine(read.train, clusters.memberships, deterministic=False)
    fitted = Fitted(machine, lambda trace: clusters.nearest(trace.states))
    members = lump_states(read, fitted, options).members
    numbers: np.ndarray = np.unique(members.argmax(axis=1)[clusters.labels], return_inverse=True)[1]
    return numbers
