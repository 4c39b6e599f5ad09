import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from markovlens.errors import DataError
from markovlens.faithfulness.scores.intervals import AT_MOST_1, CORRELATION, FREE, POSITIVE, SHARE
from markovlens.faithfulness.scores.tally import Bootstrap, Tally, hits_and_steps, per_sequence


def test_sums_by_sequence_and_group():
    values = np.array([1.0, 2, 4, 8, 16])
    groups = np.array([0, 1, 0, -1, 1])
    sums = per_sequence(values, groups, np.array([2, 3]), 2)
    np.testing.assert_array_equal(sums, [[1, 2], [4, 16]])
    hits, steps = hits_and_steps(values, groups, np.array([2, 3]), 2)
    np.testing.assert_array_equal(hits, sums)
    np.testing.assert_array_equal(steps, [[1, 1], [1, 1]])
    assert steps.dtype == float


def test_the_interval_of_a_mean_agrees_with_the_normal_approximation():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(400, 1))
    bootstrap = Bootstrap.draw(400, n_resamples=4000, rng=rng)
    score = bootstrap.score(Tally(values, np.ones((400, 1)), FREE))
    half = 1.96 * values.std() / np.sqrt(400)
    assert score.value == pytest.approx(values.mean())
    assert score.low == pytest.approx(values.mean() - half, abs=0.01)
    assert score.high == pytest.approx(values.mean() + half, abs=0.01)
    assert score.replicates.std() == pytest.approx(values.std() / 20, rel=0.05)


def test_the_interval_widens_when_steps_of_a_sequence_agree_with_each_other():
    """The sequence is the unit: 100 copies of a step within a sequence add no information."""
    rng = np.random.default_rng(0)
    each = rng.integers(2, size=50).astype(float)
    bootstrap = Bootstrap.draw(50, n_resamples=2000, rng=rng)
    one = bootstrap.score(Tally(each[:, None], np.ones((50, 1))))
    many = bootstrap.score(Tally(100 * each[:, None], np.full((50, 1), 100.0)))
    assert many.high - many.low == pytest.approx(one.high - one.low)


def test_windows_of_one_recording_are_drawn_and_counted_as_one():
    """The windows of ten recordings, five of each alike, are ten sequences and not fifty."""
    hits = np.array([0.0, 1, 1, 1, 0, 1, 1, 1, 1, 1])
    member = np.repeat(np.arange(10), 5)
    drawn = Bootstrap.draw(10, n_resamples=200, rng=np.random.default_rng(0))
    alone = drawn.score(Tally(hits[:, None], np.ones((10, 1))))
    windows = drawn.of_groups(member).score(Tally(hits[member][:, None], np.ones((50, 1))))
    assert (windows.low, windows.high) == pytest.approx((alone.low, alone.high))
    np.testing.assert_allclose(windows.replicates, alone.replicates, rtol=1e-6)
    some = drawn.of_groups(member).select(np.arange(0, 50, 5))
    assert some.score(Tally(hits[:, None], np.ones((10, 1)))).low == pytest.approx(alone.low)


def test_a_group_without_weight_does_not_count():
    tally = Tally(np.array([[1.0, 0], [0, 0]]), np.array([[1.0, 0], [1, 0]]))
    score = Bootstrap.draw(2, n_resamples=50, rng=np.random.default_rng(0)).score(tally)
    assert score.value == 0.5


def test_a_group_missing_from_a_resample_keeps_its_share_there():
    """Half of the resamples hold one of the two classes only: their score is that of both."""
    tally = Tally(np.eye(2) * [1.0, 0.0], np.eye(2))
    score = Bootstrap.draw(2, n_resamples=200, rng=np.random.default_rng(0)).score(tally)
    assert score.value == 0.5
    assert set(score.replicates) == {0.5}


def test_groups_that_few_sequences_have_are_named():
    weight = np.zeros((8, 3))
    weight[:, 0] = 1
    weight[:4, 1] = 3  # many steps, but of four sequences
    names = ("common", "rare", "never")
    score = Bootstrap.draw(8, n_resamples=5, rng=np.random.default_rng(0)).score(
        Tally(weight, weight, groups=names)
    )
    assert score.rare == ("rare",)


@pytest.mark.parametrize(
    ("scale", "value"),
    [(SHARE, 2.0), (SHARE, 1 + 1e-9), (POSITIVE, -1e-3), (AT_MOST_1, 1.1), (CORRELATION, -1.5)],
)
def test_a_score_off_its_scale_is_an_error(scale, value):
    bootstrap = Bootstrap.draw(2, n_resamples=5, rng=np.random.default_rng(0))
    with pytest.raises(DataError, match=rf"of the scale '{scale}', .*, got .*; give its scale"):
        bootstrap.score(Tally(np.full((2, 1), value), np.ones((2, 1)), scale))


@pytest.mark.parametrize(
    ("scale", "value", "end"), [(POSITIVE, -2e-8, 0), (AT_MOST_1, 1 + 2e-8, 1)]
)
def test_a_cost_that_rounding_brought_beyond_the_end_is_the_end(scale, value, end):
    """As the divergence of a network's float32 outputs from themselves."""
    bootstrap = Bootstrap.draw(3, n_resamples=5, rng=np.random.default_rng(0))
    costs = value + np.array([[-1e-8], [0], [1e-8]])
    score = bootstrap.score(Tally(costs, np.ones((3, 1)), scale))
    assert (score.value, score.low, score.high) == (end, end, end)


def test_nothing_to_score_is_no_number():
    bootstrap = Bootstrap.draw(2, n_resamples=5, rng=np.random.default_rng(0))
    score = bootstrap.score(Tally(np.zeros((2, 3)), np.zeros((2, 3))))
    assert np.isnan([score.value, score.low, score.high]).all()


@given(st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_the_order_of_sequences_does_not_matter_to_the_value(n_sequences, seed):
    rng = np.random.default_rng(seed)
    weight = rng.random((n_sequences, 3))
    numerator = weight * rng.random((n_sequences, 3))
    order = rng.permutation(n_sequences)
    bootstrap = Bootstrap.draw(n_sequences, n_resamples=20, rng=rng)
    first = bootstrap.score(Tally(numerator, weight)).value
    again = bootstrap.score(Tally(numerator[order], weight[order])).value
    assert first == pytest.approx(again)


def test_an_empty_split_is_an_error():
    with pytest.raises(DataError, match="empty split"):
        Bootstrap.draw(0, n_resamples=10, rng=np.random.default_rng(0))
