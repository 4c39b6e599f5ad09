import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from markovlens.channels import Channel, channels_to_plain
from markovlens.errors import DataError
from markovlens.machines.storage import machine_to_dict
from markovlens.sequences import Sequences
from markovlens.tasks.base import SPLITS, Split, Task
from markovlens.tasks.store import load_task, save_task

FILES = [*(f"{split}.parquet" for split in SPLITS), "task.json"]


@pytest.fixture
def folder(small, tmp_path):
    save_task(tmp_path, small("parity"))
    return tmp_path


@pytest.mark.parametrize("name", ["tomita_3", "dyck_1", "cycle_4", "sentiment", "pronunciation"])
def test_a_task_comes_back_as_it_was(small, equal_splits, tmp_path, name):
    task = small(name)
    save_task(tmp_path, task)
    loaded = load_task(tmp_path)
    assert equal_splits(task, loaded)
    for field in ("name", "family", "symbols", "classes", "gate"):
        assert getattr(loaded, field) == getattr(task, field)
    assert (loaded.machine is None) == (task.machine is None)
    if task.machine is not None:
        assert machine_to_dict(loaded.machine) == machine_to_dict(task.machine)
    assert (loaded.source is None) == (task.source is None)
    if task.source is not None:
        for field in ("initial", "transition", "emission"):
            np.testing.assert_array_equal(
                getattr(loaded.source, field), getattr(task.source, field)
            )


def test_files_are_byte_identical_for_a_seed(small, tmp_path):
    for folder in ("first", "second"):
        save_task(tmp_path / folder, small("mess3", seed=5))
    for name in FILES:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_any_reader_can_open_a_split(folder, small):
    table = pd.read_parquet(folder / "test.parquet")
    part = small("parity").splits["test"]
    assert table.columns.tolist() == ["sequence", "step", "input", "target", "truth"]
    assert table.groupby("sequence").size().tolist() == part.inputs.lengths.tolist()
    assert table["step"].min() == 0


def test_an_unknown_truth_is_null(small, tmp_path):
    save_task(tmp_path, small("dyck_1"))
    truth = pq.read_table(tmp_path / "train.parquet")["truth"]
    assert truth.null_count == len(truth)


def test_nothing_but_the_four_files_is_left(folder):
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(DataError, match=f"{name}: no such file"):
        load_task(folder)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kept", [0, 40, -20])
def test_a_truncated_file_is_named(folder, name, kept):
    path = folder / name
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DataError, match=f"{name}: cannot be read .*delete it and run again"):
        load_task(folder)


def test_a_foreign_parquet_is_refused(folder):
    pd.DataFrame({"a": [1]}).to_parquet(folder / "train.parquet")
    with pytest.raises(DataError, match="train.parquet: expected the train split of task parity"):
        load_task(folder)


def test_a_split_in_place_of_another_is_refused(folder):
    (folder / "valid.parquet").replace(folder / "train.parquet")
    with pytest.raises(DataError, match="train.parquet: expected the train split of task parity"):
        load_task(folder)


def test_a_split_of_another_task_is_refused(folder, small, tmp_path):
    save_task(tmp_path / "other", small("tomita_5"))
    (tmp_path / "other" / "test.parquet").replace(folder / "test.parquet")
    with pytest.raises(DataError, match="test.parquet: expected the test split of task parity"):
        load_task(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows.sample(frac=1, random_state=0), "train.parquet: expected whole"),
        (lambda rows: rows[rows["step"] != 1], "train.parquet: expected whole"),
        (lambda rows: rows[rows["sequence"] != 3], "train.parquet: expected whole"),
        (lambda rows: rows[:0], "train.parquet: .*empty split"),
        (lambda rows: rows.assign(sequence=-1), "train.parquet: cannot be read"),
        (lambda rows: rows.assign(input=7), "split train: symbols: expected codes 0..1, got 7"),
        (lambda rows: rows.assign(target=2), "split train: targets: expected codes -1..1"),
    ],
)
def test_rows_that_are_no_sequences_are_refused(folder, change, message):
    path = folder / "train.parquet"
    table = pq.read_table(path)
    rows = change(table.to_pandas())
    changed = pa.Table.from_pandas(rows, schema=table.schema, preserve_index=False)
    pq.write_table(changed.replace_schema_metadata(table.schema.metadata), path)
    with pytest.raises(DataError, match=message):
        load_task(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda card: [card], "expected a task written by markovlens"),
        (lambda card: card | {"schema_version": 0}, "expected a task written by markovlens"),
        (lambda card: {k: v for k, v in card.items() if k != "gate"}, "lacks gate"),
    ],
)
def test_a_foreign_card_is_refused(folder, change, message):
    path = folder / "task.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(DataError, match=f"task.json: {message}"):
        load_task(folder)


CHANNELS = (
    Channel("heart rate", "/min"),
    Channel("ward", levels=("a", "b")),
    Channel("age", "years", static=True),
)


def rows_task(dtype: str) -> Task:
    """Return a task of rows, two sequences a split, with a missing value."""
    rows = np.array([[60.1, 1, 30], [np.nan, 0, 30], [80.3, 0, 41]], dtype=dtype)
    split = Split(
        Sequences(rows, np.array([2, 1]), CHANNELS), np.array([0, 1, -1]), np.array([0, 1, -1])
    )
    splits = dict.fromkeys(SPLITS, split)
    return Task("ward", "custom", (), ("no", "yes"), splits, 0.5, channels=CHANNELS)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_come_back_in_their_precision_with_their_channels(tmp_path, dtype):
    task = rows_task(dtype)
    save_task(tmp_path, task)
    loaded = load_task(tmp_path)
    assert loaded.channels == CHANNELS
    assert loaded.symbols == ()
    for name in SPLITS:
        part, again = task.splits[name], loaded.splits[name]
        assert again.inputs.channels == CHANNELS
        assert again.inputs.values.dtype == dtype
        np.testing.assert_array_equal(again.inputs.values, part.inputs.values)
        np.testing.assert_array_equal(again.targets, part.targets)


def test_a_split_of_other_channels_is_refused(tmp_path):
    save_task(tmp_path, rows_task("float64"))
    other = [replace(CHANNELS[0], unit="/s"), *CHANNELS[1:]]
    card = json.loads((tmp_path / "task.json").read_text())
    card["channels"] = channels_to_plain(other)
    (tmp_path / "task.json").write_text(json.dumps(card))
    with pytest.raises(DataError, match="expected the train split of task ward"):
        load_task(tmp_path)


def test_symbols_and_channels_are_not_mixed():
    task = rows_task("float64")
    with pytest.raises(DataError, match="got both"):
        replace(task, symbols=("a",))
    with pytest.raises(DataError, match=r"expected symbols, got rows of heart rate \[/min\]"):
        replace(task, channels=())


def test_the_beginning_of_rows_has_their_channels():
    assert rows_task("float64").splits["train"].head(1).inputs.channels == CHANNELS
