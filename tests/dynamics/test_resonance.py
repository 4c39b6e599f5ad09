"""Curves against noise: dwell laws in closed form, the scale identity, planted optima."""

import numpy as np
import pytest

from helpers.emulators import by_place
from markovlens.dynamics.measures import over_runs
from markovlens.dynamics.resonance import (
    ALL,
    HALF,
    dwell_sums,
    irregularity,
    resonance,
    symbol_transition,
)
from markovlens.dynamics.switches import pair_counts
from markovlens.tasks.markov import SOURCES, draw


def rows(found):
    return by_place(found.table())


@pytest.fixture(scope="module")
def found(turning):
    return resonance(turning, SOURCES["chain_2"], rng=np.random.default_rng(0), n_runs=40)


def test_a_markov_chain_is_as_irregular_as_the_geometric_law_and_a_clock_is_not():
    rng = np.random.default_rng(1)
    for rate in (0.05, 0.5):
        symbols = (rng.random((50, 2000)) < rate).cumsum(axis=1) % 2
        assert over_runs(dwell_sums(symbols), irregularity).value == pytest.approx(1, abs=0.03)
    clock = np.tile(np.repeat([0, 1], 10), (5, 30))
    assert over_runs(dwell_sums(clock), irregularity).value == 0


def test_dwells_at_both_ends_are_left_out():
    assert dwell_sums(np.array([[0, 0, 1, 1, 1, 0, 2, 2]])).tolist() == [[2, 4, 10]]


def test_pairs_are_counted_in_order():
    counts = pair_counts(np.array([[0, 2, 2, 0], [1, 1, 1, 1]]), 3)
    assert counts[0].tolist() == [[0, 0, 1], [0, 0, 0], [1, 0, 1]]
    assert counts[1, 1, 1] == 3


@pytest.mark.parametrize("name", ["chain_2", "full_3", "cycle_4"])
def test_symbol_transitions_are_those_of_a_long_sample(name):
    _, symbols = draw(SOURCES[name], 100, length=2000, rng=np.random.default_rng(2))
    counts = pair_counts(symbols.astype(int), 3).sum(axis=0)
    exact = symbol_transition(SOURCES[name])
    known = np.isfinite(exact).all(axis=1)
    assert known.sum() == (2 if name == "chain_2" else 3)
    sampled = counts / counts.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(sampled[known], exact[known], atol=0.01)


def test_without_noise_symbols_are_a_fair_die(found):
    low = rows(found).loc[("switching_rate", f"{ALL} level=0.03125")]
    assert low["value"] == pytest.approx(2 / 3, abs=0.02)
    assert rows(found).loc[("irregularity", f"{ALL} level=0.03125"), "value"] > 0.9


def test_with_much_noise_symbols_are_the_likeliest(found, turning):
    """Scaling all of the drive scales the logits, so the largest amplitude is argmax."""
    rng = np.random.default_rng(0)
    likeliest = (turning.follow(turning.noise(40, 400, rng)) @ turning.readout.T).argmax(-1)
    rate = (np.diff(likeliest[:, 50:]) != 0).mean()
    measured = rows(found).loc[("switching_rate", f"{ALL} level=32"), "value"]
    assert measured == pytest.approx(rate, abs=0.01)


def test_both_curves_meet_at_the_amplitude_of_training(found):
    table = rows(found)
    for measure in ("irregularity", "transition_error", "spectral_peak"):
        both = [table.loc[(measure, f"{part} level=1"), "value"] for part in (ALL, HALF)]
        assert both[0] == both[1]


def test_a_rotation_has_a_spectral_peak_and_drifting_noise_has_none(found, drifting):
    still = resonance(drifting, SOURCES["chain_2"], rng=np.random.default_rng(3), n_runs=40)
    where = ("spectral_peak", f"{ALL} level=4")
    assert rows(found).loc[where, "low"] > 1.4
    assert rows(still).loc[where, "value"] < 1.3


def test_what_is_worst_is_lost_at_the_ends(found):
    table = rows(found)
    loss = table.loc[("loss_of_irregularity", f"{ALL} level=0.03125 other=smallest amplitude")]
    assert loss["low"] > 0
    assert loss["n"] == 20
    best = table.loc[("best_amplitude_irregularity", ALL), "value"]
    curve = table.loc["irregularity"]["value"]
    assert curve[f"{ALL} level={best:g}"] <= curve.filter(like=ALL).min() + 0.05
