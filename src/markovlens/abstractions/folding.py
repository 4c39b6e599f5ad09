"""Merging states of a partly known automaton, with all that determinism then demands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

Undo = Callable[[], None]


class Folding:
    """States that are taken for one another.

    A merge of two states merges their successors by every symbol that both have read, and so on.
    It is refused, and nothing changes, if that would join states that answer differently. What one
    of them has not read is no obstacle: unknown moves are don't-cares.
    """

    def __init__(self, moves: Iterable[Mapping[int, int]], labels: Sequence[int]) -> None:
        """Begin with every state for itself.

        Args:
            moves: for each state the next state by symbol, where known.
            labels: what each state answers; -1 where that is unknown.
        """
        self._moves = [dict(row) for row in moves]
        self._labels = [int(label) for label in labels]
        self._parent = list(range(len(self._labels)))
        self._size = [1] * len(self._labels)
        self._first = list(range(len(self._labels)))

    def find(self, state: int) -> int:
        """Return the state that stands for the class of `state`."""
        while self._parent[state] != state:
            state = self._parent[state]
        return state

    def first(self, state: int) -> int:
        """Return the lowest state in the class of `state`."""
        return self._first[self.find(state)]

    def classes(self) -> np.ndarray:
        """Return the class (K,) of each state, numbered in the order of their first states."""
        number: dict[int, int] = {}
        roots = [self.find(state) for state in range(len(self._parent))]
        return np.array([number.setdefault(root, len(number)) for root in roots])

    def merge(self, a: int, b: int) -> bool:
        """Take two states for one; return whether that was possible."""
        undo: list[Undo] = []
        pending = [(a, b)]
        while pending:
            one, other = (self.find(state) for state in pending.pop())
            if one == other:
                continue
            if not self._agree(one, other):
                for step in reversed(undo):
                    step()
                return False
            if self._size[one] < self._size[other]:
                one, other = other, one
            self._join(one, other, undo)
            pending += self._inherit(one, other, undo)
        return True

    def _agree(self, one: int, other: int) -> bool:
        mine, its = self._labels[one], self._labels[other]
        return mine == its or -1 in (mine, its)

    def _join(self, one: int, other: int, undo: list[Undo]) -> None:
        label, size, first = self._labels[one], self._size[one], self._first[one]

        def back() -> None:
            self._parent[other] = other
            self._labels[one], self._size[one], self._first[one] = label, size, first

        self._parent[other] = one
        self._labels[one] = max(label, self._labels[other])
        self._size[one] += self._size[other]
        self._first[one] = min(first, self._first[other])
        undo.append(back)

    def _inherit(self, one: int, other: int, undo: list[Undo]) -> list[tuple[int, int]]:
        """Give `one` the moves that only `other` has; return pairs that must be merged too."""
        mine, both = self._moves[one], []
        for symbol, target in self._moves[other].items():
            if symbol in mine:
                both.append((mine[symbol], target))
            else:
                mine[symbol] = target
                undo.append(lambda symbol=symbol: mine.__delitem__(symbol))  # type: ignore[misc]
        return both


def fold(
    successor: np.ndarray, labels: np.ndarray, *, weights: np.ndarray, distance: np.ndarray
) -> np.ndarray:
    """Return classes (K,) of a partial automaton: a small one that contradicts nothing seen.

    The smallest is NP-hard to find. Here the state with the most visits comes first, and each
    later one joins the nearest class that it does not contradict, so that what was hardly seen
    follows what was seen often.

    Args:
        successor: int (K, V), -1 where unseen.
        labels: int (K,), what each state answers.
        weights: (K,), visits.
        distance: (K, K), how unlike two states are.
    """
    moves = [{s: int(row[s]) for s in np.flatnonzero(row >= 0).tolist()} for row in successor]
    folding = Folding(moves, labels.tolist())
    core: list[int] = []
    for state in np.argsort(-weights, kind="stable").tolist():
        if any(folding.find(state) == folding.find(other) for other in core):
            continue
        nearest = sorted(core, key=lambda other: distance[state, other])
        if not any(folding.merge(other, state) for other in nearest):
            core.append(state)
    return folding.classes()
