"""Zones, eigenvalues and scatter on a network whose symbol changes by a coin, and by planting."""

import numpy as np
import pytest
from scipy import stats

from helpers.emulators import by_place
from markovlens.dynamics.linearisation import counted, linearise
from markovlens.dynamics.network import NoisyNetwork
from markovlens.dynamics.residency import LONGEST, ZONES, residency, zones
from markovlens.dynamics.sensitivity import FRESH, N_STEPS, sensitivity


@pytest.fixture(scope="module")
def coin():
    """Two units that hear fresh noise only: the larger names the symbol."""
    drive = np.array([[1.0], [-1.0]])
    return NoisyNetwork(np.zeros((2, 2), np.float32), drive.astype("f4"), np.eye(2, dtype="f4"))


@pytest.fixture(scope="module")
def found(turning):
    episode = turning.run(30, 120, np.random.default_rng(0), warmup=20)
    return residency(turning, episode, rng=np.random.default_rng(1))


def test_a_coin_changes_the_symbol_as_a_geometric_law_says(coin):
    episode = coin.run(40, 50, np.random.default_rng(2))
    table = residency(coin, episode, rng=np.random.default_rng(3)).table()
    mean = by_place(table).loc[("residency", "all")]
    assert mean["value"] == pytest.approx(2.0, abs=0.1)
    assert mean["low"] <= mean["value"] <= mean["high"]


def test_a_symbol_that_never_changes_is_censored(coin):
    deaf = NoisyNetwork(np.eye(2, dtype="f4"), np.zeros((2, 1), "f4"), np.eye(2, dtype="f4"))
    episode = deaf.run(12, 30, np.random.default_rng(4), start=np.tile([5.0, 0.0], (12, 1)))
    states = residency(deaf, episode, rng=np.random.default_rng(5))
    assert (states.residency == LONGEST).all()
    assert (states.zone == ZONES.index("cluster")).all()
    assert (states.flips == 0).all()
    assert (states.drift == 0).all()


def test_zones_are_the_published_thresholds():
    steps = np.array([1.9, 2.0, 8.0, 8.1, 8.1])
    confidence = np.array([0.9, 0.9, 0.9, 0.9, 0.7])
    assert [ZONES[z] for z in zones(steps, confidence)] == [
        "transition", "kick-zone", "kick-zone", "cluster", "unsure",
    ]  # fmt: skip


def test_weights_stand_for_all_candidates(found, turning):
    assert found.weight.sum() == pytest.approx(30 * 24)
    shares = found.table().query("measure == 'share_of_states'")["value"]
    assert shares.sum() == pytest.approx(1.0)


def test_screening_does_not_move_the_mean(turning):
    """The weighted mean over screened states is that of states at plainly random steps."""
    episode = turning.run(60, 120, np.random.default_rng(6), warmup=20)
    states = residency(turning, episode, rng=np.random.default_rng(7))
    estimate = by_place(states.table()).loc[("residency", "all")]
    from_everywhere = _plain_residency(turning, episode, np.random.default_rng(8))
    assert estimate["low"] - 0.3 < from_everywhere < estimate["high"] + 0.3
    assert stats.describe(states.residency).mean != pytest.approx(from_everywhere, abs=0.3)


def _plain_residency(network, episode, rng):
    starts = episode.states[:, 17::40].reshape(-1, network.n_units)
    starts = np.repeat(starts, 20, axis=0)
    paths = network.follow(network.noise(len(starts), LONGEST, rng), start=starts)
    symbols = (paths @ network.readout.T).argmax(axis=-1)
    changed = symbols != (starts @ network.readout.T).argmax(axis=-1)[:, None]
    return np.where(changed.any(axis=1), changed.argmax(axis=1) + 1, LONGEST).mean()


def test_the_drift_of_a_linear_network_is_its_matrix(found, turning):
    """In the + and - halves the difference moves by (A - 1) x, whatever the noise is."""
    assert (found.drift >= 0).all()
    far = found.select(np.argsort(-np.linalg.norm(found.states, axis=1))[:20])
    near = found.select(np.argsort(np.linalg.norm(found.states, axis=1))[:20])
    assert far.drift.mean() > near.drift.mean()


def test_eigenvalues_are_counted_by_exact_criteria():
    turning = 1.1 * np.exp(1j * np.array([0.5, -0.5]))
    values = np.concatenate([turning, [1.2, 0.9, 0.3]])[None]
    counts = {name: count[0] for name, count in counted(values).items()}
    assert counts["unstable"] == 3
    assert counts["unstable_pairs"] == 1
    assert counts["critical_pairs"] == 1
    assert counts["modulus"] == pytest.approx(1.2)
    assert counts["turn"] == 0
    slow = counted(1.1 * np.exp(1j * np.array([[0.05, -0.05]])))
    assert slow["unstable_pairs"][0] == 0
    assert slow["critical_pairs_moebius"][0] == 0


def test_moebius_instability_is_that_of_the_modulus():
    values = np.random.default_rng(9).normal(size=(50, 2)) @ np.array([1, 1j])
    mapped = (values - 1) / (values + 1)
    np.testing.assert_array_equal(mapped.real > 0, np.abs(values) > 1)


def test_a_growing_network_is_unstable_in_every_zone(make_linear):
    growing = make_linear(1.05 * np.eye(2), drive=np.eye(2), readout=np.eye(2))
    episode = growing.run(12, 40, np.random.default_rng(10))
    states = residency(growing, episode, rng=np.random.default_rng(11))
    values = linearise(growing, states, rng=np.random.default_rng(12)).eigenvalues
    assert (counted(values["noise_free"])["unstable"] >= 2).all()
    assert values["noisy"].shape == values["control"].shape == (len(states.states), 4)


def test_a_rotation_that_shrinks_is_never_unstable(found, turning):
    counts = counted(linearise(turning, found, rng=np.random.default_rng(13)).eigenvalues["noisy"])
    assert counts["unstable"].max() == 0


def test_scatter_after_one_step_is_the_covariance_of_the_fresh_noise(make_linear):
    """Far from zero nothing is rectified: the trace is g² times that of U U'."""
    drive = np.random.default_rng(14).normal(size=(3, 2)).astype(np.float32)
    network = NoisyNetwork(np.eye(3, dtype="f4"), drive, np.eye(3, dtype="f4"))
    episode = network.run(12, 6, np.random.default_rng(15), start=np.full((12, 3), 99.0))
    states = residency(network, episode, rng=np.random.default_rng(16))
    found = sensitivity(network, states, rng=np.random.default_rng(17))
    for share, scatter in zip(FRESH, found.scatter[:, :, 0], strict=True):
        assert scatter.mean() == pytest.approx(share**2 * (drive**2).sum(), rel=0.1)


def test_scatter_is_told_by_zone_step_and_share(found, turning):
    table = sensitivity(turning, found, rng=np.random.default_rng(18)).table()
    places = by_place(table)["value"]
    late = [places["scatter", f"cluster step={step} level=1"] for step in (1, N_STEPS)]
    assert late[0] < late[1]
    assert places["scatter", "cluster step=5 level=0.5"] < late[1]
