"""The smoke config on a real SLURM of two nodes; one job needs more memory, another one fails.

Two submissions: in the first, a network with damaged weights stands beside those of the smoke
config; the second is the smoke config alone, which resumes where the first one stopped.
"""

from __future__ import annotations

import logging
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from helpers import slurm
from helpers.workspace import REPOSITORY, Workspace, workspace
from markovlens.files import sha256

pytestmark = [pytest.mark.slurm, pytest.mark.slow]

# The profile as it is, but asking more often; nobody else waits for this scheduler.
SUBMIT = (
    "--workflow-profile", "profiles/slurm", "--retries", "1", "--latency-wait", "5",
    "--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "1",
)  # fmt: skip
# One submission for all that follows a training, as the profile advises for small networks.
NETWORK = (
    "activations_record", "embedding_fit", "abstractions_fit", "faithfulness_score",
    "faithfulness_probe", "figures_network", "figures_automaton",
)  # fmt: skip
GROUPS = ("--groups", *(f"{rule}=network" for rule in NETWORK))
# Snakemake alone takes about 320 MB of a submission, this rule's script as much again.
HUNGRY, TOO_LITTLE = "faithfulness_disturb", 450
TIGHT = ("--set-resources", f"{HUNGRY}:mem_mb={TOO_LITTLE} * 2 ** (attempt - 1)")
PATIENCE = 1800
SAME = ("tables/*.csv", "tables/*.parquet", "tables/*.md", "claims.csv", "runs/**/machines.json")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Submitted:
    """What two submissions left.

    Attributes:
        space: the workspace; cluster: SLURM, stopped by now.
        first: the submission in which a job fails; judged: the verdicts that it came to.
        second: the submission without that job.
    """

    space: Workspace
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
    damaged = _with_damaged_weights(space.folder)
    with slurm.cluster(tmp_path_factory.mktemp("slurm")) as cluster:
        first = space.submit(*SUBMIT, *GROUPS, *TIGHT, config=damaged, seconds=PATIENCE)
        finished = [str(path) for path in (space.folder / "results").rglob("verdict.json")]
        second = space.submit(*SUBMIT, seconds=PATIENCE)
    for job in cluster.finished():
        logger.info("%s", job)
    return Submitted(space, cluster, first, finished, second)


def _with_damaged_weights(folder: Path) -> Path:
    """Return the smoke config with one more network, whose file of weights is not one."""
    config = yaml.safe_load((REPOSITORY / "config/smoke.yaml").read_text())
    (folder / "damaged.safetensors").write_bytes(b"not weights")
    config["networks"]["models"]["damaged"] = {
        "module": "torch.nn:GRU", "weights": "damaged.safetensors", "layer": "rnn.l0",
    }  # fmt: skip
    config["runs"].append({"tasks": ["contains_000"], "models": ["damaged"]})
    (folder / "damaged.yaml").write_text(yaml.safe_dump(config))
    return folder / "damaged.yaml"


def test_jobs_ran_on_both_nodes(submitted):
    assert {job.node for job in submitted.cluster.finished() if job.state == "COMPLETED"} == set(
        slurm.NODES
    )


def test_a_job_that_ran_out_of_memory_succeeded_with_twice_as_much(submitted):
    killed, repeated = submitted.jobs_of(HUNGRY)
    assert killed.memory == TOO_LITTLE
    assert killed.state != "COMPLETED"
    assert (repeated.memory, repeated.state) == (2 * TOO_LITTLE, "COMPLETED")
    logs = submitted.space.folder / "logs/slurm" / f"rule_{HUNGRY}"
    assert any("memory" in path.read_text() for path in logs.rglob(f"{killed.number}.log"))


def test_a_job_that_fails_leaves_the_rest_finished(submitted):
    assert submitted.first.returncode == 1
    assert "damaged.safetensors" in submitted.first.stdout + submitted.first.stderr
    assert len(submitted.judged) == 6  # three networks of two seeds
    assert not [path for path in submitted.judged if "damaged" in path]


def test_the_next_submission_finishes_what_the_first_one_could_not(submitted):
    assert submitted.second.returncode == 0, submitted.second.stderr[-4000:]
    assert "abstractions_fit" not in submitted.second.stderr


def test_tables_and_machines_are_those_of_a_local_run(submitted, smoke):
    here, there = _hashes(smoke.folder), _hashes(submitted.space.folder)
    there = {name: value for name, value in there.items() if "damaged" not in name}
    assert len(here) > 60
    assert here == there


def _hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each table and machine, by its path."""
    results = folder / "results"
    files = [path for pattern in SAME for path in results.glob(pattern)]
    return {str(path.relative_to(results)): sha256(path) for path in files}


def test_nothing_that_was_started_is_left(submitted):
    assert not slurm.CONFIG.exists()
    assert not [pid for pid in submitted.cluster.processes if Path("/proc", str(pid)).exists()]
