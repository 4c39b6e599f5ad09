"""Ctrl-C: a run ends with one line on how to go on and with 130, as shells have it."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

STOPPED = 128 + signal.SIGINT
GO_ON = "markovlens: stopped; the same command goes on from here\n"


@dataclass
class Stop:
    """What Ctrl-C does to Snakemake.

    Attributes:
        asked: whether it was pressed.
    """

    asked: bool = False

    def __call__(self, number: int, frame: Any) -> None:
        """Interrupt the main thread; Snakemake no longer tells of jobs, which end as well."""
        self.asked = True
        logging.getLogger("snakemake.logging").addFilter(lambda record: False)
        raise KeyboardInterrupt


@contextmanager
def stopped_in_one_line() -> Iterator[None]:
    """Run Snakemake within; after Ctrl-C the process ends with `GO_ON` and `STOPPED`."""
    stop = Stop()
    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        if not stop.asked:
            raise
        sys.stderr.write(GO_ON)
        sys.exit(STOPPED)
    finally:
        signal.signal(signal.SIGINT, before)
