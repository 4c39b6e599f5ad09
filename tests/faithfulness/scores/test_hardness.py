"""What a machine's number of states stands for."""

from dataclasses import replace

import numpy as np
import pytest

from markovlens.abstractions.counting import build_machine
from markovlens.faithfulness.scores.hardness import hard_agreement, hard_size
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.machines.machine import BELIEF, STATE, Machine, automaton


@pytest.fixture
def parity():
    return automaton([[0, 1], [1, 0]], [False, True], start=0, symbols=("0", "1"))


def test_automata_carry_a_state_and_mixtures_a_belief(parity):
    assert parity.carries == STATE
    unsure = parity.transition.copy()
    unsure[1, 0] = 0.5
    assert replace(parity, transition=unsure).carries == BELIEF
    assert replace(parity, initial=np.full((2, 2), 0.5)).carries == BELIEF


def test_moves_of_states_that_no_string_reaches_do_not_count():
    """From the first state all is certain; the third has chances, but nothing leads there."""
    move = np.array([[0, 1, 0], [1, 0, 0], [0.3, 0.3, 0.4]])
    first = np.array([[1.0, 0, 0]])
    machine = Machine(first, move[None], np.eye(3), (), ("a", "b", "c"), np.ones((1, 3), bool))
    assert machine.carries == STATE
    reached = Machine(
        np.array([[0, 0, 1.0]]), move[None], np.eye(3), (), ("a", "b", "c"), np.ones((1, 3), bool)
    )
    assert reached.carries == BELIEF


def test_the_hard_size_is_that_of_the_most_likely_moves(parity, traces_of):
    """Two states that both answer alike after every string are one, whatever their belief."""
    test = traces_of("parity")["test"]
    assert hard_size(parity, test) == 2
    leaning = replace(parity, transition=0.9 * parity.transition + 0.05)
    assert hard_size(leaning, test) == 2
    alike = replace(parity, readout=np.tile([[0.7, 0.3]], (2, 1)))
    assert hard_size(alike, test) == 1


def test_how_often_the_most_likely_moves_decide_as_the_belief(parity, traces_of):
    test = traces_of("parity")["test"]
    bootstrap = Bootstrap.draw(len(test), n_resamples=20, rng=np.random.default_rng(0))

    def agreement(machine):
        return hard_agreement(machine, machine.predict(test.sequences), test, bootstrap).value

    assert agreement(parity) == 1
    # A belief that fades: after a few steps it leans to the first class whatever was read.
    fading = replace(parity, transition=0.6 * parity.transition + 0.4 * np.array([0.9, 0.1]))
    assert 0.4 < agreement(fading) < 0.95


def test_clusters_that_mix_states_carry_a_belief(traces_of):
    """One cluster for two true states has no certain move; one for each has."""
    test = traces_of("contains_000")["test"]
    truth = np.eye(4)[test.truth]
    assert build_machine(test, truth, deterministic=False).carries == STATE
    merged = truth[:, [0, 3]] + truth[:, [1, 2]]
    assert build_machine(test, merged, deterministic=False).carries == BELIEF
