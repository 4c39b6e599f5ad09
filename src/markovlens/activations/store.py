"""Traces as Parquet: one row a step, row groups of whole sequences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from markovlens.errors import DataError
from markovlens.files import naming, replacing
from markovlens.parquet import fixed_lists, header_of, matrix_of, metadata_of, opened
from markovlens.sequences import steps_of
from markovlens.trace import Trace

SCHEMA_VERSION = 1
ROW_GROUP_BYTES = 64 * 2**20
COLUMNS = ("sequence", "step", "input", "target", "truth", "output", "state")


def write_trace(
    path: str | Path, traces: Iterable[Trace], *, metadata: Mapping[str, Any] | None = None
) -> None:
    """Write traces one after another, each as one row group, under a temporary name until whole.

    Args:
        path: the file to write.
        traces: chunks of whole sequences; only one is in memory at a time.
        metadata: plain values (task, model, layer, seed, ...) kept under the key `markovlens`.

    Raises:
        DataError: there is no sequence to write.
    """
    writer: pq.ParquetWriter | None = None
    n_sequences = 0
    with replacing(path) as temporary:
        try:
            for trace in traces:
                if writer is None:
                    schema = _schema(trace, metadata or {})
                    writer = pq.ParquetWriter(temporary, schema, write_page_checksum=True)
                table = _to_table(trace, first=n_sequences, schema=writer.schema)
                writer.write_table(table, row_group_size=trace.n_steps)
                n_sequences += len(trace)
        finally:
            if writer is not None:
                writer.close()
        if writer is None:
            raise DataError(f"{path}: expected at least one sequence to record, got none")


def iter_traces(path: str | Path) -> Iterator[Trace]:
    """Yield the row groups of a file written by `write_trace`, one at a time.

    Raises:
        DataError: the file is missing, damaged, or of another kind.
    """
    with naming(path), opened(path) as file:
        header = _header(file, path)
        for group in range(file.num_row_groups):
            yield _from_table(file.read_row_group(group), header)


def load_trace(path: str | Path) -> Trace:
    """Return the whole file as one `Trace`."""
    return concatenate(list(iter_traces(path)))


def trace_metadata(path: str | Path) -> dict[str, Any]:
    """Return what was given to `write_trace` as metadata, with the names of symbols and classes."""
    with naming(path), pq.ParquetFile(path) as file:
        return _header(file, path)


def sequences_per_chunk(*, n_units: int, n_classes: int, longest: int) -> int:
    """Return how many sequences fill one row group of about 64 MiB."""
    bytes_per_step = 4 * (n_units + n_classes + 5)
    return max(1, ROW_GROUP_BYTES // (bytes_per_step * longest))


def concatenate(traces: list[Trace]) -> Trace:
    """Return traces of one layer laid end to end."""
    first = traces[0]
    arrays = {
        field.name: np.concatenate([getattr(trace, field.name) for trace in traces])
        for field in fields(Trace)
        if field.name not in ("symbols", "classes")
    }
    return Trace(**arrays, symbols=first.symbols, classes=first.classes)


def _schema(trace: Trace, metadata: Mapping[str, Any]) -> pa.Schema:
    header = dict(metadata) | {
        "schema_version": SCHEMA_VERSION,
        "symbols": list(trace.symbols),
        "classes": list(trace.classes),
    }
    integer = [pa.field(name, pa.int32(), nullable=name == "truth") for name in COLUMNS[:5]]
    output = pa.field("output", pa.list_(pa.float32(), trace.outputs.shape[1]))
    state = pa.field("state", pa.list_(pa.float32(), trace.states.shape[1]), nullable=False)
    return pa.schema([*integer, output, state], metadata=metadata_of(header))


def _to_table(trace: Trace, *, first: int, schema: pa.Schema) -> pa.Table:
    sequence = first + np.repeat(np.arange(len(trace)), trace.lengths)
    truth = pa.array(trace.truth, pa.int32(), mask=trace.truth < 0)
    output = fixed_lists(trace.outputs, missing=~trace.has_output)
    columns = [sequence, steps_of(trace.lengths), trace.inputs, trace.targets]
    arrays = [pa.array(column, pa.int32()) for column in columns]
    return pa.Table.from_arrays([*arrays, truth, output, fixed_lists(trace.states)], schema=schema)


def _header(file: pq.ParquetFile, path: str | Path) -> dict[str, Any]:
    header = header_of(file.schema_arrow)
    if not header:
        raise DataError(f"{path}: expected activations written by markovlens, got another Parquet")
    if header["schema_version"] != SCHEMA_VERSION:
        raise DataError(
            f"{path}: expected schema version {SCHEMA_VERSION}, got {header['schema_version']}; "
            "record the activations again"
        )
    return header


def _from_table(table: pa.Table, header: Mapping[str, Any]) -> Trace:
    sequence = table["sequence"].to_numpy()
    starts = np.flatnonzero(np.diff(sequence, prepend=sequence[0] - 1))
    lengths = np.diff(starts, append=len(sequence))
    return Trace(
        states=matrix_of(table["state"]),
        inputs=table["input"].to_numpy(),
        outputs=matrix_of(table["output"]),
        targets=table["target"].to_numpy(),
        truth=table["truth"].fill_null(-1).to_numpy(),
        lengths=lengths,
        symbols=tuple(header["symbols"]),
        classes=tuple(header["classes"]),
    )
