"""A folder in which the workflow runs, apart from the user's own results."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Workspace:
    """A folder in which the workflow runs, apart from the user's own results."""

    folder: Path

    def snakemake(self, *arguments: str, config: str | Path = "config/smoke.yaml"):
        """Run Snakemake there and return the finished process with its output."""
        return self.run("--cores", "2", *arguments, config=config)

    def run(
        self,
        *arguments: str,
        config: str | Path = "config/smoke.yaml",
        seconds: float | None = None,
    ):
        """Do the same, but leave it to the arguments where jobs run, and bound the time."""
        command = [sys.executable, "-m", "snakemake", "--directory", str(self.folder)]
        command += ["--configfile", str(config), *arguments]
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        return subprocess.run(
            command,
            cwd=REPOSITORY,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )


def workspace(folder: Path) -> Workspace:
    """Return an empty workspace that shares the downloads of the repository."""
    (REPOSITORY / "resources").mkdir(exist_ok=True)
    (folder / "resources").symlink_to(REPOSITORY / "resources")
    return Workspace(folder)
