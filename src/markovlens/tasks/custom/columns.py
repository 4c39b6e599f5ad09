"""Columns of a user's table as numbers: channels, symbols and targets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_float_dtype, is_integer_dtype, is_numeric_dtype

from markovlens.channels import Channel
from markovlens.errors import DataError
from markovlens.tasks.base import no_targets
from markovlens.tasks.custom.description import Description
from markovlens.tasks.custom.splitting import told, where

MOST_CLASSES = 1000


def channels_and_rows(
    table: pd.DataFrame, described: Description, first: np.ndarray
) -> tuple[tuple[Channel, ...], np.ndarray]:
    """Return the channels of the inputs and their values, float (N, D), NaN where missing.

    Columns of text and of truth values are categories, in alphabetical order.

    Args:
        table: the rows of all sequences, in order.
        described: what the config says.
        first: int (S,), the first row of each sequence.

    Raises:
        DataError: a cell that is no number, an infinite one, a missing one that is refused, or a
            static column that changes.
    """
    channels, values = [], []
    for name in described.inputs:
        levels, column = _numbers(table, name)
        if described.missing == "refuse" and np.isnan(column).any():
            row = int(np.isnan(column).argmax())
            raise DataError(f"{where(table, row)}: {name}: expected a value, got an empty cell")
        if described.missing == "last":
            column = _carried_on(column, first)
        static = name in described.static
        if static:
            _check_static(table, name, column, first)
        channels.append(Channel(name, described.units.get(name, ""), levels, static))
        values.append(column)
    return tuple(channels), np.column_stack(values)


def symbols_and_codes(table: pd.DataFrame, name: str) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the names of symbols, sorted, and the code (N,) at each row."""
    _check_complete(table, name, "a symbol")
    return _sorted_codes(table[name])


def classes_and_targets(table: pd.DataFrame, name: str) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the names of classes, sorted, and the target, int (N,), -1 where a cell is empty.

    Raises:
        DataError: real numbers, a single class, or no target at all.
    """
    column = table[name]
    known = column.notna().to_numpy()
    if not known.any():
        raise DataError(f"{name}: expected a target at some step, got empty cells throughout")
    given = column[known]
    if is_float_dtype(given.dtype):
        whole = given.to_numpy() == np.floor(given.to_numpy())
        if not whole.all():
            row = int(np.flatnonzero(known)[(~whole).argmax()])
            raise DataError(
                f"{where(table, row)}: {name}: expected the name or number of a class, got "
                f"{told(column.iloc[row])}; make ranges of real targets, such as low and high"
            )
        given = given.astype(np.int64)
    classes, codes = _sorted_codes(given)
    if len(classes) < 2:
        raise DataError(
            f"{name}: expected two classes or more, got {classes[0]!r} throughout; a network "
            "that always gives one answer has nothing to explain"
        )
    if len(classes) > MOST_CLASSES:
        raise DataError(f"{name}: expected at most {MOST_CLASSES} classes, got {len(classes)}")
    targets = no_targets(len(table))
    targets[known] = codes
    return classes, targets


def _sorted_codes(column: pd.Series) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the distinct values in their order, as text, and the place of each row's (N,)."""
    values = column.to_numpy()
    names, codes = np.unique(
        values.astype(str) if values.dtype == object else values, return_inverse=True
    )
    return tuple(map(str, names)), codes.astype(np.int32)


def _numbers(table: pd.DataFrame, name: str) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the levels of a column, none where it holds numbers, and its values (N,)."""
    column = table[name]
    if is_numeric_dtype(column.dtype) and not is_bool_dtype(column.dtype):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        if np.isinf(values).any():
            row = int(np.isinf(values).argmax())
            raise DataError(f"{where(table, row)}: {name}: expected a number, got {values[row]}")
        return (), values
    _check_no_stray_text(table, name)
    known = column.notna().to_numpy()
    if not known.any():
        return (), np.full(len(column), np.nan)
    levels, codes = _sorted_codes(column[known])
    values = np.full(len(column), np.nan)
    values[known] = codes
    return levels, values


def _check_no_stray_text(table: pd.DataFrame, name: str) -> None:
    """Raise `DataError` for a column of numbers with a few words among them."""
    column = table[name]
    if is_bool_dtype(column.dtype) or is_integer_dtype(column.dtype):
        return
    known = column.notna()
    numbers = pd.to_numeric(column, errors="coerce").notna()
    odd = (known & ~numbers).to_numpy()
    if numbers.sum() > odd.sum():
        row = int(odd.argmax())
        raise DataError(
            f"{where(table, row)}: {name}: expected a number, as in {numbers.sum()} other rows, "
            f"got {told(column.iloc[row])}; leave the cell empty where the value is missing"
        )


def _check_complete(table: pd.DataFrame, name: str, what: str) -> None:
    empty = table[name].isna().to_numpy()
    if empty.any():
        row = int(empty.argmax())
        raise DataError(f"{where(table, row)}: {name}: expected {what}, got an empty cell")


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
            f"{told(table[name].iloc[row])} after {told(table[name].iloc[int(begin[row])])}"
        )


def named_in(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return the table after checking that no cell of these columns is empty."""
    for name in names:
        _check_complete(table, name, "a value")
    return table
