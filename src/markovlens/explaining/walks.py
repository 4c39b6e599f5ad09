"""What a machine does on recorded sequences: which state when, from where, by which symbol."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from markovlens.machines.edges import START
from markovlens.machines.machine import STATE, Machine
from markovlens.sequences import Sequences, starts_of

END = -2  # where a sequence is over


@dataclass(frozen=True, slots=True)
class Walk:
    """One machine on S sequences of N steps in all.

    Attributes:
        states: (N,), its state after each step, the likeliest of a belief.
        symbols: (N,), what it read at each.
        before: (N,), the state before, `START` at first steps.
        after: (N,), the state after the next step, `END` at last ones.
        lengths: (S,).
        n_symbols: V.
    """

    states: np.ndarray
    symbols: np.ndarray
    before: np.ndarray
    after: np.ndarray
    lengths: np.ndarray
    n_symbols: int

    @property
    def enters(self) -> np.ndarray:
        """Bool (N,), whether the state was another one before."""
        return self.before != self.states

    @property
    def leaves(self) -> np.ndarray:
        """Bool (N,), whether the next step leads to another state."""
        return (self.after != self.states) & (self.after != END)

    def next_symbols(self, rows: np.ndarray) -> np.ndarray:
        """Return what is read at the steps after `rows` (M,), none of which is a last one."""
        return self.symbols[rows + 1]

    def visits(self, state: int) -> tuple[int, float | None]:
        """Return how often a state was entered, and its dwell time as `groups.counting` has it.

        Steps that have a next one over exits, so that visits which the end of a sequence cuts off
        do not make it shorter; None where it was never left.
        """
        here = self.states == state
        n_exits = int((self.leaves & here).sum())
        n_followed = int((here & (self.after != END)).sum())
        return int((self.enters & here).sum()), n_followed / n_exits if n_exits else None


def path_of(machine: Machine, inputs: Sequences) -> np.ndarray:
    """Return the state (N,) after each step, the likeliest of a belief."""
    if machine.carries == STATE:
        return machine.walk(inputs)
    return np.asarray(machine.run(inputs).argmax(axis=1))


def walk_of(machine: Machine, inputs: Sequences) -> Walk:
    """Return what a machine does on sequences."""
    states = path_of(machine, inputs)
    starts = starts_of(inputs.lengths)
    before, after = np.roll(states, 1), np.roll(states, -1)
    before[starts] = START
    after[starts + inputs.lengths - 1] = END
    symbols = machine.symbols_of(inputs)
    return Walk(states, symbols, before, after, inputs.lengths, machine.n_symbols)


def collapsed(states: np.ndarray) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return a path (T,) without repetitions, and how long it stayed each time."""
    begins = np.flatnonzero(np.r_[True, states[1:] != states[:-1]])
    stays = np.diff(np.r_[begins, len(states)])
    return tuple(states[begins].tolist()), tuple(stays.tolist())


def each_path(walk: Walk) -> Iterator[np.ndarray]:
    """Yield the states of each sequence."""
    for start, length in zip(starts_of(walk.lengths), walk.lengths, strict=True):
        yield walk.states[start : start + length]
