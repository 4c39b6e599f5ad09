"""A workspace in which runs are killed, stopped and started beside each other."""

import os
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import yaml

from helpers.workspace import ONE_THREAD, REPOSITORY, Workspace

PATIENCE_S = 120
RUN = "results/runs/contains_000/srn"
# Small, but its training lasts long enough to be killed in the middle.
TINY = {
    "seeds": [0, 1],
    "runs": [{"tasks": ["contains_000"], "models": ["srn"]}],
    "tasks": {
        "formal": {
            "n_train": 100,
            "n_valid": 40,
            "n_test": 40,
            "length_train": 8,
            "length_test": 12,
        }
    },
    "networks": {
        "models": {"srn": {"cell": "srn", "hidden": 4}},
        "training": {"default": {"steps": 300, "batch": 32, "evaluate_every": 10, "attempts": 1}},
    },
    "activations": {"n_train": 40},
    "embedding": {"n_components": 2},
    "abstractions": {
        "methods": ["kmeans", "majority"],
        "n_states": [2, 3],
        "restarts": 1,
        "max_iterations": 5,
    },
    "faithfulness": {"bootstraps": 20, "tests": 20},
    "robustness": {"runs": []},
}


@dataclass(frozen=True)
class Running:
    """A run under way, in a process group of its own."""

    process: subprocess.Popen
    output: Path

    @property
    def said(self) -> str:
        return self.output.read_text()

    def wait_for(self, happened):
        """Wait until `happened()`; the run must not end before."""
        end = time.monotonic() + PATIENCE_S
        while not happened():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < end, self.said
            time.sleep(0.005)

    def kill_all(self):
        """As a power cut does: the main process and all its jobs at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def kill_main(self):
        """As an impatient user does; returns the jobs, which are left behind, stopped."""
        jobs = psutil.Process(self.process.pid).children(recursive=True)
        for job in jobs:
            job.suspend()
        self.process.kill()
        self.process.wait()
        return jobs

    def finish(self):
        """Wait for the end and return the exit code."""
        return self.process.wait(PATIENCE_S)


@dataclass(frozen=True)
class Faulty(Workspace):
    """A workspace with the tiny config."""

    @property
    def config(self) -> Path:
        return self.folder / "tiny.yaml"

    def resume(self, target: str):
        """Make a target as the Makefile does, and return the finished process."""
        return self.snakemake(
            target, config=self.config, program="markovlens.running.resume", cores=1
        )

    def plain(self, target: str):
        """Make a target with plain Snakemake, and return the finished process."""
        return self.snakemake(target, config=self.config, program="snakemake", cores=1)

    @contextmanager
    def running(self, target: str):
        """Yield a run, started as the Makefile does; nothing of it is left afterwards."""
        command = self.command(
            target, config=self.config, program="markovlens.running.resume", cores=1
        )
        output = self.folder / f"output-{time.monotonic_ns()}"
        with open(output, "w") as file:
            process = subprocess.Popen(
                command,
                cwd=REPOSITORY,
                env=os.environ | ONE_THREAD,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield Running(process, output)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def log(self, rule: str) -> Path:
        """Return the log of the only job of a rule; it is there once the job has begun."""
        return next((self.folder / "logs" / rule).rglob("*.log"), self.folder / "no log yet")


def faulty(folder: Path) -> Faulty:
    """Return an empty workspace with the tiny config."""
    (folder / "tiny.yaml").write_text(yaml.safe_dump(TINY))
    return Faulty(folder)


def copied(space: Faulty, folder: Path) -> Faulty:
    """Return a copy of a workspace: dates, logs and what Snakemake knows are the same."""
    shutil.copytree(space.folder, folder, dirs_exist_ok=True, symlinks=True)
    return Faulty(folder)
