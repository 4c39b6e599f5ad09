"""All words on which two automata decide differently, and draws from them.

They are the language of the product of both, whose accepting states are the pairs that decide
differently (Hopcroft & Ullman, "Introduction to automata theory, languages, and computation",
1979). `machines.minimisation.equivalent` has the shortest of them; a network learns from many.
"""

from __future__ import annotations

import numpy as np

from markovlens.machines.machine import Machine
from markovlens.machines.minimisation import equivalent, moves_of, reachable
from markovlens.sequences import Sequences
from markovlens.tasks.automata import START, Automaton, draw_lengths, draw_strings


def difference(a: Machine, b: Machine) -> Automaton:
    """Return the automaton that accepts the words after which two machines decide differently.

    Its states are the pairs that some word reaches, and the start before the first symbol.

    Raises:
        DataError: as `minimisation.equivalent`.
    """
    left, right = moves_of(a), moves_of(b)
    width = len(right.decisions)
    first = left.first * width + right.first
    successor = (left.successor[:, None] * width + right.successor[None]).reshape(-1, len(first))
    differs = (left.decisions[:, None] != right.decisions[None]).ravel()
    kept = reachable(first, successor)
    number = np.full(len(successor), START)
    number[kept] = 1 + np.arange(len(kept))
    moves = np.vstack([number[first], number[successor[kept]]])
    return Automaton(moves, np.concatenate([[False], differs[kept]]))


def differing_words(
    a: Machine, b: Machine, n_words: int, *, longest: int, rng: np.random.Generator
) -> Sequences | None:
    """Return words after which two machines decide differently, None if there are none.

    Lengths are uniform among those up to `longest` that have such a word, and words uniform among
    those of a length; up to the length of the shortest where that is longer.

    Raises:
        DataError: as `minimisation.equivalent`.
    """
    shortest = equivalent(a, b)
    if shortest is None:
        return None
    automaton = difference(a, b)
    longest = max(longest, len(shortest))
    lengths = draw_lengths(automaton, n_words, longest=longest, accepted=True, rng=rng)
    return draw_strings(automaton, lengths, accepted=True, rng=rng)
