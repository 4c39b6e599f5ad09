"""Arrays as JSON has them: the smallest integers that hold them, little-endian, in base64."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

MISSING = 65_535  # stands for NaN among scaled values
LARGEST = MISSING - 1
WHOLE = (np.uint8, np.uint16, np.uint32)


def packed(values: np.ndarray) -> dict[str, str]:
    """Return integers from 0 on, or bools, as `kind` (u1, u2 or u4) and `data` in base64."""
    most = int(values.max()) if len(values) else 0
    kind = next(kind for kind in WHOLE if most <= np.iinfo(kind).max)
    return _packed(values.astype(kind))


def exact(values: np.ndarray) -> dict[str, str]:
    """Return real values in single precision (f4), NaN as it is."""
    return _packed(values.astype(np.float32))


def scaled(values: np.ndarray) -> dict[str, Any]:
    """Return real values to a 65,534th of their range: integers (u2), with `low` and `step`.

    The value is low + step * integer; NaN is `MISSING`. Where all are the same a step is 0: nothing
    is lost of them.
    """
    known = np.isfinite(values)
    low, high = (float(values[known].min()), float(values[known].max())) if known.any() else (0, 0)
    step = (high - low) / LARGEST
    whole = np.full(values.shape, MISSING, dtype=np.uint16)
    whole[known] = np.rint((values[known] - low) / (step or 1.0))
    return {**_packed(whole), "low": low, "step": step}


def _packed(values: np.ndarray) -> dict[str, str]:
    plain = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    return {
        "kind": plain.dtype.str[1:],
        "data": base64.b64encode(plain.tobytes()).decode("ascii"),
    }
