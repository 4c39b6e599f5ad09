"""What is being done: told by logging, on one line to who is looking; and seeds for each part."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, TextIO

from markovlens.seeding import integer, seed_for

if TYPE_CHECKING:
    from markovlens.explaining.explanation import Settings

logger = logging.getLogger(__name__)
# For the line alone, which says what has begun: no handler of a user's ever sees it.
beginnings = logging.getLogger(f"{__name__}.beginnings")
beginnings.propagate = False
WIDTH = 60
NOTEBOOK = "ipykernel"  # whose streams are no terminal, and are seen


def child_seed(settings: Settings, what: str) -> int:
    """Return the seed of one part of an explanation."""
    return integer(seed_for(settings.seed, "explain", what))


@contextmanager
def told(what: str) -> Iterator[None]:
    """Log what is done, and the seconds that it took."""
    begin = perf_counter()
    beginnings.info(what)
    yield
    logger.info("%s: %.1f s", what, perf_counter() - begin)


@contextmanager
def watched() -> Iterator[None]:
    """Say on one line what is being done, where somebody is looking; none of it stays."""
    file = sys.stderr
    if not _is_seen(file):
        yield
        return
    line = _Line(file)
    beginnings.addHandler(line)
    beginnings.setLevel(logging.INFO)
    try:
        yield
    finally:
        beginnings.setLevel(logging.NOTSET)
        beginnings.removeHandler(line)
        file.write(f"\r{'':{WIDTH}}\r")
        file.flush()


def _is_seen(file: TextIO) -> bool:
    """Return whether a stream is a terminal, or that of a notebook."""
    return file.isatty() or type(file).__module__.startswith(NOTEBOOK)


class _Line(logging.Handler):
    """One line that is written over and over, with the seconds since it began."""

    def __init__(self, file: TextIO) -> None:
        super().__init__()
        self.file, self.begin = file, perf_counter()

    def emit(self, record: logging.LogRecord) -> None:
        """Write what begins in place of what was done before."""
        text = f"{perf_counter() - self.begin:.0f} s: {record.getMessage()} ..."
        self.file.write(f"\r{text[:WIDTH]:{WIDTH}}")
        self.file.flush()
