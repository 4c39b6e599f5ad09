"""A small network with a bug, trained once."""

import numpy as np
import pytest

from markovlens.networks.training import TrainingOptions, train
from markovlens.reliance.repairing.planting import planted

SIZES = {"n_train": 400, "n_valid": 100, "n_test": 100, "length_train": 10, "length_test": 14}


@pytest.fixture(scope="session")
def buggy():
    """Return a network that answers for good after 11, and the machine of what is right."""
    task, right = planted("contains_000", "11", sizes=SIZES, seeds=np.random.SeedSequence(0))
    options = TrainingOptions(
        steps=600, batch=64, learning_rate=0.02, evaluate_every=25, attempts=1
    )
    trained = train(task, {"cell": "gru", "hidden": 12}, training=options, seed=0)
    return trained.model, right, task
