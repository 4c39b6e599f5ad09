"""A user's own files become a task, and whatever is wrong with them is named."""

import re
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from markovlens.errors import ConfigError, DataError
from markovlens.tasks import make_task
from markovlens.tasks.base import SPLITS
from markovlens.tasks.custom.cells import ranks_of
from markovlens.tasks.custom.description import check_descriptions

N_SUBJECTS, STEPS = 12, 5


def vitals() -> pd.DataFrame:
    """Return twelve subjects of two stays each, rows of vital signs, an alarm at the last step."""
    rng = np.random.default_rng(0)
    stay = np.repeat(np.arange(2 * N_SUBJECTS), STEPS)
    minute = np.tile(np.arange(STEPS) * 10, 2 * N_SUBJECTS)
    pulse = rng.normal(80, 10, len(stay)).round(1)
    table = pd.DataFrame(
        {
            "stay": [f"s{number:02}" for number in stay],
            "minute": minute,
            "pulse": pulse,
            "drug": rng.choice(["none", "A"], len(stay)),
            "age": 40.0 + stay // 2,
            "subject": stay // 2,
            "alarm": np.where(pulse > 80, "yes", "no"),
        }
    )
    table.loc[table["minute"] < 40, "alarm"] = None
    return table


SECTION = {
    "sequence": "stay",
    "step": "minute",
    "inputs": ["pulse", "drug", "age"],
    "target": "alarm",
    "group": "subject",
    "split": {"by": "group"},
    "units": {"pulse": "/min", "age": "years"},
    "static": ["age"],
}


def written(table, path):
    """Write a table in the format that its path's ending says."""
    if path.suffix == ".csv":
        table.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        table.to_parquet(path)
    else:
        columns = {name: column.to_numpy() for name, column in table.items()}
        texts = {name for name, column in columns.items() if column.dtype.kind == "O"}
        columns |= {name: columns[name].astype(str) for name in texts}
        if path.suffix == ".npz":
            np.savez(path, **columns)
        else:
            h5py = pytest.importorskip("h5py", reason="h5py reads HDF5")
            with h5py.File(path, "w") as file:
                for name, column in columns.items():
                    file[name] = column.astype("S") if name in texts else column
    return path


def made(path, seed=0, **change):
    section = {**SECTION, "data": str(path), **change}
    return make_task("custom_vitals", sizes=section, seed=seed)


def assert_same(one, other):
    """Check that two tasks are the same to the last number."""
    for part in ("channels", "symbols", "classes"):
        assert getattr(one, part) == getattr(other, part)
    for name in SPLITS:
        here, there = one.splits[name], other.splits[name]
        np.testing.assert_array_equal(here.targets, there.targets)
        np.testing.assert_array_equal(here.inputs.values, there.inputs.values)
        np.testing.assert_array_equal(here.inputs.lengths, there.inputs.lengths)


@pytest.fixture
def csv(tmp_path):
    return written(vitals(), tmp_path / "vitals.csv")


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


def changed(column, row, value):
    """Return a change of one cell."""

    def change(table):
        table = table.astype({column: object})
        table.loc[row, column] = value
        return table

    return change


WRONG_CELLS = {
    "text": (
        changed("pulse", 7, "high"),
        {},
        r"tasks.custom.vitals: v.csv, row 8: pulse: expected a number, .*'high'",
    ),
    "infinite": (changed("pulse", 3, np.inf), {}, "row 4: pulse: expected a number, got inf"),
    "twice": (
        changed("minute", 1, 0),
        {},
        "row 2: minute: .* each step once .* got 0 again, after v.csv, row 1",
    ),
    "no step": (changed("minute", 1, None), {}, "row 2: minute: expected a value, got an empty"),
    "no group": (changed("subject", 1, None), {}, "row 2: subject: expected a value"),
    "ages": (changed("age", 2, 41.0), {}, "row 3: age: expected one value a sequence, .* 41.0"),
    "refused": (
        changed("pulse", 2, None),
        {"missing": "refuse"},
        "row 3: pulse: expected a value, got an empty cell",
    ),
    "one class": (
        lambda table: table.assign(alarm="no"),
        {},
        "alarm: expected two classes or more, got 'no' throughout",
    ),
    "no target": (lambda table: table.assign(alarm=None), {}, "alarm: expected a target"),
    "real target": (
        lambda table: table.assign(alarm=table["pulse"] / 7),
        {},
        "row 1: alarm: expected a name or a whole number",
    ),
    "negative target": (
        lambda table: table.assign(alarm=-1),
        {},
        "row 1: alarm: expected a name or a whole number 0..19999, got -1; name all of them in",
    ),
    "unknown level": (
        lambda table: table,
        {"levels": {"alarm": ["no", "perhaps"]}},
        r"row \d+: alarm: expected one of no, perhaps \(its levels\), got 'yes'",
    ),
    "few words": (
        lambda table: table.assign(drug=[*map(str, range(len(table) - 1)), "x"]),
        {},
        "row 120: drug: expected a number, as in 119 other rows, got 'x'; .* levels.drug",
    ),
    "free text": (
        lambda table: table.assign(drug=[f"note {row}" for row in range(len(table))]),
        {},
        "drug: expected numbers or at most 100 categories, got 120 different texts",
    ),
    "times": (
        lambda table: table.assign(drug="2026-01-31"),
        {},
        "drug: expected numbers or categories, got points in time",
    ),
    "steps of text": (
        changed("minute", 8, "later"),
        {},
        "row 9: minute: expected a number, got 'later'",
    ),
    "no time": (
        lambda table: changed("minute", 8, "noon")(table.assign(minute="2026-01-31")),
        {},
        "row 9: minute: expected a time such as .*, got 'noon'",
    ),
    "endless step": (changed("minute", 4, np.inf), {}, "row 5: minute: expected a number, got inf"),
    "one class in training": (
        lambda table: table.assign(
            alarm=np.where(table["subject"] < 8, "no", "yes"),
            part=np.select(
                [table["subject"] < 8, table["subject"] < 10], ["train", "valid"], "test"
            ),
        ),
        {"split": {"column": "part"}},
        "alarm: expected two classes or more in train, got 1",
    ),
    "no target in a split": (
        lambda table: table.assign(
            alarm=table["alarm"].mask(table["subject"] > 9),
            part=np.select(
                [table["subject"] < 8, table["subject"] < 10], ["train", "valid"], "test"
            ),
        ),
        {"split": {"column": "part"}},
        "alarm: expected a target or more in test, got 0",
    ),
    "no rows": (lambda table: table[:0], {}, "expected rows, got none"),
    "few": (lambda table: table[:10], {}, "at least 3 different values of subject to part, got 1"),
    "unknown split": (
        lambda table: table.assign(part="training"),
        {"split": {"column": "part"}},
        "row 1: part: expected train, valid, test, got 'training'",
    ),
    "split within": (
        lambda table: table.assign(part=np.where(table["minute"] < 20, "train", "test")),
        {"split": {"column": "part"}},
        "row 3: part: expected 'train', as at the first step of its sequence, got 'test'",
    ),
    "group in two": (
        lambda table: table.assign(part=np.where(table["stay"] < "s01", "train", "test")),
        {"split": {"column": "part"}},
        "row 6: subject: expected each group in one split, got '0' in train and test",
    ),
    "empty split": (
        lambda table: table.assign(part=np.where(table["subject"] < 6, "train", "test")),
        {"split": {"column": "part"}},
        "got none in valid",
    ),
}


@pytest.mark.parametrize("what", WRONG_CELLS)
def test_a_wrong_cell_is_named_with_file_and_row(what, tmp_path):
    change, section, message = WRONG_CELLS[what]
    path = written(change(vitals()), tmp_path / "v.csv")
    with pytest.raises(DataError, match=message):
        made(path, **section)


WRONG_SECTIONS = {
    "both": ({"symbols": "drug"}, "inputs .* or symbols .*, got both"),
    "neither": ({"inputs": []}, "got neither"),
    "unit": ({"units": {"puls": "x"}}, "units: got 'puls', which is no input; did you mean pulse"),
    "static": ({"static": ["stay"]}, "static: got 'stay', which is no input"),
    "no group": ({"group": None}, "by group needs the key group"),
    "shares": ({"split": {"shares": [0.5, 0.5, 0.5]}}, "three shares above 0 that sum to 1"),
    "answer": ({"inputs": ["pulse", "alarm"]}, "target: got 'alarm', which the network reads, too"),
    "level": ({"levels": {"stay": ["a"]}}, "levels: got 'stay', which is no input, symbol or"),
    "levels": ({"levels": {"drug": ["A", "A"]}}, "levels.drug: expected different names"),
    "key": ({"targets": "alarm"}, "unknown key 'targets'; did you mean target"),
}


@pytest.mark.parametrize("what", WRONG_SECTIONS)
def test_a_section_that_does_not_go_together_is_refused_before_any_file_is_read(what):
    change, message = WRONG_SECTIONS[what]
    with pytest.raises(ConfigError, match=message):
        made("nowhere.csv", **change)


def test_files_and_columns_are_looked_at_before_any_job(csv, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.parquet").write_text("no Parquet")
    sections = {
        "good": {**SECTION, "data": str(csv)},
        "column": {**SECTION, "data": str(csv), "target": "alert"},
        "nowhere": {**SECTION, "data": str(tmp_path / "vital.csv")},
        "empty": {**SECTION, "data": str(tmp_path / "empty")},
        "ending": {**SECTION, "data": __file__},
        "bad": {**SECTION, "data": str(tmp_path / "bad.parquet")},
    }
    lines = check_descriptions(sections, list(sections))
    said = [
        "tasks.custom.column: .*vitals.csv: expected a column 'alert', got stay, minute",
        "tasks.custom.nowhere: .*vital.csv: expected a file or a folder, got nothing",
        "tasks.custom.empty: .*empty: expected files that end in .csv",
        "tasks.custom.ending: .*test_custom.py: expected a file that ends in .csv",
        "tasks.custom.bad: .*bad.parquet: expected a parquet file, got one that cannot be read",
    ]
    assert len(lines) == len(said)
    for line, message in zip(lines, said, strict=True):
        assert re.match(message, line), line


def test_arrays_that_are_no_columns_are_refused(tmp_path):
    np.savez(
        tmp_path / "v.npz", **{name: np.zeros(4) for name in vitals()} | {"pulse": np.zeros((4, 2))}
    )
    with pytest.raises(DataError, match=r"pulse: expected one value a row, \(N,\), got \(4, 2\)"):
        made(tmp_path / "v.npz")
    np.savez(
        tmp_path / "v.npz", **{name: np.zeros(4) for name in vitals()} | {"pulse": np.zeros(5)}
    )
    with pytest.raises(DataError, match="arrays of one length, got .*pulse 5"):
        made(tmp_path / "v.npz")


def rewritten(path, change):
    """Change the text of a file."""
    path.write_text(change(path.read_text()))


WRONG_CSV = {
    "decimal commas": (
        lambda text: text.replace("s00,10,", "s00,10,7,"),
        r"cannot be read \(CSV parse error: Row #3: Expected 7 columns, got 8",
    ),
    "a short row": (
        lambda text: text.replace("s00,10,", "s00,"),
        r"CSV parse error: Row #3: Expected 7 columns, got 6",
    ),
    "semicolons": (
        lambda text: text.replace(",", ";"),
        "expected a column 'stay', .*; separate columns by commas, not by semicolons",
    ),
    "a header twice": (
        lambda text: text.replace("drug", "pulse", 1),
        "expected a column 'pulse', got several of that name",
    ),
    "nothing": (lambda text: "", "expected a column 'stay', got none"),
}


@pytest.mark.parametrize("what", WRONG_CSV)
def test_a_csv_that_is_no_table_is_named(csv, what):
    change, message = WRONG_CSV[what]
    rewritten(csv, change)
    with pytest.raises(DataError, match=f"vitals.csv: .*{message}"):
        made(csv, inputs=["pulse", "age"])


def test_a_csv_of_another_encoding_is_named(csv):
    csv.write_bytes(csv.read_text().replace("none", "caf\u00e9").encode("latin-1"))
    with pytest.raises(DataError, match="vitals.csv: drug: expected UTF-8, got another encoding"):
        made(csv)


def test_hdf5_without_h5py_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    (tmp_path / "v.h5").touch()
    with pytest.raises(DataError, match=r"v.h5: expected h5py.*pip install 'markovlens\[hdf5\]'"):
        made(tmp_path / "v.h5")


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
    assert "first at vitals.csv, row 3" in caplog.text


def test_a_seed_of_the_split_holds_whatever_the_benchmarks(csv):
    rule = {"by": "group", "seed": 3}
    assert_same(made(csv, seed=0, split=rule), made(csv, seed=1, split=rule))


def test_only_the_first_files_of_a_folder_are_looked_at_before_any_job(tmp_path):
    for number in range(30):
        written(vitals(), tmp_path / f"{number:02}.csv")
    (tmp_path / "25.csv").write_text("nothing\n1\n")
    section = {**SECTION, "data": str(tmp_path)}
    assert check_descriptions({"vitals": section}, ["vitals"]) == []
    with pytest.raises(DataError, match="25.csv: expected a column 'stay', got nothing"):
        made(tmp_path)


@pytest.mark.parametrize("split", [{"by": "sequence"}, {}])
def test_windows_of_one_sequence_are_never_in_two_splits(tmp_path, split):
    path = written(vitals(), tmp_path / "v.csv")
    task = made(path, window=2, group=None, split=split, inputs=["pulse", "age"])
    ages = [set(part.inputs.rows[:, 1]) for part in task.splits.values()]
    stays = [part.inputs.n_steps / STEPS for part in task.splits.values()]
    assert sum(stays) == 2 * N_SUBJECTS
    assert all(whole == int(whole) for whole in stays)
    assert len(set.union(*ages)) == N_SUBJECTS
