"""Orbits: winding of drawn circles, planted rotations, reversible noise, readout in the plane."""

import numpy as np
import pytest

from markovlens.dynamics.measures import COLUMNS
from markovlens.dynamics.orbit import orbit, shuffled_steps, winding
from markovlens.errors import DataError


def circle(n_turns, n_steps):
    angle = np.linspace(0, 2 * np.pi * n_turns, n_steps)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def rows(found):
    return found.table().set_index(["measure", "where"])


def test_winding_counts_signed_turns():
    paths = np.stack([circle(2.5, 101), circle(-1.0, 101)])
    np.testing.assert_allclose(winding(paths), [2.5, -1.0])
    half = np.arange(100) < 50
    np.testing.assert_allclose(winding(paths, counted=np.stack([half, half])), [1.25, -0.5])


def test_shuffling_keeps_the_points_of_each_run():
    paths = np.random.default_rng(0).normal(size=(3, 7, 2))
    mixed = shuffled_steps(paths, np.random.default_rng(1))
    np.testing.assert_allclose(np.sort(mixed, axis=1), np.sort(paths, axis=1))
    assert not np.allclose(mixed, paths)


def test_a_planted_rotation_turns_at_its_own_rate(turning):
    episode = turning.run(40, 400, np.random.default_rng(2), warmup=20)
    found = orbit(turning, episode, rng=np.random.default_rng(3))
    table = rows(found)
    assert list(found.table().columns) == list(COLUMNS)
    assert table.loc[("sign_share", "run"), "value"] == 1.0
    assert table.loc[("turns", "run"), "value"] == pytest.approx(400 * 0.3 / (2 * np.pi), rel=0.1)
    assert abs(table.loc[("turns", "shuffled"), "value"]) < 5
    assert found.p_reversible < 1e-9
    assert table.loc[("turns_per_switch", "run"), "value"] < 0.55  # two switches a turn, or more


def test_reversible_noise_turns_either_way(drifting):
    episode = drifting.run(60, 300, np.random.default_rng(4), warmup=20)
    found = orbit(drifting, episode, rng=np.random.default_rng(5))
    assert found.p_reversible > 0.01
    low, high = rows(found).loc[("turns", "run"), ["low", "high"]]
    assert low < 0 < high
    assert rows(found).loc[("sign_share", "run"), "value"] < 0.75


def test_a_reversed_run_turns_the_other_way(turning):
    places = turning.run(12, 200, np.random.default_rng(6)).states[..., :2]
    places = places - places.mean(axis=(0, 1))
    np.testing.assert_allclose(winding(places[:, ::-1]), -winding(places), atol=1e-6)


def test_the_readout_of_a_flat_network_lies_in_its_plane(turning):
    episode = turning.run(20, 200, np.random.default_rng(7))
    found = orbit(turning, episode, rng=np.random.default_rng(8))
    shares = found.shares.sum(axis=1)
    assert (shares <= 1 + 1e-6).all()
    assert found.readout_lengths[:, 0].mean() > 0.9
    assert (found.readout_lengths <= 1 + 1e-9).all()


def test_too_few_runs_are_refused(turning):
    episode = turning.run(3, 20, np.random.default_rng(9))
    with pytest.raises(DataError, match="at least"):
        orbit(turning, episode, rng=np.random.default_rng(9))
