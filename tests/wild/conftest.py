"""The files of networks whose packages are small, fetched once into the folder of the workflow."""

from pathlib import Path

import pytest

from markovlens.files.whole import read_json
from markovlens.tasks.fetch import fetch

RESOURCES = Path(__file__).parents[2] / "resources"


@pytest.fixture(scope="session")
def fetched():
    """Return a function that gives the path of a resource."""
    return lambda name: fetch(name, RESOURCES)


@pytest.fixture(scope="session")
def answers():
    """Return what the packages themselves said; the file says with what they were run."""
    return read_json(Path(__file__).with_name("answers.json"))
