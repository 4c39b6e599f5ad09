import numpy as np
import pytest

from helpers.rows import PARITY as MOVES
from helpers.rows import trace_of
from markovlens.codebooks.cuts import cut_at
from markovlens.faithfulness.scores.exactness import exactness, minimal_states, purely_read
from markovlens.machines.machine import automaton
from markovlens.tasks import make_task
from markovlens.tasks.formal import AUTOMATA

KNOWN = {"equals_0110": 5, "contains_0110": 5, "contains_000": 4, "parity": 2}
SIZES = {"n_train": 20, "n_valid": 10, "n_test": 10, "length_train": 6, "length_test": 8}
BITS = ("0", "1")
PARITY = automaton(np.array([[0, 1], [1, 0]]), np.array([False, True]), start=0, symbols=BITS)


def test_more_states_than_needed_can_be_exact():
    doubled = automaton(
        np.array([[2, 1], [3, 0], [0, 3], [1, 2]]),
        np.array([False, True, False, True]),
        start=0,
        symbols=BITS,
    )
    assert exactness(doubled, PARITY) == {"exact_language": 1.0, "minimal_states": 2.0}


def test_one_wrong_move_is_not_exact_however_rare():
    length = 12  # right on every string without twelve 1s
    successor = np.array([[k, min(k + 1, length)] for k in range(length + 1)])
    counting = automaton(successor, np.arange(length + 1) % 2 == 1, start=0, symbols=BITS)
    assert exactness(counting, PARITY)["exact_language"] == 0


@pytest.mark.parametrize("number", range(1, 8))
def test_a_begin_symbol_is_taken_as_read(number):
    machine = make_task(f"merrill_{number}", sizes=SIZES, seed=0).machine
    assert exactness(machine, machine)["exact_language"] == 1


def test_the_empty_string_counts():
    truth = make_task("merrill_1", sizes=SIZES, seed=0).machine
    wrong = truth.initial.copy()
    rejecting = truth.readout.argmax(axis=1).argmin()
    wrong[truth.symbols.index("^")] = np.eye(truth.n_states)[rejecting]
    other = type(truth)(
        wrong, truth.transition, truth.readout, truth.symbols, truth.classes, truth.seen
    )
    assert exactness(other, truth)["exact_language"] == 0


@pytest.mark.parametrize("name", sorted(AUTOMATA))
def test_the_size_of_the_truth_is_the_states_that_its_strings_visit(name):
    """One count for tables and figures: nothing leads back to the start of `equals_0110`."""
    task = make_task(name, sizes=SIZES | {"n_test": 300, "length_test": 12}, seed=0)
    found = minimal_states(task.machine)
    assert found == len(np.unique(task.splits["test"].truth))
    assert found == KNOWN.get(name, found)


@pytest.mark.parametrize(("threshold", "impure"), [(0.3, (0.3, 0.3)), (0.1, (0.1, 0.3))])
def test_rows_are_read_purely_where_their_code_stands_for_their_true_symbol(threshold, impure):
    task = make_task("real_parity", sizes=SIZES, seed=0)
    train, test = (
        trace_of(rows, (rows[:, 0] > 0.3).astype(int), MOVES, channels=task.channels)[0]
        for rows in np.random.default_rng(0).normal(size=(2, 2000, 1))
    )
    pure = purely_read(task.machine, train, cut_at(task.channels, {"x": threshold}), test)
    low, high = impure
    rows = test.inputs[:, 0]
    np.testing.assert_array_equal(~pure, (rows > low) & (rows <= high))
