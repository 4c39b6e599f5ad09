"""Numbers as Parquet columns: vectors as fixed-size lists, and a header in the file's metadata."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from markovlens.errors import DataError
from markovlens.outputs import Output

METADATA_KEY = b"markovlens"
CHECK_KEY = b"markovlens_crc32"  # Parquet has checksums of pages, none of what is beside them


@contextmanager
def opened(path: str | Path) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file to read it with its checksums.

    Raises:
        ValueError: its row groups do not make up its rows.
    """
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        known = file.metadata
        n_rows = sum(known.row_group(group).num_rows for group in range(known.num_row_groups))
        if n_rows != known.num_rows:
            raise ValueError(f"expected {known.num_rows} rows, its groups have {n_rows}")
        yield file


def fixed_lists(values: np.ndarray, missing: np.ndarray | None = None) -> pa.FixedSizeListArray:
    """Return rows (N, D) as fixed-size lists of float32, null where `missing` (N,)."""
    flat = _flat(values, np.float32)
    mask = None if missing is None or not missing.any() else pa.array(missing)
    return pa.FixedSizeListArray.from_arrays(flat, values.shape[1], mask=mask)


def input_type(values: np.ndarray) -> pa.DataType:
    """Return the type of a column of inputs: int32 for symbols (N,), for rows lists of one size.

    Rows (N, D) keep their precision, and single signals (N,) are rows of one.
    """
    if values.ndim == 1 and values.dtype.kind in "iu":
        return pa.int32()
    single = values.dtype.kind == "f" and values.dtype.itemsize <= 4
    width = values.reshape(len(values), -1).shape[1]
    return pa.list_(pa.float32() if single else pa.float64(), width)


def input_array(values: np.ndarray, kind: pa.DataType) -> pa.Array:
    """Return inputs as a column of the type that `input_type` gave; NaN stays NaN."""
    if not pa.types.is_fixed_size_list(kind):
        return pa.array(values, kind)
    flat = _flat(values, kind.value_type.to_pandas_dtype())
    return pa.FixedSizeListArray.from_arrays(flat, kind.list_size)


def inputs_of(table: pa.Table, name: str, n_channels: int) -> np.ndarray:
    """Return a column of inputs, symbols int32 (N,) if there are no channels, else rows (N, D).

    Raises:
        DataError: a symbol is missing, or rows are not as wide as there are channels.
        TypeError, ValueError: as for `matrix_of`.
    """
    if not n_channels:
        return integers_of(table, name)
    kind = table[name].type
    is_double = not pa.types.is_primitive(kind) and pa.types.is_float64(kind.value_type)
    dtype = np.float64 if is_double else np.float32
    rows = matrix_of(table[name], width=n_channels, dtype=dtype)
    if rows.shape[1] != n_channels:
        raise DataError(
            f"expected lists of {n_channels} in {name}, a number for each channel, got lists of "
            f"{rows.shape[1]}; write the file again",
            page="wrong-shape",
        )
    return rows


def target_type(targets: np.ndarray) -> pa.DataType:
    """Return the type of a column of targets: classes (N,), or lists of labels or values (N, C)."""
    labels = targets.ndim > 1 and targets.dtype.kind != "f"
    return pa.list_(pa.int32(), targets.shape[1]) if labels else input_type(targets)


def targets_of(table: pa.Table, name: str, output: Output) -> np.ndarray:
    """Return a column of classes int (N,), labels int (N, C) or values float (N, C)."""
    if output == Output.DISTRIBUTION:
        return integers_of(table, name)
    targets = matrix_of(table[name], dtype=np.float64)
    return targets.astype(np.int32) if output == Output.LABELS else targets


def matrix_of(
    column: pa.ChunkedArray, *, width: int = 1, dtype: type[np.floating] = np.float32
) -> np.ndarray:
    """Return a column of lists of one size as floats (N, D), NaN where null.

    Args:
        column: its lists and numbers may be of any kind: other tools write what they have.
        width: D where no list is there to tell.
        dtype: of the floats.

    Raises:
        TypeError: it is no column of lists.
        ValueError: the lists are of different sizes.
    """
    array = column.combine_chunks()
    kind = array.type
    if pa.types.is_fixed_size_list(kind):
        size = kind.list_size
        values = array.values[array.offset * size : (array.offset + len(array)) * size]
        matrix = _floats(values, dtype).reshape(len(array), size)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        sizes = pc.unique(pc.list_value_length(array.drop_null())).to_pylist() or [width]
        if len(sizes) > 1:
            raise ValueError(f"expected lists of one size, got sizes {sorted(sizes)[:3]}")
        rows = np.flatnonzero(array.is_valid())
        matrix = np.zeros((len(array), sizes[0]), dtype=dtype)
        matrix[rows] = _floats(array.flatten(), dtype).reshape(len(rows), sizes[0])
    else:
        raise TypeError(f"expected lists of one size, got {kind}")
    if not array.null_count:
        return matrix
    missing = array.is_null().to_numpy(zero_copy_only=False)
    return np.where(missing[:, None], dtype(np.nan), matrix)


def integers_of(table: pa.Table, name: str, *, missing: int | None = None) -> np.ndarray:
    """Return a column of whole numbers of any type as int32 (N,).

    Args:
        table: where it stands.
        name: of the column.
        missing: what nulls and NaN become; None where there may be none.

    Raises:
        DataError: something is missing that may not be.
        ArrowInvalid: a number is not whole, or too large.
    """
    column = table[name]
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    if column.null_count and missing is None:
        raise DataError(
            f"expected a number in each row of {name}, got {column.null_count} without; drop "
            "whole sequences, or fill them",
            page="unreadable-cell",
        )
    column = column.cast(pa.int32())
    return (column.fill_null(missing) if column.null_count else column).to_numpy()


def check_columns(schema: pa.Schema, names: Iterable[str]) -> None:
    """Raise `DataError` for a column that is not there, or there twice; others do not matter."""
    for name in names:
        count = schema.names.count(name)
        if count != 1:
            raise DataError(
                f"expected a column {name}, got {count or 'none'} of that name",
                page="column-missing",
            )


def _floats(values: pa.Array, dtype: type[np.floating]) -> np.ndarray:
    return values.to_numpy(zero_copy_only=False).astype(dtype, copy=False)


def _flat(values: np.ndarray, dtype: type[np.floating]) -> pa.Array:
    return pa.array(np.ascontiguousarray(values, dtype=dtype).ravel())


def with_header(table: pa.Table, header: Mapping[str, Any]) -> pa.Table:
    """Return the table with plain values kept under the key `markovlens` of its metadata."""
    return table.replace_schema_metadata(metadata_of(header))


def metadata_of(header: Mapping[str, Any]) -> dict[bytes, bytes]:
    """Return plain values as metadata of a schema, with their checksum."""
    text = json.dumps(header, sort_keys=True).encode()
    return {METADATA_KEY: text, CHECK_KEY: b"%d" % zlib.crc32(text)}


def header_of(schema: pa.Schema) -> dict[str, Any]:
    """Return what `metadata_of` was given; nothing for another file's schema.

    Raises:
        ValueError: it is not as it was written.
    """
    metadata = schema.metadata or {}
    if METADATA_KEY not in metadata:
        return {}
    text = metadata[METADATA_KEY]
    if metadata.get(CHECK_KEY) != b"%d" % zlib.crc32(text):
        raise ValueError("the header has changed since it was written")
    return json.loads(text)
