from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from markovlens.activations.store import iter_traces, load_trace, trace_metadata, write_trace
from markovlens.channels import Channel
from markovlens.errors import DataError
from markovlens.files.parquet import header_of, with_header
from markovlens.trace import Trace


@pytest.fixture
def trace(traces_of) -> Trace:
    test = traces_of("parity")["test"].select(np.arange(6))
    outputs = test.outputs.copy()
    outputs[::3] = np.nan
    return replace(test, outputs=outputs)


def test_round_trip_over_row_groups(trace, tmp_path):
    path = tmp_path / "t.parquet"
    parts = [trace.select(part) for part in np.array_split(np.arange(len(trace)), 3)]
    write_trace(path, parts, metadata={"task": "parity", "seed": 3})
    assert pq.ParquetFile(path).num_row_groups == 3
    again = load_trace(path)
    for name in ("states", "inputs", "outputs", "targets", "truth", "lengths"):
        np.testing.assert_array_equal(getattr(again, name), getattr(trace, name))
    assert [len(part) for part in iter_traces(path)] == [2, 2, 2]
    assert trace_metadata(path)["seed"] == 3


def test_pandas_opens_it_as_it_is(trace, tmp_path):
    write_trace(tmp_path / "t.parquet", [trace])
    table = pd.read_parquet(tmp_path / "t.parquet")
    assert len(table) == trace.n_steps
    np.testing.assert_array_equal(table["state"][0], trace.states[0])
    assert table["output"][0] is None
    assert table.groupby("sequence")["step"].max().tolist() == (trace.lengths - 1).tolist()


def test_unknown_truth_is_null(trace, tmp_path):
    write_trace(tmp_path / "t.parquet", [replace(trace, truth=np.full(trace.n_steps, -1))])
    assert pq.read_table(tmp_path / "t.parquet")["truth"].null_count == trace.n_steps
    assert not load_trace(tmp_path / "t.parquet").knows_truth


def test_nothing_is_left_when_writing_fails(trace, tmp_path):
    def broken():
        yield trace
        raise RuntimeError("disk full")

    with pytest.raises(RuntimeError, match="disk full"):
        write_trace(tmp_path / "t.parquet", broken())
    assert not list(tmp_path.iterdir())


def test_an_empty_split_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"t\.parquet: expected at least one sequence"):
        write_trace(tmp_path / "t.parquet", [])
    assert not list(tmp_path.iterdir())


def test_a_truncated_file_is_named(trace, tmp_path):
    path = tmp_path / "t.parquet"
    write_trace(path, [trace])
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"t\.parquet: cannot be read .* run again"):
        load_trace(path)


def test_a_foreign_file_and_an_old_version_are_named(trace, tmp_path):
    pq.write_table(pa.table({"a": [1]}), tmp_path / "foreign.parquet")
    with pytest.raises(DataError, match=r"foreign\.parquet: expected activations written by"):
        load_trace(tmp_path / "foreign.parquet")
    write_trace(tmp_path / "old.parquet", [trace], metadata={})
    table = pq.read_table(tmp_path / "old.parquet")
    old = with_header(table, header_of(table.schema) | {"schema_version": 0})
    pq.write_table(old, tmp_path / "old.parquet")
    with pytest.raises(DataError, match="expected schema version 1, got 0"):
        load_trace(tmp_path / "old.parquet")


def test_nan_states_are_refused(trace):
    states = trace.states.copy()
    states[4, 1] = np.nan
    with pytest.raises(DataError, match=r"1 steps with NaN or infinity, the first at row 4"):
        replace(trace, states=states)


CHANNELS = (Channel("heart rate", "/min"), Channel("ward", levels=("a", "b")))


def rows_trace(trace: Trace, dtype: str = "float64") -> Trace:
    """Return a trace of rows in place of the symbols, with missing values."""
    rows = np.column_stack([60 + np.arange(trace.n_steps) / 7, trace.inputs]).astype(dtype)
    rows[::4, 0] = np.nan
    return replace(trace, inputs=rows, symbols=(), channels=CHANNELS)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_come_back_with_their_channels_over_row_groups(trace, tmp_path, dtype):
    rows = rows_trace(trace, dtype)
    parts = [rows.select(part) for part in np.array_split(np.arange(len(rows)), 3)]
    write_trace(tmp_path / "t.parquet", parts)
    again = load_trace(tmp_path / "t.parquet")
    np.testing.assert_array_equal(again.inputs, rows.inputs)
    assert again.inputs.dtype == dtype
    assert again.channels == CHANNELS
    assert not again.reads_symbols
    assert [part.channels for part in iter_traces(tmp_path / "t.parquet")] == [CHANNELS] * 3


def test_rows_that_pandas_wrote_again_are_read(trace, tmp_path):
    rows = rows_trace(trace)
    path = tmp_path / "t.parquet"
    write_trace(path, rows)
    metadata = pq.read_schema(path).metadata
    frame = pd.read_parquet(path).sample(frac=1, random_state=0)
    table = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(table.replace_schema_metadata(metadata), path)
    np.testing.assert_array_equal(load_trace(path).inputs, rows.inputs)


def test_rows_of_another_width_are_refused(trace, tmp_path):
    path = tmp_path / "t.parquet"
    write_trace(path, rows_trace(trace))
    table = pq.read_table(path)
    place = table.schema.get_field_index("input")
    narrow = pa.array([row[:1] for row in table["input"].to_pylist()])
    pq.write_table(table.set_column(place, "input", narrow), path)
    with pytest.raises(DataError, match="expected lists of 2 in input"):
        load_trace(path)
