"""Cells of a user's table: what is empty, names, steps in their order, and words for messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype, is_bool_dtype, is_datetime64_any_dtype, is_numeric_dtype

from markovlens.errors import DataError
from markovlens.spelling import is_number
from markovlens.tasks.custom.reading import FILE, ROW

DECIMAL_COMMA = r"\s*[+-]?\d+,\d+([eE][+-]?\d+)?\s*"


def where(table: pd.DataFrame, row: int) -> str:
    """Return the file and row, counted from 1 without a header, of a row of the table."""
    return f"{table[FILE].iloc[row]}, row {table[ROW].iloc[row]}"


def told(value: Any) -> str:
    """Return a cell as a message shows it."""
    return repr(value.item() if isinstance(value, np.generic) else value)


def is_boolean(column: pd.Series) -> bool:
    """Return whether all cells that are not empty are truth values."""
    return is_bool_dtype(column.dtype) or infer_dtype(column, skipna=True) == "boolean"


def without_missing(column: pd.Series, missing_values: Sequence[Any] = ()) -> pd.Series:
    """Return a column whose empty cells, and those that stand for one, are NaN.

    What stands for one may be a number or its text, `-999` as `"-999"`, wherever either is meant.
    """
    texts = [str(each) for each in missing_values]
    numbers = [float(each) for each in texts if is_number(each)]
    return column.mask(column.isin([*missing_values, *texts, *numbers, ""]))


def check_decimal_points(table: pd.DataFrame, name: str) -> None:
    """Raise `DataError` for the first cell of a column that is a number with a decimal comma."""
    column = table[name]
    if is_numeric_dtype(column.dtype) or is_datetime64_any_dtype(column.dtype):
        return
    wrong = column.astype("string").str.fullmatch(DECIMAL_COMMA).fillna(value=False).to_numpy(bool)
    if wrong.any():
        row = int(wrong.argmax())
        raise DataError(
            f"{where(table, row)}: {name}: expected a number with a decimal point, got "
            f"{told(column.iloc[row])}; write {str(column.iloc[row]).strip().replace(',', '.')} "
            f"(if it is a category, name all of them in levels.{name})",
            page="unreadable-cell",
        )


def check_complete(table: pd.DataFrame, name: str, what: str = "a value") -> None:
    """Raise `DataError` for the first empty cell of a column."""
    empty = without_missing(table[name]).isna().to_numpy()
    if empty.any():
        row = int(empty.argmax())
        raise DataError(
            f"{where(table, row)}: {name}: expected {what}, got an empty cell",
            page="unreadable-cell",
        )


def as_text(column: pd.Series) -> np.ndarray:
    """Return cells as text (N,), whole numbers without a decimal point."""
    values = column.to_numpy()
    if values.dtype.kind == "f" and (values == np.floor(values)).all():
        values = values.astype(np.int64)
    return np.array([str(value) for value in values], dtype=object)


def names_of(table: pd.DataFrame, name: str) -> np.ndarray:
    """Return the cells of a column as names (N,); raises `DataError` for an empty one."""
    check_complete(table, name)
    return as_text(table[name])


def ranks_of(names: pd.Series) -> np.ndarray:
    """Return the place (N,) of each name among the distinct ones: of numbers by size."""
    distinct, codes = np.unique(names.to_numpy().astype(str), return_inverse=True)
    if all(name.isdecimal() for name in distinct):
        by_size = sorted(range(len(distinct)), key=lambda i: (int(distinct[i]), distinct[i]))
        return np.argsort(by_size)[codes]
    return codes


def steps_of(table: pd.DataFrame, name: str) -> pd.Series:
    """Return a column of steps as numbers, or as points in time.

    Raises:
        DataError: a cell that is empty, infinite, or neither a number nor a time of ISO 8601.
    """
    check_complete(table, name)
    check_decimal_points(table, name)
    column = table[name]
    if is_datetime64_any_dtype(column.dtype):
        return column.dt.tz_localize(None) if column.dt.tz is None else column.dt.tz_convert(None)
    steps = pd.to_numeric(column, errors="coerce")
    wanted = "a number"
    if not is_numeric_dtype(column.dtype) and steps.isna().all():
        steps = pd.to_datetime(column, format="ISO8601", errors="coerce", utc=True)
        steps, wanted = steps.dt.tz_convert(None), "a time such as 2026-01-31 or 2026-01-31T12:00"
    wrong = steps.isna().to_numpy() | (steps == np.inf).to_numpy() | (steps == -np.inf).to_numpy()
    if wrong.any():
        row = int(wrong.argmax())
        raise DataError(
            f"{where(table, row)}: {name}: expected {wanted}, got {told(column.iloc[row])}",
            page="unreadable-cell",
        )
    return steps
