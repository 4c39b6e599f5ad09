"""Exports as a stage: a file and a row for each; what was not run says why."""

import pandas as pd
import pytest

from helpers.machines import random_machine, trace_of
from markovlens.abstractions.study import Kept
from markovlens.files.runs import Run
from markovlens.files.whole import write_json
from markovlens.reliance.exporting import stage
from markovlens.reliance.exporting.stage import export_runs

LANGUAGES = ("python", "c")


@pytest.fixture
def machine(monkeypatch):
    machine = random_machine(3, 2, 2, seed=2)
    kept, trace = Kept({3: machine}, {}, 3, {}), trace_of(machine)
    monkeypatch.setattr(stage, "load_study", lambda path: kept)
    monkeypatch.setattr(stage, "load_trace", lambda path: trace)
    return machine


def exported(folder, sizes):
    runs = [Run.at(folder, "task", "gru", seed, layer="h") for seed in range(len(sizes))]
    for run, size in zip(runs, sizes, strict=True):
        write_json(run.verdict, {"verdict": {"method": "kmeans", "n_states_judged": size}})
    export_runs(runs, folder / "exports.csv", folder / "exports", languages=LANGUAGES)
    return pd.read_csv(folder / "exports.csv")


def test_each_file_decides_as_the_machine_on_all_test_sequences(tmp_path, machine):
    table = exported(tmp_path, [3, 3])
    assert len(table) == 4
    python = table[table["language"] == "python"]
    assert (python["n_equal"] == python["n_steps"]).all()
    head = (tmp_path / "exports/task/gru/seed-1/machine.c").read_text()[:1000]
    assert "task, test sequences of gru, seed 1" in " ".join(head.replace("*", "").split())


def test_a_network_without_a_machine_has_no_row(tmp_path, machine):
    assert exported(tmp_path, [3, None])["seed"].unique().tolist() == [0]
    assert len(exported(tmp_path / "none", [None])) == 0


def test_what_is_not_run_says_why(tmp_path, machine, monkeypatch):
    missing = {"c": "there is no cc"}
    monkeypatch.setattr(stage, "why_not", lambda language: missing.get(language, ""))
    row = exported(tmp_path, [3]).set_index("language").loc["c"]
    assert row["reason"] == "not run: there is no cc"
    assert pd.isna(row["n_equal"])
    assert (tmp_path / "exports/task/gru/seed-0/machine.c").stat().st_size == row["file_bytes"]


def test_a_file_that_fails_stops_no_other(tmp_path, machine, monkeypatch):
    def fail(exported, *_):
        raise stage.DataError(f"{exported.language}: 2 steps were refused")

    monkeypatch.setattr(stage, "tried", fail)
    table = exported(tmp_path, [3, 3])
    assert table["reason"].str.endswith("2 steps were refused").all()
    assert len(table) == 4
    assert (table["file_bytes"] > 0).all()


def test_what_cannot_be_written_says_why(tmp_path, machine, monkeypatch):
    def refuse(*_, **__):
        raise stage.DataError("no such machine")

    monkeypatch.setattr(stage, "export", refuse)
    table = exported(tmp_path, [3])
    assert (table["reason"] == "no such machine").all()
    assert table["file_bytes"].isna().all()
