"""Strings of one length: how a network that learned from short ones is judged on long ones."""

from __future__ import annotations

import numpy as np

from markovlens.errors import DataError
from markovlens.sequences import Sequences
from markovlens.tasks import permutations
from markovlens.tasks.automata import Automaton, accepts, completions, draw_strings, run
from markovlens.tasks.base import Split, no_targets
from markovlens.tasks.formal import AUTOMATA

GROUPS = ("s3", "s5")
TRIES = 20


def exam(name: str, *, length: int, n: int, rng: np.random.Generator) -> Split:
    """Return `n` strings of `length` symbols each, asked after the last one alone.

    Of a language half are in it, as far as it has strings of that length; of the others every other
    one is a string of the language with a single symbol changed, so that what only notices
    that a random string went wrong early is not taken for right. Of permutations moves are random.

    Raises:
        DataError: a task that is neither.
    """
    if name in GROUPS:
        automaton = permutations.automaton_of(name)
        moves = rng.integers(len(permutations.MOVES), size=(n, length), dtype=np.int32)
        return _asked_last(automaton, Sequences.from_list(list(moves)), of_state=True)
    if name not in AUTOMATA:
        raise DataError(
            f"task {name}: expected a language with an automaton or a group of permutations; "
            f"there is {', '.join((*AUTOMATA, *GROUPS))}",
            page="unknown-name",
        )
    automaton = AUTOMATA[name]
    ways = completions(automaton, longest=length, accepted=True)[length, 0]
    n_accepted = n // 2 if 0 < ways < 2**length else n * bool(ways)
    accepted = _drawn(automaton, n_accepted, length, accepted=True, rng=rng)
    rejected = _drawn(automaton, n - n_accepted, length, accepted=False, rng=rng)
    for index in range(0, len(rejected) if ways else 0, 2):
        rejected[index] = _near(automaton, rejected[index], rng)
    return _asked_last(automaton, Sequences.from_list([*accepted, *rejected]), of_state=False)


def _drawn(
    automaton: Automaton, n: int, length: int, *, accepted: bool, rng: np.random.Generator
) -> list[np.ndarray]:
    if not n:
        return []
    return list(draw_strings(automaton, np.full(n, length), accepted=accepted, rng=rng))


def _near(automaton: Automaton, spare: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a rejected string that is an accepted one but for a symbol; `spare` if none is met."""
    for string in _drawn(automaton, TRIES, len(spare), accepted=True, rng=rng):
        place = rng.integers(len(string))
        changed = string.copy()
        changed[place] = 1 - changed[place]
        if not accepts(automaton, changed):
            return changed
    return spare


def _asked_last(automaton: Automaton, strings: Sequences, *, of_state: bool) -> Split:
    states = run(automaton, strings)
    targets = no_targets(strings.n_steps)
    last = strings.starts + strings.lengths - 1
    targets[last] = states[last] if of_state else automaton.accepting[states[last]]
    return Split(strings, targets, states)
