"""A real SLURM of two nodes on this machine's loopback: started, asked and stopped by a test."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

# SLURM's own place: Snakemake removes SLURM_CONF from the environment of its jobs.
CONFIG = Path("/etc/slurm/slurm.conf")
DAEMONS = ("munged", "slurmctld", "slurmd", "sbatch")
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
NODE = "NodeName={name} NodeHostname=localhost NodeAddr=127.0.0.1 Port={port} CPUs={cpus} RealMemory=8000"


@dataclass(frozen=True)
class Job:
    """A finished SLURM job: its number, state, node, and memory asked for in MB."""

    number: int
    state: str
    node: str
    memory: int


@dataclass(frozen=True)
class Cluster:
    """A running SLURM, whose files are all in one folder."""

    folder: Path

    def finished(self) -> list[Job]:
        """Return all jobs that ended, by number."""
        text = (self.folder / "finished.txt").read_text()
        fields = [dict(re.findall(r"(\w+)=(\S*)", line)) for line in text.splitlines()]
        return sorted((_job(one) for one in fields), key=lambda job: job.number)


def _job(fields: dict[str, str]) -> Job:
    memory = re.search(r"mem=(\d+)M", fields["Tres"])
    return Job(
        int(fields["JobId"]), fields["JobState"], fields["NodeList"], int(memory[1]) if memory else 0
    )


def reason_to_skip() -> str:
    """Say why SLURM cannot be started here; empty if it can."""
    if os.name != "posix" or os.geteuid() != 0:
        return "not root here: SLURM's daemons cannot be started"
    missing = [name for name in DAEMONS if not shutil.which(name)]
    if missing:
        return f"no {', '.join(missing)} here: install Debian's slurm-wlm and munge (`make slurm`)"
    if CONFIG.exists():
        return f"{CONFIG} is there already: this machine has a SLURM of its own, or a test runs"
    return ""


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Start two nodes that share this machine's processors; stop by their ids what was started."""
    with ExitStack() as stack:
        _configure(folder)
        CONFIG.parent.mkdir(exist_ok=True)
        CONFIG.unlink(missing_ok=True)  # a link into a folder that is gone
        CONFIG.symlink_to(folder / "slurm.conf")
        stack.callback(CONFIG.unlink)
        for command in _commands(folder):
            stack.enter_context(_running(command, folder))
        _wait_for_nodes()
        yield Cluster(folder)


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
def _running(command: list[str], folder: Path) -> Iterator[None]:
    """Run a daemon in a process group of its own and end just that one."""
    with open(folder / f"{'-'.join(command[::3])[:40].replace('/', '_')}.out", "wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for_nodes() -> None:
    """Wait until both nodes are idle; raise with what SLURM says if they never are."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        done = subprocess.run(
            ["sinfo", "--noheader", "-N", "-o", "%N %T"], capture_output=True, text=True
        )
        if done.stdout.split() == [word for node in NODES for word in (node, "idle")]:
            return
        time.sleep(0.5)
    raise TimeoutError(f"SLURM did not come up in {SECONDS} s: {done.stdout}{done.stderr}")
