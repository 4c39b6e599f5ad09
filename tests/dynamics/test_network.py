"""The noise-driven network: its recursion by hand, its homogeneity, its Jacobians."""

import numpy as np
import pytest

from markovlens.dynamics.network import NoisyNetwork, draw_symbols
from markovlens.errors import DataError


@pytest.fixture
def network():
    rng = np.random.default_rng(0)
    recurrent, drive, readout = (
        0.4 * rng.standard_normal(shape, dtype=np.float32) for shape in ((5, 5), (5, 2), (3, 5))
    )
    return NoisyNetwork(recurrent, drive, readout)


def test_follow_is_the_recursion_written_out(network):
    noise = network.noise(2, 4, np.random.default_rng(1))
    state = np.zeros(5)
    for step in range(4):
        state = np.maximum(network.recurrent @ state + network.drive @ noise[1, step], 0)
    np.testing.assert_allclose(network.follow(noise)[1, -1], state, rtol=1e-5, atol=1e-6)


def test_states_scale_with_the_amplitude_of_the_noise_and_likeliest_symbols_stay(network):
    one, three = (
        network.run(3, 100, np.random.default_rng(2), amplitude=amplitude) for amplitude in (1, 3)
    )
    np.testing.assert_allclose(three.states, 3 * one.states, rtol=1e-3, atol=1e-4)
    np.testing.assert_array_equal(three.likeliest, one.likeliest)


def test_warmup_steps_are_run_and_not_recorded(network):
    long = network.run(2, 150, np.random.default_rng(3)).states
    np.testing.assert_array_equal(
        network.run(2, 50, np.random.default_rng(3), warmup=100).states, long[:, 100:]
    )


def test_jacobians_are_the_differences_of_a_small_step(network):
    rng = np.random.default_rng(4)
    states = rng.random((6, 5)).astype(np.float32)
    nudge = 1e-3 * rng.standard_normal((6, 5)).astype(np.float32)
    moved = network.step(states + nudge) - network.step(states)
    linear = np.einsum("nij,nj->ni", network.jacobians(states), nudge)
    np.testing.assert_allclose(moved, linear, atol=1e-5)


def test_scaling_leaves_other_units_and_the_original_alone(network):
    units = np.array([1, 3])
    silenced = network.scaled(units, recurrent=0.0, drive=0.0)
    states = silenced.run(2, 20, np.random.default_rng(5)).states
    assert not states[..., units].any()
    assert states[..., 0].any()
    assert network.recurrent[units].any()


def test_symbols_follow_the_softmax():
    logits = np.log(np.array([0.7, 0.2, 0.1]))
    drawn = draw_symbols(np.tile(logits, (20_000, 1)), np.random.default_rng(6))
    np.testing.assert_allclose(np.bincount(drawn) / 20_000, [0.7, 0.2, 0.1], atol=0.015)


def test_states_that_grow_without_bound_are_an_error(network):
    growing = NoisyNetwork(np.eye(5, dtype=np.float32) * 9, network.drive, network.readout)
    with pytest.raises(DataError, match="without bound"):
        growing.run(2, 200, np.random.default_rng(7))


def test_matrices_that_do_not_fit_are_refused(network):
    with pytest.raises(DataError, match="expected matrices"):
        NoisyNetwork(network.recurrent, network.drive[:4], network.readout)
