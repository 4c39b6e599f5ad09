"""What flows along the edges of a machine while it reads sequences."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from markovlens.machines.machine import Machine
from markovlens.machines.words import Words, words_for
from markovlens.sequences import starts_of

START = -1
PRIOR_STEPS = 5.0
LARGE_PART = 0.25  # of a state's ways out, that is drawn anyway
FAINTEST = 0.2  # of the least share that is drawn anyway


@dataclass(frozen=True, slots=True)
class Flow:
    """Expected counts of a machine that reads sequences, seen nothing but their symbols.

    Attributes:
        starts: (V,), sequences that begin with symbol v.
        reads: (V, K), expected steps at which symbol v is read in state k.
        visits: (K,), expected steps after which the machine is in state k.
        moves: (V, K, K), counted steps that read v and lead from one state to another; None where
            they are expected by the machine's transitions.
        entries: (V, K), counted sequences that begin with v and are in state k after it, or None.
    """

    starts: np.ndarray
    reads: np.ndarray
    visits: np.ndarray
    moves: np.ndarray | None = None
    entries: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """All symbols that lead from one state to another.

    Attributes:
        source: a state, or `START`.
        target: a state.
        flow: expected steps along this edge (sequences, if it comes from the start).
        share: flow divided by all steps but the first ones (from the start: by all sequences).
        symbols: (M,), the symbols with any flow, the largest flow first.
        flows: (M,), the flow of each.
        probabilities: (M,), P(target | source, symbol).
        lifts: (M,), P(edge | symbol) / P(edge), shrunk towards 1 for rare symbols.
    """

    source: int
    target: int
    flow: float
    share: float
    symbols: np.ndarray
    flows: np.ndarray
    probabilities: np.ndarray
    lifts: np.ndarray


def flow_of(machine: Machine, words: Words) -> Flow:
    """Return the expected counts of `machine` running over words in closed loop."""
    inputs = words_for(machine, words)
    belief = machine.run(inputs)
    read = machine.symbols_of(inputs)
    first = np.zeros(inputs.n_steps, dtype=bool)
    first[starts_of(inputs.lengths)] = True
    reads = np.zeros((machine.n_symbols, machine.n_states))
    later = np.flatnonzero(~first)
    np.add.at(reads, read[later], belief[later - 1])
    starts = np.bincount(read[first], minlength=machine.n_symbols).astype(float)
    return Flow(starts, reads, belief.sum(0))


def counted_flow(
    states: np.ndarray, symbols: np.ndarray, lengths: np.ndarray, *, shape: tuple[int, int]
) -> Flow:
    """Return the counts of one path: each step is in one state, and leads from one to another.

    Args:
        states, symbols: (N,), the state after each step, and what it read.
        lengths: (S,), of the sequences.
        shape: V and K.
    """
    n_symbols, n_states = shape
    first = np.zeros(len(states), dtype=bool)
    first[starts_of(lengths)] = True
    later = np.flatnonzero(~first)
    moves, entries = np.zeros((n_symbols, n_states, n_states)), np.zeros(shape)
    np.add.at(moves, (symbols[later], states[later - 1], states[later]), 1)
    np.add.at(entries, (symbols[first], states[first]), 1)
    visits = np.bincount(states, minlength=n_states).astype(float)
    return Flow(entries.sum(axis=1), moves.sum(axis=2), visits, moves, entries)


def even_flow(machine: Machine) -> Flow:
    """Return the counts as if each symbol were read once at first and once in each state reached.

    The edges are then those of the machine itself, whatever sequences it may meet.
    """
    inside = machine.visitable.astype(float)
    reads = np.repeat(inside[None], machine.n_symbols, axis=0)
    return Flow(np.ones(machine.n_symbols), reads, inside)


def edges_of(machine: Machine, flow: Flow, *, prior: float = PRIOR_STEPS) -> list[Edge]:
    """Return the edges with any flow: those from the start, then the others, largest flow first.

    Args:
        machine: whose edges.
        flow: counts of that machine, from `flow_of`.
        prior: pseudo-steps that shrink the lift of rare symbols towards 1.
    """
    entries = flow.starts[:, None] * machine.initial if flow.entries is None else flow.entries
    initial = _shares(flow.entries, machine.initial)
    begun = [_edge(START, k, entries, initial, prior) for k in range(machine.n_states)]
    moved = []
    for source in range(machine.n_states):
        counted = None if flow.moves is None else flow.moves[:, source]
        transition = _shares(counted, machine.transition[:, source])
        moves = flow.reads[:, source, None] * transition if counted is None else counted
        moved += _edges_from(source, moves, transition, flow, prior)
    return [*_by_flow(begun), *_by_flow(moved)]


def _shares(counts: np.ndarray | None, expected: np.ndarray) -> np.ndarray:
    """Return how often each symbol led where (V, K): as counted, or as expected where it never."""
    if counts is None:
        return expected
    total = counts.sum(axis=1, keepdims=True)
    return np.where(total > 0, counts / np.maximum(total, 1), expected)


def _edges_from(
    source: int, moves: np.ndarray, probabilities: np.ndarray, flow: Flow, prior: float
) -> list[Edge]:
    per_symbol = flow.reads.sum(1)
    return [
        _edge(source, target, moves, probabilities, prior, per_symbol=per_symbol)
        for target in range(moves.shape[1])
    ]


def _edge(
    source: int,
    target: int,
    moves: np.ndarray,
    probabilities: np.ndarray,
    prior: float,
    *,
    per_symbol: np.ndarray | None = None,
) -> Edge:
    """Return one edge from the flow (V, K) of each symbol out of its source."""
    per_symbol = moves.sum(1) if per_symbol is None else per_symbol
    along, everything = moves[:, target], per_symbol.sum()
    total = along.sum()
    symbols = np.flatnonzero(along > 0)
    symbols = symbols[np.argsort(-along[symbols], kind="stable")]
    share = total / everything if everything else 0.0
    lifts = (along[symbols] + prior * share) / (per_symbol[symbols] + prior) / (share or 1.0)
    chosen = probabilities[symbols, target]
    return Edge(source, target, float(total), float(share), symbols, along[symbols], chosen, lifts)


def _by_flow(edges: list[Edge]) -> list[Edge]:
    flowing = [edge for edge in edges if edge.flow > 0]
    return sorted(flowing, key=lambda edge: (-edge.flow, edge.source, edge.target))


def split_by_share(edges: list[Edge], *, least: float, most: int) -> tuple[list[Edge], list[Edge]]:
    """Return the edges to draw and the edges to hide, both in the order given.

    The strongest edge from and to another state is drawn even if it is weak (but not if it is
    hardly ever taken), so that no state stands alone; so is what holds a large part of a state's
    ways out, without which the state would seem to lead elsewhere.

    Args:
        edges: the largest flow first.
        least: share of flow below which an edge is hidden.
        most: how many edges to draw at most, strongest edges aside.
    """
    shown: list[Edge] = []
    hidden: list[Edge] = []
    left: set[int] = set()
    entered: set[int] = set()
    ways_out: defaultdict[int, float] = defaultdict(float)
    for edge in edges:
        ways_out[edge.source] += edge.flow if edge.source != edge.target else 0.0
    for rank, edge in enumerate(edges):
        is_large = edge.flow > LARGE_PART * ways_out[edge.source]
        is_strongest = is_large or edge.source not in left or edge.target not in entered
        if edge.source == edge.target or edge.share < FAINTEST * least:
            is_strongest = False
        else:
            left.add(edge.source)
            entered.add(edge.target)
        keep = is_strongest or (edge.share >= least and rank < most)
        (shown if keep else hidden).append(edge)
    return shown, hidden
