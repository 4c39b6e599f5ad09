"""Recordings that another tool has rewritten: sorted, joined, filtered, of other types."""

from dataclasses import fields

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from markovlens.activations import store
from markovlens.activations.store import concatenate, iter_traces, load_trace, write_trace
from markovlens.activations.trajectories import (
    Trajectories,
    iter_trajectories,
    load_trajectories,
    write_trajectories,
)
from markovlens.errors import DataError
from markovlens.tasks import make_task
from markovlens.tasks.store import load_task, save_task
from markovlens.tasks.windows_store import load_forecast
from markovlens.trace import Trace

LENGTHS = np.array([5, 7, 1, 4, 6])
N = int(LENGTHS.sum())
SIZES = {"n_train": 6, "n_valid": 4, "n_test": 4, "past": 3, "future": 2}


@pytest.fixture(scope="module")
def trace() -> Trace:
    rng = np.random.default_rng(0)
    outputs = rng.dirichlet([1, 1], size=N).astype(np.float32)
    outputs[::4] = np.nan
    return Trace(
        states=rng.normal(size=(N, 3)).astype(np.float32),
        inputs=rng.integers(0, 2, N),
        outputs=outputs,
        targets=rng.integers(-1, 2, N),
        truth=rng.integers(-1, 3, N),
        lengths=LENGTHS,
        symbols=("a", "b"),
        classes=("no", "yes"),
    )


@pytest.fixture(scope="module")
def table(trace, tmp_path_factory) -> pa.Table:
    path = tmp_path_factory.mktemp("own") / "own.parquet"
    write_trace(path, [trace])
    return pq.read_table(path)


def same(found: Trace, wanted: Trace) -> None:
    for field in fields(Trace):
        np.testing.assert_array_equal(getattr(found, field.name), getattr(wanted, field.name))


def with_column(table, name, column):
    return table.set_column(table.schema.get_field_index(name), name, column)


@given(size=st.integers(1, N + 1), order=st.permutations(range(N)), regroup=st.booleans())
@settings(max_examples=30)
def test_row_groups_and_the_order_of_rows_do_not_matter(
    trace, table, tmp_path_factory, size, order, regroup
):
    path = tmp_path_factory.mktemp("rewritten") / "t.parquet"
    pq.write_table(table if regroup else table.take(order), path, row_group_size=size)
    same(load_trace(path), trace)


@pytest.mark.parametrize("size", [1, 2, 6, 8, 100])
def test_streamed_chunks_are_whole_sequences_however_the_row_groups_are_cut(
    trace, table, tmp_path, size
):
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=size)
    chunks = list(iter_traces(tmp_path / "t.parquet"))
    same(concatenate(chunks), trace)
    # None waits for more than the sequence that goes on.
    assert max(chunk.n_steps for chunk in chunks) <= max(size, 1) + LENGTHS.max()


def test_a_row_group_of_everything_is_streamed_in_parts(trace, table, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "MOST_BYTES", 100)
    monkeypatch.setattr(store, "ROW_GROUP_BYTES", 400)
    pq.write_table(table, tmp_path / "t.parquet")
    chunks = list(iter_traces(tmp_path / "t.parquet"))
    assert len(chunks) > 1
    same(concatenate(chunks), trace)


def test_rows_in_another_order_cannot_be_streamed(table, tmp_path):
    pq.write_table(table.sort_by("step"), tmp_path / "t.parquet")
    with pytest.raises(DataError, match=r"t\.parquet: .* `load_trace` sorts them in memory"):
        next(iter_traces(tmp_path / "t.parquet"))


def test_files_that_were_joined_give_the_sequences_of_both(trace, table, tmp_path):
    some = table.slice(0, int(LENGTHS[:2].sum()))
    pq.write_table(pa.concat_tables([some, some, table]), tmp_path / "t.parquet", row_group_size=9)
    two = trace.select(np.array([0, 1]))
    same(load_trace(tmp_path / "t.parquet"), concatenate([two, two, trace]))


def test_sequences_that_were_left_out_are_not_missed(trace, table, tmp_path):
    kept = np.isin(table["sequence"].to_numpy(), [1, 4])
    pq.write_table(table.filter(kept).sort_by([("step", "descending")]), tmp_path / "t.parquet")
    same(load_trace(tmp_path / "t.parquet"), trace.select(np.array([1, 4])))


def plain_types(table):
    frame = table.to_pandas()
    return pa.Table.from_pandas(frame.assign(extra="x")[[*frame.columns[::-1], "extra"]])


def other_numbers(table):
    for name, kind in (("sequence", pa.int64()), ("input", pa.float64()), ("target", pa.int8())):
        table = with_column(table, name, table[name].cast(kind))
    return with_column(table, "truth", pa.array(table["truth"].to_numpy(), pa.float64()))


def lists_of_any_size(table):
    for name, kind in (("state", pa.large_list(pa.float64())), ("output", pa.list_(pa.float64()))):
        table = with_column(table, name, table[name].cast(kind))
    return table


def dictionaries(table):
    for name in ("sequence", "step", "input"):
        table = with_column(table, name, table[name].dictionary_encode())
    return table


@pytest.mark.parametrize(
    "change", [plain_types, other_numbers, lists_of_any_size, dictionaries, lambda t: t.slice(0)]
)
def test_types_and_more_columns_do_not_matter(trace, table, tmp_path, change):
    other = change(table).replace_schema_metadata(table.schema.metadata)
    pq.write_table(other, tmp_path / "t.parquet", row_group_size=4)
    same(load_trace(tmp_path / "t.parquet"), trace)


def test_pandas_with_its_metadata_put_back_is_read(trace, table, tmp_path):
    table.to_pandas().sort_values("input").to_parquet(tmp_path / "t.parquet")
    with pytest.raises(DataError, match=r"t\.parquet: expected the names of symbols and classes"):
        load_trace(tmp_path / "t.parquet")
    again = pa.Table.from_pandas(pd.read_parquet(tmp_path / "t.parquet"))
    pq.write_table(again.replace_schema_metadata(table.schema.metadata), tmp_path / "t.parquet")
    same(load_trace(tmp_path / "t.parquet"), trace)


def without(table, row):
    return pa.concat_tables([table.slice(0, row), table.slice(row + 1)])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: without(t, 7), "got sequence 1 without step 2; keep whole sequences"),
        (lambda t: without(t, 0), "got sequence 0 without step 0"),
        (lambda t: t.take(np.repeat(np.arange(N), 2)), "sequence 0 with step 0 more than once"),
        (lambda t: t.drop_columns(["step"]), "expected a column step, got none"),
        (lambda t: t.append_column("step", t["step"]), "expected a column step, got 2"),
        (lambda t: t.slice(0, 0), "expected at least one sequence, got no row"),
        (
            lambda t: with_column(t, "input", pa.array([None] * N, pa.int32())),
            "expected a number in each row of input, got 23 without",
        ),
        (lambda t: with_column(t, "input", pa.array(np.arange(N) / 2)), "cannot be read .* 0.5"),
        (lambda t: with_column(t, "input", pa.array(np.full(N, -1))), "inputs: .* got -1 first"),
        (
            lambda t: with_column(t, "state", pa.array([[1.0]] * (N - 1) + [[1.0, 2.0]])),
            "lists of one size, got sizes",
        ),
        (lambda t: with_column(t, "state", pa.array(np.ones(N))), "lists of one size, got double"),
    ],
)
def test_what_cannot_be_told_is_refused_with_the_name_of_the_file(table, tmp_path, change, message):
    # With the header: some of these tables are built anew.
    other = change(table).replace_schema_metadata(table.schema.metadata)
    pq.write_table(other, tmp_path / "t.parquet")
    with pytest.raises(DataError, match=rf"t\.parquet: .*{message}"):
        load_trace(tmp_path / "t.parquet")
    with pytest.raises(DataError, match=rf"t\.parquet: .*({message}|got rows in another order)"):
        list(iter_traces(tmp_path / "t.parquet"))


@pytest.fixture(scope="module")
def recorded() -> dict[int, Trajectories]:
    rng = np.random.default_rng(1)

    def made():
        arrays = {
            name: rng.normal(size=(4, length, width)).astype(np.float32)
            for name, length, width in (
                ("encoder", 3, 5), ("decoder", 2, 5), ("outputs", 2, 1), ("past", 3, 2),
                ("future", 2, 1),
            )
        }  # fmt: skip
        whose = {name: rng.integers(0, 2, 4, dtype=np.int32) for name in ("label", "group")}
        return Trajectories(**arrays, **whose, start=np.arange(4), classes=("a", "b"))

    return {10: made(), 300: made()}


@pytest.mark.parametrize("size", [1, 7, 20, 100])
@pytest.mark.parametrize("by", [None, "step", "label"])
def test_recordings_of_windows_are_put_back_in_order(recorded, tmp_path, size, by):
    path = tmp_path / "t.parquet"
    write_trajectories(path, recorded, metadata={})
    table = pq.read_table(path)
    pq.write_table(table.sort_by(by) if by else table, path, row_group_size=size)
    again = dict(iter_trajectories(path))
    assert list(again) == [10, 300]
    for step, wanted in recorded.items():
        for field in fields(Trajectories):
            found = getattr(again[step], field.name)
            np.testing.assert_array_equal(found, getattr(wanted, field.name))


def test_recordings_of_windows_that_are_not_whole_are_refused(recorded, tmp_path):
    path = tmp_path / "t.parquet"
    write_trajectories(path, recorded, metadata={})
    table = pq.read_table(path)
    for other, message in (
        (without(table, 1), "expected the same steps of every window"),
        (pa.concat_tables([table, table]), "expected the same steps of every window"),
        (table.filter(table["step"].to_numpy() >= 0), "expected 3 past steps .* got 1 of 3"),
        (table.filter(table["step"].to_numpy() <= 0), "got 3 of 3"),
        (table.slice(0, 0), "got no row"),
        (table.drop_columns(["checkpoint"]), "expected a column checkpoint"),
    ):
        pq.write_table(other, path)
        with pytest.raises(DataError, match=rf"t\.parquet: .*{message}"):
            load_trajectories(path)


def test_windows_of_a_task_are_put_back_in_order_or_refused(tmp_path):
    save_task(tmp_path, make_task("planar_hard", sizes=SIZES, seed=0))
    wanted, path = load_forecast(tmp_path).splits["test"], tmp_path / "test.parquet"
    table = pq.read_table(path)
    pq.write_table(table.sort_by("step"), path, row_group_size=3)
    found = load_forecast(tmp_path).splits["test"]
    for name in ("past", "future", "label", "group", "start"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))
    pq.write_table(without(table, 5), path)
    with pytest.raises(DataError, match=r"/test\.parquet: expected the same steps of every window"):
        load_forecast(tmp_path)


@pytest.mark.parametrize("change", [lambda t: t.sort_by("step"), lambda t: without(t, 3)])
def test_sequences_of_a_task_are_as_they_were_written_or_refused(task_of, tmp_path, change):
    save_task(tmp_path, task_of("parity"))
    wanted, path = load_task(tmp_path).splits["test"], tmp_path / "test.parquet"
    table = pq.read_table(path)
    pq.write_table(table, path, row_group_size=17)
    np.testing.assert_array_equal(load_task(tmp_path).splits["test"].truth, wanted.truth)
    pq.write_table(change(table), path)
    with pytest.raises(DataError, match=r"test\.parquet: expected whole sequences, one after"):
        load_task(tmp_path)


def test_empty_row_groups_are_passed_over(trace, table, tmp_path):
    with pq.ParquetWriter(tmp_path / "a.parquet", table.schema) as writer:
        for part in (table.slice(0, 0), table.slice(0, 0), table.slice(0, 3), table.slice(0, 0)):
            writer.write_table(part)
        writer.write_table(table.slice(3))
        writer.write_table(table.slice(0, 0))
    same(concatenate(list(iter_traces(tmp_path / "a.parquet"))), trace)
    same(load_trace(tmp_path / "a.parquet"), trace)
