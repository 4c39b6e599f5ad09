"""Probabilities as decimal text: each row sums to 1 to the last digit, not only as floats."""

from __future__ import annotations

import numpy as np

DIGITS = 15  # of which every one is right in a float between 0 and 1
ONE = 10**DIGITS


def units(rows: np.ndarray) -> np.ndarray:
    """Return rows (..., n) of probabilities in whole units of 10^-15; each row sums to 10^15.

    What rounding down leaves goes to the largest remainders (Hamilton's method). What is above 0
    keeps at least one unit: whether a state can be reached at all is never rounded away.

    Args:
        rows: each sums to about 1.
    """
    flat = np.asarray(rows, dtype=float).reshape(-1, np.shape(rows)[-1])
    exact = flat / flat.sum(axis=1, keepdims=True) * ONE
    found = np.where(flat > 0, np.maximum(np.floor(exact), 1), 0).astype(np.int64)
    for row, wanted in zip(found, exact - found, strict=True):
        _share(row, wanted)
    return found.reshape(np.shape(rows))


def _share(row: np.ndarray, wanted: np.ndarray) -> None:
    """Give what a row (n,) lacks to those that want it most; take what it has too much."""
    missing = ONE - int(row.sum())
    if missing < 0:
        row[row.argmax()] += missing
        return
    inside = np.flatnonzero(row)
    each, rest = divmod(missing, len(inside))
    row[inside] += each
    first = inside[np.argsort(-wanted[inside], kind="stable")][:rest]
    row[first] += 1


def decimal(unit: int) -> str:
    """Return a number of units as decimal text, such as 0.25."""
    whole, part = divmod(int(unit), ONE)
    return f"{whole}.{part:0{DIGITS}d}".rstrip("0").rstrip(".")
