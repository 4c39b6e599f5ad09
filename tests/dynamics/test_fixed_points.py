"""Fixed points: planted decay and growth, a ray of fixed points, a point that is none."""

import numpy as np
import pytest

from helpers.emulators import by_place
from markovlens.dynamics.fixed_points import collapse, distinct, fixed_points
from markovlens.dynamics.network import NoisyNetwork


def rows(found):
    return by_place(found.table())["value"]


def starts_of(network, seed=0):
    return network.run(30, 20, np.random.default_rng(seed)).states[:, -1]


def test_a_shrinking_rotation_collapses_to_the_origin_at_its_own_rate(turning):
    found = fixed_points(turning, starts_of(turning), n_searches=10)
    values = rows(found)
    assert values["norm_ratio", "end step=100"] == pytest.approx(0.9**100, rel=0.6)
    assert values["collapsed", "end step=100"] == 1.0
    assert values["factor_per_step", "late"] == pytest.approx(0.9, abs=0.01)
    assert values["n_roots", "all"] == 1
    assert values["root_norm", "root rank=1"] < 1e-4


def test_a_growing_network_does_not_collapse(make_linear):
    growing = make_linear(1.02 * np.eye(2), drive=np.eye(2), readout=np.eye(2))
    values = rows(fixed_points(growing, starts_of(growing), n_searches=5))
    assert values["collapsed", "end step=100"] == 0.0
    assert values["approach_modulus", "late"] == pytest.approx(1.02, rel=1e-5)


def test_a_ray_of_fixed_points_is_seen_by_its_spectrum_and_by_its_many_roots(make_linear):
    resting = make_linear(np.diag([1.0, 0.5]), drive=np.eye(2), readout=np.eye(2))
    values = rows(fixed_points(resting, starts_of(resting), n_searches=12))
    assert values["distance_from_one", "starts"] < 1e-6
    assert values["n_roots", "all"] > 3


def test_the_collapse_is_the_recursion(turning):
    starts = starts_of(turning)
    path = collapse(turning, starts)
    np.testing.assert_allclose(path[2], turning.step(turning.step(starts)), rtol=1e-5, atol=1e-6)


def test_points_closer_than_asked_are_one():
    points = np.array([[0.0, 0.0], [0.05, 0.0], [1.0, 0.0]])
    assert len(distinct(points, within=0.1)) == 2
    assert len(distinct(points, within=0.01)) == 3


def test_a_network_that_dies_at_once_rests_at_the_origin():
    dead = NoisyNetwork(*(np.zeros(s, np.float32) for s in ((3, 3), (3, 1), (2, 3))))
    values = rows(fixed_points(dead, np.ones((4, 3)), n_searches=2))
    assert values["norm_ratio", "end step=100"] == 0
    assert values["factor_per_step", "late"] == 0
