"""What one sequence has that nothing had on which a machine was made, in words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from markovlens.channels import Channel
from markovlens.codebooks.known import Known, known_of
from markovlens.explaining.sentences import counted
from markovlens.explaining.windows import value_in_words
from markovlens.machines.machine import Machine
from markovlens.sequences import Sequences


def strange_values(machine: Machine, inputs: Sequences, *, unit: str) -> tuple[str, ...]:
    """Return which channels of one sequence are missing or far outside as they never were.

    A value lies far outside where it is beyond the known range by a tenth of its width. Of each
    channel the first such step is named.
    """
    if machine.codebook is None:
        return ()
    each = zip(machine.codebook.channels, known_of(machine.codebook), inputs.rows.T, strict=True)
    return tuple(
        said
        for channel, known, column in each
        if known is not None
        for said in _strange(channel, known, column, unit)
    )


def _strange(channel: Channel, known: Known, column: np.ndarray, unit: str) -> Iterator[str]:
    absent = np.isnan(column)
    if absent.any() and not known.missing:
        yield f"{channel.name} is missing at {_first(absent, unit)}, and never was before"
    low, high = known.bounds
    outside = (column < low) | (column > high)
    if outside.any() and not channel.levels:
        value = value_in_words(channel, float(column[outside.argmax()]))
        before = "it was always missing" if known.low is None else f"before: {known}"
        yield f"{value} at {_first(outside, unit)} ({before})"


def _first(where: np.ndarray, unit: str) -> str:
    others = int(where.sum()) - 1
    more = f" and {counted(others, unit)} more" if others else ""
    return f"{unit} {int(where.argmax()) + 1}{more}"


def too_long(length: int, longest: int, *, unit: str) -> tuple[str, ...]:
    """Return that a sequence is longer than all that a machine was made on, if it is."""
    if length <= longest:
        return ()
    return (f"{counted(length, unit)} long, and none had more than {longest} before",)
