"""Machines number their states by a walk from the start, whatever the seed, cluster or network."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from markovlens.abstractions.base import Options
from markovlens.abstractions.numbering import numbered, permuted, walk_order
from markovlens.abstractions.study import Fitted, study
from markovlens.machines.machine import Machine, automaton
from markovlens.machines.minimisation import reachable
from markovlens.sequences import Sequences


def random_machine(rng, n_states=5, n_symbols=2):
    """A probabilistic machine all of whose states can be met."""
    while True:
        initial = rng.dirichlet(np.ones(n_states), n_symbols)
        moves = rng.dirichlet(np.ones(n_states), (n_symbols, n_states))
        if len(reachable(initial.argmax(-1), moves.argmax(-1).T)) == n_states:
            break
    readout, seen = rng.dirichlet(np.ones(2), n_states), rng.random((n_symbols, n_states)) < 0.5
    return Machine(initial, moves, readout, ("a", "b"), ("no", "yes"), seen)


def equal(a, b):
    names = ("initial", "transition", "readout", "seen")
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in names)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_machines_that_move_alike_get_the_same_numbers(seed):
    rng = np.random.default_rng(seed)
    machine = random_machine(rng)
    once = numbered(Fitted(machine)).machine
    order = rng.permutation(5)
    assert equal(numbered(Fitted(permuted(machine, order))).machine, once)
    np.testing.assert_array_equal(walk_order(once), np.arange(5))
    words = Sequences(rng.integers(0, 2, 30), np.array([10, 20]))
    np.testing.assert_allclose(once.predict(words), machine.predict(words), atol=1e-12)


def test_decoded_states_are_renamed_with_the_machine():
    machine = random_machine(np.random.default_rng(0))
    order = walk_order(machine)
    fitted = numbered(Fitted(machine, lambda read: np.arange(5)))
    np.testing.assert_array_equal(order[fitted.decode(None)], np.arange(5))
    np.testing.assert_array_equal(fitted.machine.readout[fitted.decode(None)], machine.readout)


def test_states_that_no_walk_meets_come_last_in_their_order():
    moves = np.array([[1, 1], [3, 0], [2, 2], [3, 3]])
    machine = automaton(moves, np.array([0, 1, 0, 1], bool), start=1, symbols=("a", "b"))
    np.testing.assert_array_equal(walk_order(machine), [3, 0, 1, 2])


@pytest.mark.parametrize("method", ["hmm", "hmm_input", "kmeans", "gmm"])
def test_other_seeds_give_the_same_numbers_to_the_same_states(traces_of, method):
    traces = traces_of("contains_000", noise=0.3)
    fits = [
        study(
            method, traces["train"], traces["valid"], n_states=[4],
            seed=np.random.SeedSequence(seed), options=Options(restarts=3, max_iterations=60),
        ).fits[4]
        for seed in range(3)
    ]  # fmt: skip
    paths = [fit.decode(traces["test"]) for fit in fits]
    for fit, path in zip(fits, paths, strict=True):
        np.testing.assert_array_equal(walk_order(fit.machine), np.arange(4))
        assert (path == paths[0]).mean() > 0.99
