"""The fewest edits of a word that lead a machine elsewhere: exact, by dynamic programming.

A word and a machine make a graph of places in the word and states: keeping a symbol costs nothing;
putting another in its place, one before it, or leaving it out costs one. The least cost from each
node to a goal is found from the end of the word, for many words at once (Wagner, "Order-n
correction for regular languages", 1974), and the edits are read off it from the beginning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse.csgraph import shortest_path

from markovlens.machines.alphabet import Alphabet
from markovlens.machines.machine import Machine
from markovlens.sequences import Sequences

SUBSTITUTE, INSERT, DELETE = "substitute", "insert", "delete"
KINDS = (SUBSTITUTE, INSERT, DELETE)
NOTHING = -1  # no symbol: of what is put in, or of what was there
EDIT = 10_000  # cost of any edit: the fewest come first, then those that read most naturally
COSTS = {SUBSTITUTE: EDIT, DELETE: EDIT + 1, INSERT: EDIT + 2}
FAR = 10**12  # no edits lead there


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of a word.

    Attributes:
        kind: `substitute`, `insert` (before the place) or `delete`.
        place: of the word as it was, from 0; its length where a symbol comes after the last.
        symbol: that is put in, `NOTHING` of a deletion.
        was: the symbol that was there, `NOTHING` of an insertion.
    """

    kind: str
    place: int
    symbol: int
    was: int


@dataclass(frozen=True, slots=True)
class Moves:
    """The most likely moves of a machine as integers, the start being one more state.

    Attributes:
        successor: (V, K + 1), the next state; column K is the start, before the first symbol.
        options: for each of the K + 1 states the symbol by which each next state is reached.
    """

    successor: np.ndarray
    options: tuple[dict[int, int], ...]

    @property
    def single(self) -> np.ndarray:
        """(K + 1, K + 1), the cost of a substitution that leads from one to the other."""
        size = len(self.options)
        costs = np.full((size, size), FAR)
        for state, reached in enumerate(self.options):
            costs[state, list(reached)] = COSTS[SUBSTITUTE]
        return costs

    @property
    def inserted(self) -> np.ndarray:
        """(K + 1, K + 1), the cost of the insertions that lead from one to the other."""
        found = shortest_path((self.single < FAR).astype(float), unweighted=True)
        return np.where(np.isfinite(found), found * COSTS[INSERT], FAR).astype(np.int64)

    @property
    def start(self) -> int:
        """The number of the start."""
        return self.successor.shape[1] - 1


def moves_for_edits(
    machine: Machine,
    alphabet: Alphabet,
    frequency: np.ndarray | None = None,
    *,
    first: np.ndarray | None = None,
) -> Moves:
    """Return the moves among which edits are sought.

    Of several symbols that move a state alike the most frequent one stands for all. Only moves that
    were seen when the machine was built are made by edits, so that no rule for the unseen is what
    an explanation rests on; symbols that are kept make any move.

    Args:
        machine: whose most likely moves.
        alphabet: only its inner symbols are put in.
        frequency: (V,), how often each symbol was met; those never met are not put in. None where
            all are alike.
        first: bool (V,), which symbols were met before any other; all when None.
    """
    begun, later = machine.initial.argmax(axis=-1), machine.transition.argmax(axis=-1)
    successor = np.column_stack([later, begun])
    known = np.ones(len(begun)) if frequency is None else frequency
    inner = np.array(alphabet.inner)
    inner = inner[known[inner] > 0]
    ordered = inner[np.argsort(-known[inner], kind="stable")]
    seen = np.column_stack([machine.seen, np.full(len(begun), True) if first is None else first])
    options: list[dict[int, int]] = []
    for state in range(successor.shape[1]):
        usable = ordered[seen[ordered, state]]
        reached: dict[int, int] = {}
        for symbol in usable.tolist():
            reached.setdefault(int(successor[symbol, state]), symbol)
        options.append(reached)
    return Moves(successor, tuple(options))


def shortest_edits(
    moves: Moves,
    words: Sequences,
    goals: np.ndarray,
    *,
    alphabet: Alphabet,
    kinds: Sequence[str] = KINDS,
) -> list[tuple[Edit, ...] | None]:
    """Return for each word the fewest edits after which the machine ends in one of some states.

    Marks of its begin and end stay as they are. Of several ways with as few edits it is one that
    deletes rather than inserts and substitutes rather than deletes, and of these the one that
    keeps the longest beginning.

    Args:
        moves: of the machine, see `moves_for_edits`.
        words: S of them, symbols with marks.
        goals: bool (S, K), the states in one of which each should end.
        alphabet: which symbols are marks.
        kinds: of the edits that may be made.

    Returns:
        The edits in the order of the word, none if it ends there already; None if no edits do.
    """
    rules = _Rules(moves, frozenset(kinds), bool(alphabet.opening), bool(alphabet.closing))
    costs = rules.costs(words, goals)
    return [
        tuple(rules.follow(word, costs[: len(word) + 1, number]))
        if costs[len(word), number, moves.start] < FAR
        else None
        for number, word in enumerate(words)
    ]


@dataclass(frozen=True, slots=True)
class _Rules:
    """What may be edited: symbols before `head` and the last `tail` ones may not."""

    moves: Moves
    kinds: frozenset[str]
    head: int
    tail: int

    def may_insert(self, left: np.ndarray | int, lengths: np.ndarray | int) -> np.ndarray:
        """Return whether a symbol may be put before the last `left` ones."""
        inside = (left >= np.asarray(self.tail)) & (left <= np.asarray(lengths) - self.head)
        return np.asarray(inside & (INSERT in self.kinds))

    def may_change(self, left: np.ndarray | int, lengths: np.ndarray | int) -> np.ndarray:
        """Return whether the first of the last `left` symbols may be another, or none."""
        return np.asarray(
            (left > np.asarray(self.tail)) & (left <= np.asarray(lengths) - self.head)
        )

    def costs(self, words: Sequences, goals: np.ndarray) -> np.ndarray:
        """Return the least costs (T + 1, S, K + 1) of edits, by how many symbols are left.

        Those of the last column are from the start. Of words with fewer symbols it means nothing.
        """
        lengths, ends = words.lengths, words.starts + words.lengths
        single, inserted = self.moves.single, self.moves.inserted
        costs = np.full((int(lengths.max()) + 1, len(words), len(single)), FAR)
        costs[0, :, :-1][goals] = 0
        for left in range(len(costs)):
            if left:
                alive = np.flatnonzero(lengths >= left)
                read, after = words.values[ends[alive] - left], costs[left - 1, alive]
                found = np.take_along_axis(after, self.moves.successor[read], axis=1)
                changed = np.full_like(found, FAR)
                if SUBSTITUTE in self.kinds:
                    changed = (single + after[:, None]).min(axis=2)
                if DELETE in self.kinds:
                    changed = np.minimum(changed, COSTS[DELETE] + after)
                may = self.may_change(left, lengths[alive])[:, None]
                costs[left, alive] = np.where(may, np.minimum(found, changed), found)
            begun = np.flatnonzero(self.may_insert(left, lengths) & (lengths >= left))
            costs[left, begun] = (inserted + costs[left, begun][:, None]).min(axis=2)
        return np.minimum(costs, FAR)

    def follow(self, word: np.ndarray, costs: np.ndarray) -> Iterator[Edit]:
        """Yield the edits of a word (T,) whose costs (T + 1, K + 1) are known."""
        state, left = self.moves.start, len(word)
        while left or costs[0, state]:
            place, now = len(word) - left, costs[left, state]
            was = int(word[place]) if left else NOTHING
            if left and costs[left - 1, self.moves.successor[was, state]] == now:
                state, left = int(self.moves.successor[was, state]), left - 1
                continue
            edit, state = self._cheapest(state, left, costs, place=place, was=was)
            left -= edit.kind != INSERT
            yield edit

    def _cheapest(
        self, state: int, left: int, costs: np.ndarray, *, place: int, was: int
    ) -> tuple[Edit, int]:
        """Return the edit that one comes nearer by, and the state after it."""
        now, length = costs[left, state], len(costs) - 1
        options = self.moves.options[state].items()
        if left and self.may_change(left, length):
            if SUBSTITUTE in self.kinds:
                for after, symbol in options:
                    if costs[left - 1, after] + COSTS[SUBSTITUTE] == now and symbol != was:
                        return Edit(SUBSTITUTE, place, symbol, was), after
            if DELETE in self.kinds and costs[left - 1, state] + COSTS[DELETE] == now:
                return Edit(DELETE, place, NOTHING, was), state
        after, symbol = next(one for one in options if costs[left, one[0]] + COSTS[INSERT] == now)
        return Edit(INSERT, place, symbol, NOTHING), after


def edited(word: np.ndarray, edits: Sequence[Edit]) -> np.ndarray:
    """Return a word (T,) after edits; places are those of the word as it was."""
    made: list[int] = []
    at = 0
    for edit in edits:
        made += word[at : edit.place].tolist()
        at = edit.place + (edit.kind != INSERT)
        made += [edit.symbol] if edit.kind != DELETE else []
    made += word[at:].tolist()
    return np.array(made, dtype=np.int64)


def random_edits(
    word: np.ndarray, n_edits: int, *, alphabet: Alphabet, rng: np.random.Generator
) -> np.ndarray:
    """Return another word (T,) after as many edits of random kinds, places and symbols; marks stay.

    A symbol gives way to another one, and edits that undo each other are drawn anew.
    """
    core = alphabet.core(word).tolist()
    made = core
    while made == core:
        made = list(core)
        for _ in range(n_edits):
            _edit_once(made, alphabet, rng)
    return alphabet.like(np.array(made, dtype=word.dtype), word)


def _edit_once(core: list[int], alphabet: Alphabet, rng: np.random.Generator) -> None:
    """Make one random edit of inner symbols, which always changes them."""
    inner = alphabet.inner
    shortest = 0 if alphabet.marked else 1
    usable = [INSERT]
    usable += [DELETE] if len(core) > shortest else []
    usable += [SUBSTITUTE] if core and len(inner) > 1 else []
    kind = usable[rng.integers(len(usable))]
    place = int(rng.integers(len(core) + (kind == INSERT)))
    if kind == DELETE:
        del core[place]
    elif kind == INSERT:
        core.insert(place, inner[rng.integers(len(inner))])
    else:
        others = [symbol for symbol in inner if symbol != core[place]]
        core[place] = others[rng.integers(len(others))]
