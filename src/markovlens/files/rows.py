"""Rows of a table as whole sequences, whatever another tool did to their order.

A row says of which sequence it is and which step. Rows that lie as whole sequences, one after
another, are taken as they lie, also where two files were joined and numbers repeat; others are
sorted by both, if that leaves no doubt.
"""

from __future__ import annotations

import numpy as np

from markovlens.errors import DataError
from markovlens.sequences import steps_of


def in_order(
    sequence: np.ndarray, step: np.ndarray, *, before: tuple[int, int] | None = None
) -> bool:
    """Return whether rows lie as whole sequences, one after another.

    Args:
        sequence, step: int (N,), of each row; steps count from 0.
        before: sequence and step of the row before the first; None where there is none.
    """
    if before is not None:
        sequence, step = np.append(before[0], sequence), np.append(before[1], step)
    goes_on = (np.diff(sequence) == 0) & (np.diff(step) == 1)
    begins = step == 0
    return bool((goes_on | begins[1:]).all()) and (before is not None or bool(begins[:1].all()))


def sorted_rows(sequence: np.ndarray, step: np.ndarray) -> np.ndarray | slice:
    """Return the rows (N,) as whole sequences; all as they lie where nothing is to be done.

    Raises:
        DataError: a step of a sequence is there twice, or missing.
    """
    if in_order(sequence, step):
        return slice(None)
    order = np.lexsort((step, sequence))
    sequence, step = sequence[order], step[order]
    _, lengths = np.unique(sequence, return_counts=True)
    wrong = np.flatnonzero(step != steps_of(lengths))
    if wrong.size:
        row = int(wrong[0])
        wanted = int(steps_of(lengths)[row])
        twice = step[row] < wanted
        raise DataError(
            f"expected each step of a sequence once, from 0 on, got sequence {sequence[row]} "
            + (f"with step {step[row]} more than once" if twice else f"without step {wanted}")
            + "; keep whole sequences, and numbers of their own where files are joined",
            page="steps-out-of-order",
        )
    return order


def sorted_windows(window: np.ndarray, step: np.ndarray) -> tuple[np.ndarray, int]:
    """Return the rows (N,) as windows of the same steps, one after another, and the steps of each.

    Args:
        window, step: int (N,), of each row; steps of a window count by 1 from any number.

    Raises:
        DataError: windows have different steps, or one of them twice.
    """
    order = np.lexsort((step, window))
    window, step = window[order], step[order]
    _, lengths = np.unique(window, return_counts=True)
    length = int(lengths[0])
    steps = np.arange(length) + step[0]
    if (lengths != length).any() or not np.array_equal(step, np.tile(steps, len(lengths))):
        raise DataError(
            "expected the same steps of every window, each once, got others; keep whole windows, "
            "and numbers of their own where files are joined",
            page="steps-out-of-order",
        )
    return order, length
