"""Cells of one's own data are looked at before any job, once for as long as nothing changes."""

import os
from itertools import count

import pandas as pd
import pytest

from helpers.vitals import SECTION, made, vitals
from helpers.workspace import REPOSITORY, Workspace
from markovlens.tasks.custom import checking
from markovlens.tasks.custom.checking import MOST_BYTES, check_cells, is_large


@pytest.fixture
def written(tmp_path):
    """Return a section, and a function that writes its file anew with one cell changed."""
    path, times = tmp_path / "vitals.csv", count()

    def write(value=None):
        table = vitals().astype({"pulse": object})
        if value is not None:
            table.loc[4, "pulse"] = value
        table.to_csv(path, index=False)
        os.utime(path, ns=(1, next(times)))  # another time, also within a tick of the clock

    write()
    return {"vitals": {**SECTION, "data": str(path)}}, write


@pytest.fixture
def look(tmp_path, monkeypatch):
    """Return a function that checks, and says what was found and how often data were read."""
    reads = []
    make = checking.make
    monkeypatch.setattr(checking, "make", lambda *a, **b: reads.append(1) or make(*a, **b))

    def check(sections, seed=0, code="1"):
        before = len(reads)
        found = check_cells(
            sections, list(sections), seed=seed, code=code, kept=tmp_path / "kept.json"
        )
        return found, len(reads) - before

    return check


def test_a_wrong_cell_is_named_with_file_column_and_row(written, look):
    sections, write = written
    write("low")
    (line,), _ = look(sections)
    assert line.startswith("tasks.custom.vitals: vitals.csv, row 5: pulse: expected a number")


def test_sound_data_are_read_once_and_again_when_anything_changes(written, look):
    sections, write = written
    assert look(sections) == ([], 1)
    assert look(sections) == ([], 0)
    assert look(sections, seed=1)[1] == 1  # other splits are drawn
    assert look(sections, code="2")[1] == 1
    other = {"vitals": {**sections["vitals"], "window": 3}}
    assert look(other)[1] == 1
    assert look(other) == ([], 0)
    write(91.5)
    assert look(other) == ([], 1)


def test_wrong_data_are_looked_at_until_they_are_mended(written, look):
    sections, write = written
    write("low")
    assert [look(sections)[1] for _ in range(2)] == [1, 1]
    write()
    assert look(sections) == ([], 1)


def test_files_too_large_to_be_read_here_are_left_to_their_job(written, look, monkeypatch):
    sections, write = written
    write("low")
    monkeypatch.setitem(MOST_BYTES, ".csv", 100)
    assert look(sections) == ([], 0)


def test_the_size_of_a_folder_counts(tmp_path, monkeypatch):
    monkeypatch.setitem(MOST_BYTES, ".csv", 100)
    files = [tmp_path / f"{name}.csv" for name in "ab"]
    for file in files:
        file.write_bytes(b"x" * 60)
    assert not is_large(files[:1])
    assert is_large(files)


def test_what_was_kept_and_is_broken_is_made_anew(written, look, tmp_path):
    sections, _ = written
    (tmp_path / "kept.json").write_text("{")
    assert look(sections) == ([], 1)
    assert look(sections) == ([], 0)


@pytest.mark.workflow
def test_a_wrong_cell_ends_snakemake_before_any_job(tmp_path, written):
    sections, write = written
    write("low")
    config = tmp_path / "config.yaml"
    config.write_text(
        f"""
runs: [{{tasks: [custom_vitals, parity], models: [gru]}}]
networks: {{models: {{gru: {{cell: gru}}}}}}
tasks:
  custom:
    vitals: {sections["vitals"]}
"""
    )
    assert (REPOSITORY / "Snakefile").is_file()
    done = Workspace(tmp_path).snakemake("--dry-run", config=config)
    assert done.returncode == 1
    assert "tasks.custom.vitals: vitals.csv, row 5: pulse: expected a number" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(("copied", "told"), [(1.0, True), (0.6, True), (0.3, False)])
def test_sequences_that_stand_in_two_splits_are_told(tmp_path, caplog, copied, told):
    table = vitals().drop(columns="subject")
    others = table.assign(stay="valid " + table["stay"])
    own = others["stay"].rank(method="dense") > copied * others["stay"].nunique()
    others.loc[own, "pulse"] += 0.5
    parts = [
        table.assign(part="train"),
        others.assign(part="valid"),
        table.assign(stay="test " + table["stay"], pulse=table["pulse"] + 1, part="test"),
    ]
    path = tmp_path / "vitals.csv"
    pd.concat(parts).to_csv(path, index=False)
    made(path, group=None, split={"column": "part"})
    assert ("valid: 24 of 24 sequences stand in train" in caplog.text) == (copied == 1)
    assert ("stand in train, too" in caplog.text) == told
    assert "test: " not in caplog.text
