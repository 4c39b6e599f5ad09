"""What turns a row of real values into one of a few symbols, each with a rule that people read."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from markovlens.channels import Channel
from markovlens.errors import DataError
from markovlens.listed import check_listed
from markovlens.sequences import Sequences


class Codebook(Protocol):
    """A partition of rows into V codes, those of a machine's symbols."""

    @property
    def names(self) -> tuple[str, ...]:
        """The rule of each of the V codes, such as `heart rate > 92 /min`."""
        ...

    @property
    def channels(self) -> tuple[Channel, ...]:
        """What the columns of its rows are."""
        ...

    def encode(self, inputs: Sequences) -> np.ndarray:
        """Return the code, int (N,), of each row; raises `DataError` for other channels."""
        ...


def check_channels(expected: tuple[Channel, ...], inputs: Sequences) -> None:
    """Raise `DataError` unless inputs are rows of these channels, in this order and these units."""
    check_listed(inputs)
    if not inputs.channels:
        raise DataError(
            f"expected rows of {_names(expected)}, got symbols; give the rows that the network "
            "read",
            page="channels-differ",
        )
    if inputs.channels != expected:
        raise DataError(
            f"expected rows of {_names(expected)}, in this order and these units, got "
            f"{_names(inputs.channels)}; give both the same `channels`",
            page="channels-differ",
        )


def _names(channels: tuple[Channel, ...]) -> str:
    return ", ".join(map(str, channels))
