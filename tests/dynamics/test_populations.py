"""Populations: planted ones are found, their blocks and the noise before switches are measured."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.emulators import by_place
from markovlens.dynamics.kicks import find_kicks
from markovlens.dynamics.populations import _mean_at, _sums_before, find_pairs, population_table
from markovlens.dynamics.switches import switches_of


@pytest.fixture
def fed(rivals, runs):
    """Return the rivals with some more weights on them, and the rivals' own kick groups."""
    groups = find_kicks(rivals, runs)
    recurrent = rivals.recurrent.copy()
    recurrent[0, 2:7] = -0.2, -0.3, 0.2, 0.3, 0.4
    recurrent[1, 2:7] = 0.2, 0.3, -0.2, -0.3, 0.4
    recurrent[2:4, 2:4] = 0.25
    recurrent[2:4, 4:6] = -0.35
    return replace(rivals, recurrent=recurrent), groups


@pytest.fixture
def table(rivals, runs, fed):
    network, groups = fed
    pairs = find_pairs(network, groups)
    rng = np.random.default_rng(0)
    start = runs.states[:, -1]
    direct = replace(rivals, drive=rivals.drive[[2, 3, 0, 1, *range(4, 18)]])
    own = find_pairs(rivals, groups)
    found = population_table(direct, own, groups, start=start, n_steps=200, rng=rng)
    planted = population_table(network, pairs, groups, start=start, n_steps=50, rng=rng)
    return by_place(found), by_place(planted)


def test_pools_excite_one_side_and_inhibit_the_other(fed):
    (pair,) = find_pairs(*fed)
    assert pair.name == "0-1"
    assert pair.groups[0].units.tolist() == [1]
    assert {role: units.tolist() for role, units in pair.roles().items()} == {
        ("kick", "0>1"): [1], ("kick", "1>0"): [0],
        ("pool", "0>1"): [2, 3], ("pool", "1>0"): [4, 5],
    }  # fmt: skip


def test_only_as_many_units_as_asked_for_are_kept(fed):
    network, groups = fed
    recurrent = network.recurrent.copy()
    recurrent[0, 2:] = np.linspace(1, 2, 16)
    recurrent[1, 2:] = -1
    (pair,) = find_pairs(replace(network, recurrent=recurrent), groups)
    assert pair.pools[0].tolist() == []
    assert pair.pools[1].tolist() == list(range(10, 18))  # 70 of 150 of 18 units


def test_one_way_switching_has_no_pair(fed):
    network, groups = fed
    assert find_pairs(network, groups[:1]) == []


def test_block_means_are_those_of_the_weights(table):
    planted = table[1]["value"]
    assert planted["weight", "kick pair=0>1 other=pool other_pair=0>1"] == pytest.approx(0.25)
    assert planted["weight", "kick pair=1>0 other=pool other_pair=0>1"] == pytest.approx(-0.25)
    assert planted["self_weight", "pool pair=0>1"] == pytest.approx(0.25)
    assert planted["cross_weight", "pool pair=0>1"] == pytest.approx(-0.35)
    shuffled = table[1].loc["self_weight_shuffled", "pool pair=0>1"]
    assert shuffled["low"] < shuffled["value"] < shuffled["high"]
    assert shuffled["n"] == 200


def test_the_noise_of_a_switch_is_that_of_the_window_that_ends_with_it():
    symbols = np.zeros((3, 40), dtype=int)
    symbols[0, 20:] = symbols[1, 30:] = 1
    switches = switches_of(symbols)
    sums = np.arange(3 * 31.0).reshape(3, 31)
    found = _mean_at(sums, switches, switches.along((0, 1)))
    assert found.value == pytest.approx((sums[0, 11] + sums[1, 21]) / 2)
    assert found.n == 2


def test_noise_of_other_runs_says_nothing_about_a_switch(table):
    found = table[0]
    other = found.loc["noise_before_other", "kick pair=0>1"]
    assert other["low"] < 0 < other["high"]
    # Units that get no noise of their own have none before a switch.
    assert found.loc[("noise_before", "pool pair=0>1"), "value"] == 0


def test_window_sums_end_at_their_step():
    received = np.random.default_rng(0).normal(size=(3, 40))
    sums = _sums_before(received)
    expected = received[1, 5:15].sum() / (np.sqrt(10) * received.std())
    assert sums[1, 14 - 9] == pytest.approx(expected)
