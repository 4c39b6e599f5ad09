"""The smallest deterministic machine that answers the same, and the first word that parts two.

Everything here is about decisions (the most likely class of a state) after at least one symbol:
the start state is before the first symbol and has no answer. It is never among a machine's K
states.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

import numpy as np

from markovlens.arrays import distinct_rows
from markovlens.errors import DataError
from markovlens.machines.machine import Machine
from markovlens.machines.naming import joined_names
from markovlens.machines.soft import plain
from markovlens.outputs import check_machine_decides


@dataclass(frozen=True, slots=True)
class Moves:
    """A deterministic machine in integers.

    Attributes:
        first: (V,), the state after the first symbol.
        successor: (K, V), the next state.
        decisions: (K,), the most likely class of each state.
    """

    first: np.ndarray
    successor: np.ndarray
    decisions: np.ndarray


def harden(machine: Machine) -> Machine:
    """Return the automaton of a machine's most likely moves.

    A probabilistic machine is run by its belief, which takes endlessly many values: it can count a
    little and is itself not finite-state, so that it is no evidence of a finite network.
    """
    one_hot = np.eye(machine.n_states)
    return replace(
        plain(machine),
        initial=one_hot[machine.initial.argmax(axis=-1)],
        transition=one_hot[machine.transition.argmax(axis=-1)],
    )


def moves_of(machine: Machine) -> Moves:
    """Return a machine's moves as integers; raises `DataError` if it is not deterministic."""
    if not machine.is_deterministic:
        raise DataError(
            "expected a deterministic machine, got one with several possible moves",
            page="not-deterministic",
        )
    return Moves(
        machine.initial.argmax(-1), machine.transition.argmax(-1).T, machine.readout.argmax(-1)
    )


def reachable(first: np.ndarray, successor: np.ndarray) -> np.ndarray:
    """Return the states reached after at least one symbol, nearest first, then by symbol."""
    order = dict.fromkeys(first.tolist())
    pending = deque(order)
    while pending:
        for state in dict.fromkeys(successor[pending.popleft()].tolist()):
            if state not in order:
                order[state] = None
                pending.append(state)
    return np.array(list(order))


def refine(successor: np.ndarray, labels: np.ndarray, *, rounds: int | None = None) -> np.ndarray:
    """Return the block (K,) of each state by Moore's partition refinement.

    Two states stay in a block after r rounds if they answer alike to all words of up to r symbols;
    without `rounds`, to all words. At most K rounds of O(K V log K).

    Args:
        successor: int (K, V), complete.
        labels: int (K,), what tells states apart at once.
        rounds: stop after this many.
    """
    blocks: np.ndarray = np.unique(labels, return_inverse=True)[1]
    left = len(labels) if rounds is None else rounds
    while left > 0:
        rows = np.column_stack([blocks, blocks[successor]])
        finer = distinct_rows(rows)[1]
        if finer.max() == blocks.max():
            break
        blocks, left = finer, left - 1
    return blocks


def minimise(machine: Machine) -> Machine:
    """Return the smallest machine with the same decision after every word.

    States are numbered as a breadth-first walk from the start meets them, so that equal languages
    give equal moves whatever the numbers before. A block answers with the mean distribution of
    its members, which has their decision; a move of it was seen if that of one member was.

    Raises:
        DataError: the machine is not deterministic.
    """
    return quotient(machine, minimal_blocks(machine))


def minimal_blocks(machine: Machine) -> np.ndarray:
    """Return the state (K,) of the minimal machine for each state, -1 where it is never reached."""
    check_machine_decides(machine.output)
    moves = moves_of(machine)
    kept = reachable(moves.first, moves.successor)
    number = np.full(machine.n_states, -1)
    number[kept] = np.arange(len(kept))
    blocks = refine(number[moves.successor[kept]], moves.decisions[kept])
    # `kept` is in the order of the walk, so the first member of a block is the first to be met.
    members = np.unique(blocks, return_index=True)[1]
    rank = np.argsort(np.argsort(members))
    found = np.full(machine.n_states, -1)
    found[kept] = rank[blocks]
    return found


def all_blocks(machine: Machine) -> np.ndarray:
    """Return for each state (K,) that of the minimal machine which decides alike from there on.

    Those that the machine never reaches, and none that it does decides like, are numbered after.

    Raises:
        DataError: as `minimise`.
    """
    found, moves = minimal_blocks(machine), moves_of(machine)
    alike = refine(moves.successor, moves.decisions)
    number = dict(zip(alike[found >= 0].tolist(), found[found >= 0].tolist(), strict=True))
    for block in alike.tolist():
        number.setdefault(block, len(number))
    return np.array([number[block] for block in alike.tolist()])


def quotient(machine: Machine, blocks: np.ndarray) -> Machine:
    """Return the machine over blocks of states that move alike.

    Args:
        machine: a deterministic machine.
        blocks: int (K,), the block of each state, from 0 without gaps; -1 leaves a state out.
    """
    inside = np.flatnonzero(blocks >= 0)
    members = np.eye(blocks.max() + 1)[blocks[inside]]  # (K', B)
    chosen = inside[members.argmax(axis=0)]  # a member of each block
    one_hot = members.T / members.sum(axis=0)[:, None]
    moves = moves_of(machine)
    unit = np.eye(members.shape[1])
    return replace(
        machine,
        initial=unit[blocks[moves.first]],
        transition=unit[blocks[moves.successor[chosen]].T],
        readout=one_hot @ machine.readout[inside],
        seen=machine.seen[:, inside].astype(float) @ members > 0,
        states=joined_names(machine.states, blocks),
    )


def equivalent(a: Machine, b: Machine) -> tuple[int, ...] | None:
    """Return the shortest word after which two machines decide differently, None if there is none.

    The word is in symbol numbers, the lowest in the order of symbols among the shortest. Pairs of
    states are walked breadth first, at most K_a K_b of them.

    Raises:
        DataError: one is not deterministic, or they read or answer different things, or do not
            decide.
    """
    for machine in (a, b):
        check_machine_decides(machine.output)
    if (a.n_symbols, a.classes) != (b.n_symbols, b.classes):
        raise DataError(
            f"expected machines over the same symbols and classes, got {a.n_symbols} symbols and "
            f"{a.classes} against {b.n_symbols} and {b.classes}",
            page="alphabets-differ",
        )
    left, right = moves_of(a), moves_of(b)
    came: dict[tuple[int, int], tuple[tuple[int, int] | None, int]] = {}
    pending: deque[tuple[int, int] | None] = deque([None])
    while pending:
        pair = pending.popleft()
        ahead = (
            (left.first, right.first)
            if pair is None
            else (
                left.successor[pair[0]],
                right.successor[pair[1]],
            )
        )
        for symbol, after in enumerate(zip(ahead[0].tolist(), ahead[1].tolist(), strict=True)):
            if after in came:
                continue
            came[after] = (pair, symbol)
            if left.decisions[after[0]] != right.decisions[after[1]]:
                return _word(came, after)
            pending.append(after)
    return None


def _word(
    came: dict[tuple[int, int], tuple[tuple[int, int] | None, int]], pair: tuple[int, int]
) -> tuple[int, ...]:
    word = []
    at: tuple[int, int] | None = pair
    while at is not None:
        at, symbol = came[at]
        word.append(symbol)
    return tuple(reversed(word))
