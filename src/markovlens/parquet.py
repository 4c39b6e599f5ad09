"""Numbers as Parquet columns: vectors as fixed-size lists, and a header in the file's metadata."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

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
    flat = pa.array(np.ascontiguousarray(values, dtype=np.float32).ravel())
    mask = None if missing is None or not missing.any() else pa.array(missing)
    return pa.FixedSizeListArray.from_arrays(flat, values.shape[1], mask=mask)


def matrix_of(column: pa.ChunkedArray) -> np.ndarray:
    """Return a fixed-size list column as float32 (N, D), NaN where null."""
    array = column.combine_chunks()
    if not pa.types.is_fixed_size_list(array.type):
        raise TypeError(f"expected lists of one size, got {array.type}")
    width = array.type.list_size
    start = array.offset * width
    values = array.values.to_numpy(zero_copy_only=False)[start : start + len(array) * width]
    matrix = values.reshape(len(array), width)
    if not array.null_count:
        return matrix
    missing = array.is_null().to_numpy(zero_copy_only=False)
    return np.where(missing[:, None], np.float32(np.nan), matrix)


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
