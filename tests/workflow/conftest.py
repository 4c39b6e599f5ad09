"""One real run of the smoke config, shared by the tests that look at what it left behind."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Workspace:
    """A folder in which the workflow runs, apart from the user's own results."""

    folder: Path

    def snakemake(self, *arguments: str, config: str | Path = "config/smoke.yaml"):
        """Run Snakemake there and return the finished process with its output."""
        command = [sys.executable, "-m", "snakemake", "--directory", str(self.folder)]
        command += ["--configfile", str(config), "--cores", "2", *arguments]
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        return subprocess.run(
            command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
        )


def workspace(folder: Path) -> Workspace:
    """Return an empty workspace that shares the downloads of the repository."""
    (REPOSITORY / "resources").mkdir(exist_ok=True)
    (folder / "resources").symlink_to(REPOSITORY / "resources")
    return Workspace(folder)


@pytest.fixture(scope="session")
def fresh(tmp_path_factory) -> Workspace:
    """Return a workspace in which nothing has run."""
    return workspace(tmp_path_factory.mktemp("fresh"))


@pytest.fixture(scope="session")
def smoke(tmp_path_factory) -> Workspace:
    """Return a workspace in which the smoke config has run from nothing."""
    space = workspace(tmp_path_factory.mktemp("smoke"))
    done = space.snakemake()
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return space
