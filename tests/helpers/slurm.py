"""A real SLURM of two nodes on this machine's loopback: started, asked and stopped by a test."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

# SLURM's own place: Snakemake removes SLURM_CONF from the environment of its jobs.
CONFIG = Path("/etc/slurm/slurm.conf")
OURS = "markovlens-test-slurm.conf"
COMMANDS = ("munged", "slurmctld", "slurmd", "sbatch", "setpriv")
NODES = ("node1", "node2")
PARTITION = "markovlens"
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
# No control groups: they are not to be had in every container. By process groups, not by parents:
# what a killed shell started has lost its parent.
ProctrackType=proctrack/pgid
# Both nodes count their processors from 0, so that bound jobs of both would share the first one.
TaskPlugin=task/none
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
PartitionName={partition} Nodes=node1,node2 Default=YES MaxTime=600 State=UP
"""
NODE = (
    "NodeName={name} NodeHostname=localhost NodeAddr=127.0.0.1 Port={port} "
    "CPUs={cpus} RealMemory=8000 State=UNKNOWN"
)


class NoCluster(RuntimeError):
    """SLURM does not come up here; the message has what its daemons say."""


class NoAnswer(RuntimeError):
    """A command of SLURM failed, or says for too long what it should not."""


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
    if inherited := sorted(name for name in os.environ if name.startswith("SLURM_")):
        return f"{inherited[0]} is set: this machine has a SLURM of its own"
    if os.path.lexists(CONFIG) and not _is_left_over():
        return f"{CONFIG} is there already: this machine has a SLURM of its own, or a test runs"
    return ""


def _is_left_over() -> bool:
    """Say whether the config is one of ours whose controller is gone, as when a test was killed."""
    if not CONFIG.is_symlink() or CONFIG.readlink().name != OURS:
        return False
    number = CONFIG.readlink().with_name("slurmctld.pid")
    return not (number.exists() and Path("/proc", number.read_text().strip()).exists())


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Start two nodes that share this machine's processors; stop by their ids what was started.

    Raises:
        NoCluster: if they do not come up, or run no job.
    """
    with ExitStack() as stack:
        _configure(folder)
        _link(folder / OURS)
        stack.callback(CONFIG.unlink)
        started = [stack.enter_context(_running(one, folder)) for one in _commands(folder)]
        try:
            _wait_until(_idle, "nodes that are idle", started)
            _ask("srun", "--nodes=2", "--ntasks=2", "--mem=10", "true")
        except NoAnswer as error:
            raise NoCluster(f"{error}\n{_last_words(folder)}") from error
        stack.callback(_cancel_jobs)
        yield Cluster(folder, tuple(process.pid for process in started))


def _link(config: Path) -> None:
    try:
        CONFIG.parent.mkdir(exist_ok=True)
        CONFIG.unlink(missing_ok=True)  # what `reason_to_skip` took for left over
        CONFIG.symlink_to(config)
    except OSError as error:
        raise NoCluster(f"{CONFIG} cannot be written: {error}") from error


def _configure(folder: Path) -> None:
    for name in ("state", *(f"spool.{node}" for node in NODES)):
        (folder / name).mkdir(parents=True)
    (folder / "munge.key").write_bytes(os.urandom(128))
    (folder / "munge.key").chmod(0o600)
    controller, *ports = _free_ports(1 + len(NODES))
    processors = max((os.cpu_count() or 1) // len(NODES), 1)  # shared, so that none has two jobs
    nodes = [
        NODE.format(name=name, port=port, cpus=processors)
        for name, port in zip(NODES, ports, strict=True)
    ]
    text = TEMPLATE.format(
        folder=folder, controller=controller, partition=PARTITION, nodes="\n".join(nodes)
    )
    (folder / OURS).write_text(text)


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
    munge += [f"--seed-file={folder}/munge.seed", f"--log-file={folder}/munged.log"]
    return [munge, ["slurmctld", "-D"], *(["slurmd", "-D", "-N", node] for node in NODES)]


@contextmanager
def _running(command: list[str], folder: Path) -> Iterator[subprocess.Popen]:
    """Run a daemon, which also ends when this process is killed; yield it, then end it."""
    with open(folder / "daemons.log", "ab") as output:
        bound = ["setpriv", "--pdeathsig", "TERM", *command]
        # Its own session: Ctrl-C is for this process, which needs the daemons to clean up.
        process = subprocess.Popen(bound, stdout=output, stderr=output, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _last_words(folder: Path) -> str:
    """Return the last lines of each daemon's log."""
    logs = {path.name: path.read_text(errors="replace") for path in sorted(folder.glob("*.log"))}
    return "\n".join(
        f"{name}: {line}" for name, text in logs.items() for line in text.splitlines()[-4:]
    )


def _idle() -> bool:
    lines = _ask("sinfo", "--noheader", "-N", "-o", "%N %T").splitlines()
    return lines == [f"{node} idle" for node in NODES]


def _cancel_jobs() -> None:
    """Cancel what a test that failed left, before those are stopped who can end it."""
    _ask("scancel", f"--partition={PARTITION}")
    _wait_until(lambda: not _ask("squeue", "--noheader", "-o", "%i"), "jobs that are cancelled")


def _ask(*command: str) -> str:
    """Return what a command of SLURM prints."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired as error:
        raise NoAnswer(f"`{' '.join(command)}` is not done in {SECONDS} s") from error
    if done.returncode:
        raise NoAnswer(f"`{' '.join(command)}` failed: {done.stderr.strip()}")
    return done.stdout.strip()


def _wait_until(
    holds: Callable[[], bool], what: str, daemons: Iterable[subprocess.Popen] = ()
) -> None:
    """Wait until something holds that a running SLURM can say; raise if it never does."""
    start, reason = time.monotonic(), ""
    while time.monotonic() < start + SECONDS and all(daemon.poll() is None for daemon in daemons):
        try:
            if holds():
                return
        except NoAnswer as error:  # the controller does not answer at once
            reason = f": {error}"
        time.sleep(0.5)
    raise NoAnswer(f"no {what} after {time.monotonic() - start:.0f} s{reason}")
