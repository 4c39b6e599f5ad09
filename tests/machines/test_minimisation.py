import itertools as it

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from markovlens.errors import DataError
from markovlens.machines.machine import Machine, automaton
from markovlens.machines.minimisation import all_blocks, equivalent, minimise, moves_of, refine
from markovlens.sequences import Sequences
from markovlens.tasks import make_task

SIZES = {"n_train": 3, "n_valid": 3, "n_test": 3, "length_train": 5, "length_test": 5}
SMALLEST = {"parity": 2, "contains_000": 4, "contains_0110": 5, "tomita_7": 5}


@st.composite
def machines(draw, most_states=6):
    n_states = draw(st.integers(1, most_states))
    n_symbols = draw(st.integers(2, 3))
    n_classes = draw(st.integers(2, 3))
    state = st.integers(0, n_states - 1)
    row = st.lists(state, min_size=n_symbols, max_size=n_symbols)
    successor = np.array(draw(st.lists(row, min_size=n_states, max_size=n_states)))
    decision = st.integers(0, n_classes - 1)
    decisions = draw(st.lists(decision, min_size=n_states, max_size=n_states))
    return machine_of(np.array(draw(row)), successor, np.array(decisions), n_classes)


def machine_of(first, successor, decisions, n_classes=2):
    one_hot = np.eye(len(successor))
    readout = 0.8 * np.eye(n_classes)[decisions] + 0.2 / n_classes
    symbols = tuple("abc"[: successor.shape[1]])
    classes = tuple("012"[:n_classes])
    seen = np.ones(successor.T.shape, bool)
    return Machine(one_hot[first], one_hot[successor.T], readout, symbols, classes, seen)


def decisions_on(machine, words):
    return machine.predict(Sequences.from_list(words)).argmax(-1)


def all_words(n_symbols, longest):
    lengths = range(1, longest + 1)
    return [np.array(word) for n in lengths for word in it.product(range(n_symbols), repeat=n)]


@given(machines())
@settings(max_examples=60)
def test_the_smallest_machine_answers_the_same(machine):
    words = all_words(machine.n_symbols, 6)
    small = minimise(machine)
    np.testing.assert_array_equal(decisions_on(small, words), decisions_on(machine, words))
    assert equivalent(machine, small) is None


@given(machines())
@settings(max_examples=60)
def test_every_state_has_the_number_of_the_smallest_that_decides_alike_others_follow(machine):
    blocks, smallest = all_blocks(machine), minimise(machine)
    moves = moves_of(machine)
    np.testing.assert_array_equal(blocks[moves.first], moves_of(smallest).first)
    small = moves_of(smallest)
    inside = blocks < smallest.n_states
    np.testing.assert_array_equal(moves.decisions[inside], small.decisions[blocks[inside]])
    np.testing.assert_array_equal(blocks[moves.successor[inside]], small.successor[blocks[inside]])
    assert set(blocks) == set(range(blocks.max() + 1))


@given(machines())
@settings(max_examples=60)
def test_minimising_again_changes_nothing(machine):
    once = minimise(machine)
    twice = minimise(once)
    np.testing.assert_array_equal(once.transition, twice.transition)
    np.testing.assert_array_equal(once.initial, twice.initial)


@given(machines())
@settings(max_examples=60)
def test_every_two_states_of_the_smallest_are_told_apart_by_a_word(machine):
    """Brute force: no smaller machine exists, because all states answer differently."""
    moves = moves_of(minimise(machine))
    n_states, n_symbols = moves.successor.shape
    words = [(), *map(tuple, all_words(n_symbols, min(n_states, 6)))]

    def answers(state):
        out = []
        for word in words:
            at = state
            for symbol in word:
                at = moves.successor[at, symbol]
            out.append(moves.decisions[at])
        return tuple(out)

    assert len({answers(state) for state in range(n_states)}) == n_states


@given(machines(), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_the_numbering_of_states_does_not_matter(machine, random):
    order = list(range(machine.n_states))
    random.shuffle(order)
    shuffled = Machine(
        machine.initial[:, order],
        machine.transition[:, order][:, :, order],
        machine.readout[order],
        machine.symbols,
        machine.classes,
        machine.seen[:, order],
    )
    small, other = minimise(machine), minimise(shuffled)
    np.testing.assert_array_equal(small.transition, other.transition)
    np.testing.assert_array_equal(small.initial, other.initial)
    np.testing.assert_allclose(small.readout, other.readout)


@given(machines(4), machines(4))
@settings(max_examples=100)
def test_a_counterexample_is_the_shortest(a, b):
    if (a.n_symbols, a.classes) != (b.n_symbols, b.classes):
        with pytest.raises(DataError, match="the same symbols"):
            equivalent(a, b)
        return
    word = equivalent(a, b)
    words = all_words(a.n_symbols, 6)
    ends = np.cumsum([len(each) for each in words]) - 1
    differ = decisions_on(a, words)[ends] != decisions_on(b, words)[ends]
    brute = tuple(words[differ.argmax()]) if differ.any() else None
    if word is None or len(word) <= 6:
        assert word == brute
    else:
        assert brute is None


@pytest.mark.parametrize(("name", "smallest"), SMALLEST.items())
def test_the_tasks_have_the_sizes_that_are_known(name, smallest):
    machine = make_task(name, sizes=SIZES, seed=0).machine
    assert minimise(machine).n_states == smallest


def test_a_start_that_is_never_entered_again_is_no_state_and_a_dead_one_is():
    """Words that begin with a: start, alive, dead."""
    machine = automaton([[1, 2], [1, 1], [2, 2]], [False, True, False], start=0, symbols=("a", "b"))
    assert minimise(machine).n_states == 2
    parity = automaton([[0, 1], [1, 0]], [True, False], start=0, symbols=("0", "1"))
    assert minimise(parity).n_states == 2


def test_rounds_are_the_length_of_words_that_tell_states_apart():
    successor = np.array([[1], [2], [3], [3]])
    labels = np.array([0, 0, 0, 1])
    counts = [refine(successor, labels, rounds=n).max() + 1 for n in range(4)]
    assert counts == [2, 3, 4, 4]


def test_several_possible_moves_are_refused():
    half = np.full((1, 2), 0.5)
    machine = Machine(half, half[None].repeat(2, 1), np.eye(2), ("a",), ("0", "1"), half > 0)
    with pytest.raises(DataError, match="deterministic"):
        minimise(machine)
