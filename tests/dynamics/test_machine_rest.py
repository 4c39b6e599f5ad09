"""What a machine does under one symbol, against what its moves say."""

import numpy as np
import pytest

from markovlens.dynamics.machine_rest import machine_resting
from markovlens.machines.machine import Machine, automaton
from markovlens.sequences import Sequences


def repeated(symbol, n_steps=60):
    return Sequences(np.full(n_steps, symbol), np.array([n_steps]))


@pytest.mark.parametrize(("symbol", "period", "settles"), [(0, 1, 1), (1, 2, 1)])
def test_parity_rests_under_zeros_and_turns_under_ones(symbol, period, settles):
    parity = automaton(np.array([[0, 1], [1, 0]]), np.array([0, 1]), start=0, symbols=("0", "1"))
    found = machine_resting(parity, repeated(symbol))
    assert (found.period, found.settles) == (period, settles)
    assert found.answers[:, 1].tolist() == [(step * symbol) % 2 for step in range(1, 61)]


def test_what_it_passes_on_the_way_to_its_cycle_is_counted():
    # start 0 -> 1 -> 2 -> 3 -> 4 -> 2 ...: after two steps it goes round three states
    successor = np.array([[1], [2], [3], [4], [2]])
    tail = automaton(successor, np.zeros(5), start=0, symbols=("a",))
    found = machine_resting(tail, repeated(0))
    assert (found.period, found.settles) == (3, 2)


def machine_of(move):
    move = np.array(move)
    symbols, classes = ("a", "b"), ("no", "yes")
    moves = np.stack([move, move])
    seen = np.ones((2, 2), dtype=bool)
    return Machine(np.array([[1.0, 0.0]] * 2), moves, np.eye(2), symbols, classes, seen)


def test_a_belief_comes_to_the_stationary_distribution():
    found = machine_resting(machine_of([[0.9, 0.1], [0.3, 0.7]]), repeated(0))
    assert found.period == 1
    np.testing.assert_allclose(found.answers[-1], [0.75, 0.25], atol=1e-9)
    # it is off by .25 * .6^t, of which a step takes .4
    first = np.flatnonzero(0.25 * 0.6 ** np.arange(60) * 0.4 <= 0.01)[0]
    assert found.settles == first + 1


def test_a_belief_that_still_moves_has_come_to_nothing():
    found = machine_resting(machine_of([[0.999, 0.001], [0.001, 0.999]]), repeated(0))
    assert np.isnan([found.period, found.settles]).all()
