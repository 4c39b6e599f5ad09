"""Columns of a user's table as numbers: channels, symbols and targets."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pandas.api.types import (
    is_datetime64_any_dtype,
    is_numeric_dtype,
)

from markovlens.channels import Channel
from markovlens.errors import DataError
from markovlens.tasks.custom.cells import (
    as_text,
    check_complete,
    check_decimal_points,
    is_boolean,
    told,
    where,
    without_missing,
)
from markovlens.tasks.custom.description import Description
from markovlens.tasks.custom.reading import MISSING_NUMBERS

MOST_LEVELS = 100  # of a text column that nobody called categories
LARGEST_CODE = 19_999


def channels_and_rows(
    table: pd.DataFrame, described: Description, first: np.ndarray, begins: np.ndarray
) -> tuple[tuple[Channel, ...], np.ndarray]:
    """Return the channels of the inputs and their values, float (N, D), NaN where missing.

    Columns with `levels`, of text and of truth values are categories.

    Args:
        table: the rows of all sequences, in order.
        described: what the config says.
        first: int (S,), the first row of each sequence, or of each window of one.
        begins: the first row of each sequence, whose last known values windows carry on.

    Raises:
        DataError: a cell that is no number, an infinite one, a missing one that is refused, or a
            static column that changes.
    """
    channels, values = [], []
    for name in described.inputs:
        levels, column = numbers_of(table, name, described)
        if described.missing == "refuse" and np.isnan(column).any():
            row = int(np.isnan(column).argmax())
            raise DataError(
                f"{where(table, row)}: {name}: expected a value, got an empty cell",
                page="unreadable-cell",
            )
        if described.missing == "last":
            column = _carried_on(column, begins)
        static = name in described.static
        if static:
            _check_static(table, name, column, first)
        channels.append(Channel(name, described.units.get(name, ""), levels, static))
        values.append(column)
    return tuple(channels), np.column_stack(values)


def symbols_and_codes(
    table: pd.DataFrame, described: Description
) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the names of the V symbols and the code, int (N,), at each row.

    Raises:
        DataError: an empty cell, or one that is neither text nor a whole number.
    """
    name = str(described.symbols)
    check_complete(table, name, "a symbol")
    names, codes = categories_of(table, name, described)
    return names, codes.astype(np.int32)


def numbers_of(
    table: pd.DataFrame, name: str, described: Description
) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the levels of an input, none where it holds numbers, and its values (N,)."""
    column = without_missing(table[name], described.missing_values)
    if is_datetime64_any_dtype(column.dtype):
        raise DataError(
            f"{name}: expected numbers or categories, got points in time; make them numbers, such "
            "as the hour of the day",
            page="unreadable-cell",
        )
    if name in described.levels or is_boolean(column):
        return categories_of(table, name, described)
    check_decimal_points(table, name)
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isinf(values).any():
        row = int(np.isinf(values).argmax())
        raise DataError(
            f"{where(table, row)}: {name}: expected a number, got {values[row]}",
            page="unreadable-cell",
        )
    odd = (column.notna() & ~column.isin(MISSING_NUMBERS)).to_numpy() & np.isnan(values)
    if not odd.any():
        return (), values
    may_be_names = described.takes_levels(name)
    if (~np.isnan(values)).any():
        row = int(odd.argmax())
        raise DataError(
            f"{where(table, row)}: {name}: expected a number, as in {(~np.isnan(values)).sum()} "
            f"other rows, got {told(column.iloc[row])}; leave the cell empty where the value is "
            f"missing{f', or name the categories in levels.{name}' if may_be_names else ''}",
            page="unreadable-cell",
        )
    levels, values = categories_of(table, name, described)
    if may_be_names and len(levels) > MOST_LEVELS:
        raise DataError(
            f"{name}: expected numbers or at most {MOST_LEVELS} categories, got {len(levels)} "
            f"different texts, such as {levels[0]!r}; name them in levels.{name} if they are meant",
            page="unreadable-cell",
        )
    return levels, values


def categories_of(
    table: pd.DataFrame, name: str, described: Description
) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the names of categories and their codes, float (N,), NaN where a cell is empty."""
    column = without_missing(table[name], described.missing_values)
    known = column.notna().to_numpy()
    codes = np.full(len(column), np.nan)
    if name in described.levels:
        levels = tuple(described.levels[name])
        found = pd.Index(levels).get_indexer(pd.Index(as_text(column[known])))
        codes[known] = found
        if (found < 0).any():
            row = int(np.flatnonzero(known)[(found < 0).argmax()])
            raise DataError(
                f"{where(table, row)}: {name}: expected one of {', '.join(levels)} (its levels), "
                f"got {told(column.iloc[row])}",
                page="unreadable-cell",
            )
        return levels, codes
    if not is_numeric_dtype(column.dtype) or is_boolean(column):
        names, codes[known] = np.unique(as_text(column[known]).astype(str), return_inverse=True)
        return tuple(map(str, names)), codes
    codes[known] = column[known].to_numpy(dtype=np.float64)
    wrong = known & ~((codes == np.floor(codes)) & (codes >= 0) & (codes <= LARGEST_CODE))
    if wrong.any():
        row = int(wrong.argmax())
        raise DataError(
            f"{where(table, row)}: {name}: expected a name or a whole number 0..{LARGEST_CODE}, "
            f"got {told(column.iloc[row])}; name all of them in levels.{name}; of real values "
            "make ranges, such as low and high, or where they are the target give `output: values`",
            page="unreadable-cell",
        )
    return tuple(map(str, range(int(codes[known].max(initial=-1)) + 1))), codes


def _carried_on(column: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Return values with missing ones filled by the last before them in their sequence."""
    known = np.where(np.isnan(column), -1, np.arange(len(column)))
    begin = np.zeros(len(column), dtype=np.int64)
    begin[first] = first
    begin = np.maximum.accumulate(begin)
    source = np.maximum.accumulate(known)
    return np.where(source >= begin, column[np.maximum(source, 0)], np.nan)


def _check_static(table: pd.DataFrame, name: str, column: np.ndarray, first: np.ndarray) -> None:
    begin = np.zeros(len(column), dtype=np.int64)
    begin[first] = first
    begin = np.maximum.accumulate(begin)
    same = (column == column[begin]) | (np.isnan(column) & np.isnan(column[begin]))
    if not same.all():
        row = int((~same).argmax())
        raise DataError(
            f"{where(table, row)}: {name}: expected one value a sequence, since it is static, got "
            f"{told(table[name].iloc[row])} after {told(table[name].iloc[int(begin[row])])}",
            page="unreadable-cell",
        )
