from pathlib import Path

import pytest

from helpers.finished import Finished, default_size

CAPTIONS = Path(__file__).resolve().parents[2] / "workflow" / "report"


@pytest.fixture
def captions():
    """Return the folder of the captions."""
    return CAPTIONS


@pytest.fixture
def run(tmp_path):
    """Return a run without networks, to be planted."""
    return Finished(tmp_path / "results")


@pytest.fixture(scope="session")
def large(tmp_path_factory):
    """Return the files of a run of the size of the default config, and its folder."""
    run = default_size(tmp_path_factory.mktemp("large") / "results")
    return run.write(), run.results
