"""Match: exact statistics by brute force, planted mismatches, a network that is no source."""

import numpy as np
import pytest

from helpers.emulators import by_place
from markovlens.dynamics.floors import compared
from markovlens.dynamics.match import (
    LAGS,
    dwell_distances,
    dwell_times,
    emission_match,
    expected,
    matched,
    statistics,
)
from markovlens.dynamics.measures import Place
from markovlens.dynamics.network import NoisyNetwork
from markovlens.dynamics.switches import pair_counts
from markovlens.errors import DataError
from markovlens.tasks.markov import SOURCES, draw


@pytest.fixture
def loose():
    """Return a network whose symbols are independent of one another, each about 1/3."""
    rng = np.random.default_rng(0)
    drive = rng.standard_normal((6, 4), dtype=np.float32)
    readout = rng.standard_normal((3, 6), dtype=np.float32)
    return NoisyNetwork(np.zeros((6, 6), dtype=np.float32), drive, readout - readout.mean(axis=0))


@pytest.mark.parametrize("name", ["chain_2", "chain_3", "full_3", "cycle_4"])
def test_expected_statistics_are_those_of_a_long_sample(name):
    symbols = draw(SOURCES[name], 1000, length=200, rng=np.random.default_rng(1))[1]
    exact = expected(SOURCES[name], 200)
    np.testing.assert_allclose(
        np.bincount(symbols.ravel()) / symbols.size, exact.frequency, atol=0.02
    )
    for lag, wanted in zip(LAGS, exact.pairs, strict=True):
        counts = pair_counts(symbols, 3, lag=lag).sum(axis=0)
        np.testing.assert_allclose(counts / counts.sum(), wanted, atol=0.02)
    changes = (symbols[:, 1:] != symbols[:, :-1]).mean()
    assert changes == pytest.approx(exact.volatility, abs=0.005)


def test_matching_finds_the_same_sequences_in_another_order():
    rng = np.random.default_rng(2)
    symbols = rng.integers(3, size=(30, 12))
    shuffled = symbols[rng.permutation(30)]
    assert set(matched(symbols, shuffled, 3).values()) == {0.0}
    shuffled[0] = (shuffled[0] + 1) % 3
    off = matched(symbols, shuffled, 3)
    assert off["transport_loss", "all"] == pytest.approx(12 / 30)
    assert off["matched_distance", "all"] == pytest.approx(np.sqrt(2 * 12) / 30)


def test_dwell_times_are_run_lengths_and_stop_at_the_end_of_a_run():
    stays = dwell_times(np.array([[0, 0, 1, 1, 1], [1, 0, 0, 0, 0]]), 3)
    assert [sorted(each) for each in stays] == [[2, 4], [1, 3], [0]]


def test_a_symbol_that_is_never_written_is_as_far_as_can_be():
    written, reference = np.zeros((4, 9), dtype=int), np.tile([0, 0, 1, 1, 1, 0, 0, 0, 0], (4, 1))
    found = dwell_distances(written, reference, 2)
    assert found["dwell_ks", Place("symbol", symbol=1)] == 1
    assert found["dwell_wasserstein", Place("symbol", symbol=1)] == 3


def test_the_rows_of_rare_symbols_are_left_out_where_said():
    source = SOURCES["chain_2"]
    rng = np.random.default_rng(3)
    symbols, reference = (draw(source, 200, length=200, rng=rng)[1] for _ in range(2))
    symbols[symbols == 1] = 0
    found = statistics(symbols, reference, expected(source, 200), length=20)
    assert found["transition_error", "all"] == pytest.approx(0.495)
    assert found["transition_error", "common symbols"] < 0.02
    assert found["frequency", Place("symbol", symbol=1)] == 0


def test_independent_symbols_miss_the_source_and_the_source_does_not(loose):
    match = emission_match(
        loose, SOURCES["full_3"], length=20, rng=np.random.default_rng(4), n_groups=4, n_runs=32,
        n_steps=100,
    )  # fmt: skip
    table = by_place(match.table())
    assert table.loc[("volatility_ratio_floor", "all"), "value"] == pytest.approx(1, abs=0.1)
    assert table.loc[("volatility_ratio", "all"), "value"] > 4
    for measure, where in [("transition_error", "all"), ("dwell_ks", "symbol symbol=0")]:
        assert table.loc[(f"{measure}_miss", where), "low"] > 0.3
        assert table.loc[(f"{measure}_floor", where), "value"] < 0.2
    assert table.loc[("transport_loss_gap", "all"), "low"] > 0
    assert (table["n"] == 4).all()


def test_sequences_that_are_too_much_alike_lie_below_the_floor():
    """Balanced starts, evenly spread switches: nearer to the source than the source to itself."""
    source, rng = SOURCES["chain_2"], np.random.default_rng(5)
    switch = np.concatenate([np.full(20, 10), np.linspace(1, 9, 12).round()])  # 37 % switch
    half = np.where(np.arange(10) < switch[:, None], 0, 2)
    alike = np.concatenate([half, 2 - half])
    own, floor = np.empty(8), np.empty(8)
    for group in range(8):
        drawn, other = (draw(source, 64, length=10, rng=rng)[1] for _ in range(2))
        own[group], floor[group] = (
            matched(each, other, 3)["transport_loss", "all"] for each in (alike, drawn)
        )
    found = compared("transport_loss", own, floor, where="all")
    assert found["transport_loss_gap", "all"].high < 0 < found["transport_loss_miss", "all"].low


def test_the_miss_is_a_size_and_its_interval_never_negative():
    values = np.array([1.0, 1.1, 0.9, 1.0])
    below = compared("d", values, values + 0.5, where="all")
    over = compared("d", values, values[::-1], where="all")
    assert below["d_gap", "all"].value == pytest.approx(-0.5)
    assert below["d_miss", "all"].value == pytest.approx(0.5)
    assert below["d_miss", "all"].low == pytest.approx(0.5)
    assert over["d_miss", "all"].low == 0
    assert over["d_miss", "all"].high > 0


def test_the_same_seed_gives_the_same_table(loose):
    size = {"length": 10, "n_groups": 2, "n_runs": 8, "n_steps": 30}
    one, other = (
        emission_match(loose, SOURCES["chain_3"], rng=np.random.default_rng(6), **size).table()
        for _ in range(2)
    )
    assert one.equals(other)


def test_runs_shorter_than_the_longest_lag_are_refused(loose):
    with pytest.raises(DataError, match="raise n_steps"):
        emission_match(loose, SOURCES["full_3"], length=5, rng=np.random.default_rng(7), n_steps=16)
