"""Bounds of probabilities: words that show that one is passed, add up to it, and are told so."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import markovlens as ml
from helpers.machines import random_machine
from helpers.properties import HASTY, TRUTH, network_of
from markovlens.errors import DataError
from markovlens.machines.alphabet import Alphabet
from markovlens.machines.machine import Machine
from markovlens.reliance.properties import witness
from markovlens.reliance.properties.checked import Finding
from markovlens.reliance.properties.checking import answered_by
from markovlens.reliance.properties.deciding import Asking, checked
from markovlens.reliance.properties.grammar import parsed
from markovlens.reliance.properties.inputs import any_word
from markovlens.reliance.properties.patterns import Bound
from markovlens.reliance.properties.reaching import MOST_EXACT
from markovlens.reliance.properties.replaying import UNSHOWN, Budget


def machine_of(initial, transition, goals):
    """Return a machine over a and b that answers accept in some states."""
    n_states = len(initial)
    readout = np.eye(2)[np.isin(np.arange(n_states), goals).astype(int)]
    seen = np.ones((2, n_states), dtype=bool)
    begin = np.tile(np.array(initial, dtype=float), (2, 1))
    names = ("a", "b"), ("reject", "accept")
    return Machine(begin, transition, readout, *names, seen)


def hurried():
    """Return one in which a accepts at once by a half, and b in three steps for sure."""
    moves = np.zeros((2, 6, 6))
    moves[0, 0, [4, 5]], moves[1, 0, 1] = 0.5, 1
    for state, then in enumerate([None, 2, 3, 4, 4, 5]):
        if then is not None:
            moves[:, state, then] = 1
    return machine_of([1, 0, 0, 0, 0, 0], moves, [4])


def parted():
    """Return one in which a is best in state 0, and b in state 1, and each is half of all."""
    moves = np.zeros((2, 4, 4))
    moves[0, 0, 2] = moves[1, 0, 3] = 1
    moves[0, 1, [2, 3]], moves[1, 1, [2, 3]] = 0.5, [0.6, 0.4]
    moves[:, 2, 2] = moves[:, 3, 3] = 1
    return machine_of([0.5, 0.5, 0, 0], moves, [2])


def drawn(*shares):
    """Return one whose first state has the shares, and answers accept in all but the last."""
    moves = np.tile(np.eye(len(shares)), (2, 1, 1))
    return machine_of(shares, moves, range(len(shares) - 1))


def test_words_within_some_steps_are_chosen_by_the_steps_that_are_left():
    few = "probability of answers accept within 3 steps at most 0.1"
    found = ml.check(hurried(), few)
    assert found.probability == pytest.approx((0, 0.5))
    (word,) = found.words
    assert word.symbols[1:] == (0,)
    assert word.part == pytest.approx(0.5)
    many = ml.check(hurried(), "probability of answers accept within 5 steps at most 0.6")
    assert [one.symbols[1] for one in many.words] == [1]
    assert many.words[0].part == pytest.approx(1)


def test_words_by_choices_of_the_state_do_not_count_what_is_chosen_otherwise():
    found = ml.check(parted(), "probability of answers accept at most 0.79")
    assert sorted(word.symbols[1] for word in found.words) == [0, 1]
    assert sum(word.part for word in found.words) == pytest.approx(found.probability[1]) == 0.8
    assert "have a probability of 0.8 together, each symbol chosen by the state" in repr(found)


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 4))
def test_all_words_within_some_steps_are_the_worst_probability(seed, n_states, steps):
    machine = random_machine(n_states, 2, 2, seed=seed)
    asked = replace(parsed("probability of 'class 1'"), steps=steps, bound=Bound(True, 0.0))
    inputs = any_word(machine, Alphabet.free(2))
    most = answered_by(machine, asked, inputs).probability[1]
    # Just below the worst: all words that have a part are needed.
    tight = replace(asked, bound=Bound(True, max(0.0, most - 1e-9)))
    found = answered_by(machine, tight, inputs)
    if most > 0:
        assert sum(word.part for word in found.words) == pytest.approx(most, abs=2e-9)
    assert all(word.part <= word.probability + 1e-12 for word in found.words)


@pytest.mark.parametrize("limit", ["0.1", "0.3", "0.7", "0.9", "1e-3"])
def test_a_probability_at_its_bound_is_within_it(limit):
    machine = drawn(float(limit), 1 - float(limit))
    assert ml.check(machine, f"probability of answers accept at most {limit}").holds
    assert ml.check(machine, f"probability of answers accept at least {limit}").holds
    assert not ml.check(machine, f"probability of answers accept at most {float(limit) / 2}").holds


@pytest.mark.parametrize("kept", range(1, 100))
def test_how_likely_it_must_be_kept_is_read_as_a_decimal(kept):
    text = f"never answers accept, with probability at least 0.{kept:02}"
    assert parsed(text).bound == Bound(True, (100 - kept) / 100)
    assert ml.check(drawn((100 - kept) / 100, kept / 100), text).holds


def test_what_rounding_adds_breaks_no_bound():
    assert 0.1 + 0.2 > 0.3
    assert ml.check(drawn(0.1, 0.2, 0.7), "probability of answers accept at most 0.3").holds


def test_where_no_word_is_found_that_is_said(monkeypatch):
    monkeypatch.setattr(witness, "MOST_LOOKED_AT", 1)
    stated = parsed("probability of answers accept at most 0.1")
    words = any_word(TRUTH, Alphabet.free(2))
    alone = ml.check(TRUTH, stated.text)
    assert (alone.holds, alone.words) == (False, ())
    assert UNSHOWN in repr(alone)
    for network, finding in ((TRUTH, Finding.CONFIRMED), (HASTY, Finding.CONFIRMED)):
        asking = Asking(network_of(network), Budget())
        found = checked(TRUTH, stated, words, asking, np.random.default_rng(0))
        assert found.finding == finding
    quiet = Asking(network_of(replace(TRUTH, readout=TRUTH.readout[[0, 0, 0]])), Budget())
    silent = checked(TRUTH, replace(stated, text="it"), words, quiet, np.random.default_rng(0))
    assert silent.finding == Finding.TESTED  # words drawn refined the machine
    assert silent.replay.n_refined > 0


def test_the_least_probability_is_one_of_words_that_never_end():
    found = ml.check(TRUTH, "probability of answers accept at least 0.1")
    assert repr(found).splitlines()[-1] == "  on words of any symbols that never end"
    assert repr(ml.check(TRUTH, "never answers accept")).splitlines()[-1] == "  on any word"


@pytest.mark.parametrize("leak", [1e-3, 1e-12, 1e-17, 1e-200, 1e-290])
def test_moves_however_seldom_count_for_what_they_are(leak):
    """Round and round in two states, left to accept one time in four."""
    moves = np.zeros((2, 4, 4))
    moves[:, 0, 1], moves[:, 1, 0] = 1, 1 - 4 * leak
    moves[:, 1, 2], moves[:, 1, 3] = leak, 3 * leak
    moves[:, 2, 2] = moves[:, 3, 3] = 1
    found = ml.check(machine_of([1, 0, 0, 0], moves, [2]), "probability of answers accept")
    assert found.probability == pytest.approx((0.25, 0.25), abs=1e-12)


def test_moves_too_seldom_in_a_large_machine_are_told():
    size = MOST_EXACT + 10
    ring = np.zeros((2, size, size))
    ring[:, np.arange(size - 1), (np.arange(size - 1) + 1) % (size - 1)] = 1
    ring[:, -1, -1] = 1
    ring[:, 0, -1] = 1e-200
    machine = machine_of([1, *[0] * (size - 1)], ring, [size - 1])
    with pytest.raises(DataError, match="too seldom to count; ask of a smaller machine"):
        ml.check(machine, "probability of answers accept")
