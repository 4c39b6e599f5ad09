"""Who is at work in a folder: known from a lock that lives and dies with its process.

Snakemake's own lock is a file that a killed run leaves behind, and the jobs of a killed run may
still be writing. So every run and every job holds a shared lock on one file of the folder for as
long as it lives. Whoever gets that lock for itself is alone there. The operating system takes the
lock back however a process ends; it reaches as far as the file system's locks do.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

SNAKEMAKE = ".snakemake"
LOCK = "markovlens.lock"


def attend(folder: str | Path = ".") -> IO[bytes] | None:
    """Return the open file whose shared lock says that this process is at work in `folder`.

    None where the file system is read-only or has no locks: that must keep nobody from working.
    """
    try:
        Path(folder, SNAKEMAKE).mkdir(exist_ok=True)  # on a first run, Snakemake makes it later
        with _opened(folder) as file:
            _lock(file, alone=False, waits=False)
    except OSError:
        return None
    return file


@contextmanager
def present(folder: str | Path = ".") -> Iterator[None]:
    """Be at work in `folder` for the length of a block."""
    file = attend(folder)
    try:
        yield
    finally:
        if file is not None:
            file.close()


def alone(folder: str | Path, *, waiting: Callable[[], None]) -> IO[bytes]:
    """Return the open file whose lock says that this process alone is at work in `folder`.

    Args:
        folder: with a folder `.snakemake` in it.
        waiting: called once if others are at work, before waiting for them.

    Raises:
        OSError: the file system is read-only, or has no locks.
    """
    with _opened(folder) as file:
        try:
            _lock(file, alone=True, waits=False)
        except BlockingIOError:
            waiting()
            _lock(file, alone=True, waits=True)
    return file


def share(file: IO[bytes]) -> None:
    """Let others be at work too, while this one goes on."""
    _lock(file, alone=False, waits=True)


def _lock(file: IO[bytes], *, alone: bool, waits: bool) -> None:
    """Lock a file for this process alone, or with others; raises `OSError` where it cannot."""
    try:
        import fcntl  # Windows has none
    except ModuleNotFoundError as error:
        raise OSError(errno.ENOSYS, "this system has no such locks") from error
    kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
    fcntl.flock(file, kind if waits else kind | fcntl.LOCK_NB)


@contextmanager
def _opened(folder: str | Path) -> Iterator[IO[bytes]]:
    """Yield the open file that is locked; it is closed only if the block fails."""
    file = _open(folder)
    try:
        yield file
    except BaseException:
        file.close()
        raise


def _open(folder: str | Path) -> IO[bytes]:
    return open(Path(folder, SNAKEMAKE, LOCK), "ab")
