"""Numbers as Parquet columns: vectors as fixed-size lists, and a header in the file's metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

METADATA_KEY = b"markovlens"


def fixed_lists(values: np.ndarray, missing: np.ndarray | None = None) -> pa.FixedSizeListArray:
    """Return rows (N, D) as fixed-size lists of float32, null where `missing` (N,)."""
    flat = pa.array(np.ascontiguousarray(values, dtype=np.float32).ravel())
    mask = None if missing is None or not missing.any() else pa.array(missing)
    return pa.FixedSizeListArray.from_arrays(flat, values.shape[1], mask=mask)


def matrix_of(column: pa.ChunkedArray) -> np.ndarray:
    """Return a fixed-size list column as float32 (N, D), NaN where null."""
    array = column.combine_chunks()
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
    return table.replace_schema_metadata({METADATA_KEY: json.dumps(header, sort_keys=True)})


def header_of(schema: pa.Schema) -> dict[str, Any]:
    """Return what `with_header` kept; nothing for another file's schema."""
    return json.loads((schema.metadata or {}).get(METADATA_KEY, b"{}"))
