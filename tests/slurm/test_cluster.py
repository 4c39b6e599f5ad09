"""The smoke config on a real SLURM of two nodes; one job needs more memory, another one fails.

One network of each kind and one seed, so that every rule runs. Two submissions: in the first, a
network with damaged weights stands beside them; the second is without it, and resumes where the
first one stopped.
"""

from __future__ import annotations

import logging
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from helpers import slurm
from helpers.workspace import REPOSITORY, Workspace, workspace

pytestmark = [pytest.mark.slurm, pytest.mark.workflow, pytest.mark.slow]

# Snakemake alone takes some 520 MB of a submission as long as it lasts: the first attempt is over
# what it asked for whenever SLURM looks, and the second one has the usual 2,000 of rules.
HUNGRY, TOO_LITTLE, ENOUGH = "faithfulness_disturb", 250, 2000
# The profile, but asking more often: nobody else waits for this scheduler.
SUBMIT = (
    "--workflow-profile", "profiles/slurm", "--retries", "1", "--latency-wait", "5",
    "--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "1",
    "--set-resources", f"{HUNGRY}:mem_mb={TOO_LITTLE} if attempt == 1 else {ENOUGH}",
)  # fmt: skip
PATIENCE = 1800  # seconds for one submission

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Submitted:
    """What two submissions left.

    Attributes:
        space: the workspace; config: of the second submission; cluster: SLURM, stopped by now.
        first: the submission in which a job fails; judged: the verdicts that it came to.
        second: the submission without that job.
    """

    space: Workspace
    config: Path
    cluster: slurm.Cluster
    first: subprocess.CompletedProcess
    judged: list[str]
    second: subprocess.CompletedProcess

    def jobs_of(self, rule: str) -> list[slurm.Job]:
        """Return the SLURM jobs of a rule whose jobs go alone, in the order of submission."""
        numbers = re.findall(rf"slurm/rule_{rule}/\S*?(\d+)\.log", self.first.stderr)
        return [job for job in self.cluster.finished() if str(job.number) in numbers]


@pytest.fixture(scope="module")
def submitted(tmp_path_factory) -> Submitted:
    """Return what is left by a submission with a job that fails, and by the next one without it."""
    if reason := slurm.reason_to_skip():
        pytest.skip(reason)
    space = workspace(tmp_path_factory.mktemp("submitted"))
    sound = _written(space.folder / "sound.yaml", _one_of_each_kind())
    damaged = _with_damaged_weights(space.folder)
    try:
        with slurm.cluster(tmp_path_factory.mktemp("slurm")) as cluster:
            first = _submit(space, config=damaged)
            judged = [str(path) for path in (space.folder / "results").rglob("verdict.json")]
            second = _submit(space, config=sound)
    except slurm.NoCluster as error:
        pytest.skip(f"SLURM does not come up here: {error}")
    for job in cluster.finished():
        logger.info("%s", job)
    return Submitted(space, sound, cluster, first, judged, second)


def _submit(space: Workspace, *, config: Path) -> subprocess.CompletedProcess:
    try:
        return space.submit(*SUBMIT, config=config, seconds=PATIENCE)
    except subprocess.TimeoutExpired as error:
        said = (error.stdout or b"") + (error.stderr or b"")
        pytest.fail(f"not done in {PATIENCE} s:\n{said.decode()[-4000:]}")


def _with_damaged_weights(folder: Path) -> Path:
    """Return the same config with one more network, whose file of weights is not one."""
    config = _one_of_each_kind()
    (folder / "damaged.safetensors").write_bytes(b"not weights")
    config["networks"]["models"]["damaged"] = {
        "module": "torch.nn:GRU", "kwargs": {"input_size": 2, "hidden_size": 4},
        "weights": "damaged.safetensors", "layer": "rnn.l0",
    }  # fmt: skip
    config["runs"].append({"tasks": ["contains_000"], "models": ["damaged"]})
    return _written(folder / "damaged.yaml", config)


def _one_of_each_kind() -> dict:
    """Return the smoke config with one seed, and the least that has a job of every rule."""
    config = yaml.safe_load((REPOSITORY / "config/smoke.yaml").read_text()) | {"seeds": [0]}
    config["runs"] = [run for run in config["runs"] if run["tasks"] == ["contains_000"]]
    config["embedding"]["runs"] = [
        run for run in config["embedding"]["runs"] if run["tasks"] == ["human_motion"]
    ]
    config["abstractions"]["methods"] = ["hmm", "kmeans", "lstar", "majority"]
    return config


def _written(path: Path, config: dict) -> Path:
    path.write_text(yaml.safe_dump(config))
    return path


def _why(done: subprocess.CompletedProcess) -> str:
    """Return which jobs failed, with their logs, as Snakemake said it; else its last words."""
    said = done.stdout + done.stderr
    found = re.findall(r"SLURM-job [^\n]*|^ *Logfile \S+:\n *=+\n.*?\n *=+$", said, re.M | re.S)
    return "\n".join(found)[:8000] or said[-4000:]


def test_jobs_ran_on_both_nodes(submitted):
    finished = submitted.cluster.finished()
    assert {job.node for job in finished if job.state == "COMPLETED"} >= set(slurm.NODES)


def test_a_job_that_ran_out_of_memory_succeeded_with_more(submitted):
    jobs = submitted.jobs_of(HUNGRY)
    assert len(jobs) == 2, _why(submitted.first)
    killed, repeated = jobs
    assert killed.memory == TOO_LITTLE
    assert killed.state != "COMPLETED"
    assert (repeated.memory, repeated.state) == (ENOUGH, "COMPLETED")
    logs = submitted.space.folder / "logs/slurm" / f"rule_{HUNGRY}"
    assert any("memory" in path.read_text() for path in logs.rglob(f"{killed.number}.log"))


def test_a_job_that_fails_leaves_the_rest_finished(submitted):
    assert submitted.first.returncode == 1, _why(submitted.first)
    assert "damaged.safetensors: expected a state dict" in _why(submitted.first)
    (judged,) = submitted.judged
    assert "damaged" not in judged


def test_the_next_submission_finishes_what_the_first_one_could_not(submitted):
    assert submitted.second.returncode == 0, _why(submitted.second)
    assert "networks_train" not in submitted.second.stdout + submitted.second.stderr


def test_all_results_are_those_of_a_local_run(submitted, tmp_path):
    local = workspace(tmp_path)
    done = local.snakemake(config=submitted.config)
    assert done.returncode == 0, done.stderr[-4000:]
    here, there = local.digests(), submitted.space.digests()
    assert {name.split("/")[0] for name in here} >= {"runs", "tables", "figures", "claims.csv"}
    different = {name for name, _ in here.items() ^ there.items()}
    # Which commit was run, which may be another one by now, and the network of one side.
    said = {"provenance/versions.json", "report.html"}
    expected = {name for name in there if "/damaged/" in name} | said
    assert sorted(different - expected) == []


def test_nothing_that_was_started_is_left(submitted):
    assert not os.path.lexists(slurm.CONFIG)
    running = [pid for pid in os.listdir("/proc") if pid.isdigit()]
    assert not {str(pid) for pid in submitted.cluster.processes} & set(running)
    commands = [_command(pid) for pid in running]
    ours = str(submitted.space.folder)
    assert [line for line in commands if line.startswith("slurmstepd") or ours in line] == []


def _command(pid: str) -> str:
    """Return the command line and the folder of a process; empty if it is gone."""
    try:
        line = Path("/proc", pid, "cmdline").read_bytes().replace(b"\0", b" ").decode()
        return f"{line} in {os.readlink(f'/proc/{pid}/cwd')}"
    except OSError:
        return ""
