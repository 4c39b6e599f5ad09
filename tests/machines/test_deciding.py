"""The automaton of a machine's most likely moves, as small as strings of a task let it be."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from helpers.machines import random_machine
from markovlens.machines.deciding import decide, n_told_apart, told_apart
from markovlens.machines.edges import even_flow
from markovlens.machines.machine import automaton
from markovlens.machines.minimisation import harden, minimal_blocks
from markovlens.sequences import Sequences


@given(st.integers(1, 8), st.integers(2, 4), st.integers(0, 99))
def test_it_decides_as_the_most_likely_moves_and_no_two_states_are_alike(size, n_symbols, seed):
    machine = random_machine(size, n_symbols, 2, seed=seed)
    rng = np.random.default_rng(seed)
    lengths = rng.integers(2, 9, 40)
    strings = Sequences(rng.integers(n_symbols, size=lengths.sum()), lengths)
    small = told_apart(machine, strings)
    assert (decide(small, strings) == decide(harden(machine), strings)).all()
    assert minimal_blocks(small).tolist() == list(range(small.n_states))
    assert small.n_states == n_told_apart(machine, strings)


@given(st.integers(1, 8), st.integers(1, 4), st.integers(0, 99))
def test_an_automaton_runs_as_by_products_of_its_matrices(size, n_symbols, seed):
    machine = harden(random_machine(size, n_symbols, 2, seed=seed))
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 9, 20)
    strings = Sequences(rng.integers(n_symbols, size=lengths.sum()), lengths)
    beliefs = []
    for string in strings:
        beliefs.append(machine.initial[string[0]])
        for symbol in string[1:]:
            beliefs.append(beliefs[-1] @ machine.transition[symbol])
    np.testing.assert_array_equal(machine.run(strings), beliefs)
    np.testing.assert_array_equal(machine.predict(strings), beliefs @ machine.readout)


def test_an_even_flow_reads_each_symbol_once_in_each_state_that_is_reached():
    machine = automaton([[0, 0], [0, 1]], [True, False], start=0, symbols=("a", "b"))
    flow = even_flow(machine)
    assert flow.starts.tolist() == [1, 1]
    assert flow.visits.tolist() == [1, 0]
    assert flow.reads.tolist() == [[1, 0], [1, 0]]
