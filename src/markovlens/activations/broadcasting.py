"""One column of rows that a network spreads over the several that it reads."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from torch import nn

from markovlens.activations.calling import Batch
from markovlens.adapters.failures import FAILURES
from markovlens.errors import RecordingWarning, warn
from markovlens.recurrence.layers import recurrent_modules

MOST_SEQUENCES, MOST_STEPS = 8, 32  # that are looked at


class Reads(Protocol):
    """Calls of a network, see `calling.Calls`."""

    def read(self, values: np.ndarray) -> Batch:
        """Return states and outputs of sequences (B, T, D)."""
        ...


def warn_if_spread(model: nn.Module, calls: Reads, values: np.ndarray) -> None:
    """Warn of rows of one column in a network that has several, and takes the one for each of them.

    Subtracting a mean of each channel does so without a word. It is told by asking: the network
    does the same on as many copies of the column, and tells the first of them from the last. One
    that has a single channel takes no more, or does not look at them, or not at their order.

    Args:
        model: the network; widths of its layers are those that are tried.
        calls: runs it.
        values: rows (B, T, D) of a batch.
    """
    if values.dtype.kind != "f" or values.shape[2:] != (1,):
        return
    few = values[:MOST_SEQUENCES, :MOST_STEPS]
    for width in _widths(model):
        if _is_spread(calls, few, width):
            warn(
                f"rows: got 1 column, and the network reads {width}: it takes the one for each of "
                f"them, as a mean and a scale of {width} channels do; give all {width} columns, in "
                "the order in which it was trained on them",
                RecordingWarning,
            )
            return


def _widths(model: nn.Module) -> list[int]:
    """Return how many numbers layers read that may come first, none twice, but 1."""
    recurrent = recurrent_modules(model).values()
    linear = [each for each in model.modules() if isinstance(each, nn.Linear)]
    found = [getattr(each, "input_size", 1) for each in recurrent]
    return [
        *dict.fromkeys(width for width in [*found, *(e.in_features for e in linear)] if width > 1)
    ]


def _is_spread(calls: Reads, column: np.ndarray, width: int) -> bool:
    copies = np.repeat(column, width, axis=2)
    first, last = copies.copy(), copies.copy()
    moved = column[..., 0] + 1 + np.nanstd(column)
    first[..., 0], last[..., -1] = moved, moved
    try:
        alone, same, *changed = (calls.read(each) for each in (column, copies, first, last))
    except FAILURES:
        return False
    seen = [same, *changed]
    apart = not any(_alike(a, b) for i, a in enumerate(seen) for b in seen[:i])
    return apart and _alike(alone, same)


def _alike(found: Batch, wanted: Batch) -> bool:
    return all(
        part.shape == wanted.states[name].shape
        and np.allclose(part, wanted.states[name], rtol=1e-4, atol=1e-6, equal_nan=True)
        for name, part in found.states.items()
    )
