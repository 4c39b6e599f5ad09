import numpy as np
import pytest

from markovlens.abstractions.tables import UNSEEN, Table, complete, count_table
from markovlens.errors import ConfigError
from markovlens.sequences import Sequences
from markovlens.trace import Trace

READOUT = np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])
PLACES = np.array([[0.0], [1.0], [5.0]])


@pytest.fixture
def trace() -> Trace:
    """State 2 is never left; symbol c is only read in state 1; nothing begins with c."""
    return Trace(
        states=np.zeros((8, 1), np.float32),
        inputs=np.array([0, 1, 1, 2, 0, 1, 1, 0]),
        outputs=np.tile([0.6, 0.4], (8, 1)),
        targets=np.full(8, -1),
        truth=np.full(8, -1),
        lengths=np.array([4, 4]),
        symbols=("a", "b", "c"),
        classes=("no", "yes"),
    )


LABELS = np.array([0, 1, 1, 2, 0, 1, 0, 1])


def table_of(trace) -> Table:
    return count_table(trace, LABELS, READOUT, PLACES)


def test_the_commonest_successor_and_the_holes(trace):
    table = table_of(trace)
    expected = [[1, 1, UNSEEN], [UNSEEN, 0, 2], [UNSEEN] * 3]  # 1 after b: 1 and 0, a tie
    np.testing.assert_array_equal(table.successor, expected)
    np.testing.assert_array_equal(table.usual, [1, 0, 2])
    np.testing.assert_array_equal(table.first, [0, 0, 0])


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("majority", [[1, 1, 1], [0, 0, 2], [2, 2, 2]]),
        ("nearest", [[1, 1, 2], [1, 0, 2], [1, 0, 2]]),
        ("sink", [[1, 1, 3], [3, 0, 2], [3, 3, 3], [3, 3, 3]]),
        ("stop", [[1, 1, 3], [4, 0, 2], [5, 5, 5], [3, 3, 3], [4, 4, 4], [5, 5, 5]]),
    ],
)
def test_each_rule_fills_the_holes_its_way(trace, rule, expected):
    machine = complete(table_of(trace), trace, unseen=rule)
    np.testing.assert_array_equal(machine.transition.argmax(-1).T, expected)
    np.testing.assert_array_equal(machine.seen.T[:3], table_of(trace).successor != UNSEEN)
    assert not machine.seen.T[3:].any()


def test_a_halted_run_keeps_its_answer_and_the_sink_gives_the_mean(trace):
    word = Sequences(np.array([0, 2, 1, 1]), np.array([4]))
    stopped = complete(table_of(trace), trace, unseen="stop").predict(word)
    np.testing.assert_allclose(stopped, np.tile(READOUT[0], (4, 1)))
    sunk = complete(table_of(trace), trace, unseen="sink").predict(word)
    np.testing.assert_allclose(sunk[1:], np.tile([0.6, 0.4], (3, 1)))


def test_without_holes_no_rule_adds_a_state(trace):
    table = Table(np.zeros((1, 3), int), np.zeros(1, int), np.zeros(3, int), READOUT[:1])
    for rule in ("stop", "sink", "nearest"):
        assert complete(table, trace, unseen=rule).n_states == 1


def test_an_unknown_rule_lists_the_known_ones(trace):
    with pytest.raises(ConfigError, match="majority, nearest, stop, sink"):
        complete(table_of(trace), trace, unseen="zero")
