"""A real SLURM of two nodes on this machine's loopback: started, asked and stopped by a test."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

# SLURM's own place: Snakemake removes SLURM_CONF from the environment of its jobs.
CONFIG = Path("/etc/slurm/slurm.conf")
COMMANDS = ("munged", "slurmctld", "slurmd", "sbatch", "setpriv")
NODES = ("node1", "node2")
SECONDS = 30
TEMPLATE = """
ClusterName=markovlens
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={controller}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
SwitchType=switch/none
MpiDefault=none
# No control groups: they are not to be had in every container.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/affinity
# A job above its memory is killed by whoever counts it, once a second.
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
# No database; finished jobs go into a file.
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/finished.txt
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
MinJobAge=600
KillWait=2
{nodes}
PartitionName=main Nodes=node1,node2 Default=YES MaxTime=600 State=UP
"""
NODE = (
    "NodeName={name} NodeHostname=localhost NodeAddr=127.0.0.1 Port={port} "
    "CPUs={cpus} RealMemory=8000 State=UNKNOWN"
)


@dataclass(frozen=True)
class Job:
    """A finished SLURM job: its number, state, node, and the memory in MB that it asked for."""

    number: int
    state: str
    node: str
    memory: int


@dataclass(frozen=True)
class Cluster:
    """A running SLURM: the folder with all its files, and the ids of its daemons."""

    folder: Path
    processes: tuple[int, ...]

    def finished(self) -> list[Job]:
        """Return all jobs that ended, by number."""
        text = (self.folder / "finished.txt").read_text()
        fields = [dict(re.findall(r"(\w+)=(\S*)", line)) for line in text.splitlines()]
        return sorted((_job(one) for one in fields), key=lambda job: job.number)


def _job(fields: dict[str, str]) -> Job:
    memory = re.search(r"mem=(\d+)M", fields["Tres"])
    megabytes = int(memory[1]) if memory else 0
    return Job(int(fields["JobId"]), fields["JobState"], fields["NodeList"], megabytes)


def reason_to_skip() -> str:
    """Say why SLURM cannot be started here; empty if it can."""
    if os.name != "posix" or os.geteuid() != 0:
        return "not root here: SLURM's daemons cannot be started"
    missing = [name for name in COMMANDS if not shutil.which(name)]
    if missing:
        return f"no {', '.join(missing)} here: install Debian's slurm-wlm and munge (`make slurm`)"
    if CONFIG.exists() and not _is_left_over():
        return f"{CONFIG} is there already: this machine has a SLURM of its own, or a test runs"
    return ""


def _is_left_over() -> bool:
    """Say whether the config is one of ours whose controller is gone, as when a test was killed."""
    if not CONFIG.is_symlink():
        return False
    number = CONFIG.resolve().with_name("slurmctld.pid")
    return not (number.exists() and Path("/proc", number.read_text().strip()).exists())


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Start two nodes that share this machine's processors; stop by their ids what was started."""
    with ExitStack() as stack:
        _configure(folder)
        CONFIG.parent.mkdir(exist_ok=True)
        CONFIG.unlink(missing_ok=True)  # what `reason_to_skip` took for left over
        CONFIG.symlink_to(folder / "slurm.conf")
        stack.callback(CONFIG.unlink)
        started = [stack.enter_context(_running(one, folder)) for one in _commands(folder)]
        _wait_for_nodes()
        stack.callback(_cancel_jobs)
        yield Cluster(folder, tuple(started))


def _configure(folder: Path) -> None:
    for name in ("state", *(f"spool.{node}" for node in NODES)):
        (folder / name).mkdir(parents=True)
    (folder / "munge.key").write_bytes(os.urandom(128))
    (folder / "munge.key").chmod(0o600)
    controller, *ports = _free_ports(1 + len(NODES))
    nodes = [
        NODE.format(name=name, port=port, cpus=os.cpu_count())
        for name, port in zip(NODES, ports, strict=True)
    ]
    text = TEMPLATE.format(folder=folder, controller=controller, nodes="\n".join(nodes))
    (folder / "slurm.conf").write_text(text)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _commands(folder: Path) -> list[list[str]]:
    """Return the daemons, in the order in which they start; all stay in the foreground."""
    munge = ["munged", "--foreground", "--force", f"--socket={folder}/munge.socket"]
    munge += [f"--key-file={folder}/munge.key", f"--pid-file={folder}/munge.pid"]
    munge += [f"--seed-file={folder}/munge.seed", f"--log-file={folder}/munge.log"]
    return [munge, ["slurmctld", "-D"], *(["slurmd", "-D", "-N", node] for node in NODES)]


@contextmanager
def _running(command: list[str], folder: Path) -> Iterator[int]:
    """Run a daemon, which also ends when this process is killed; yield its id, then end it."""
    with open(folder / "daemons.out", "ab") as output:
        bound = ["setpriv", "--pdeathsig", "TERM", *command]
        process = subprocess.Popen(bound, stdout=output, stderr=output)
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for_nodes() -> None:
    idle = [word for node in NODES for word in (node, "idle")]
    _wait_until(idle, "sinfo", "--noheader", "-N", "-o", "%N %T")


def _cancel_jobs() -> None:
    """Cancel what a test that failed left, before those are stopped who can end it."""
    subprocess.run(["scancel", "--partition=main"], timeout=SECONDS, check=True)
    _wait_until([], "squeue", "--noheader", "-o", "%i")


def _wait_until(words: list[str], *command: str) -> None:
    """Wait until a command prints these words; raise with what it prints if it never does."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode == 0 and done.stdout.split() == words:
            return
        time.sleep(0.5)
    raise TimeoutError(
        f"not {words} in {SECONDS} s: {' '.join(command)}: {done.stdout}{done.stderr}"
    )
