"""The fewest edits that lead a machine elsewhere: against trying every string."""

from itertools import product

import numpy as np
import pytest

from markovlens.machines.alphabet import Alphabet
from markovlens.machines.deciding import decide
from markovlens.machines.edits import (
    DELETE,
    INSERT,
    KINDS,
    SUBSTITUTE,
    edited,
    moves_for_edits,
    random_edits,
    shortest_edits,
)
from markovlens.machines.machine import automaton
from markovlens.sequences import Sequences
from markovlens.tasks.automata import START
from markovlens.tasks.formal import AUTOMATA

LONGEST = 8


def distance(a, b):
    """Return the number of edits between two words, by the textbook."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
    return row[-1]


def truth(name):
    """Return the true automaton of a language."""
    known = AUTOMATA[name]
    return automaton(known.successor, known.accepting, start=START, symbols=("0", "1"))


def any_automaton(n_states, n_symbols, *, seed=0):
    """Return an automaton of random moves, in which every other state accepts."""
    successor = np.random.default_rng(seed).integers(n_states, size=(n_states, n_symbols))
    names = tuple(str(v) for v in range(n_symbols))
    return automaton(successor, np.arange(n_states) % 2 == 1, start=START, symbols=names)


def ends(machine, words):
    """Return the class after the last symbol of each word."""
    inputs = Sequences.from_list([np.array(word) for word in words])
    return decide(machine, inputs)[np.cumsum(inputs.lengths) - 1]


def elsewhere(machine, words, kinds=KINDS, alphabet=None):
    """Return the shortest edits of words after which the machine decides otherwise."""
    alphabet = alphabet or Alphabet.free(machine.n_symbols)
    answers = machine.readout.argmax(axis=1)
    goals = answers != ends(machine, words)[:, None]
    inputs = Sequences.from_list([np.array(word) for word in words])
    moves = moves_for_edits(machine, alphabet)
    return shortest_edits(moves, inputs, goals, alphabet=alphabet, kinds=kinds)


@pytest.mark.parametrize("name", ["contains_0110", "equals_0110", "parity", "tomita_3", "tomita_7"])
def test_the_shortest_edit_is_that_of_trying_all_strings(name):
    machine = truth(name)
    every = [word for length in range(1, LONGEST + 1) for word in product((0, 1), repeat=length)]
    decided = ends(machine, every)
    rng = np.random.default_rng(0)
    short = [every[index] for index in rng.choice(2 ** (LONGEST - 2) - 2, 25, replace=False)]
    for word, edits in zip(short, elsewhere(machine, short), strict=True):
        own = ends(machine, [word])[0]
        others = [
            distance(word, other)
            for other, says in zip(every, decided, strict=True)
            if says != own and abs(len(other) - len(word)) <= LONGEST
        ]
        least = min(others, default=None)
        if edits is None:
            assert least is None
            continue
        changed = edited(np.array(word), edits)
        assert ends(machine, [changed])[0] != own
        assert len(edits) == distance(word, changed)
        assert len(edits) == least


@pytest.mark.parametrize("kinds", [(SUBSTITUTE,), (SUBSTITUTE, DELETE), (INSERT,)])
def test_only_the_kinds_asked_for_are_made(kinds):
    machine = any_automaton(4, 3, seed=3)
    words = [tuple(word) for word in np.random.default_rng(1).integers(3, size=(40, 6))]
    found = [edits for edits in elsewhere(machine, words, kinds) if edits]
    assert found
    assert {edit.kind for edits in found for edit in edits} <= set(kinds)


def test_more_kinds_never_need_more_edits():
    machine = any_automaton(5, 4, seed=2)
    words = [tuple(word) for word in np.random.default_rng(1).integers(4, size=(60, 5))]
    for all_kinds, some in zip(
        elsewhere(machine, words), elsewhere(machine, words, (SUBSTITUTE,)), strict=True
    ):
        assert some is None or len(all_kinds) <= len(some)


def test_marks_stay_where_they_are():
    machine = any_automaton(5, 5, seed=4)
    marked = Alphabet((3,), (0, 1, 2), (4,))
    rng = np.random.default_rng(0)
    words = [(3, *rng.integers(3, size=rng.integers(0, 5)), 4) for _ in range(40)]
    found = list(zip(words, elsewhere(machine, words, alphabet=marked), strict=True))
    assert any(edits for _, edits in found)
    for word, edits in found:
        assert edits is None or marked.well_formed(edited(np.array(word), edits))


def test_moves_that_were_never_seen_are_not_made_and_frequent_symbols_are_preferred():
    machine = any_automaton(3, 6, seed=7)
    seen = machine.seen.copy()
    seen[0] = False
    object.__setattr__(machine, "seen", seen)
    frequency = np.array([9, 1, 0, 2, 3, 4])
    options = moves_for_edits(machine, Alphabet.free(6), frequency).options
    put_in = {symbol for reached in options[:-1] for symbol in reached.values()}
    assert put_in <= {1, 3, 4, 5}
    for state, reached in enumerate(options[:-1]):
        for after, symbol in reached.items():
            alike = np.flatnonzero(machine.transition[:, state].argmax(axis=-1) == after)
            usable = [v for v in alike if machine.seen[v, state] and frequency[v]]
            assert frequency[symbol] == max(frequency[usable])


def test_no_edit_begins_with_a_symbol_that_began_nothing():
    machine = any_automaton(4, 3, seed=5)
    every = moves_for_edits(machine, Alphabet.free(3)).options[-1]
    some = np.array([False, True, False])
    assert set(moves_for_edits(machine, Alphabet.free(3), first=some).options[-1].values()) == {1}
    assert len(every) > 1


def test_random_edits_are_as_many_and_leave_marks():
    rng = np.random.default_rng(0)
    alphabet = Alphabet((3,), (0, 1, 2), ())
    word = np.array([3, 0, 1, 2, 0])
    for n_edits in (1, 2, 3):
        for _ in range(20):
            made = random_edits(word, n_edits, alphabet=alphabet, rng=rng)
            assert alphabet.well_formed(made)
            assert distance(word.tolist(), made.tolist()) <= n_edits


@pytest.mark.parametrize("alphabet", [Alphabet.free(2), Alphabet.free(1), Alphabet((2,), (0,), ())])
def test_random_edits_never_return_the_word(alphabet):
    rng = np.random.default_rng(0)
    word = np.array([*alphabet.opening, 0, 0, 0])
    for n_edits in (1, 2, 3):
        for _ in range(200):
            made = random_edits(word, n_edits, alphabet=alphabet, rng=rng)
            assert not np.array_equal(made, word)
            assert alphabet.well_formed(made)
