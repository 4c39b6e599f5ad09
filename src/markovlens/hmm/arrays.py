"""What users hold (lists, tensors, data frames, masked arrays) as plain arrays of numbers.

`numpy.asarray` (2.4) drops the mask of a masked array and keeps what is under it, and fails in its
own words on tensors with gradients, on bfloat16 and on pandas' NA.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markovlens.errors import DataError, reason_of


def as_array(name: str, values: ArrayLike) -> NDArray:
    """Values as an array of numbers; what is masked, None or NA becomes NaN.

    Raises:
        DataError: they are ragged, or not real numbers.
    """
    try:
        plain = _plain(values)
        if plain.dtype == object and any(isinstance(value, str) for value in plain.flat):
            raise TypeError("it holds text, which is not read as numbers")
        if plain.dtype == object:
            import pandas as pd

            plain = np.where(pd.isna(plain), np.nan, plain).astype(np.float64)
    except (TypeError, ValueError, RuntimeError) as error:
        raise DataError(
            f"{name}: expected a rectangular array of numbers, got {type(values).__name__} "
            f"({reason_of(error)}); stack sequences of different lengths with "
            "numpy.concatenate and pass their lengths",
            page="wrong-dtype",
        ) from error
    if plain.dtype.kind not in "biuf":
        raise DataError(
            f"{name}: expected real numbers, got values of type {plain.dtype}; convert or encode "
            "them first",
            page="wrong-dtype",
        )
    return plain


def _plain(values: Any) -> NDArray:
    """Values as an array of whatever type, NaN where they are masked."""
    if isinstance(values, list | tuple):
        values = [_detached(each) for each in values]
        if any(isinstance(each, np.ma.MaskedArray) for each in values):
            values = np.ma.array(values)
    values = _detached(values)
    if np.ma.is_masked(values):
        return np.ma.filled(values.astype(np.float64), np.nan)
    return np.asarray(values)


def _detached(values: Any) -> Any:
    """A tensor as an array, wherever it is and whatever recorded it; all else as it is."""
    if not hasattr(values, "detach"):
        return values
    on_host = values.detach().cpu()
    return (on_host.float() if "bfloat16" in str(on_host.dtype) else on_host).numpy()


def as_codes(name: str, values: ArrayLike) -> NDArray[np.int64]:
    """(N,) whole numbers from 0 of values (N,) or (N, 1); -1 where one is -1, NaN or masked.

    Raises:
        DataError: another shape, or values that are no codes, the first of which is named.
    """
    raw = as_array(name, values)
    if raw.ndim not in (1, 2) or raw.shape[1:] not in ((), (1,)) or raw.size == 0:
        raise DataError(
            f"{name}: expected codes of shape (N,) or (N, 1) with rows, got {raw.shape}; one "
            "symbol a row, sequences one after another, and their lengths beside them",
            page="wrong-shape",
        )
    if raw.dtype.kind == "b":
        raise DataError(
            f"{name}: expected integer codes 0, 1, .., got booleans; convert them with astype(int)",
            page="wrong-dtype",
        )
    flat = raw.reshape(-1)
    flat = np.where(np.isnan(flat), -1, flat) if flat.dtype.kind == "f" else flat
    wrong = (flat < -1) | (flat > np.iinfo(np.int32).max) | (flat != np.floor(flat))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"{name}: expected integer codes 0, 1, .. (-1 or NaN where missing), got {flat[row]} "
            f"in row {row}; encode the symbols first, for instance with numpy.unique(..., "
            "return_inverse=True)",
            page="unknown-symbol",
        )
    return flat.astype(np.int64)
