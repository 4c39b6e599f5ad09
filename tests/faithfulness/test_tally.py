import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from markovlens.errors import DataError
from markovlens.faithfulness.tally import Bootstrap, Tally, per_sequence


def test_sums_by_sequence_and_group():
    values = np.array([1.0, 2, 4, 8, 16])
    groups = np.array([0, 1, 0, -1, 1])
    sums = per_sequence(values, groups, np.array([2, 3]), 2)
    np.testing.assert_array_equal(sums, [[1, 2], [4, 16]])


def test_the_interval_of_a_mean_agrees_with_the_normal_approximation():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(400, 1))
    bootstrap = Bootstrap.draw(400, n_resamples=4000, rng=rng)
    score = bootstrap.score(Tally(values, np.ones((400, 1))))
    half = 1.96 * values.std() / np.sqrt(400)
    assert score.value == pytest.approx(values.mean())
    assert score.low == pytest.approx(values.mean() - half, abs=0.01)
    assert score.high == pytest.approx(values.mean() + half, abs=0.01)


def test_the_interval_widens_when_steps_of_a_sequence_agree_with_each_other():
    """The sequence is the unit: 100 copies of a step within a sequence add no information."""
    rng = np.random.default_rng(0)
    each = rng.integers(2, size=50).astype(float)
    bootstrap = Bootstrap.draw(50, n_resamples=2000, rng=rng)
    one = bootstrap.score(Tally(each[:, None], np.ones((50, 1))))
    many = bootstrap.score(Tally(100 * each[:, None], np.full((50, 1), 100.0)))
    assert many.high - many.low == pytest.approx(one.high - one.low)


def test_a_group_without_weight_does_not_count():
    tally = Tally(np.array([[1.0, 0], [0, 0]]), np.array([[1.0, 0], [1, 0]]))
    score = Bootstrap.draw(2, n_resamples=50, rng=np.random.default_rng(0)).score(tally)
    assert score.value == 0.5


def test_a_group_missing_from_a_resample_is_left_out_of_it():
    tally = Tally(np.array([[1.0, 0], [0, 1.0]]), np.eye(2))
    score = Bootstrap.draw(2, n_resamples=200, rng=np.random.default_rng(0)).score(tally)
    assert np.isfinite(score.replicates).all()
    assert set(score.replicates) == {1.0}


@given(st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_the_order_of_sequences_does_not_matter_to_the_value(n_sequences, seed):
    rng = np.random.default_rng(seed)
    numerator, weight = rng.random((2, n_sequences, 3))
    order = rng.permutation(n_sequences)
    bootstrap = Bootstrap.draw(n_sequences, n_resamples=20, rng=rng)
    first = bootstrap.score(Tally(numerator, weight)).value
    again = bootstrap.score(Tally(numerator[order], weight[order])).value
    assert first == pytest.approx(again)


def test_an_empty_split_is_an_error():
    with pytest.raises(DataError, match="empty split"):
        Bootstrap.draw(0, n_resamples=10, rng=np.random.default_rng(0))
