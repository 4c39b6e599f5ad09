import numpy as np
import pytest

from markovlens.tasks import make_task
from markovlens.tasks.planar import CURVES, circle_and_ellipse

SIZES = {"n_train": 50, "n_valid": 20, "n_test": 30, "past": 12, "future": 7}


@pytest.fixture(scope="module")
def hard():
    return make_task("planar_hard", sizes=SIZES, seed=4)


def test_circle_and_ellipse_are_the_published_ones():
    past, future = circle_and_ellipse()
    t = [2 * np.pi * k / 49 for k in range(50)]
    half = 0.5**0.5
    circle = [(np.sin(s), np.cos(s)) for s in t]
    ellipse = [(half * (2 * np.sin(s) - np.cos(s)), half * (2 * np.sin(s) + np.cos(s))) for s in t]
    np.testing.assert_allclose(past, [circle, ellipse], rtol=0, atol=1e-12)
    wanted = [[row[(k + 1) % 49] for k in range(50)] for row in (circle, ellipse)]
    np.testing.assert_allclose(future, wanted, rtol=0, atol=1e-12)
    np.testing.assert_allclose(past[1, 0], [-half, half], atol=1e-12)
    assert abs(past[1, :, 0]).max() == pytest.approx(2.5**0.5, abs=2e-3)


def test_the_published_task_holds_them_unscaled():
    task = make_task("circle_ellipse", sizes=SIZES, seed=0)
    past, future = circle_and_ellipse()
    for part in task.splits.values():
        np.testing.assert_allclose(task.restore(part.past), past, atol=1e-6)
        np.testing.assert_allclose(task.restore(part.future), future, atol=1e-6)
    assert task.classes == ("circle", "ellipse")
    assert task.gate == 1e-3


def test_hard_curves_are_of_all_kinds_and_no_two_splits_share_one(hard):
    assert hard.classes == tuple(CURVES)
    for part in hard.splits.values():
        assert set(part.label.tolist()) == set(range(len(CURVES)))
    # A future is without noise, so that a curve drawn twice would be found.
    futures = [part.future.reshape(len(part), -1) for part in hard.splits.values()]
    together = np.concatenate(futures)
    assert len(np.unique(together.round(4), axis=0)) == len(together) == 100


def test_the_past_is_noisy_and_the_future_is_not(hard):
    part = hard.splits["train"]
    wobble = np.diff(hard.restore(part.past), n=3, axis=1).std()
    assert np.diff(hard.restore(part.future), n=3, axis=1).std() < 0.5 * wobble


def test_curves_are_turned_but_keep_their_shape(hard):
    circles = hard.restore(hard.splits["test"].future)[hard.splits["test"].label == 0]
    radii = np.linalg.norm(circles, axis=2)
    np.testing.assert_allclose(radii, radii[:, :1] * np.ones(7), rtol=1e-4)
    assert radii[:, 0].min() >= 0.5
    assert radii[:, 0].max() <= 1.5
    assert np.ptp(radii[:, 0]) > 0.3


def test_the_seed_decides_the_curves(hard):
    again = make_task("planar_hard", sizes=SIZES, seed=4)
    other = make_task("planar_hard", sizes=SIZES, seed=5)
    np.testing.assert_array_equal(again.splits["test"].past, hard.splits["test"].past)
    assert not np.array_equal(other.splits["test"].past, hard.splits["test"].past)
