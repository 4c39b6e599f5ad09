"""Fixed points and cycles of rectified maps that are known, and whether all of them are found."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import markovlens as ml
from markovlens.dynamics.rectified import Rectified, Stability
from markovlens.dynamics.region_search import search, visited_regions
from markovlens.errors import ConfigError, DataError

NO_CYCLES = np.array([1.0, 1.0])


def tent(slope, slope_down=None):
    """Return weight and bias of x -> slope x up to 1/2, down from there, and x of their states."""
    row = np.array([slope, -(slope + (slope if slope_down is None else slope_down))])
    return np.stack([row, row]), np.array([0.0, -0.5]), row


def places(found, row, period):
    """Return x of the cycles of a period, each begun at its smallest."""
    orbits = [cycle.points @ row for cycle in found.cycles if cycle.period == period]
    return sorted(tuple(np.roll(orbit, -orbit.argmin()).round(9)) for orbit in orbits)


def test_the_tent_map_has_the_cycles_that_everybody_knows():
    weight, bias, row = tent(2.0)
    found = ml.fixed_points_of_relu(weight, bias, cycles=4)
    assert places(found, row, 1) == [(0.0,), (pytest.approx(2 / 3),)]
    assert places(found, row, 2) == [pytest.approx((2 / 5, 4 / 5))]
    assert places(found, row, 3) == [
        pytest.approx((2 / 9, 4 / 9, 8 / 9)), pytest.approx((2 / 7, 4 / 7, 6 / 7)),
    ]  # fmt: skip
    assert len(places(found, row, 4)) == 3
    assert all(found.complete.values())
    third = [cycle for cycle in found.cycles if cycle.period == 3]
    assert [abs(cycle.eigenvalues[0]) for cycle in third] == pytest.approx([8, 8])
    assert {str(cycle.stability) for cycle in third} == {"saddle"}  # one unit follows the other


def test_a_skew_tent_map_has_its_own_fixed_point_and_slope():
    weight, bias, row = tent(1.5, 3.0)
    found = ml.fixed_points_of_relu(weight, bias)
    # 1.5 / 2 - 3 (x - 1 / 2) = x
    assert places(found, row, 1)[1] == (pytest.approx(2.25 / 4),)
    assert found.cycles[1].eigenvalues[0] == pytest.approx(-3)


def test_two_units_that_inhibit_each_other_have_two_attractors_and_a_saddle_between():
    found = ml.fixed_points_of_relu([[0, -2], [-2, 0]], NO_CYCLES, cycles=2)
    at = {
        tuple(cycle.points[0].round(9)): str(cycle.stability)
        for cycle in found.cycles
        if cycle.period == 1
    }
    third = round(1 / 3, 9)
    assert at == {(0, 1): "attractor", (1, 0): "attractor", (third, third): "repeller"}
    # Both on, both off; and one in the middle while the other turns on and off.
    twos = [cycle.points for cycle in found.cycles if cycle.period == 2]
    known = {((0, 0), (1, 1)), ((0, third), (third, 1)), ((third, 0), (1, third))}
    assert {tuple(sorted(map(tuple, points.round(9)))) for points in twos} == known
    assert "2 attractor, 1 repeller), all there are" in repr(found)


def test_a_map_that_keeps_what_it_has_says_that_its_fixed_points_are_many():
    found = ml.fixed_points_of_relu([[1.0, 0.0], [0.0, 0.5]], [0.0, 1.0])
    (kept,) = (cycle for cycle in found.cycles if cycle.active.all())
    assert kept.stability == Stability.NEUTRAL
    assert kept.points[0][1] == pytest.approx(2)


def test_without_biases_there_is_the_origin_on_the_edge_of_all_regions():
    weight = np.random.default_rng(0).standard_normal((5, 5))
    found = ml.fixed_points_of_relu(weight, cycles=2)
    (origin,) = found.cycles
    assert not origin.points.any()
    assert origin.stability == Stability.EDGE


@given(seed=st.integers(0, 10_000), n_units=st.integers(1, 4), gain=st.floats(0.5, 4))
@settings(max_examples=25, deadline=None)
def test_what_the_search_finds_are_cycles_and_none_that_enumeration_lacks(seed, n_units, gain):
    rng = np.random.default_rng(seed)
    weight = gain * rng.standard_normal((n_units, n_units)) / np.sqrt(n_units)
    bias = rng.standard_normal(n_units)
    every = ml.fixed_points_of_relu(weight, bias, cycles=2, budget=4**n_units)
    some = ml.fixed_points_of_relu(weight, bias, cycles=2, budget=max(1, 2**n_units - 1))
    assert all(every.complete.values())
    network = Rectified(weight, bias)
    for cycle in every.cycles:
        scale = max(1.0, np.abs(cycle.points).max())
        led = network.step(np.roll(cycle.points, 1, axis=0))
        np.testing.assert_allclose(led, cycle.points, atol=1e-7 * scale)
    known = [np.sort(cycle.points, axis=0) for cycle in every.cycles]
    for cycle in some.cycles:
        mine = np.sort(cycle.points, axis=0)
        assert any(other.shape == mine.shape and np.allclose(other, mine) for other in known)


def test_the_search_finds_what_enumeration_finds_with_a_tenth_of_the_regions():
    missed = total = 0
    for seed in range(16):
        rng = np.random.default_rng(seed)
        weight, bias = 0.8 * rng.standard_normal((9, 9)), rng.standard_normal(9)
        every = ml.fixed_points_of_relu(weight, bias, budget=2**9)
        some = ml.fixed_points_of_relu(weight, bias, budget=51)
        total += len(every.cycles)
        missed += len(every.cycles) - len(some.cycles)
    assert total == 10
    assert missed <= 1


def test_branch_and_bound_finds_what_a_search_of_one_region_does_not_and_says_that_it_is_all():
    weight, bias, row = tent(2.0)
    found = ml.fixed_points_of_relu(weight, bias, cycles=3, budget=1, within=10)
    assert found.complete == {1: True, 2: True, 3: True}
    assert set(found.within.values()) == {10}
    assert len(places(found, row, 3)) == 2
    beyond = ml.fixed_points_of_relu(weight, bias, budget=1, within=0.1, starts=[[0.0, 0.0]])
    assert places(beyond, row, 1) == [(0.0,)]
    unknown = ml.fixed_points_of_relu(weight, bias, budget=1)
    assert unknown.complete == {1: False}
    assert "all found within 1 regions of many" in repr(unknown)


def test_the_weights_of_torch_are_read_as_they_are():
    torch.manual_seed(0)
    cell = nn.RNN(1, 4, nonlinearity="relu")
    bias = cell.bias_hh_l0 + cell.bias_ih_l0 + cell.weight_ih_l0[:, 0]
    found = ml.fixed_points_of_relu(cell.weight_hh_l0.detach(), bias.detach())
    point = torch.tensor(found.cycles[0].points[0], dtype=torch.float32)
    _, after = cell(torch.ones(1, 1), point[None])
    torch.testing.assert_close(after[0], point, atol=1e-5, rtol=1e-5)
    assert found.table.loc[0, "modulus"] < 1


def test_rays_are_those_directions_that_a_step_keeps():
    # 0.9 along the diagonal, where every path goes; 0.5 along the second unit, on no path.
    network = Rectified(np.array([[0.9, 0.0], [0.4, 0.5]]), np.zeros(2))
    visited = visited_regions(network, np.ones((1, 2)), period=1)
    found = search(network, visited, period=1, budget=4, rng=np.random.default_rng(0), rays=True)
    assert found.every
    by_factor = {round(ray.factor, 9): ray for ray in found.cycles}
    assert set(by_factor) == {0.9, 0.5}
    assert by_factor[0.9].stability == Stability.ATTRACTOR
    np.testing.assert_allclose(by_factor[0.9].points[0], np.ones(2) / np.sqrt(2))


def test_rays_may_take_turns():
    network = Rectified(np.array([[0.0, 0.5], [2.0, 0.0]]), np.zeros(2))
    rng = np.random.default_rng(0)
    found = search(network, np.empty((0, 2, 2)), period=2, budget=16, rng=rng, rays=True)
    turns = [ray for ray in found.cycles if ray.active.sum(axis=1).tolist() == [1, 1]]
    assert [ray.factor for ray in turns] == pytest.approx([1.0])


@pytest.mark.parametrize(
    ("weight", "options", "error", "said"),
    [
        (np.ones((2, 3)), {}, DataError, r"weight: expected \(H, H\), got \(2, 3\)"),
        (np.eye(2), {"bias": [1.0]}, DataError, r"bias: expected \(2,\), got \(1,\)"),
        (np.full((1, 1), np.nan), {}, DataError, "expected finite weights"),
        (np.eye(2), {"starts": [[1.0]]}, DataError, r"starts: expected \(B, 2\), got \(1, 1\)"),
        (np.eye(2), {"cycles": 0}, ConfigError, "cycles"),
        (np.eye(2), {"cycles": [1, 2]}, ConfigError, "cycles: expected one number.*cycles=2 is"),
        (np.eye(2), {"within": -1.0}, ConfigError, "within: expected a positive number"),
        (np.eye(2), {"within": "a"}, ConfigError, "within: expected a positive number.*got 'a'"),
        (nn.RNN(2, 2, nonlinearity="relu"), {}, DataError, r"give its arrays.*\(rnn.weight_hh_l0"),
        (
            nn.RNNCell(2, 2, nonlinearity="relu"),
            {},
            DataError,
            r"the network, a RNNCell.*\(rnn.weight_hh, ",
        ),
        (nn.Linear(2, 2), {}, DataError, "got the network, a Linear"),
        ([["a"]], {}, DataError, "weight"),
    ],
)
def test_a_mistake_is_said_in_words(weight, options, error, said):
    with pytest.raises(error, match=said):
        ml.fixed_points_of_relu(weight, **options)
