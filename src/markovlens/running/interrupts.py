"""How a job takes Ctrl-C: once, so that what it then tidies up is not interrupted."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

STOPPED = 128 + signal.SIGINT


def stop_once(number: int, frame: Any) -> NoReturn:
    """Interrupt a job; what it then tidies up is not interrupted.

    A job hears of Ctrl-C from the terminal and again from `stopping.Stop`.
    """
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


@contextmanager
def stopped_once() -> Iterator[None]:
    """Let `stop_once` handle Ctrl-C for the length of a block, and after it if it did."""
    before = signal.signal(signal.SIGINT, stop_once)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is stop_once:
            signal.signal(signal.SIGINT, before)
