"""Deterministic automata as tables: running them and drawing strings uniformly from a language."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from markovlens.errors import DataError
from markovlens.sequences import Sequences, by_step
from markovlens.tasks.base import choose

START = 0


@dataclass(frozen=True, slots=True)
class Automaton:
    """A complete deterministic automaton with K states and V symbols that starts in state 0.

    Attributes:
        successor: int (K, V), the next state for each state and symbol.
        accepting: bool (K,).
    """

    successor: np.ndarray
    accepting: np.ndarray


def automaton_of(rows: list[list[int]], accepting: set[int]) -> Automaton:
    """Return the automaton with the successors `rows` (K, V) and the states `accepting`."""
    return Automaton(np.array(rows), np.isin(np.arange(len(rows)), list(accepting)))


def run(automaton: Automaton, strings: Sequences) -> np.ndarray:
    """Return the state (N,) after each symbol of each string."""
    states = np.empty(strings.n_steps, dtype=np.int32)
    current = np.full(len(strings), START)
    for active, rows in by_step(strings.lengths):
        current[active] = automaton.successor[current[active], strings.values[rows]]
        states[rows] = current[active]
    return states


def accepts(automaton: Automaton, string: np.ndarray) -> bool:
    """Return whether the automaton ends in an accepting state after `string` (T,)."""
    state = START
    for symbol in string:
        state = automaton.successor[state, symbol]
    return bool(automaton.accepting[state])


def completions(automaton: Automaton, *, longest: int, accepted: bool) -> np.ndarray:
    """Return how many strings of r symbols lead from state k to the wanted verdict, (longest+1, K).

    The counts are exact: Python integers, because 2**64 is passed at 64 symbols.
    """
    counts = [(automaton.accepting == accepted).astype(int).astype(object)]
    for _ in range(longest):
        counts.append(counts[-1][automaton.successor].sum(axis=1))
    return np.array(counts, dtype=object)


def draw_lengths(
    automaton: Automaton, n: int, *, longest: int, accepted: bool, rng: np.random.Generator
) -> np.ndarray:
    """Return lengths (n,), uniform among those in 1..longest that have a string with this verdict.

    Raises:
        DataError: no string up to `longest` has it.
    """
    counts = completions(automaton, longest=longest, accepted=accepted)
    possible = np.flatnonzero(counts[1:, START]) + 1
    if not possible.size:
        verdict = "accepted" if accepted else "rejected"
        raise DataError(
            f"no string of 1..{longest} symbols is {verdict}; allow longer strings",
            page="split-impossible",
        )
    return rng.choice(possible, size=n)


def draw_strings(
    automaton: Automaton, lengths: np.ndarray, *, accepted: bool, rng: np.random.Generator
) -> Sequences:
    """Return a string for each of `lengths` (S,), uniform among those with the wanted verdict.

    Each symbol is drawn in proportion to the number of ways to complete the string after it.
    """
    counts = completions(automaton, longest=int(lengths.max()), accepted=accepted)
    shares = _shares(counts, automaton.successor)
    values = np.empty(lengths.sum(), dtype=np.int32)
    current = np.full(len(lengths), START)
    for step, (active, rows) in enumerate(by_step(lengths)):
        left = lengths[active] - step
        values[rows] = choose(shares[left, current[active]], rng)
        current[active] = automaton.successor[current[active], values[rows]]
    return Sequences(values, lengths)


def _shares(counts: np.ndarray, successor: np.ndarray) -> np.ndarray:
    """Return P(symbol v | state k, r symbols left), (longest+1, K, V); 0 where undefined."""
    after = counts[:-1][:, successor]  # (longest, K, V)
    total = np.maximum(counts[1:], 1)[..., None]  # where no string completes, after is 0 too
    shares = np.zeros((len(counts), *successor.shape))
    # Integers of any size divide exactly to the nearest float.
    shares[1:] = (after / total).astype(float)
    return shares
