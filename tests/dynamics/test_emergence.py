"""Emergence: counts by hand, bifurcations that were planted, eigenvalues of active units."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.emulators import by_place
from markovlens.dynamics.emergence import (
    SHARES,
    Checkpoint,
    Stage,
    bifurcations,
    emergence,
    emergence_table,
    pair_error,
)
from markovlens.dynamics.network import NoisyNetwork
from markovlens.dynamics.spectra import eigenvalues_at
from markovlens.dynamics.switches import UNBOUNDED, pair_counts

WANTED = np.array([[0.45, 0.05], [0.05, 0.45]])


def stage(step, *, rate, unstable, loss):
    flags = np.arange(100) < 100 * unstable
    shares = dict.fromkeys(SHARES, flags)
    dwells = np.full(100, 10.0)
    no = np.zeros(100, dtype=bool)
    return Stage(step, loss, rate * dwells, dwells, shares, no, np.tile(WANTED, (100, 1, 1)))


@pytest.fixture
def stages():
    return [
        stage(0, rate=0.6, unstable=0.0, loss=10.0),
        stage(10, rate=0.5, unstable=0.01, loss=9.9),
        stage(20, rate=0.3, unstable=0.2, loss=9.5),
        stage(30, rate=0.1, unstable=0.4, loss=8.0),
        stage(40, rate=0.1, unstable=0.4, loss=7.9),
    ]


def test_planted_bifurcations_are_found(stages):
    found = bifurcations(stages)
    assert found == {"unstable": 20, "critical": 20, "switching": 30, "loss": 30}


def test_what_never_happens_is_said_so(stages):
    flat = [replace(stages[0], step=step) for step in range(5)]
    assert all(np.isnan(step) for step in bifurcations(flat).values())


def test_a_network_that_runs_away_is_no_bifurcation(stages):
    stages[2] = replace(stages[2], growing=np.ones(100, dtype=bool))
    assert bifurcations(stages)["unstable"] == 30


def test_three_states_of_a_hundred_are_no_bifurcation(stages):
    lone = stage(5, rate=0.6, unstable=0.03, loss=10.0)
    assert np.isnan(bifurcations([stages[0], lone])["unstable"])


def test_pairs_are_counted_by_run_without_what_grew():
    symbols = np.array([[0, 1, 1, 0], [1, 1, UNBOUNDED, UNBOUNDED]])
    assert pair_counts(symbols, 2).tolist() == [[[0, 1], [1, 1]], [[0, 0], [0, 1]]]


def test_pair_error_is_the_total_variation_distance():
    counts = np.tile([[30.0, 20.0], [20.0, 30.0]], (20, 1, 1))
    assert pair_error(counts, WANTED).value == pytest.approx(0.3)
    exact = pair_error(np.tile(WANTED * 100, (20, 1, 1)), WANTED)
    assert exact.value == pytest.approx(0, abs=1e-12)


def test_stages_measure_what_the_networks_do(rivals):
    weights = rivals.recurrent.copy()
    weights[[2, 3], [2, 3]] = 0  # the same without memory of the noise
    weights[:2, :2] = 0
    weak = replace(rivals, recurrent=weights)
    networks = [Checkpoint(0, weak, 2.0), Checkpoint(7, rivals, 1.0)]
    first, last = emergence(networks, np.random.default_rng(0), n_runs=80, n_steps=200)
    table = by_place(emergence_table([first, last], WANTED, first.pairs))
    values = table["value"]
    assert values["switching", "checkpoint step=0"] > 2 * values["switching", "checkpoint step=7"]
    assert values["unstable", "checkpoint step=0"] == 0
    assert values["loss", "checkpoint step=7"] == 1.0
    assert values["bifurcation", "switching"] == 7
    pairs = first.pairs.sum(axis=0) / first.pairs.sum()
    independent = np.outer(pairs.sum(axis=1), pairs.sum(axis=0))  # no step remembers another
    assert pair_error(first.pairs, independent).value < 0.01


def test_growing_runs_are_reported_and_do_not_stop_the_others(rivals):
    growing = replace(rivals, recurrent=3 * rivals.recurrent)
    networks = [Checkpoint(0, rivals, 1.0), Checkpoint(1, growing, 1.0)]
    first, last = emergence(networks, np.random.default_rng(0), n_runs=20, n_steps=200)
    assert not first.growing.any()
    assert last.growing.all()
    assert last.pairs.sum() < first.pairs.sum()


def test_eigenvalues_of_active_units_are_those_of_the_jacobian():
    rng = np.random.default_rng(0)
    network = NoisyNetwork(
        *(rng.standard_normal(shape, dtype=np.float32) for shape in ((9, 9), (9, 2), (3, 9)))
    )
    states = rng.random((20, 9)).astype(np.float32)
    noise = rng.standard_normal((20, 2)).astype(np.float32)
    whole = np.linalg.eigvals(network.jacobians(states, noise))
    for part, full in zip(eigenvalues_at(network, states, noise), whole, strict=True):
        np.testing.assert_allclose(
            np.sort_complex(np.poly(part)), np.sort_complex(np.poly(full)), atol=2e-3
        )
    moduli = np.abs(eigenvalues_at(network, states, noise)).max(axis=1)
    np.testing.assert_allclose(moduli, np.abs(whole).max(axis=1), rtol=1e-3)
