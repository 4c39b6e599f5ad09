"""One real run of the smoke config, shared by the tests that look at what it left behind."""

import pytest

from helpers.workspace import Workspace, workspace


@pytest.fixture(scope="session")
def smoke(tmp_path_factory) -> Workspace:
    """Return a workspace in which the smoke config has run from nothing."""
    space = workspace(tmp_path_factory.mktemp("smoke"))
    done = space.snakemake()
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return space
