"""What stops a run: Ctrl-C, `kill` and a terminal that is closed are one and the same here.

A job takes it once, so that what it then tidies up is not interrupted.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

STOPPED = 128 + signal.SIGINT
SIGNALS: tuple[signal.Signals, ...] = tuple(  # Windows has no SIGHUP
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


def signals_heard() -> list[signal.Signals]:
    """Return the signals that stop this process; who starts it by `nohup` wants it to live on."""
    return [
        number
        for number in SIGNALS
        if number.name != "SIGHUP" or signal.getsignal(number) is not signal.SIG_IGN
    ]


def stop_once(number: int, frame: Any) -> NoReturn:
    """Interrupt a job; what it then tidies up is not interrupted.

    A job hears of Ctrl-C from the terminal and again from `stopping.Stop`.
    """
    for each in SIGNALS:
        signal.signal(each, hear_no_more)
    raise KeyboardInterrupt


def hear_no_more(number: int, frame: Any) -> None:
    """Take a signal and do nothing: of `SIG_IGN`, Python complains where one is on its way."""


@contextmanager
def stopped_once() -> Iterator[None]:
    """Let `stop_once` handle what stops a job for the length of a block, and after it if it did."""
    before = {number: signal.signal(number, stop_once) for number in signals_heard()}
    try:
        yield
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is stop_once:
                signal.signal(number, handler)
