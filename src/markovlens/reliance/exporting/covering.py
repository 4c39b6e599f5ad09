"""Sequences of symbols that take the moves of an automaton, so that a file's test sees each."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from markovlens.reliance.exporting.plan import Moves

MOST_STEPS = 6000  # of all walks: a vocabulary of thousands is tested in part
LONGEST_WALK = 12  # from where on a walk is ended


def walks(moves: Moves, symbols: np.ndarray, rng: np.random.Generator) -> Iterator[list[int]]:
    """Yield sequences of symbols that take the moves of an automaton, then end in each state.

    Args:
        moves: where symbols lead.
        symbols: int (U,), those that may be read.
        rng: which order they come in.
    """
    walker = _Walker(moves, symbols, rng)
    yield from walker.over_moves()
    yield from walker.to_ends()


@dataclass(frozen=True, slots=True)
class Taken:
    """How many moves of an automaton some sequences take.

    Attributes:
        n_taken: first symbols, and pairs of a symbol and a state, that occur.
        n_moves: those that can occur.
    """

    n_taken: int
    n_moves: int


def taken(moves: Moves, symbols: np.ndarray, starts: np.ndarray) -> Taken:
    """Return how many moves of an automaton symbols (N,) take, sequences from `starts` (S,) on."""
    n_symbols, n_states = moves.after.shape
    path = path_of(moves, symbols, starts)
    before = np.r_[-1, path[:-1]]
    before[starts] = -1
    pairs = np.unique(symbols * (n_states + 1) + before + 1)
    return Taken(len(pairs), n_symbols * (1 + len(_reachable(moves))))


def path_of(moves: Moves, symbols: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the state (N,) of an automaton after each of symbols (N,)."""
    first, after = moves.first.tolist(), moves.after.tolist()
    begins, state, path = {*starts.tolist()}, 0, []
    for step, symbol in enumerate(symbols.tolist()):
        state = first[symbol] if step in begins else after[symbol][state]
        path.append(state)
    return np.array(path, dtype=int)


def _reachable(moves: Moves) -> set[int]:
    found: set[int] = set()
    ahead = {*moves.first.tolist()}
    while ahead:
        found |= ahead
        ahead = {*moves.after[:, sorted(ahead)].ravel().tolist()} - found
    return found


@dataclass(slots=True)
class _Walker:
    """What is left to take."""

    moves: Moves
    symbols: np.ndarray
    rng: np.random.Generator
    left: list[list[int]] = field(init=False)
    hops: list[dict[int, int]] = field(init=False)
    ends: set[int] = field(init=False, default_factory=set)
    n_steps: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        n_states = self.moves.after.shape[1]
        self.left = [self.rng.permutation(self.symbols).tolist() for _ in range(n_states)]
        self.hops = [self._hops(state) for state in range(n_states)]

    def _hops(self, state: int) -> dict[int, int]:
        """Return a symbol by the state that it leads to from another one."""
        ahead = self.moves.after[self.symbols, state].tolist()
        return dict(zip(ahead, self.symbols.tolist(), strict=True))

    def over_moves(self) -> Iterator[list[int]]:
        """Yield walks from each first symbol, as often as one still finds a move not taken."""
        begun: dict[int, bool] = {}
        while self.n_steps < MOST_STEPS and (len(begun) < len(self.symbols) or any(begun.values())):
            for symbol in self.rng.permutation(self.symbols).tolist():
                if self.n_steps >= MOST_STEPS:
                    return
                walk, state = self._walk(symbol)
                fresh, begun[symbol] = symbol not in begun, len(walk) > 1
                if fresh or len(walk) > 1:
                    self.n_steps += len(walk)
                    self.ends.add(state)
                    yield walk

    def to_ends(self) -> Iterator[list[int]]:
        """Yield the shortest walk to each state in which none has ended yet."""
        starts = {int(self.moves.first[each]): int(each) for each in self.symbols}
        ways = {state: [symbol] for state, symbol in starts.items()}
        queue = deque(ways)
        while queue:
            state = queue.popleft()
            for ahead, symbol in self.hops[state].items():
                if ahead not in ways:
                    ways[ahead] = [*ways[state], symbol]
                    queue.append(ahead)
        for state, way in ways.items():
            if state not in self.ends and self.n_steps < MOST_STEPS:
                self.n_steps += len(way)
                yield way

    def _walk(self, symbol: int) -> tuple[list[int], int]:
        """Return a walk, and the state in which it ends."""
        walk, state = [symbol], int(self.moves.first[symbol])
        while len(walk) < LONGEST_WALK and (way := self._way(state)):
            walk += way
            for each in way:
                state = int(self.moves.after[each, state])
        return walk, state

    def _way(self, state: int) -> list[int]:
        """Return the shortest way that ends with a move not taken, which then is; else nothing."""
        ways: dict[int, list[int]] = {state: []}
        queue = deque([state])
        while queue:
            at = queue.popleft()
            if self.left[at]:
                return [*ways[at], self.left[at].pop()]
            for ahead, symbol in self.hops[at].items():
                if ahead not in ways:
                    ways[ahead] = [*ways[at], symbol]
                    queue.append(ahead)
        return []
