"""Maps with infinitely many cycles, units of very different sizes, and numbers too large."""

import numpy as np
import pytest

import markovlens as ml
from markovlens.dynamics.rectified import Rectified
from markovlens.errors import ConfigError, DataError

TURNING = ([[0.0, 0.5], [2.0, 0.0]], [0.1, -0.2])  # two steps are the identity inside


@pytest.mark.parametrize("options", [{}, {"budget": 1, "within": 10.0}])
@pytest.mark.parametrize(("weight", "bias"), [TURNING, ([[-1.0]], [2.0])])
def test_of_infinitely_many_cycles_one_is_given_and_completeness_is_not_claimed(
    weight, bias, options
):
    found = ml.fixed_points_of_relu(weight, bias, cycles=2, **options)
    assert found.many[2]
    assert not found.complete[2]
    assert found.within[2] is None
    assert "infinitely many" in repr(found).splitlines()[-1]
    network = Rectified(np.array(weight), np.array(bias))
    inside = [cycle for cycle in found.cycles if cycle.period == 2 and cycle.many]
    assert inside
    for cycle in inside:
        np.testing.assert_allclose(
            network.step(cycle.points[::-1])[::-1], cycle.points[::-1], atol=1e-9
        )
        assert np.abs(cycle.points[0] - cycle.points[1]).max() > 1e-3


def test_one_fixed_point_beside_many_cycles_of_two_is_all_of_period_one():
    found = ml.fixed_points_of_relu([[-1.0]], [2.0], cycles=2)
    assert found.complete == {1: True, 2: False}
    assert found.many == {1: False, 2: True}
    assert found.table["many"].tolist().count(True) == 1


def test_a_singular_system_without_a_solution_in_its_region_hides_nothing():
    found = ml.fixed_points_of_relu([[1.0]], [1.0])  # h + 1 = h
    assert found.complete == {1: True}
    assert not found.cycles


@pytest.mark.parametrize("large", [1.0, 1e6, 1e9, 1e12])
def test_a_unit_of_another_size_that_touches_none_changes_nothing(large):
    weight, bias = np.zeros((3, 3)), np.array([1.0, 1.0, large])
    weight[0, 1] = weight[1, 0] = -2
    found = ml.fixed_points_of_relu(weight, bias, cycles=2)
    assert [cycle.period for cycle in found.cycles] == [1, 1, 1, 2, 2, 2]
    network = Rectified(weight, bias)
    for cycle in found.cycles:
        led = network.step(np.roll(cycle.points, 1, axis=0))
        np.testing.assert_allclose(led[:, :2], cycle.points[:, :2], atol=1e-12)


def test_the_table_has_each_eigenvalue_and_region():
    found = ml.fixed_points_of_relu([[0, -2], [-2, 0]], [1, 1], cycles=2)
    assert found.table["regions"].tolist()[:3] == [["01"], ["10"], ["11"]]
    assert sorted(np.real(found.table["eigenvalues"][2])) == pytest.approx([-2, 2])


@pytest.mark.parametrize(
    ("weight", "options", "error", "said"),
    [
        ([[1e200, 0], [1, 1e200]], {"bias": [1, 1], "cycles": 2}, DataError, r"1e\+400"),
        ([[1.0]], {"bias": [1e200]}, DataError, "divide the biases"),
        ([[1.0]], {"seed": "a"}, ConfigError, "seed: expected a whole number"),
        ([[1.0]], {"seed": -1}, ConfigError, "seed: expected a whole number"),
    ],
)
def test_numbers_beyond_doubles_and_wrong_seeds_are_said_in_words(weight, options, error, said):
    with pytest.raises(error, match=said):
        ml.fixed_points_of_relu(weight, **options)
