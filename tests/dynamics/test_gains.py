"""Changes of kick units: what must not matter does not, what carries the switch stops it."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.emulators import by_place
from markovlens.dynamics.controls import features_of, inputs_of, matched_units, random_units
from markovlens.dynamics.effects import Effect, Outcome, effect_table, median_of, outcome_of
from markovlens.dynamics.gains import bench_of, noise_gain, recurrent_gain, silencing
from markovlens.dynamics.kicks import find_kicks
from markovlens.dynamics.switches import UNBOUNDED
from markovlens.errors import DataError


@pytest.fixture
def groups(rivals, runs):
    return find_kicks(rivals, runs)


@pytest.fixture
def bench(rivals, runs):
    return bench_of(rivals, runs, n_runs=40, n_draws=6, rng=np.random.default_rng(2))


def numbers(effects):
    return by_place(effect_table("some", effects))


def test_a_silent_rival_ends_the_switching_towards_it(bench, groups):
    found = numbers(silencing(bench, groups, np.random.default_rng(3)))
    silent = found.loc["rate_ratio", "kick pair=0>1 level=1"]
    assert silent["value"] == 0
    assert 0 < silent["high"] < 0.05
    assert found.loc[("occupancy", "kick pair=0>1 level=1"), "value"] > 0.99


def test_silent_idle_units_change_nothing(bench, groups):
    found = numbers(silencing(bench, groups, np.random.default_rng(3)))
    row = found.loc["rate_ratio", "random pair=0>1 level=1"]  # most draws miss the integrators
    assert (row["value"], row["n"]) == (1, 6)
    assert found.loc[("holding", "random pair=0>1 level=1"), "value"] > 0.5
    assert found.loc[("trapping", "random pair=0>1 level=1"), "value"] < 0.5


def test_a_gain_of_one_is_the_unchanged_network_and_less_is_less(bench, groups):
    found = numbers(recurrent_gain(bench, groups, np.random.default_rng(3)))
    row = found.loc["rate_ratio", "kick pair=0>1 level=1"]
    assert (row["value"], row["low"], row["high"]) == (1, 1, 1)
    assert found.loc[("rate_ratio", "kick pair=0>1 level=0"), "value"] == 0


def test_noise_matters_on_the_inputs_of_rivals_and_not_on_units_that_nobody_reads(bench, groups):
    found = numbers(noise_gain(bench, groups, np.random.default_rng(3)))["value"]
    assert found["rate_ratio", "inputs pair=0>1 level=0"] < 0.1
    assert found["rate_ratio", "matched pair=0>1 level=0"] == 1


def test_twice_the_recurrent_drive_makes_runs_grow_without_bound(bench, groups):
    found = numbers(recurrent_gain(bench, groups, np.random.default_rng(3)))
    assert found.loc[("growing", "kick pair=0>1 level=2"), "value"] == 1
    assert found.loc[("growing", "kick pair=0>1 level=1"), "value"] == 0


def test_effects_repeat(bench, groups):
    one, other = (
        effect_table("some", silencing(bench, groups, np.random.default_rng(3))) for _ in range(2)
    )
    assert one.equals(other)


def test_outcomes_are_counted_by_hand():
    symbols = np.array([[0, 0, 1, 0, 1, 1], [0, 1, 1, 1, UNBOUNDED, UNBOUNDED]])
    found = outcome_of(symbols, (0, 1))
    assert found.switches.tolist() == [2, 1]
    assert found.chances.tolist() == [3, 1]
    assert found.all_switches.tolist() == [3, 1]
    assert found.steps.tolist() == [6, 4]


def test_ratios_are_relative_to_normal_and_none_has_the_rule_of_three():
    normal = Outcome(np.full(10, 5), np.full(10, 50), np.full(10, 9), np.full(10, 100))
    half = replace(normal, chances=np.full(10, 100))
    none = replace(normal, switches=np.zeros(10, dtype=int))
    found = numbers(
        Effect("kick", "0>1", level, 1.0, normal, [changed])
        for level, changed in enumerate((half, none))
    )
    assert found.loc[("rate_ratio", "kick pair=0>1 level=0"), "value"] == pytest.approx(0.5)
    row = found.loc["rate_ratio", "kick pair=0>1 level=1"]
    assert (row["value"], row["low"]) == (0, 0)
    assert row["high"] == pytest.approx((3 / 500) / 0.1)


def test_the_median_of_draws_has_an_interval_by_ranks():
    found = median_of(np.arange(11.0))
    assert (found.value, found.n) == (5, 11)
    assert 0 < found.low < 5 < found.high < 10
    assert median_of(np.array([np.nan])).n == 0


def test_matched_units_are_among_the_nearest_that_are_free():
    features = np.arange(20.0)[:, None]
    drawn = matched_units(
        features, np.array([10]), np.delete(np.arange(20), [9, 10]),
        n_draws=50, rng=np.random.default_rng(0),
    )  # fmt: skip
    assert set(drawn.ravel()) == {8, 11, 12, 13} or set(drawn.ravel()) == {7, 8, 11, 12}


def test_controls_have_no_unit_twice_and_none_that_is_taken(rivals, runs):
    rng = np.random.default_rng(0)
    features, free = features_of(rivals, runs.states), np.arange(4, 18)
    for drawn in (
        matched_units(features, np.arange(2), free, n_draws=9, rng=rng),
        random_units(6, free, n_draws=9, rng=rng),
    ):
        assert drawn.min() >= 4
        assert all(len(set(units)) == len(units) for units in drawn.tolist())


def test_too_few_units_for_a_control_are_an_error(rivals):
    with pytest.raises(DataError, match="expected 3 units to draw a control from, got 2"):
        random_units(3, np.arange(2), n_draws=1, rng=np.random.default_rng(0))


def test_inputs_are_the_units_with_the_largest_weights(rivals):
    recurrent = rivals.recurrent.copy()
    recurrent[0, [5, 7, 9, 11]] = 2, -3, 1, 4
    network = replace(rivals, recurrent=recurrent)
    assert inputs_of(network, np.array([0]), np.arange(4, 18)).tolist() == [11, 7, 5, 9]


def test_a_bench_needs_as_many_runs_as_it_starts(rivals, runs):
    with pytest.raises(DataError, match="expected an episode of 61 runs, got 60"):
        bench_of(rivals, runs, n_runs=61, n_draws=1, rng=np.random.default_rng(0))
