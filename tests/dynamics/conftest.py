"""Networks whose dynamics is known without running them."""

import numpy as np
import pytest

from helpers.emulators import rival_network
from markovlens.dynamics.network import NoisyNetwork


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
    return rival_network()


@pytest.fixture
def runs(rivals):
    return rivals.run(60, 300, np.random.default_rng(1), warmup=20)
