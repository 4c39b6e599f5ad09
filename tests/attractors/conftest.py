"""Traces of networks whose fixed points are known."""

import numpy as np
import pytest

import markovlens as ml
from helpers.attractors import Bits, Line
from markovlens.tasks import make_task
from markovlens.tasks.attractors import MEMORIES


def recorded(network, name):
    """Return the trace of a network's states on the test sequences of a task."""
    sizes = {"n_train": 4, "n_valid": 4, "n_test": 60, "length": 20}
    split = make_task(name, sizes=sizes, seed=0).splits["test"]
    classes = MEMORIES if name == "flip_flop" else ("left", "right")
    return ml.record(network, split, classes=classes, link="softmax")


@pytest.fixture(scope="session")
def bits():
    """Return the network of three bits and its trace."""
    return Bits(), recorded(Bits(), "flip_flop")


@pytest.fixture(scope="session")
def line():
    """Return the network that sums, and its trace."""
    return Line(), recorded(Line(), "context_integration")


@pytest.fixture(scope="session")
def found(bits):
    """Return the resting points of the three bits beside the states of the true machine."""
    network, trace = bits
    return ml.resting_points(network, trace, inputs=np.zeros(3), states=trace.truth)
