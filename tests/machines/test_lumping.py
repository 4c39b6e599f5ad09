"""Lumping: closed forms, what the definition says, and that names of states do not matter."""

import itertools as it
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from markovlens.errors import ConfigError
from markovlens.machines.lumping import Usage, blocks_within, lump
from markovlens.machines.machine import Machine
from markovlens.machines.minimisation import equivalent, harden, minimise
from markovlens.sequences import Sequences

RNG = np.random.default_rng(0)
WORDS = Sequences.from_list([RNG.integers(0, 2, size=12) for _ in range(40)])


@st.composite
def beliefs(draw, most_states=5):
    """Return a machine with moves and answers of few values, so that futures often coincide."""
    size = draw(st.integers(1, most_states))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def rows(*shape):
        counts = rng.integers(0, 2, size=shape).astype(float)
        counts[..., 0] += counts.sum(axis=-1) == 0
        return counts / counts.sum(axis=-1, keepdims=True)

    seen = np.ones((2, size), dtype=bool)
    return Machine(
        rows(2, size), rows(2, size, size), rows(size, 2),
        ("a", "b"), ("no", "yes"), seen,
    )  # fmt: skip


def split(machine, state, share):
    """Return the machine with a twin of one state that gets `share` of all moves into it."""
    size = machine.n_states
    source = np.append(np.arange(size), state)
    portion = np.ones(size + 1)
    portion[state], portion[size] = 1 - share, share
    return Machine(
        machine.initial[:, source] * portion,
        machine.transition[:, source][:, :, source] * portion,
        machine.readout[source],
        machine.symbols,
        machine.classes,
        machine.seen[:, source],
    )


def permuted(machine, order):
    return replace(
        machine,
        initial=machine.initial[:, order],
        transition=machine.transition[:, order][:, :, order],
        readout=machine.readout[order],
        seen=machine.seen[:, order],
    )


def same_partition(a, b):
    return ((a[:, None] == a) == (b[:, None] == b)).all()


THREE = Machine(
    np.array([[0.5, 0.3, 0.2], [0.0, 0.0, 1.0]]),
    np.array([
        [[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]],
        [[0.1, 0.1, 0.8], [0.5, 0.5, 0.0], [0.0, 0.9, 0.1]],
    ]),
    np.array([[0.9, 0.1], [0.2, 0.8], [0.9, 0.1]]),
    ("a", "b"), ("no", "yes"), np.ones((2, 3), dtype=bool),
)  # fmt: skip


@pytest.mark.parametrize("state", [0, 1, 2])
def test_a_state_in_two_copies_is_one_state_again(state):
    """Whatever share of the moves each copy gets, the original comes back to the last digit."""
    found = lump(split(THREE, state, share=0.37))
    assert found.block_of[3] == found.block_of[state]
    order = found.block_of[:3]
    for name in ("initial", "transition", "readout"):
        back = getattr(permuted(found.machine, order), name)
        np.testing.assert_allclose(back, getattr(THREE, name), atol=1e-12)


def test_kemeny_and_snells_condition():
    """A chain over (rain, nice, snow): rain and snow move to nice alike, 1/2, and are one."""
    land_of_oz = np.array([[0.5, 0.25, 0.25], [0.5, 0.0, 0.5], [0.25, 0.25, 0.5]])
    answers = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    machine = Machine(
        np.full((1, 3), 1 / 3), land_of_oz[None], answers, (), ("bad", "nice"),
        np.ones((1, 3), dtype=bool),
    )  # fmt: skip
    found = lump(machine)
    assert same_partition(found.block_of, np.array([0, 1, 0]))
    order = [found.block_of[0], found.block_of[1]]
    lumped = permuted(found.machine, order)
    np.testing.assert_allclose(lumped.transition[0], [[0.75, 0.25], [1.0, 0.0]])


def test_answers_alike_do_not_join_states_with_other_futures():
    assert same_partition(lump(THREE).block_of, np.arange(3))


@given(beliefs())
@settings(max_examples=60, deadline=None)
def test_without_tolerance_all_answers_stay(machine):
    np.testing.assert_allclose(
        lump(machine).machine.predict(WORDS), machine.predict(WORDS), atol=1e-9
    )


@given(beliefs())
@settings(max_examples=60, deadline=None)
def test_lumping_again_changes_nothing(machine):
    once = lump(machine).machine
    again = lump(once)
    assert again.machine.n_states == once.n_states
    np.testing.assert_allclose(again.machine.predict(WORDS), once.predict(WORDS), atol=1e-9)


@given(beliefs(), st.randoms(use_true_random=False), st.sampled_from([0.0, 0.1, 0.25, 0.5]))
@settings(max_examples=60, deadline=None)
def test_the_names_of_states_do_not_matter(machine, random, tolerance):
    order = list(range(machine.n_states))
    random.shuffle(order)
    blocks = lump(machine, tolerance=tolerance).block_of
    renamed = lump(permuted(machine, np.array(order)), tolerance=tolerance).block_of
    inside = blocks[order] >= 0
    np.testing.assert_array_equal(inside, renamed >= 0)
    assert same_partition(blocks[order][inside], renamed[inside])


def stable(machine, blocks):
    """Return whether the states of each block answer alike and move alike into every block."""
    members = (blocks[:, None] == np.arange(blocks.max() + 1)).astype(float)
    told = [machine.readout, *(machine.transition @ members)]
    parts = [rows[blocks == block] for rows in told for block in range(blocks.max() + 1)]
    return all(np.ptp(part, axis=0).max() < 1e-9 for part in parts)


@given(beliefs(most_states=4))
@settings(max_examples=60, deadline=None)
def test_the_partition_is_the_coarsest_that_is_stable(machine):
    """Against all partitions there are, by the definition of lumpability."""
    blocks = lump(machine).block_of
    if (blocks < 0).any():
        return  # of states that no string reaches the definition says nothing
    assert stable(machine, blocks)
    ways = it.product(range(blocks.max()), repeat=machine.n_states)  # fewer blocks
    smaller = (np.unique(way, return_inverse=True)[1] for way in ways)
    assert not any(stable(machine, way) for way in smaller)


@given(beliefs())
@settings(max_examples=60, deadline=None)
def test_of_an_automaton_with_sure_answers_it_is_the_minimal_one(machine):
    sure = np.eye(2)[machine.readout.argmax(axis=1)]
    automaton = replace(harden(machine), readout=sure)
    found = lump(automaton).machine
    assert found.n_states == minimise(automaton).n_states
    assert equivalent(found, automaton) is None


def test_a_tolerance_joins_what_differs_by_no_more():
    """Answers 0.03 apart, moves alike: one state from 0.03 on, with the mean by visits."""
    rows = np.array([[0.5, 0.5], [0.5, 0.5]])
    machine = Machine(
        np.array([[0.5, 0.5]]), rows[None], np.array([[0.90, 0.10], [0.93, 0.07]]),
        (), ("no", "yes"), np.ones((1, 2), dtype=bool),
    )  # fmt: skip
    assert lump(machine, tolerance=0.02).machine.n_states == 2
    used = Usage(np.array([3.0, 1.0]), np.ones(1))
    found = lump(machine, tolerance=0.03, used=used).machine
    np.testing.assert_allclose(found.readout, [[(3 * 0.90 + 0.93) / 4, (3 * 0.10 + 0.07) / 4]])


@given(beliefs())
@settings(max_examples=30, deadline=None)
def test_all_is_one_at_a_tolerance_of_one(machine):
    assert lump(machine, tolerance=1.0).machine.n_states == 1


def test_what_no_string_reaches_is_left_out():
    machine = replace(
        THREE,
        initial=np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]]),
        transition=np.array([
            [[0.7, 0.3, 0.0], [0.2, 0.8, 0.0], [0.3, 0.3, 0.4]],
            [[0.1, 0.9, 0.0], [0.5, 0.5, 0.0], [0.0, 0.9, 0.1]],
        ]),
    )  # fmt: skip
    found = lump(machine)
    assert found.block_of[2] == -1
    assert found.machine.n_states == 2
    assert lump(machine, tolerance=1).block_of.tolist() == [0, 0, -1]


def test_symbols_count_as_they_are_read():
    """Only `b` tells the two states apart; where it is one symbol in ten, they are 0.1 apart."""
    machine = Machine(
        np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
        np.array([
            [[0.0, 0.0, 1.0], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0]],
            [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]],
        ]),
        np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]),
        ("a", "b"), ("no", "yes"), np.ones((2, 3), dtype=bool),
    )  # fmt: skip
    used = Usage(np.ones(3), np.array([0.9, 0.1]))
    together = blocks_within(machine, tolerance=0.1, used=used)
    assert together[0] == together[1] != together[2]
    apart = blocks_within(machine, tolerance=0.09, used=used)
    assert len(set(apart)) == 3


def test_usage_is_visits_and_shares():
    inputs = Sequences.from_list([np.array([0, 0, 0]), np.array([1])])
    used = Usage.of(THREE, inputs)
    np.testing.assert_allclose(used.shares, [0.75, 0.25])
    np.testing.assert_allclose(used.visits, THREE.run(inputs).sum(axis=0))


@pytest.mark.parametrize("tolerance", [-0.1, 1.5, float("nan")])
def test_a_tolerance_is_a_probability(tolerance):
    with pytest.raises(ConfigError, match="expected a tolerance from 0"):
        lump(THREE, tolerance=tolerance)
