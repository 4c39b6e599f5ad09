"""Compiled loops over points and centres say what NumPy's arrays say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from markovlens.hmm.clustering import lloyd, spread_out
from markovlens.hmm.nearest import approach, assign, deviations, sums_of


def made(seed, n_points, n_features, n_centers):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_features, n_points)), rng.normal(size=(n_centers, n_features))


def squares(points, centers):
    """(K, M) squared distances."""
    return ((points[None] - centers[:, :, None]) ** 2).sum(axis=1)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 99), st.integers(1, 70), st.integers(1, 5), st.integers(1, 6))
def test_nearest_centres_are_those_of_all_distances(seed, n_points, n_features, n_centers):
    points, centers = made(seed, n_points, n_features, n_centers)
    labels = np.zeros(n_points, dtype=np.int64)
    wanted = squares(points, centers).argmin(axis=0)
    assert assign(points, centers, labels) == wanted.any()
    np.testing.assert_array_equal(labels, wanted)
    assert not assign(points, centers, labels)
    nearest = np.full(n_points, 2.0)
    for k in range(n_centers):
        approach(points, centers, k, nearest)
    np.testing.assert_allclose(nearest, np.minimum(squares(points, centers).min(axis=0), 2.0))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 99), st.integers(1, 70), st.integers(1, 5), st.integers(1, 6))
def test_sums_are_those_of_the_points_of_each_label(seed, n_points, n_features, n_centers):
    points, centers = made(seed, n_points, n_features, n_centers)
    labels = np.random.default_rng(seed).integers(n_centers, size=n_points)
    count, sums = sums_of(points, labels, n_centers)
    member = np.eye(n_centers)[labels]
    np.testing.assert_array_equal(count, member.sum(axis=0))
    np.testing.assert_allclose(sums, member.T @ points.T, atol=1e-12)
    away = points - centers[labels].T
    np.testing.assert_allclose(deviations(points, centers, labels), (away**2).mean(axis=1))


def test_of_equal_centres_the_first_counts():
    points, labels = np.arange(40.0)[None], np.ones(40, dtype=np.int64)
    assert assign(points, np.array([[5.0], [5.0], [100.0]]), labels)
    assert not labels.any()


@pytest.mark.parametrize("n_states", [1, 3])
def test_points_that_lie_apart_are_clusters(n_states):
    rng = np.random.default_rng(0)
    truth = rng.integers(n_states, size=200)
    points = rng.normal(size=(2, 200)) + 100.0 * truth
    labels = lloyd(points, spread_out(points, n_states, rng), passes=5)
    assert len(set(zip(truth, labels, strict=True))) == len(set(truth)) == len(set(labels))
