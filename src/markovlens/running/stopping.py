"""Ctrl-C: a run ends with one line on how to go on and with 130, as shells have it."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from markovlens.running.interrupts import STOPPED

STOPPING = (
    b"markovlens: stopping; what the running jobs have half done is made anew by the next run "
    b"(Ctrl-C once more kills those that do not end)\n"
)
KILLING = b"markovlens: killing the jobs that have not ended\n"
GO_ON = "markovlens: stopped; the same command goes on from here\n"


@dataclass
class Stop:
    """What Ctrl-C does to Snakemake.

    Attributes:
        asked: whether it was pressed.
    """

    asked: bool = False

    def __call__(self, number: int, frame: Any) -> None:
        """Interrupt the jobs and the main thread; kill the jobs from the second time on.

        The main thread is interrupted once: Snakemake then waits for its jobs, and they end. It no
        longer tells of them.
        """
        if self.asked:
            say(KILLING)
            return signal_jobs(signal.SIGKILL)
        self.asked = True
        logging.getLogger("snakemake.logging").addFilter(lambda record: False)
        say(STOPPING)
        signal_jobs(signal.SIGINT)
        raise KeyboardInterrupt


@contextmanager
def stopped_in_one_line() -> Iterator[Stop]:
    """Run Snakemake within; after Ctrl-C the process ends with `GO_ON` and `STOPPED`."""
    stop = Stop()
    before = signal.signal(signal.SIGINT, stop)
    try:
        yield stop
    except (KeyboardInterrupt, SystemExit):
        if not stop.asked:
            raise
        sys.stderr.write(GO_ON)
        sys.exit(STOPPED)
    finally:
        if not stop.asked:  # else the process ends, and must not by one more Ctrl-C
            signal.signal(signal.SIGINT, before)


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
