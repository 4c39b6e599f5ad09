"""What Snakemake would run for each of many configs: one process for all, a fork for each.

A dry run in a process of its own takes ten times as long, nearly all of it to import Snakemake.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from helpers.workspace import ONE_THREAD, REPOSITORY

NODE = re.compile(r'^\s*(\d+)\[label = "([^"]*)".*style="([^"]*)"', re.MULTILINE)
EDGE = re.compile(r"^\s*(\d+) -> (\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Plan:
    """The jobs of a config.

    Attributes:
        labels: the rule of each job and those wildcards in which it differs from what it reads.
        followers: the jobs that read what a job writes, by job.
        due: the jobs that would run.
    """

    labels: Mapping[str, str]
    followers: Mapping[str, set[str]]
    due: frozenset[str]

    def with_followers(self, owners: Iterable[str]) -> set[str]:
        """Return the jobs of some rules, named "rule" or "rule wildcard", and all that follows."""
        waiting = [job for owner in owners for job in self._jobs_of(owner)]
        found: set[str] = set()
        while waiting:
            job = waiting.pop()
            if job not in found:
                found.add(job)
                waiting += self.followers[job]
        return found

    def _jobs_of(self, owner: str) -> list[str]:
        found = [job for job, label in self.labels.items() if set(owner.split()) <= words(label)]
        assert found, f"no job of {owner}"
        return found

    def named(self, jobs: Iterable[str]) -> list[str]:
        """Return the labels of jobs, without the target of all."""
        return sorted({self.labels[job] for job in jobs} - {"all"})


def words(label: str) -> set[str]:
    """Return the rule and the values of the wildcards of a job."""
    return {line.rpartition(" ")[2] for line in label.split("\\n")}


def plans(folder: Path, configs: Mapping[Path, Path]) -> Iterator[Plan]:
    """Yield the plan of each config in a workspace, with the package as it is in a source."""
    pairs = [str(path) for pair in configs.items() for path in pair]
    command = [sys.executable, "-m", "helpers.planner", str(folder), *pairs]
    environment = os.environ | ONE_THREAD | {"PYTHONPATH": str(REPOSITORY / "tests")}
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    for config in configs:
        yield _read(config.with_suffix(".dot").read_text())


@dataclass(frozen=True)
class DryRun:
    """What a dry run said, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


def dry_runs(folders: Iterable[Path]) -> Iterator[DryRun]:
    """Yield the dry run of the `config.yaml` in each folder, which is Snakemake's, too."""
    folders = list(folders)
    command = [sys.executable, "-m", "helpers.planner", "--dry", *map(str, folders)]
    environment = os.environ | ONE_THREAD | {"PYTHONPATH": str(REPOSITORY / "tests")}
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    for folder, code in zip(folders, done.stdout.split(), strict=True):
        yield DryRun(int(code), (folder / "out").read_text(), (folder / "err").read_text())


def _read(text: str) -> Plan:
    nodes = NODE.findall(text)
    assert nodes, text
    followers: dict[str, set[str]] = {job: set() for job, _, _ in nodes}
    for before, after in EDGE.findall(text):
        followers[before].add(after)
    due = frozenset(job for job, label, style in nodes if "dashed" not in style and label != "all")
    return Plan({job: label for job, label, _ in nodes}, followers, due)


def _plan(folder: str, config: Path) -> None:
    """Write the graph of a config beside it; what Snakemake says of it goes to a file, too."""
    from snakemake.cli import args_to_api, parse_args

    for descriptor, suffix in ((1, ".dot"), (2, ".log")):
        os.dup2(os.open(config.with_suffix(suffix), os.O_WRONLY | os.O_CREAT), descriptor)
    parser, arguments = parse_args(
        ["--directory", folder, "--configfile", str(config), "--cores", "1", "--dag", "dot"]
    )
    args_to_api(arguments, parser)
    sys.stdout.flush()


def _warm(folder: str, config: Path) -> None:
    """Plan a config for what stays in memory: modules, their hashes, patterns of names."""
    outputs = [os.dup(descriptor) for descriptor in (1, 2)]
    _plan(folder, config)
    for descriptor, output in enumerate(outputs, 1):
        os.dup2(output, descriptor)
    _hash_scripts()  # also those that this config has no use for


def _hash_scripts() -> None:
    """Hash the code behind each script, which is kept in memory."""
    from markovlens.running.codehash import code_hash

    for script in (REPOSITORY / "scripts").glob("*.py"):
        code_hash(script)


def _use(source: Path) -> None:
    """Let the package be the one in a folder."""
    if source != REPOSITORY / "src":
        for name in [name for name in sys.modules if name.partition(".")[0] == "markovlens"]:
            del sys.modules[name]
        sys.path.insert(0, str(source))


def _dry_run(folder: str) -> int:
    """Return the exit code of a dry run in a fork; what it says goes to files."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    from snakemake.cli import main as snakemake

    for descriptor, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(Path(folder, name), os.O_WRONLY | os.O_CREAT), descriptor)
    config = str(Path(folder, "config.yaml"))
    code = 1
    try:
        snakemake(["--dry-run", "--directory", folder, "--configfile", config, "--cores", "2"])
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
        else:
            code = end.code or 0
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def dry(*folders: str) -> None:
    """Print the exit codes of dry runs, each a fork of a process that has imported all it needs."""
    import snakemake.cli  # noqa: F401

    import markovlens.abstractions
    import markovlens.tasks  # noqa: F401

    _hash_scripts()
    print(*[_dry_run(folder) for folder in folders])


def main(folder: str, *pairs: str) -> None:
    """Plan each config in a fork, so that none finds what another one left in memory.

    What takes long and is the same for all is done before the forks, by the plan of the first one.
    """
    configs = dict(zip(map(Path, pairs[::2]), map(Path, pairs[1::2]), strict=True))
    _warm(folder, next(iter(configs)))
    for config, source in configs.items():
        child = os.fork()
        if child == 0:
            try:
                _use(source)
                _plan(folder, config)
            finally:
                os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    dry(*sys.argv[2:]) if sys.argv[1] == "--dry" else main(*sys.argv[1:])
