"""A network of parity that was trained along, small."""

import pytest

from markovlens.networks.along import AlongOptions, TrainedAlong, train_along
from markovlens.tasks import make_task
from markovlens.tasks.base import Task

SIZES = {"n_train": 200, "n_valid": 60, "n_test": 20, "length_train": 10, "length_test": 12}
OPTIONS = AlongOptions(steps=160, kept=8, learning_rate=0.02)
SPEC = {"cell": "gru", "hidden": 12}


@pytest.fixture(scope="session")
def parity_task() -> Task:
    return make_task("parity", sizes=SIZES, seed=0)


@pytest.fixture(scope="session")
def along(parity_task) -> TrainedAlong:
    return train_along(parity_task, SPEC, options=OPTIONS, seed=0)
