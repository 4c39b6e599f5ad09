"""Rows that come one at a time, looked at before they are read: are they any, and as others?"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from math import isinf, isnan
from typing import Any

import numpy as np

from markovlens.arguments import has_items
from markovlens.channels import Channel
from markovlens.codebooks.base import Codebook
from markovlens.codebooks.known import Known, far_outside, known_of, warn_of
from markovlens.errors import DataError

Row = Sequence[float] | Mapping[str, float] | np.ndarray
LARGEST = sys.float_info.max


class Gate:
    """Looks at rows as they come: refuses what is none, and says once what was not known before.

    What `Sequences` and `known.warn_of_unknown` do with whole sequences.
    """

    def __init__(self, codebook: Codebook) -> None:
        """Keep what a value of each channel may be; nothing was said yet."""
        self._channels, self._known = codebook.channels, known_of(codebook)
        self._bounds = list(map(_bounds, self._channels, self._known))
        self._coded = [place for place, each in enumerate(self._channels) if each.levels]
        self._said: set[int] = set()

    def __call__(self, row: Any) -> list[float]:
        """Return the row (D,) as a list; raises `DataError` for what is no row of the channels."""
        values = self._listed(row)
        try:
            for place, (value, (low, high)) in enumerate(zip(values, self._bounds, strict=True)):
                if not low <= value <= high:  # so is NaN
                    self._look(place, value)
        except DataError:
            raise
        except (TypeError, ValueError) as error:
            raise DataError(
                f"expected numbers of {_names(self._channels)}, NaN where one is missing, got "
                f"{values!r}",
                page="wrong-channel-value",
            ) from error
        for place in self._coded:
            if values[place] != values[place] // 1 and not isnan(values[place]):
                self._refuse(place, values[place])
        return values

    def _listed(self, row: Any) -> list[float]:
        if isinstance(row, np.ndarray):
            values = row.tolist()
        else:
            values = self._by_name(row) if hasattr(row, "keys") else row
        if isinstance(values, str) or not has_items(values):
            raise DataError(
                f"expected a row of {_names(self._channels)}, got {row!r}; give a list of numbers "
                "in this order, also of a single one",
                page="channels-differ",
            )
        values = list(values)
        if len(values) != len(self._channels):
            raise DataError(
                f"expected a row of {len(self._channels)} channels, got {len(values)} values",
                page="channels-differ",
            )
        return values

    def _by_name(self, row: Any) -> list[float]:
        """Return the values of a dict or a pandas Series, whose names say the order."""
        names = [channel.name for channel in self._channels]
        given = list(row.keys())
        if not any(isinstance(each, str) for each in given):
            return [row[each] for each in given]
        if set(given) != set(names):
            raise DataError(
                f"expected values of {_names(self._channels)}, got them of "
                f"{', '.join(map(str, given))}; give each channel by its name",
                page="channels-differ",
            )
        return [row[name] for name in names]

    def _look(self, place: int, value: float) -> None:
        """Refuse a value that is none, and say once of a channel that it was not known so."""
        channel, known = self._channels[place], self._known[place]
        if isinf(value) or (channel.levels and not isnan(value)):
            self._refuse(place, value)
        if known is None or place in self._said or (isnan(value) and known.missing):
            return
        self._said.add(place)
        missing = f"{channel.name} is missing in a row, and never was before"
        warn_of(
            missing if isnan(value) else far_outside(channel, known, "in a row", f"{value:.4g}")
        )

    def _refuse(self, place: int, value: float) -> None:
        channel = self._channels[place]
        few = f"codes 0..{len(channel.levels) - 1} of its {len(channel.levels)} levels"
        expected = few if channel.levels else "numbers, or NaN where they are missing"
        raise DataError(
            f"channel {channel.name}: expected {expected}, got {value}", page="wrong-channel-value"
        )


def _bounds(channel: Channel, known: Known | None) -> tuple[float, float]:
    """Return between which values nothing has to be said."""
    if channel.levels:
        return 0.0, len(channel.levels) - 1.0
    return (-LARGEST, LARGEST) if known is None else known.bounds


def _names(channels: Sequence[Channel]) -> str:
    return ", ".join(map(str, channels))
