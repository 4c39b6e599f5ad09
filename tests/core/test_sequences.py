import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from markovlens.errors import DataError
from markovlens.sequences import Sequences, by_step, rows_of, steps_of

ragged = st.lists(st.integers(1, 6), min_size=1, max_size=8).map(np.array)


def test_values_and_lengths_must_fit():
    with pytest.raises(DataError, match="lengths sum to 3 but there are 4 rows"):
        Sequences(np.zeros(4), np.array([1, 2]))


@pytest.mark.parametrize(
    ("lengths", "message"),
    [([], "1-d array"), ([0, 2], "empty sequence"), ([1.0, 1.0], "integer lengths")],
)
def test_bad_lengths_are_named(lengths, message):
    with pytest.raises(DataError, match=message):
        Sequences(np.zeros(2), np.array(lengths))


def test_no_sequences_is_an_error():
    with pytest.raises(DataError, match="at least one sequence"):
        Sequences.from_list([])


@given(ragged)
def test_list_round_trip(lengths):
    parts = np.split(np.arange(lengths.sum()), np.cumsum(lengths)[:-1])
    for part, again in zip(parts, Sequences.from_list(parts), strict=True):
        np.testing.assert_array_equal(part, again)


@given(ragged, st.randoms())
def test_select_takes_whole_sequences_in_order(lengths, random):
    sequences = Sequences(np.arange(lengths.sum()), lengths)
    chosen = [random.randrange(len(lengths)) for _ in range(3)]
    parts = list(sequences)
    expected = np.concatenate([parts[i] for i in chosen])
    np.testing.assert_array_equal(sequences.select(np.array(chosen)).values, expected)
    np.testing.assert_array_equal(rows_of(lengths, np.array(chosen)), expected)


@given(ragged)
def test_by_step_visits_every_row_once_in_time_order(lengths):
    seen = np.full(lengths.sum(), -1)
    for step, (active, rows) in enumerate(by_step(lengths)):
        assert (lengths[active] > step).all()
        assert (seen[rows] == -1).all()
        seen[rows] = step
    np.testing.assert_array_equal(seen, steps_of(lengths))
