"""Formal languages: is this string in it? Asked after every symbol; the true automaton is known.

Sources: Tomita, "Dynamic construction of finite automata from examples using hill-climbing", 1982
(the seven languages, numbered as there; number 3 in the reading of Weiss et al., "Extracting
automata from recurrent neural networks using queries and counterexamples", 2018: an odd block of 1s
and *any time later* an odd block of 0s is refused); Hou & Zhou, "Learning with interpretable
structure from gated RNN", 2020 (0110 and 000).

The languages are small and the splits are drawn apart from each other: short strings, and all
strings of a language with few of them (`tomita_1` has one a length), occur in more than one split.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np

from markovlens.machines.machine import automaton as machine_of
from markovlens.sequences import Sequences
from markovlens.tasks.automata import (
    START,
    Automaton,
    accepts,
    automaton_of,
    draw_lengths,
    draw_strings,
    run,
)
from markovlens.tasks.base import Split, Task, no_targets, split_generators

CLASSES = ("reject", "accept")
BITS = ("0", "1")
BRACKETS = ("(", ")")
DEPTH_LIMIT = 3
MOST_EDITS = 3
EDIT_ATTEMPTS = 20


def nesting(limit: int) -> Automaton:
    """Return the automaton of balanced brackets nested at most `limit` deep: depths, then dead."""
    dead = limit + 1
    rows = [[depth + 1, depth - 1 if depth else dead] for depth in range(limit + 1)]
    return automaton_of([*rows, [dead, dead]], {0})


# Rows are states, the start first; columns the next state on 0 and on 1 (on an opening and a
# closing bracket). Each is minimal and complete, so a state that cannot be left again is counted.
AUTOMATA: dict[str, Automaton] = {
    # the string is 0110
    "equals_0110": automaton_of([[1, 5], [5, 2], [5, 3], [4, 5], [5, 5], [5, 5]], {4}),
    # 0110 occurs in it
    "contains_0110": automaton_of([[1, 0], [1, 2], [1, 3], [4, 0], [4, 4]], {4}),
    # 000 occurs in it
    "contains_000": automaton_of([[1, 0], [2, 0], [3, 0], [3, 3]], {3}),
    # 1*
    "tomita_1": automaton_of([[1, 0], [1, 1]], {0}),
    # (10)*
    "tomita_2": automaton_of([[2, 1], [0, 2], [2, 2]], {0}),
    # no odd block of 1s with an odd block of 0s any time after it
    "tomita_3": automaton_of([[0, 1], [2, 0], [3, 4], [2, 3], [4, 4]], {0, 1, 3}),
    # 000 does not occur in it
    "tomita_4": automaton_of([[1, 0], [2, 0], [3, 0], [3, 3]], {0, 1, 2}),
    # an even number of 0s and an even number of 1s
    "tomita_5": automaton_of([[2, 1], [3, 0], [0, 3], [1, 2]], {0}),
    # as many 0s as 1s, modulo 3
    "tomita_6": automaton_of([[1, 2], [2, 0], [0, 1]], {0}),
    # 0*1*0*1*
    "tomita_7": automaton_of([[0, 1], [2, 1], [2, 3], [4, 3], [4, 4]], {0, 1, 2, 3}),
    # an odd number of 1s
    "parity": automaton_of([[0, 1], [1, 0]], {1}),
    # balanced brackets, at most 3 deep
    "dyck_1_bounded": nesting(DEPTH_LIMIT),
}


def bit_languages() -> tuple[str, ...]:
    """Return the names of the regular languages over bits, whose automata are known."""
    return tuple(name for name in AUTOMATA if not name.startswith("dyck"))


def make(name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence) -> Task:
    """Return the task of one language: half of the strings of each split are in it.

    Validation strings are as long as those of the test, so that the gate asks for generalisation
    beyond the lengths of training. `dyck_1`, balanced brackets of any depth, has no finite
    machine: it is labelled by an automaton that counts as deep as the longest string, and its
    states are kept from the task. Networks must be perfect on the regular languages; there, 0.99.
    """
    train, test = sizes["length_train"], sizes["length_test"]
    longest = {"train": train, "valid": test, "test": test}
    finite = name in AUTOMATA
    automaton = AUTOMATA[name] if finite else nesting(max(longest.values()))
    symbols = BRACKETS if name.startswith("dyck") else BITS
    splits = {}
    for split, rng in split_generators(seeds).items():
        strings = balanced_strings(automaton, sizes[f"n_{split}"], longest=longest[split], rng=rng)
        splits[split] = _labelled(automaton, strings, finite=finite)
    machine = None
    if finite:
        machine = machine_of(
            automaton.successor, automaton.accepting, start=START, symbols=symbols, classes=CLASSES
        )
    gate = 1.0 if finite else 0.99
    return Task(name, "formal", symbols, CLASSES, splits, gate, machine)


def balanced_strings(
    automaton: Automaton, n: int, *, longest: int, rng: np.random.Generator
) -> Sequences:
    """Return `n` strings of 1..longest symbols: accepted and rejected ones take turns.

    Lengths are uniform among those that have a string of the wanted verdict. Every other rejected
    string is a near miss, see `near_misses`, whose lengths follow from the string it comes from.
    """
    uniform = partial(_uniform, automaton, longest=longest, rng=rng)
    n_rejected = n // 2
    accepted = uniform(n - n_rejected, accepted=True)
    near = near_misses(automaton, n_rejected // 2, longest=longest, rng=rng)
    far = uniform(n_rejected - len(near), accepted=False)
    return Sequences.from_list(_in_turn(accepted, _in_turn(far, near)))


def near_misses(
    automaton: Automaton, n: int, *, longest: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Return `n` rejected strings, each an accepted one with a few edits or that goes on at random.

    Where no attempt is rejected, a uniformly drawn rejected string stands in.
    """
    near = _uniform(automaton, n, accepted=True, longest=longest, rng=rng)
    spare = _uniform(automaton, n, accepted=False, longest=longest, rng=rng)
    for index, string in enumerate(near):
        attempts = (_spoiled(string, longest, rng) for _ in range(EDIT_ATTEMPTS))
        fitting = (new for new in attempts if 0 < len(new) <= longest)
        rejected = (new for new in fitting if not accepts(automaton, new))
        near[index] = next(rejected, spare[index])
    return near


def _spoiled(string: np.ndarray, longest: int, rng: np.random.Generator) -> np.ndarray:
    return edited(string, rng) if rng.integers(2) else extended(string, longest, rng)


def extended(string: np.ndarray, longest: int, rng: np.random.Generator) -> np.ndarray:
    """Return `string` (T,) of bits with random bits behind it, at most `longest` in all.

    A finite language such as {0110} is left after its strings, which edits alone seldom show.
    """
    room = longest - len(string)
    tail = rng.integers(2, size=rng.integers(1, room + 1) if room else 0, dtype=string.dtype)
    return np.concatenate([string, tail])


def edited(string: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return `string` (T,) of bits after 1 to 3 flips, insertions and deletions; maybe none."""
    symbols = string.tolist()
    for _ in range(rng.integers(1, MOST_EDITS + 1)):
        kind = rng.integers(3)
        if kind == 0:
            symbols.insert(rng.integers(len(symbols) + 1), int(rng.integers(2)))
        elif symbols:
            place = rng.integers(len(symbols))
            # A flip writes one symbol in place of the old one, a deletion none.
            symbols[place : place + 1] = [1 - symbols[place]] if kind == 1 else []
    return np.array(symbols, dtype=string.dtype)


def _uniform(
    automaton: Automaton, n: int, *, accepted: bool, longest: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Return `n` strings with this verdict: a length is drawn, then a string of that length."""
    if not n:
        return []
    lengths = draw_lengths(automaton, n, longest=longest, accepted=accepted, rng=rng)
    return list(draw_strings(automaton, lengths, accepted=accepted, rng=rng))


def _in_turn(first: list[np.ndarray], second: list[np.ndarray]) -> list[np.ndarray]:
    """Return both lists merged, one of each at a time; `first` may have one more than `second`."""
    merged = first + second
    merged[::2], merged[1::2] = first, second
    return merged


def _labelled(automaton: Automaton, strings: Sequences, *, finite: bool) -> Split:
    states = run(automaton, strings)
    targets = automaton.accepting[states].astype(np.int32)
    return Split(strings, targets, states if finite else no_targets(strings.n_steps))
