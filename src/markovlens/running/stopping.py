"""Ctrl-C and `kill`: a run ends with a line on how to go on, and with 130 or 143, as in shells."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from markovlens.running.interrupts import signals_heard

STOPPING = (
    b"markovlens: stopping; what the running jobs have half done is made anew by the next run "
    b"(Ctrl-C from now on kills those that do not end)\n"
)
KILLING = b"markovlens: killing the jobs that have not ended\n"
GO_ON = b"markovlens: stopped; the same command goes on from here\n"


@dataclass
class Stop:
    """What Ctrl-C, `kill` and a closed terminal do to Snakemake.

    Attributes:
        told: what is said at once.
        asked: number of the signal that came first; 0 before.
    """

    told: bytes = STOPPING
    asked: int = 0

    def __call__(self, number: int, frame: Any) -> None:
        """Interrupt the jobs and the main thread; from the second time on, Ctrl-C kills the jobs.

        The main thread is interrupted once: Snakemake then waits for its jobs, and they end. It no
        longer tells of them. Other signals change nothing then: some programs send them twice.
        """
        if self.asked:
            return kill_jobs() if number == signal.SIGINT else None
        self.asked = number
        logging.getLogger("snakemake.logging").addFilter(lambda record: False)
        say(self.told)
        signal_jobs(signal.SIGINT)
        raise KeyboardInterrupt


@contextmanager
def stopped_in_one_line(told: bytes = STOPPING) -> Iterator[Stop]:
    """Run Snakemake within; where that is stopped, the process ends with `GO_ON`.

    Args:
        told: what is said at once.

    Raises:
        SystemExit: it was stopped; with 128 and the number of the signal, as shells have it.
    """
    stop = Stop(told)
    before = {number: signal.signal(number, stop) for number in signals_heard()}
    try:
        yield stop
    except (KeyboardInterrupt, SystemExit):
        if not stop.asked:
            raise
        say(GO_ON)
        sys.exit(128 + stop.asked)
    finally:
        if not stop.asked:  # else the process ends, and must not by one more Ctrl-C
            for number, handler in before.items():
                signal.signal(number, handler)


def kill_jobs() -> None:
    """Kill all processes below this one, and say so."""
    say(KILLING)
    signal_jobs(signal.SIGKILL)


def signal_jobs(number: signal.Signals) -> None:
    """Send a signal to all processes below this one.

    Who interrupts this process alone would else wait for jobs that know nothing of it.
    """
    import psutil  # comes with Snakemake

    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def say(line: bytes) -> None:
    """Write a line to stderr from within a handler, which may have interrupted such writing."""
    with suppress(OSError):  # nobody reads it any more
        os.write(2, line)
