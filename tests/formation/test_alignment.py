"""States are matched by what they do: planted pairs of machines, and laws that hold for any two."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.machines import random_machine
from markovlens.formation.alignment import HORIZON, Alignment, Events, align, futures_alike
from markovlens.formation.result import lineages
from markovlens.machines.machine import automaton
from markovlens.machines.minimisation import harden
from markovlens.sequences import Sequences

NOTHING = Events(births=0, splits=0, merges=0, deaths=0)
BITS = ("0", "1")
# Counts ones: 0, 1, 2 and 3 or more; the last alone is accepted.
COUNTER = np.array([[0, 1], [1, 2], [2, 3], [3, 3]])
ACCEPTS = np.array([False, False, False, True])


def counter(successor=COUNTER, accepting=ACCEPTS, *, start=0):
    return automaton(np.array(successor), np.array(accepting), start=start, symbols=BITS)


def words(seed=0, *, n_words=60, length=8):
    rng = np.random.default_rng(seed)
    return Sequences.from_list([rng.integers(0, 2, length) for _ in range(n_words)])


def relabelled(successor, accepting, order):
    """Return the same automaton with state `order[k]` called k, and its start."""
    rank = np.argsort(order)
    return counter(rank[np.array(successor)[order]], np.array(accepting)[order], start=int(rank[0]))


def test_a_machine_and_itself_under_other_numbers_have_no_events():
    other = relabelled(COUNTER, ACCEPTS, np.array([2, 0, 3, 1]))
    found = align(counter(), other, words())
    assert found.events == NOTHING
    assert found.kept == 1
    assert (found.links.argmax(axis=1) == np.argsort([2, 0, 3, 1])).all()


def test_a_state_that_is_split_in_two_is_one_split():
    # Parity of the zeros is told apart among words with three ones: both halves are accepted.
    split = [[0, 1], [1, 2], [2, 3], [4, 3], [3, 4]]
    other = counter(split, [False, False, False, True, True])
    assert align(counter(), other, words()).events == Events(0, splits=1, merges=0, deaths=0)


def test_two_states_that_become_one_are_one_merge():
    split = [[0, 1], [1, 2], [2, 3], [4, 3], [3, 4]]
    other = counter(split, [False, False, False, True, True])
    assert align(other, counter(), words()).events == Events(0, splits=0, merges=1, deaths=0)


def test_a_state_that_nobody_reaches_any_more_is_dead():
    # The state says which letter came last; then x leaves it as it was, and what ended in x is
    # scattered over the other two.
    last, stays = [[0, 1, 2]] * 3, [[1, 1, 2], [1, 1, 2], [2, 1, 2]]
    before, after = (
        automaton(np.array(moves), np.array([True, False, True]), start=1, symbols=("x", "y", "z"))
        for moves in (last, stays)
    )
    read = Sequences.from_list([*product((1, 2), range(3), range(3))])
    assert align(before, after, read).events == Events(0, splits=0, merges=0, deaths=1)
    assert align(after, before, read).events == Events(births=1, splits=0, merges=0, deaths=0)


def test_words_that_are_answered_the_other_way_from_then_on_are_a_death_and_a_birth():
    parity = np.array([[0, 1], [1, 0]])
    right = counter(parity, [False, True])
    wrong = counter(parity, [True, False])
    found = align(right, wrong, words())
    assert (found.shared > 0).sum() == 2, "the same words lie in the same states"
    assert found.events == Events(births=2, splits=0, merges=0, deaths=2)


def test_futures_of_parity_agree_wholly_or_never_and_with_a_constant_on_half():
    parity = counter(np.array([[0, 1], [1, 0]]), [False, True])
    even = np.full(2, 0.5)
    assert futures_alike(parity, parity, even) == pytest.approx(np.eye(2))
    never = counter([[0, 0]], [False])
    # At once both reject or not, and of each longer length they agree on half of the words.
    expected = (np.array([[1.0, 0.0]]) + HORIZON / 2) / (HORIZON + 1)
    assert futures_alike(never, parity, even) == pytest.approx(expected)


def test_futures_are_the_share_of_words_counted_one_by_one():
    first, second = (harden(random_machine(k, 2, 2, seed=k)) for k in (3, 4))
    shares = np.array([0.3, 0.7])
    found = futures_alike(first, second, shares)
    expected = np.zeros((3, 4))
    for length in range(HORIZON + 1):
        for word in map(list, product((0, 1), repeat=length)):
            states = [np.arange(3), np.arange(4)]
            for symbol in word:
                states = [
                    machine.transition[symbol, state].argmax(axis=-1)
                    for machine, state in zip((first, second), states, strict=True)
                ]
            answers = [
                m.readout.argmax(-1)[s] for m, s in zip((first, second), states, strict=True)
            ]
            expected += np.prod(shares[word]) * (answers[0][:, None] == answers[1])
    assert found == pytest.approx(expected / (HORIZON + 1))


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 6))
def test_births_and_splits_less_merges_and_deaths_are_how_many_more_states_there_are(
    seed, n_first, n_second
):
    sizes = n_first, n_second
    machines = [harden(random_machine(n, 2, 2, seed=[seed, n])) for n in sizes]
    found = align(*machines, words(seed, n_words=5))
    events = found.events
    before, after = ((found.shared.sum(axis=axis) > 0).sum() for axis in (1, 0))
    assert events.births + events.splits - events.merges - events.deaths == after - before
    assert 0 <= found.kept <= 1


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.permutations(range(5)))
def test_other_numbers_of_the_states_change_nothing(seed, order):
    first, second = (harden(random_machine(5, 2, 2, seed=[seed, place])) for place in (0, 1))
    found = align(first, second, words(seed, n_words=5))
    again = Alignment(found.shared[:, order], found.alike[:, order])
    assert (again.events, again.kept) == (found.events, found.kept)


def test_steps_dealt_anew_keep_little():
    rng = np.random.default_rng(0)
    four = align(counter(), counter(), words())
    assert four.shuffled(rng).kept < 0.5 < four.kept
    assert four.shuffled(rng).shared.sum(axis=1).tolist() == four.shared.sum(axis=1).tolist()


def test_a_lineage_goes_on_in_the_half_that_takes_most_and_new_ones_are_numbered_on():
    alike = np.ones((2, 3))
    split = Alignment(np.array([[6, 4, 0], [0, 0, 5]]), alike)
    merge = Alignment(np.array([[6, 0], [4, 0], [0, 5]]), alike.T)
    first, second, third = lineages([split, merge], [2, 3, 2])
    assert (first.tolist(), second.tolist(), third.tolist()) == ([0, 1], [0, 2, 1], [0, 1])
