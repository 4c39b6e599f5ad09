"""A user's own files become a task."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.vitals import N_SUBJECTS, STEPS, made, rewritten, vitals, written
from markovlens.tasks import make_task
from markovlens.tasks.base import SPLITS
from markovlens.tasks.custom.cells import ranks_of


def assert_same(one, other):
    """Check that two tasks are the same to the last number."""
    for part in ("channels", "symbols", "classes"):
        assert getattr(one, part) == getattr(other, part)
    for name in SPLITS:
        here, there = one.splits[name], other.splits[name]
        np.testing.assert_array_equal(here.targets, there.targets)
        np.testing.assert_array_equal(here.inputs.values, there.inputs.values)
        np.testing.assert_array_equal(here.inputs.lengths, there.inputs.lengths)


def test_columns_become_channels_and_the_target_a_class(csv):
    task = made(csv)
    assert [str(channel) for channel in task.channels] == ["pulse [/min]", "drug", "age [years]"]
    assert task.channels[1].levels == ("A", "none")
    assert [channel.static for channel in task.channels] == [False, False, True]
    assert task.classes == ("no", "yes")
    train = task.splits["train"]
    assert (train.inputs.lengths == STEPS).all()
    ends = np.cumsum(train.inputs.lengths) - 1
    np.testing.assert_array_equal(np.flatnonzero(train.targets >= 0), ends)
    np.testing.assert_array_equal(train.targets[ends], train.inputs.rows[ends, 0] > 80)


def test_groups_are_split_as_wholes_and_by_the_seed(csv):
    task = made(csv)
    ages = {name: set(part.inputs.rows[:, 2]) for name, part in task.splits.items()}
    assert sum(map(len, ages.values())) == len(set.union(*ages.values())) == N_SUBJECTS
    assert [len(ages[name]) for name in SPLITS] == [7, 3, 2]
    again, other = made(csv), made(csv, seed=1)
    for name in SPLITS:
        np.testing.assert_array_equal(
            again.splits[name].inputs.values, task.splits[name].inputs.values
        )
    assert set(other.splits["test"].inputs.rows[:, 2]) != ages["test"]


@pytest.mark.parametrize("ending", ["parquet", "npz", "h5"])
def test_every_format_makes_the_same_task(csv, tmp_path, ending):
    # Stays are numbers: in CSV they are read as text, and still 9 comes before 10.
    table = vitals().assign(stay=lambda table: table["stay"].str[1:].astype(int))
    table.loc[3, "pulse"] = np.nan
    one = made(written(table, tmp_path / "all.csv"))
    other = made(written(table.fillna({"alarm": ""}), tmp_path / f"all.{ending}"))
    assert_same(one, other)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000))
def test_the_order_of_rows_does_not_matter(seed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shuffled")
    one = made(written(vitals(), folder / "one.csv"))
    other = made(written(vitals().sample(frac=1, random_state=seed), folder / "other.csv"))
    assert_same(one, other)


def test_in_a_folder_each_file_is_a_sequence_or_all_are_one_table(tmp_path):
    table = vitals()
    for folder in ("stays", "halves"):
        (tmp_path / folder).mkdir()
    for name, rows in table.groupby("stay"):
        written(rows.drop(columns="stay"), tmp_path / "stays" / f"{name}.csv")
    written(table[: len(table) // 2], tmp_path / "halves" / "a.csv")
    written(table[len(table) // 2 :], tmp_path / "halves" / "b.parquet")
    whole = made(written(table, tmp_path / "vitals.csv"))
    for task in (made(tmp_path / "stays", sequence=None), made(tmp_path / "halves")):
        np.testing.assert_array_equal(
            task.splits["test"].inputs.values, whole.splits["test"].inputs.values
        )


def test_symbols_are_a_column_of_their_own(csv):
    task = made(csv, inputs=[], symbols="drug", units={}, static=[])
    assert task.symbols == ("A", "none")
    assert not task.channels
    assert task.splits["train"].inputs.are_symbols


def test_a_column_may_say_the_split(tmp_path):
    table = vitals().assign(part=lambda t: np.where(t["subject"] < 8, "train", "valid"))
    table.loc[table["subject"] > 9, "part"] = "test"
    task = made(written(table, tmp_path / "v.csv"), split={"column": "part"})
    assert set(task.splits["test"].inputs.rows[:, 2]) == {50, 51}


def test_by_time_the_last_is_the_test_and_what_lies_across_is_left_out(tmp_path):
    steps = np.arange(100)
    table = pd.DataFrame({"day": steps, "gain": steps % 7, "up": steps % 2, "all": 0})
    path = written(table, tmp_path / "days.csv")
    section = {
        "sequence": "all", "step": "day", "inputs": ["gain"], "target": "up", "window": 8,
        "split": {"by": "time"}, "data": str(path),
    }  # fmt: skip
    task = make_task("custom_days", sizes=section, seed=0)
    sizes = {name: part.inputs.lengths.tolist() for name, part in task.splits.items()}
    assert sizes == {"train": [8] * 7, "valid": [8] * 2, "test": [8] * 2 + [4]}
    assert task.splits["test"].inputs.values[0, 0] == 80 % 7


def test_missing_values_are_kept_or_filled_within_their_sequence(tmp_path):
    table = vitals()
    table.loc[[1, 2, STEPS], "pulse"] = np.nan
    path = written(table, tmp_path / "v.csv")
    everything = {"split": {"column": "part"}}
    table["part"] = np.where(table["subject"] < 8, "train", "valid")
    table.loc[table["subject"] > 9, "part"] = "test"
    written(table, path)
    kept = made(path, **everything).splits["train"].inputs.rows[:, 0]
    filled = made(path, missing="last", **everything).splits["train"].inputs.rows[:, 0]
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(kept)), [1, 2, STEPS])
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(filled)), [STEPS])
    assert filled[1] == filled[2] == kept[0]


def test_levels_give_categories_their_codes(csv):
    levels = {"alarm": ["yes", "no", "unknown"], "drug": ["none", "B", "A"]}
    task, other = made(csv, levels=levels), made(csv)
    assert task.classes == ("yes", "no", "unknown")
    assert task.channels[1].levels == ("none", "B", "A")
    for name in SPLITS:
        here, there = task.splits[name], other.splits[name]
        np.testing.assert_array_equal(here.targets, np.array([1, 0, -1])[there.targets])
        np.testing.assert_array_equal(
            here.inputs.rows[:, 1], np.array([2, 0])[there.inputs.rows[:, 1].astype(int)]
        )


def test_whole_numbers_are_the_codes_of_symbols_and_classes(tmp_path):
    table = vitals().assign(drug=lambda t: t["minute"] // 10 + 1, alarm=lambda t: t["minute"] // 5)
    path = written(table, tmp_path / "v.parquet")
    task = made(path, inputs=[], symbols="drug", units={}, static=[])
    assert task.symbols == ("0", "1", "2", "3", "4", "5")
    assert task.classes == tuple("012345678")
    train = task.splits["train"]
    np.testing.assert_array_equal(train.inputs.values[:STEPS], [1, 2, 3, 4, 5])
    np.testing.assert_array_equal(train.targets[:STEPS], [0, 2, 4, 6, 8])


def test_names_are_no_numbers(tmp_path):
    table = vitals().assign(subject=lambda t: np.where(t["subject"] == 0, "007", t["subject"]))
    assert "7" in set(table["subject"])
    part = np.select(
        [table["subject"] == "007", table["subject"] == "7"], ["valid", "test"], "train"
    )
    path = written(table.assign(part=part), tmp_path / "v.csv")
    task = made(path, split={"column": "part"})
    assert [len(task.splits[name].inputs) for name in SPLITS] == [20, 2, 2]


def test_sequences_that_are_called_by_numbers_come_in_their_order():
    names = pd.Series(["10", "9", "010", "9"])
    assert ranks_of(names).tolist() == [2, 0, 1, 0]
    assert ranks_of(names + "a").tolist() == [1, 2, 0, 2]


def test_a_missing_number_is_no_category_and_sodium_no_missing_number(csv):
    rewritten(csv, lambda text: text.replace(",A,", ",NA,").replace("s00,0,", "s00,0,NA,#", 1))
    rewritten(csv, lambda text: re.sub("#[^,]*,", "", text))
    task = made(csv)
    assert task.channels[1].levels == ("NA", "none")
    rows = np.concatenate([part.inputs.rows for part in task.splits.values()])
    assert np.isnan(rows[:, 0]).sum() == 1
    assert not np.isnan(rows[:, 1]).any()


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_values_that_stand_for_missing_ones_are_missing(tmp_path, ending):
    table = vitals()
    table.loc[3, "pulse"], table.loc[4, "drug"] = -999, "?"
    task = made(written(table, tmp_path / f"v.{ending}"), missing_values=[-999, "?"])
    assert task.channels[1].levels == ("A", "none")
    rows = np.concatenate([part.inputs.rows for part in task.splits.values()])
    assert np.isnan(rows).sum(axis=0).tolist() == [1, 1, 0]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_steps_may_be_points_in_time(tmp_path, ending):
    table = vitals()
    times = pd.Timestamp("2026-01-31T23:00") + pd.to_timedelta(table["minute"], unit="min")
    other = table.assign(minute=times).sample(frac=1, random_state=0)
    assert_same(
        made(written(table, tmp_path / "steps.csv")),
        made(written(other, tmp_path / f"times.{ending}")),
    )


def test_missing_steps_are_told(csv, caplog):
    made(csv)
    assert not caplog.records
    rewritten(csv, lambda text: text.replace("s00,20,", "s00,25,"))
    made(csv)
    assert "minute: 1 of 96 steps come later than usual" not in caplog.text
    rewritten(csv, lambda text: re.sub("s00,[24].*\n", "", text))
    made(csv)
    assert "minute: 1 of 94 steps come later than usual" in caplog.text
    assert "first at vitals.csv, row 3, in stay s00" in caplog.text


def test_a_seed_of_the_split_holds_whatever_the_benchmarks(csv):
    rule = {"by": "group", "seed": 3}
    assert_same(made(csv, seed=0, split=rule), made(csv, seed=1, split=rule))


@pytest.mark.parametrize("split", [{"by": "sequence"}, {}])
def test_windows_of_one_sequence_are_never_in_two_splits(tmp_path, split):
    path = written(vitals(), tmp_path / "v.csv")
    task = made(path, window=2, group=None, split=split, inputs=["pulse", "age"])
    ages = [set(part.inputs.rows[:, 1]) for part in task.splits.values()]
    stays = [part.inputs.n_steps / STEPS for part in task.splits.values()]
    assert sum(stays) == 2 * N_SUBJECTS
    assert all(whole == int(whole) for whole in stays)
    assert len(set.union(*ages)) == N_SUBJECTS


def test_windows_of_one_sequence_carry_a_missing_value_on(tmp_path):
    """A window knows what was before it in its sequence, not what was in another."""
    table = vitals()
    table["part"] = np.select(
        [table["subject"] < 8, table["subject"] < 10], ["train", "valid"], "test"
    )
    table["alarm"] = np.where(table["pulse"] > 80, "yes", "no")
    table.loc[[2, 3, STEPS], "pulse"] = np.nan
    path = written(table, tmp_path / "v.csv")
    task = made(path, window=2, missing="last", split={"column": "part"}, static=[])
    pulse = task.splits["train"].inputs.rows[:, 0]
    assert task.splits["train"].inputs.lengths[:3].tolist() == [2, 2, 1]
    assert pulse[2] == pulse[3] == table["pulse"][1]
    assert np.isnan(pulse[STEPS])
