"""Small tasks that are learned in seconds, and the real weights of g2p-en."""

from pathlib import Path

import numpy as np
import pytest
import torch

from markovlens.networks.training import TrainingOptions
from markovlens.sequences import Sequences
from markovlens.tasks import make_task
from markovlens.tasks.base import SPLITS, Split, Task, no_targets
from markovlens.tasks.fetch import fetch

SIZES = {"n_train": 300, "n_valid": 100, "n_test": 100, "length_train": 10, "length_test": 20}
RESOURCES = Path(__file__).parents[2] / "resources"


@pytest.fixture(autouse=True, scope="session")
def _one_torch_thread():
    """Small networks are slower, and not reproducible to the bit, on many threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def quick() -> TrainingOptions:
    """Too little to learn anything, enough to see how training behaves."""
    return TrainingOptions(steps=20, batch=32, evaluate_every=10, attempts=1)


@pytest.fixture(scope="session")
def small() -> Task:
    return make_task("contains_000", sizes=SIZES, seed=3)


@pytest.fixture(scope="session")
def asked_at_the_end() -> Task:
    """Is the last symbol the first one? One target a sequence, as for sentiment."""
    rng = np.random.default_rng(0)
    splits = {}
    for name in SPLITS:
        rows = [rng.integers(2, size=length) for length in rng.integers(1, 9, size=60)]
        inputs = Sequences.from_list(rows)
        targets = no_targets(inputs.n_steps)
        targets[np.cumsum(inputs.lengths) - 1] = [row[0] == row[-1] for row in rows]
        splits[name] = Split(inputs, targets, no_targets(inputs.n_steps))
    return Task("ends", "sentiment", ("0", "1"), ("no", "yes"), splits, gate=0.7)


@pytest.fixture(scope="session")
def checkpoint() -> Path:
    """Return the file of g2p-en's weights, fetched once into the folder of the workflow."""
    return fetch("g2p_en", RESOURCES)


@pytest.fixture(scope="session")
def task_at_scale() -> Task:
    sizes = SIZES | {"n_train": 1500, "n_valid": 300, "length_train": 15, "length_test": 30}
    return make_task("contains_000", sizes=sizes | {"n_test": 500}, seed=3)
