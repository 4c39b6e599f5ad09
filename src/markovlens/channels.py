"""What the columns of real-valued inputs are: names, units, and which of them hold categories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from markovlens.arguments import with_known_settings
from markovlens.arrays import check_names
from markovlens.errors import DataError


@with_known_settings
@dataclass(frozen=True, slots=True)
class Channel:
    """One column of rows.

    Attributes:
        name: as people call it.
        unit: of its values, such as `mmHg`; empty where it has none.
        levels: names of categories; its values are then their codes 0, 1, ..., such as those of a
            stream of symbols beside the channels.
        static: whether it stays the same within each sequence, as a patient's age does.
    """

    name: str
    unit: str = ""
    levels: tuple[str, ...] = ()
    static: bool = False

    def __post_init__(self) -> None:
        """Check that names are text; raises `DataError`."""
        for what, text in (("name", self.name), ("unit", self.unit)):
            if not isinstance(text, str):
                raise DataError(
                    f"channel {what}: expected text, got {text!r}; give it between quotes",
                    page="wrong-kind",
                )
        levels: Any = self.levels
        if isinstance(levels, str):
            raise DataError(
                f"channel {self.name}: expected a list of names of levels, got {levels!r}; "
                f"give [{levels!r}]",
                page="wrong-kind",
            )
        object.__setattr__(self, "levels", check_names(f"levels of {self.name}", self.levels))

    def __str__(self) -> str:
        """Return the name, with the unit in brackets."""
        return f"{self.name} [{self.unit}]" if self.unit else self.name


def channels_to_plain(channels: Sequence[Channel]) -> list[dict[str, Any]]:
    """Return channels as plain values, as files keep them."""
    return [asdict(channel) for channel in channels]


def channels_from_plain(plain: Sequence[Mapping[str, Any]]) -> tuple[Channel, ...]:
    """Return the channels that `channels_to_plain` wrote; raises `ConfigError` for other keys."""
    return tuple(Channel(**{**one, "levels": tuple(one["levels"])}) for one in plain)


def columns_of(table: Any) -> tuple[str, ...]:
    """Return the names of a table's columns, as of a pandas DataFrame; none of what has no names.

    Numbers that merely count are no names.
    """
    names = getattr(table, "columns", ())
    return tuple(names) if all(isinstance(each, str) for each in names) else ()


def named_channels(table: Any, channels: Sequence[Channel | str]) -> Sequence[Channel | str]:
    """Return the channels that were given, those of a table's columns where none were.

    Raises:
        DataError: a text in place of a list, or a table's columns with other names or in another
            order.
    """
    if isinstance(channels, str):
        raise DataError(
            f"channels: expected a list of them, got {channels!r}; give [{channels!r}]",
            page="wrong-kind",
        )
    columns = columns_of(table)
    if not channels or not columns:
        return channels or columns
    names = tuple(each.name if isinstance(each, Channel) else str(each) for each in channels)
    if names != columns:
        raise DataError(
            f"expected columns of the channels {', '.join(names)}, in this order, got a table of "
            f"{', '.join(columns)}; choose its columns by name, as `table[names]` does",
            page="channels-differ",
        )
    return channels


def channels_of(
    values: np.ndarray, channels: Sequence[Channel | str], lengths: np.ndarray
) -> tuple[Channel, ...]:
    """Return a channel for each column of values (N, D), none for symbols (N,).

    Args:
        values: the steps of all sequences.
        channels: as the user gave them; none where nothing is known of them.
        lengths: (S,), steps of each sequence.

    Raises:
        DataError: another number of channels than columns, a name twice, infinite values, codes
            without a level, or a static channel that changes within a sequence.
    """
    is_rows = values.ndim == 2 or (values.ndim == 1 and values.dtype.kind == "f")
    if not is_rows:
        if channels:
            raise DataError(
                f"expected rows (N, {len(channels)}) for {len(channels)} channels, got "
                f"{values.dtype} {values.shape}; symbols have no channels",
                page="channels-differ",
            )
        return ()
    if values.ndim == 1 and len(channels) > 1:
        raise DataError(
            f"expected rows (T, {len(channels)}) of {', '.join(map(str, channels))}, got numbers "
            "one after another; of a single sequence give its rows as one array, or `[rows]`",
            page="channels-differ",
        )
    rows = values.reshape(len(values), -1)
    found = tuple(
        each if isinstance(each, Channel) else Channel(str(each))
        for each in channels or [f"x{column + 1}" for column in range(rows.shape[1])]
    )
    if len(found) != rows.shape[1]:
        raise DataError(
            f"expected a channel for each of the {rows.shape[1]} columns, got {len(found)}",
            page="counts-differ",
        )
    check_names("channels", [each.name for each in found])
    _check_finite(rows, found)
    for channel, column in zip(found, rows.T, strict=True):
        if channel.levels:
            _check_levels(channel, column)
        if channel.static:
            _check_static(channel, column, lengths)
    return found


def _check_finite(rows: np.ndarray, channels: tuple[Channel, ...]) -> None:
    infinite = np.isinf(rows)
    if infinite.any():
        row, column = map(int, np.argwhere(infinite)[0])
        raise DataError(
            f"channel {channels[column].name}: expected numbers, or NaN where they are missing, "
            f"got {rows[row, column]} first at row {row}",
            page="wrong-channel-value",
        )


def _check_levels(channel: Channel, column: np.ndarray) -> None:
    known = column[~np.isnan(column)]
    wrong = (known < 0) | (known >= len(channel.levels)) | (known != np.floor(known))
    if wrong.any():
        raise DataError(
            f"channel {channel.name}: expected codes 0..{len(channel.levels) - 1} of its "
            f"{len(channel.levels)} levels, got {known[wrong][0]}",
            page="wrong-channel-value",
        )


def _check_static(channel: Channel, column: np.ndarray, lengths: np.ndarray) -> None:
    same = np.isclose(column[1:], column[:-1], equal_nan=True)
    same[np.cumsum(lengths)[:-1] - 1] = True
    if not same.all():
        raise DataError(
            f"channel {channel.name}: expected one value a sequence, since it is static, got "
            f"another first at row {int((~same).argmax()) + 1}",
            page="wrong-channel-value",
        )
