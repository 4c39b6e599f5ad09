"""Whatever is wrong with a user's own files or their section is named."""

import re
import sys

import numpy as np
import pytest

from helpers.vitals import SECTION, changed, made, rewritten, vitals, written
from markovlens.errors import ConfigError, DataError
from markovlens.tasks.custom.description import check_descriptions

WRONG_CELLS = {
    "text": (
        changed("pulse", 7, "high"),
        {},
        r"tasks.custom.vitals: v.csv, row 8: pulse: expected a number, .*'high'",
    ),
    "a decimal comma": (
        changed("pulse", 7, "80,5"),
        {},
        r"v.csv, row 8: pulse: expected a number with a decimal point, got '80,5'; write 80\.5",
    ),
    "decimal commas throughout": (
        lambda table: table.assign(
            pulse=table["pulse"].map(lambda each: f"{each:.1f}".replace(".", ","))
        ),
        {},
        "row 1: pulse: expected a number with a decimal point",
    ),
    "a step with a decimal comma": (
        changed("minute", 3, "12,5"),
        {},
        r"row 4: minute: expected a number with a decimal point, got '12,5'; write 12\.5",
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
        "tasks.custom.ending: .*test_custom_refusals.py: expected a file that ends in .csv",
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


def test_only_the_first_files_of_a_folder_are_looked_at_before_any_job(tmp_path):
    for number in range(30):
        written(vitals(), tmp_path / f"{number:02}.csv")
    (tmp_path / "25.csv").write_text("nothing\n1\n")
    section = {**SECTION, "data": str(tmp_path)}
    assert check_descriptions({"vitals": section}, ["vitals"]) == []
    with pytest.raises(DataError, match="25.csv: expected a column 'stay', got nothing"):
        made(tmp_path)
