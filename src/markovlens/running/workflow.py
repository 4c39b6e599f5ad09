"""What every script has around its one library call: a log, pinned threads, clear failure."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from threadpoolctl import threadpool_limits

from markovlens.errors import MarkovlensError, in_full
from markovlens.running.interrupts import STOPPED, stopped_once
from markovlens.running.presence import present

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


@contextmanager
def job(snakemake: Any) -> Iterator[None]:
    """Run the body of a script as a job: logged, on the rule's threads, failing in one clear line.

    Args:
        snakemake: the object that Snakemake puts into a script; only `log` and `threads` are read.
    """
    # At work before there is a log: who sees the log may rely on it.
    with stopped_once(), present(), threadpool_limits(snakemake.threads):
        _log_to(snakemake.log[0])
        _pin_torch(snakemake.threads)
        try:
            yield
        except MarkovlensError as error:
            logging.getLogger("markovlens").error("%s", in_full(error))
            sys.exit(1)
        except KeyboardInterrupt:
            sys.exit(STOPPED)
        except Exception:
            logging.getLogger("markovlens").exception("a bug, or a case that nobody thought of")
            raise


def _log_to(path: str) -> None:
    console = logging.StreamHandler()
    console.setLevel(logging.WARNING)
    handlers: list[logging.Handler] = [logging.FileHandler(path, mode="w"), console]
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT, handlers=handlers, force=True)
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # a log on a full disk must not hide why the job failed


def _pin_torch(threads: int) -> None:
    """Pin torch only where a script has already imported it: importing it costs seconds."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)
