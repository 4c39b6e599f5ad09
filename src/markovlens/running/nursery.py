"""A process that imports what scripts need and forks for each, so that jobs start at once.

Python imports torch and the like for a second or two before a job does anything. The nursery does
so once: it imports what a script needs (`loading`), unless an earlier one did, and forks. The fork
runs the script as a Python of its own would: own memory and exit code, and a place below whoever
asks in the tree of processes, so that benchmarks and kills find it. The nursery runs nothing but
imports, on one thread, and ends with whoever asks. `workflow/forking.py` lets Snakemake ask.
"""

from __future__ import annotations

import json
import logging
import os
import runpy
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import CalledProcessError
from typing import IO

from markovlens.running.interrupts import SIGNALS, STOPPED, hear_no_more, signals_heard, stop_once
from markovlens.running.loading import import_for

LONGEST = 1 << 16  # bytes of a message: a path and some variables of the environment
PATIENCE_S = 5.0  # for jobs to end by themselves, once nobody waits for them
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
        """Run a script, with some variables set for it, in the folder that this process is in.

        Raises:
            CalledProcessError: it was not begun, as the run is being stopped.
        """
        here, there = socket.socketpair()
        order = {"script": script, "environment": dict(environment), "folder": os.getcwd()}
        with here, there:
            socket.send_fds(self.asking, [json.dumps(order).encode()], [there.fileno()])
            told = here.makefile()
        pid = told.readline()
        if not pid:  # the nursery has been stopped
            told.close()
            raise CalledProcessError(STOPPED, [sys.executable, script])
        return Job(script, int(pid), told)


@contextmanager
def nursery() -> Iterator[Nursery]:
    """Open a nursery; call it before anything has been imported and any thread started.

    In a fork this does not return: the process ends with its script.
    """
    asking, asked = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with _uninterrupted():  # the caller's handler must not run in the nursery
        pid = os.fork()
        if not pid:
            os._exit(run(nurse(_alone_with(asked))))
    asked.close()
    try:
        yield Nursery(asking)
    finally:
        asking.close()
        os.waitpid(pid, 0)


@contextmanager
def _uninterrupted(how: int = signal.SIG_BLOCK) -> Iterator[None]:
    """Keep Ctrl-C and its like waiting for a block; or, with `SIG_UNBLOCK`, let them come."""
    before = signal.pthread_sigmask(how, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _alone_with(asked: socket.socket) -> socket.socket:
    """Close all else that is open, such as the lock of a folder, and forget the caller's folder."""
    kept = asked.detach()
    os.closerange(3, kept)
    os.closerange(kept + 1, os.sysconf("SC_OPEN_MAX"))
    if not sys.flags.safe_path:
        del sys.path[0]
    return socket.socket(fileno=kept)


def nurse(asked: socket.socket) -> str:
    """Fork for every script that is asked for; return in a fork, with the path of its script.

    Ctrl-C, as `kill`, waits but while there is nothing to do and while modules are imported. After
    it, as when nobody can ask any more, there are no more forks, and the running ones end. It waits
    in a fork too, until `run` can answer it.
    """
    for number in signals_heard():
        signal.signal(number, stop_once)
    forks = Forks({}, {})
    with suppress(KeyboardInterrupt):
        while order := forks.next_order(asked, how=signal.SIG_UNBLOCK):
            _be_as_wished(order)
            pid = os.fork()
            if not pid:
                forks.leave(asked, order.answer)
                return order.script
            forks.add(pid, order.answer)
    forks.send(signal.SIGINT)
    while order := forks.next_order(asked):
        order.answer.close()
    forks.end()
    os._exit(0)


@dataclass(frozen=True)
class Order:
    """A script that is to run, with some variables, in a folder; and where its end is told."""

    script: str
    environment: Mapping[str, str]
    folder: str
    answer: socket.socket


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


@dataclass(frozen=True)
class Forks:
    """The jobs of the nursery.

    Attributes:
        running: by the handle that tells of their end.
        told: those of whose end the nursery has told, by the handle that tells that it was heard.
    """

    running: dict[int, Fork]
    told: dict[int, Fork]

    def add(self, pid: int, answer: socket.socket) -> None:
        """Look after one more."""
        _tell(answer, pid)
        self.running[os.pidfd_open(pid)] = Fork(pid, answer)

    def next_order(self, asked: socket.socket, how: int = signal.SIG_BLOCK) -> Order | None:
        """Return the next order, None if nobody can give one any more; tell of ends until then."""
        while True:
            with _uninterrupted(how):
                ready = self.wait([asked.fileno()])
            self.tell_ends(ready)
            if asked.fileno() in ready:
                message, handles, _, _ = socket.recv_fds(asked, LONGEST, 1)
                answers = [socket.socket(fileno=handle) for handle in handles]
                return Order(**json.loads(message), answer=answers[0]) if message else None

    def leave(self, *others: socket.socket) -> None:
        """Close, in a fork, what is the nursery's."""
        known = [*self.running.values(), *self.told.values()]
        for each in [*others, *(fork.answer for fork in known)]:
            each.close()
        for handle in self.running:
            os.close(handle)

    def wait(self, others: Sequence[int] = (), *, seconds: float | None = None) -> list[int]:
        """Return the handles, of jobs and others, on which something has happened."""
        return select.select([*others, *self.running, *self.told], [], [], seconds)[0]

    def tell_ends(self, ready: Sequence[int]) -> None:
        """Tell of jobs that have ended, and let go of those of which that was heard."""
        for handle in self.told.keys() & set(ready):
            self.told.pop(handle).forget()
        for handle in self.running.keys() & set(ready):
            os.close(handle)
            fork = self.running.pop(handle)
            fork.tell_end()
            self.told[fork.answer.fileno()] = fork

    def send(self, number: signal.Signals) -> None:
        """Send a signal to those that run."""
        for handle in self.running:
            signal.pidfd_send_signal(handle, number)

    def end(self) -> None:
        """Interrupt those that run, and kill them if that takes too long."""
        self.send(signal.SIGINT)
        killed_at = time.monotonic() + PATIENCE_S
        while self.running and (left := killed_at - time.monotonic()) > 0:
            self.tell_ends(self.wait(seconds=left))
        self.send(signal.SIGKILL)


def _be_as_wished(order: Order) -> None:
    """Set what the fork is to inherit; once interrupted, refuse the order."""
    os.environ.update(order.environment)
    os.chdir(order.folder)
    try:
        with _uninterrupted(signal.SIG_UNBLOCK):
            import_for(order.script)
        if signal.getsignal(signal.SIGINT) is hear_no_more:  # `stop_once`, in a bare `except:`
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        order.answer.close()
        raise


def run(script: str) -> int:
    """Run a script as Python's main program, and return its exit code.

    Python's own end is left out: it would look at all that is shared, and so copy it.
    """
    sys.argv = [script]
    sys.path.insert(0, str(Path(script).parent))
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
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


def _code_of(end: SystemExit) -> int:
    if end.code is None or isinstance(end.code, int):
        return end.code or 0
    sys.stderr.write(f"{end.code}\n")
    return 1


def _tell(answer: socket.socket, number: int) -> None:
    with suppress(OSError):  # nobody listens any more
        answer.sendall(f"{number}\n".encode())
