"""A folder in which the workflow runs, apart from the user's own results."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
FORKING = str(REPOSITORY / "workflow" / "forking.py")  # Snakemake as `markovlens run` starts it
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Workspace:
    """A folder in which the workflow runs, apart from the user's own results."""

    folder: Path

    def command(self, *arguments: str, config: str | Path, program: str, cores: int) -> list[str]:
        """Return the command line of a program with Snakemake's arguments, there."""
        named = [program] if program.endswith(".py") else ["-m", program]
        command = [sys.executable, *named, "--directory", str(self.folder)]
        return [*command, "--configfile", str(config), "--cores", str(cores), *arguments]

    def snakemake(
        self,
        *arguments: str,
        config: str | Path = "config/smoke.yaml",
        program: str = FORKING,
        cores: int = 2,
        environment: Mapping[str, str] | None = None,
    ):
        """Run Snakemake there, as `markovlens run` does, and return it with its output."""
        command = self.command(*arguments, config=config, program=program, cores=cores)
        return _run(command, environment=environment)

    def submit(self, *arguments: str, config: str | Path = "config/smoke.yaml", seconds: float):
        """Do the same, but leave it to the arguments where jobs run, and bound the time."""
        command = [sys.executable, "-m", "snakemake", "--directory", str(self.folder)]
        return _run([*command, "--configfile", str(config), *arguments], seconds=seconds)

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of every result; benchmarks have times in them and are left out."""
        results = self.folder / "results"
        files = [path for path in results.rglob("*") if path.is_file()]
        names = [path.relative_to(results) for path in files]
        return {
            name.as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for name, path in sorted(zip(names, files, strict=True))
            if name.parts[0] != "benchmarks"
        }


def workspace(folder: Path) -> Workspace:
    """Return an empty workspace that shares the downloads of the repository."""
    (REPOSITORY / "resources").mkdir(exist_ok=True)
    (folder / "resources").symlink_to(REPOSITORY / "resources")
    return Workspace(folder)


def _run(
    command: list[str],
    *,
    environment: Mapping[str, str] | None = None,
    seconds: float | None = None,
) -> subprocess.CompletedProcess:
    return subprocess.run(
        command,
        cwd=REPOSITORY,
        env=os.environ | ONE_THREAD | (environment or {}),
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
