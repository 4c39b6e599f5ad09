"""Traces as Parquet: one row a step, row groups of whole sequences.

What other tools make of such a file is read by its columns `sequence` and `step`, see `rows`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from markovlens.arguments import check_kind, check_path, with_known_arguments
from markovlens.channels import channels_from_plain, channels_to_plain
from markovlens.errors import DataError
from markovlens.files.parquet import (
    check_columns,
    fixed_lists,
    header_of,
    input_array,
    input_type,
    inputs_of,
    integers_of,
    matrix_of,
    metadata_of,
    opened,
    target_type,
    targets_of,
)
from markovlens.files.rows import in_order, sorted_rows
from markovlens.files.whole import naming, write_parquet
from markovlens.outputs import Output
from markovlens.sequences import steps_of
from markovlens.trace import NAMES, Trace

SCHEMA_VERSION = 1
ROW_GROUP_BYTES = 64 * 2**20
MOST_BYTES = 4 * ROW_GROUP_BYTES  # of a row group that is read at once
OF_RUNS = ("task", "model", "seed", "layer")  # what the files of a run say of it
COLUMNS = ("sequence", "step", "input", "target", "truth", "output", "state")


def write_trace(
    path: str | Path,
    traces: Trace | Iterable[Trace],
    *,
    metadata: Mapping[str, Any] | None = None,
) -> None:
    """Write traces one after another, each as one row group, under a temporary name until whole.

    Args:
        path: the file to write.
        traces: a trace, or chunks of whole sequences; only one is in memory at a time.
        metadata: plain values (task, model, layer, seed, ...) kept under the key `markovlens`.

    Raises:
        DataError: there is no sequence to write, or what comes is no trace.
    """
    check_path(path)
    write_parquet(path, _tables(traces, metadata or {}), of="sequence to record")


def iter_traces(path: str | Path) -> Iterator[Trace]:
    """Yield a file written by `write_trace` in chunks of whole sequences, one at a time.

    They are its row groups. Where another tool has cut these otherwise, a sequence that goes on in
    the next one comes with that; columns that were added are not read, and numbers may be of other
    types.

    Raises:
        DataError: the file is missing, damaged, or of another kind, or its rows do not lie in the
            order of their steps.
    """
    with naming(path), opened(path) as file:
        header = _header(file, path)
        opens = _openings(file)
        if opens is None:
            raise DataError(
                f"{path}: expected whole sequences, one after another, got rows in another order; "
                "`load_trace` sorts them in memory, and `write_trace` writes them in order",
                page="steps-out-of-order",
            )
        yield from _in_chunks(file, header, opens)


@with_known_arguments
def load_trace(path: str | Path) -> Trace:
    """Return the whole file as one `Trace`.

    Rows in another order, such as sorted by another column, are put back in the order of sequence
    and step.

    Raises:
        DataError: as for `iter_traces`, or steps are missing or there twice.
    """
    check_path(path)
    with naming(path), opened(path) as file:
        header = _header(file, path)
        opens = _openings(file)
        if opens is None:
            return _from_table(file.read(columns=list(COLUMNS)), header)
        return concatenate(list(_in_chunks(file, header, opens)))


def trace_metadata(path: str | Path) -> dict[str, Any]:
    """Return what was given to `write_trace` as metadata, with the names of symbols and classes."""
    with naming(path), pq.ParquetFile(path) as file:
        return _header(file, path)


def sequences_per_chunk(*, n_units: int, n_classes: int, longest: int, n_channels: int = 0) -> int:
    """Return how many sequences fill one row group of about 64 MiB."""
    bytes_per_step = 4 * (n_units + n_classes + 5) + 8 * n_channels
    return max(1, ROW_GROUP_BYTES // (bytes_per_step * longest))


def concatenate(traces: list[Trace]) -> Trace:
    """Return traces of one layer laid end to end."""
    first = traces[0]
    arrays: dict[str, Any] = {
        field.name: np.concatenate([getattr(trace, field.name) for trace in traces])
        for field in fields(Trace)
        if field.name not in NAMES
    }
    return replace(first, **arrays)


def _tables(traces: Trace | Iterable[Trace], metadata: Mapping[str, Any]) -> Iterator[pa.Table]:
    """Yield traces as tables of one schema, their sequences counted through."""
    schema, n_sequences = None, 0
    for trace in traces if isinstance(traces, Iterable) else [traces]:
        check_kind("traces", trace, Trace, advice="give a trace, or a list of them")
        schema = schema or _schema(trace, metadata)
        yield _to_table(trace, first=n_sequences, schema=schema)
        n_sequences += len(trace)


def _schema(trace: Trace, metadata: Mapping[str, Any]) -> pa.Schema:
    header = dict(metadata) | {
        "schema_version": SCHEMA_VERSION,
        "symbols": list(trace.symbols),
        "classes": list(trace.classes),
    }
    if trace.output != Output.DISTRIBUTION:
        header["output"] = trace.output.value
    if trace.origin and not set(OF_RUNS) & set(metadata):
        header["origin"] = dict(trace.origin)
    if trace.channels:
        header["channels"] = channels_to_plain(trace.channels)
    kinds = dict.fromkeys(COLUMNS[:5], pa.int32())
    kinds |= {"input": input_type(trace.inputs), "target": target_type(trace.targets)}
    read = [pa.field(name, kind, nullable=name == "truth") for name, kind in kinds.items()]
    output = pa.field("output", pa.list_(pa.float32(), trace.outputs.shape[1]))
    state = pa.field("state", pa.list_(pa.float32(), trace.states.shape[1]), nullable=False)
    return pa.schema([*read, output, state], metadata=metadata_of(header))


def _to_table(trace: Trace, *, first: int, schema: pa.Schema) -> pa.Table:
    sequence = first + np.repeat(np.arange(len(trace)), trace.lengths)
    truth = pa.array(trace.truth, pa.int32(), mask=trace.truth < 0)
    output = fixed_lists(trace.outputs, missing=~trace.has_output)
    counted = (sequence, steps_of(trace.lengths))
    sequence, step = (pa.array(column, pa.int32()) for column in counted)
    target = input_array(trace.targets, schema.field("target").type)
    read = input_array(trace.inputs, schema.field("input").type)
    arrays = [sequence, step, read, target, truth, output, fixed_lists(trace.states)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _header(file: pq.ParquetFile, path: str | Path) -> dict[str, Any]:
    header = header_of(file.schema_arrow)
    if not header and set(COLUMNS) <= set(file.schema_arrow.names):
        raise DataError(
            f"{path}: expected the names of symbols and classes in the file's metadata, which "
            "another tool has dropped; write it with those of the first file, in pyarrow "
            "`table.replace_schema_metadata(first.schema.metadata)`",
            page="made-for-another-version",
        )
    if not header:
        raise DataError(
            f"{path}: expected activations written by markovlens, got another Parquet",
            page="made-for-another-version",
        )
    if header["schema_version"] != SCHEMA_VERSION:
        raise DataError(
            f"{path}: expected schema version {SCHEMA_VERSION}, got {header['schema_version']}; "
            "record the activations again",
            page="made-for-another-version",
        )
    return header


def _pieces(file: pq.ParquetFile, columns: Sequence[str]) -> Iterator[pa.Table]:
    """Yield row groups, those that are much larger than ours in parts."""
    for number in range(file.num_row_groups):
        group = file.metadata.row_group(number)
        if group.total_byte_size <= MOST_BYTES:
            yield file.read_row_group(number, columns=columns)
        else:
            rows = max(1, ROW_GROUP_BYTES * group.num_rows // group.total_byte_size)
            for part in file.iter_batches(rows, row_groups=[number], columns=columns):
                yield pa.Table.from_batches([part])


def _openings(file: pq.ParquetFile) -> list[bool] | None:
    """Return of each piece whether a sequence begins with it; None if rows are in no order."""
    check_columns(file.schema_arrow, COLUMNS)
    if not file.metadata.num_rows:
        raise DataError("expected at least one sequence, got no row", page="nothing-there")
    opens: list[bool] = []
    before = None
    for piece in _pieces(file, ("sequence", "step")):
        sequence, step = (integers_of(piece, name) for name in ("sequence", "step"))
        if not in_order(sequence, step, before=before):
            return None
        opens.append(bool(len(step)) and step[0] == 0)
        before = (sequence[-1], step[-1]) if len(step) else before
    return opens


def _in_chunks(
    file: pq.ParquetFile, header: Mapping[str, Any], opens: Sequence[bool]
) -> Iterator[Trace]:
    """Yield the pieces of a file in order, but a sequence that goes on with its next piece."""
    held: list[pa.Table] = []
    for piece, next_opens in zip(_pieces(file, COLUMNS), [*opens[1:], True], strict=True):
        table = pa.concat_tables([*held, piece])
        begins = np.flatnonzero(integers_of(table, "step") == 0)
        cut = len(table) if next_opens or not len(table) else int(begins[-1])
        if cut:
            yield _from_table(table.slice(0, cut), header)
        held = [table.slice(cut)] if cut < len(table) else []


def _from_table(table: pa.Table, header: Mapping[str, Any]) -> Trace:
    """Return rows as a trace, sorted if need be."""
    sequence, step = (integers_of(table, name) for name in ("sequence", "step"))
    order = sorted_rows(sequence, step)
    starts = np.flatnonzero(step[order] == 0)
    channels = channels_from_plain(header.get("channels", ()))
    output = Output(header.get("output", Output.DISTRIBUTION))
    return Trace(
        states=matrix_of(table["state"])[order],
        inputs=inputs_of(table, "input", len(channels))[order],
        outputs=matrix_of(table["output"], width=len(header["classes"]))[order],
        targets=targets_of(table, "target", output)[order],
        truth=integers_of(table, "truth", missing=-1)[order],
        lengths=np.diff(starts, append=len(step)),
        symbols=tuple(header["symbols"]),
        classes=tuple(header["classes"]),
        channels=channels,
        output=output,
        origin=_origin(header),
    )


def _origin(header: Mapping[str, Any]) -> dict[str, str]:
    """Return of what a file is a recording, as far as its header says."""
    of_run = {name: str(header[name]) for name in OF_RUNS if name in header}
    return {**header.get("origin", {}), **of_run}
