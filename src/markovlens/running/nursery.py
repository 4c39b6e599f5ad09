"""A process that imports what scripts need and forks for each, so that jobs start at once.

Python imports torch and the like for a second or two before a job does anything. The nursery does
so once: it imports what a script imports, unless an earlier one did, and forks. The fork runs the
script as a Python of its own would: own memory and exit code, and a place below whoever asks in the
tree of processes, so that benchmarks and kills find it. The nursery runs nothing but imports, on
one thread, and ends with whoever asks. `workflow/forking.py` lets Snakemake ask.
"""

from __future__ import annotations

import ast
import gc
import json
import logging
import os
import runpy
import select
import signal
import socket
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from subprocess import CalledProcessError
from typing import IO, Any

from markovlens.running.stopping import STOPPED

LONGEST = 1 << 16  # bytes of a message: a path and some variables of the environment
GONE = -signal.SIGKILL  # the status of a job that nobody tells of


@dataclass(frozen=True)
class Job:
    """A script that runs: the number of its process, and where its end is told."""

    script: str
    pid: int
    told: IO[str]

    def wait(self) -> None:
        """Wait for its end.

        Raises:
            CalledProcessError: it failed.
        """
        with self.told:
            status = int(self.told.readline() or GONE)
        if status:
            raise CalledProcessError(status, [sys.executable, self.script])


@dataclass(frozen=True)
class Nursery:
    """Where scripts are run, by whoever opened it."""

    asking: socket.socket

    def start(self, script: str, environment: Mapping[str, str]) -> Job:
        """Run a script, with some variables set for it, in the folder that this process is in."""
        here, there = socket.socketpair()
        order = {"script": script, "environment": dict(environment), "folder": os.getcwd()}
        with here, there:
            socket.send_fds(self.asking, [json.dumps(order).encode()], [there.fileno()])
            told = here.makefile()
        return Job(script, int(told.readline() or GONE), told)


@contextmanager
def nursery() -> Iterator[Nursery]:
    """Open a nursery; call it before anything has been imported and any thread started.

    In a fork this does not return: the process ends with its script.
    """
    asking, asked = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if not pid:
        os._exit(run(nurse(_alone_with(asked))))
    asked.close()
    try:
        yield Nursery(asking)
    finally:
        asking.close()
        os.waitpid(pid, 0)


def _alone_with(asked: socket.socket) -> socket.socket:
    """Close all else that is open, such as the lock of a folder, and forget the caller's folder."""
    kept = asked.detach()
    os.closerange(3, kept)
    os.closerange(kept + 1, os.sysconf("SC_OPEN_MAX"))
    if not sys.flags.safe_path:
        del sys.path[0]
    return socket.socket(fileno=kept)


def nurse(asked: socket.socket) -> str:
    """Fork for every script that is asked for; return in a fork, with the path of its script."""
    interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the jobs
    running: dict[int, Fork] = {}
    told: dict[int, Fork] = {}
    while True:
        ready, _, _ = select.select([asked.fileno(), *running, *told], [], [])
        for handle in told.keys() & set(ready):
            told.pop(handle).forget()
        for handle in running.keys() & set(ready):
            os.close(handle)
            fork = running.pop(handle)
            fork.tell_end()
            told[fork.answer.fileno()] = fork
        if asked.fileno() not in ready:
            continue
        message, handles, _, _ = socket.recv_fds(asked, LONGEST, 1)
        if not message:  # nobody will ask any more
            os._exit(0)
        order, answer = json.loads(message), socket.socket(fileno=handles[0])
        _be_as_wished(order)
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGINT, interrupt)
            asked.close()
            return order["script"]
        _tell(answer, pid)
        running[os.pidfd_open(pid)] = Fork(pid, answer)


@dataclass(frozen=True)
class Fork:
    """A job of the nursery, and where its end is told."""

    pid: int
    answer: socket.socket

    def tell_end(self) -> None:
        """Say how it ended; it stays among the processes until that has been heard."""
        ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        assert ended is not None  # as without WNOHANG
        sign = 1 if ended.si_code == os.CLD_EXITED else -1
        _tell(self.answer, sign * ended.si_status)

    def forget(self) -> None:
        """Let go of it."""
        self.answer.close()
        os.waitpid(self.pid, 0)


def _be_as_wished(order: Any) -> None:
    """Set what the fork is to inherit."""
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    import_for(order["script"])


def run(script: str) -> int:
    """Run a script as Python's main program, and return its exit code.

    Python's own end is left out: it would look at all that is shared, and so copy it.
    """
    sys.argv = [script]
    sys.path.insert(0, str(Path(script).parent))
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        return _code_of(end)
    except KeyboardInterrupt:
        return STOPPED
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def import_for(script: str) -> None:
    """Import what a script imports; what cannot be imported is left for the script to tell."""
    tree = ast.parse(Path(script).read_bytes())
    froms = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    for name in froms:
        with suppress(Exception):
            import_module(name or "")
    gc.freeze()  # so that no fork copies what it only looks through for garbage


def _code_of(end: SystemExit) -> int:
    if end.code is None or isinstance(end.code, int):
        return end.code or 0
    sys.stderr.write(f"{end.code}\n")
    return 1


def _tell(answer: socket.socket, number: int) -> None:
    with suppress(OSError):  # nobody listens any more
        answer.sendall(f"{number}\n".encode())
