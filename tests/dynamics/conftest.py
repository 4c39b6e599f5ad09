"""Networks whose dynamics is known without running them."""

import numpy as np
import pytest

from markovlens.dynamics.network import NoisyNetwork

IDLE = 14  # units that nobody reads


def rotation(angle, *, modulus):
    """Return a 2-D rotation that also shrinks or grows."""
    cos, sin = np.cos(angle), np.sin(angle)
    return modulus * np.array([[cos, -sin], [sin, cos]])


def linear_network(matrix, *, drive, readout):
    """Return a rectified network that runs x -> matrix x + drive noise: units come in pairs +, -.

    With units relu(x) and relu(-x) the state's difference is linear, so any matrix can be planted.
    """
    weights = np.block([[matrix, -matrix], [-matrix, matrix]])
    inputs = np.concatenate([drive, -drive])
    rows = np.concatenate([readout, -readout], axis=1)
    return NoisyNetwork(*(part.astype(np.float32) for part in (weights, inputs, rows)))


@pytest.fixture(scope="session")
def turning():
    """A noisy rotation by 0.3 rad a step that shrinks by 0.9: one turn in 21 steps."""
    readout = np.array([[4.0, 0.0], [0.0, 0.1], [-4.0, 0.0]])
    return linear_network(rotation(0.3, modulus=0.9), drive=np.eye(2), readout=readout)


@pytest.fixture(scope="session")
def drifting():
    """Noise that decays without turning."""
    readout = np.array([[4.0, 0.0], [0.0, 0.1], [-4.0, 0.0]])
    return linear_network(0.9 * np.eye(2), drive=np.eye(2), readout=readout)


@pytest.fixture(scope="session")
def make_linear():
    return linear_network


@pytest.fixture(scope="session")
def rivals():
    """Return two units that inhibit each other, two that integrate noise for them, and idle ones.

    Units 0 and 1 each hold the symbol of their number and get no noise of their own. Unit 2 drives
    unit 0 and inhibits unit 1, unit 3 the other way round; what they sum up decides.
    """
    n_units = 4 + IDLE
    rng = np.random.default_rng(5)
    recurrent = np.zeros((n_units, n_units), dtype=np.float32)
    recurrent[:2, :4] = [[0.7, -0.7, 0.5, -0.5], [-0.7, 0.7, -0.5, 0.5]]
    recurrent[[2, 3], [2, 3]] = 0.9
    recurrent[4:, 4:] = 0.05 * rng.random((IDLE, IDLE))  # positive: their drive never is negative
    drive = np.zeros((n_units, 4), dtype=np.float32)
    drive[2, 0] = drive[3, 1] = 1.0
    drive[4:, 2:] = rng.standard_normal((IDLE, 2))
    readout = np.zeros((2, n_units), dtype=np.float32)
    readout[0, 0] = readout[1, 1] = 1.0
    return NoisyNetwork(recurrent, drive, readout)


@pytest.fixture
def runs(rivals):
    return rivals.run(60, 300, np.random.default_rng(1), warmup=20)
