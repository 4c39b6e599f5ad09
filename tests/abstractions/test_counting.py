import numpy as np
import pytest

from markovlens.abstractions.counting import build_machine, count_moves
from markovlens.trace import Trace


@pytest.fixture
def trace() -> Trace:
    """Two sequences over three symbols; the third symbol is never read after the first step."""
    return Trace(
        states=np.zeros((7, 1), np.float32),
        inputs=np.array([0, 1, 1, 0, 2, 1, 1]),
        outputs=np.array([[1, 0], [0, 1], [0, 1], [1, 0], [np.nan, np.nan], [0, 1], [0.5, 0.5]]),
        targets=np.full(7, -1),
        truth=np.full(7, -1),
        lengths=np.array([4, 3]),
        symbols=("a", "b", "c"),
        classes=("no", "yes"),
    )


HARD = np.eye(2)[[0, 1, 1, 0, 0, 1, 0]]


def test_moves_are_counted_within_sequences_by_the_symbol_read(trace):
    counts, first = count_moves(trace, HARD, n_symbols=3)
    np.testing.assert_array_equal(counts[0], [[0, 0], [1, 0]])
    np.testing.assert_array_equal(counts[1], [[0, 2], [1, 1]])
    np.testing.assert_array_equal(counts[2], np.zeros((2, 2)))
    np.testing.assert_array_equal(first, [[1, 0], [0, 0], [1, 0]])


def test_frequencies_and_fallback(trace):
    machine = build_machine(trace, HARD, deterministic=False)
    np.testing.assert_allclose(machine.transition[1], [[0, 1], [0.5, 0.5]])
    # State 0 never read "a" and "c": it does what it did on average, which was to go to 1.
    np.testing.assert_allclose(machine.transition[0, 0], [0, 1])
    np.testing.assert_allclose(machine.transition[2], [[0, 1], [2 / 3, 1 / 3]])
    np.testing.assert_array_equal(machine.seen, [[False, True], [True, True], [False, False]])


def test_readout_is_the_mean_where_there_is_an_output(trace):
    machine = build_machine(trace, HARD, deterministic=False)
    np.testing.assert_allclose(machine.readout, [[2.5 / 3, 0.5 / 3], [0, 1]])


def test_deterministic_rows_are_one_hot_on_the_commonest_successor(trace):
    machine = build_machine(trace, HARD, deterministic=True)
    assert machine.is_deterministic
    np.testing.assert_array_equal(machine.transition[2], [[0, 1], [1, 0]])


def test_soft_posteriors_average_the_counts_of_hard_ones(trace):
    soft, _ = count_moves(trace, np.full((7, 2), 0.5), n_symbols=3)
    np.testing.assert_allclose(soft.sum(axis=(1, 2)), [1, 4, 0])
