"""Child seeds by name: the same config gives the same numbers, in whatever order jobs run."""

from __future__ import annotations

from zlib import crc32

import numpy as np


def seed_for(root: int, *names: str | int) -> np.random.SeedSequence:
    """Return the seed sequence of one place in a benchmark, e.g. `seed_for(0, "parity", "gru", 2)`.

    Args:
        root: the config's `seed`.
        names: what identifies the place; different names give independent streams.
    """
    return np.random.SeedSequence([root, *(_number(name) for name in names)])


def integer(sequence: np.random.SeedSequence) -> int:
    """Return a seed (0..2^31-1) for libraries that take an integer."""
    return int(sequence.generate_state(1)[0] >> 1)


def _number(name: str | int) -> int:
    return name if isinstance(name, int) else crc32(name.encode())
