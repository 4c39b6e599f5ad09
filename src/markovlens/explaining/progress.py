"""What is being done, told by logging, and seeds for each part of it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING

from markovlens.seeding import integer, seed_for

if TYPE_CHECKING:
    from markovlens.explaining.explanation import Settings

logger = logging.getLogger(__name__)


def child_seed(settings: Settings, what: str) -> int:
    """Return the seed of one part of an explanation."""
    return integer(seed_for(settings.seed, "explain", what))


@contextmanager
def told(what: str) -> Iterator[None]:
    """Log what is done, and the seconds that it took."""
    begin = perf_counter()
    yield
    logger.info("%s: %.1f s", what, perf_counter() - begin)
