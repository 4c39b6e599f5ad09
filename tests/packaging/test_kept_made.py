"""Tables that are kept of runs are made of their results, and said as pages say them."""

import json
import re
import runpy

import numpy as np
import pandas as pd
import pytest

import markovlens as ml
from helpers.pages import DOCS
from markovlens.running.provenance import write_provenance
from markovlens.sequences import Sequences
from markovlens.tasks.base import Split, Task
from markovlens.tasks.store import save_task

CHANNELS = (ml.Channel("heat", "K"), ml.Channel("light"))
UNASKED = -1


@pytest.fixture
def results(tmp_path):
    """Results of one task: two sequences a split, a value unknown, a step without target."""
    rows = np.arange(10.0).reshape(5, 2)
    rows[3, 1] = np.nan
    inputs = Sequences(rows, np.array([3, 2]), CHANNELS)
    targets = np.array([0, 1, 1, 1, UNASKED], dtype=np.int32)
    parts = dict.fromkeys(("train", "valid", "test"), Split(inputs, targets, np.full(5, UNASKED)))
    task = Task("made_up", "markets", (), ("calm", "wild"), parts, 0.5, channels=CHANNELS)
    save_task(tmp_path / "tasks" / "made_up", task)
    (tmp_path / "tables").mkdir()
    return tmp_path


def test_sequences_and_what_is_asked_are_counted(ext, results):
    rows = ext("kept_made").splits_of(results).set_index("split")
    counted = ["sequences", "steps", "asked", "answer", "commonest"]
    assert rows.loc["test", counted].tolist() == [2, 5, 4, "wild", 0.75]


def test_unknown_values_are_counted_over_all_splits(ext, results):
    rows = ext("kept_made").missing_of(results)
    assert rows.to_dict("records") == [{"task": "made_up", "channel": "light", "missing": 3}]


def test_a_codebook_of_sums_has_as_many_terms_as_the_longest(ext):
    terms = ext("kept_made")._terms
    assert terms(ml.cut_at(["heat"], {"heat": 1.0})) == 1
    assert terms(ml.cut_along(["heat", "light", "sound"], [1, 0, -2], 0)) == 2


def test_a_method_without_a_machine_of_a_seed_is_kept_with_its_reason(ext, results):
    place = {"task": "made_up", "model": "gru", "method": "lstar", "mode": "closed"}
    fitted = place | {"seed": 0, "chosen": True, "score": "balanced_fidelity_step", "reason": ""}
    failed = [
        place | {"seed": seed, "chosen": False, "score": "fit", "reason": reason}
        for seed, reason in ((0, "too few"), (1, "too slow"), (1, "too slow"), (1, "too few"))
    ]
    pd.DataFrame([fitted, *failed]).to_parquet(results / "tables/scores.parquet")
    rows = ext("kept_made").refusals_of_real(results)
    assert rows[["seed", "reason"]].to_numpy().tolist() == [[1, "too slow"]]


def test_a_protocol_says_mean_spread_and_how_many_are_exact(ext):
    rows = [
        {"task": "merrill_1", "seed": seed, "method": method, "score": score, "value": value}
        for seed, share in ((0, 1.0), (1, 0.5))
        for method, score, value in (
            ("network", "accuracy_string", 1.0),
            *((name, "fidelity_string", share) for name in ext("kept_protocol").METHODS),
            *((name, "exact_language", float(share == 1)) for name in ext("kept_protocol").METHODS),
        )
    ]
    found = ext("kept_protocol").Protocol(pd.DataFrame(rows))
    head, _, first, *_, last = found.table("| *published* | 100 |").splitlines()
    assert head.endswith("| T1 |")
    assert first == "| state merging | 75.0 ± 35.4 (1/2) |"
    assert last == "| *published* | 100 |"


def test_repairs_of_all_networks_are_kept_without_their_resamples(ext, tmp_path):
    row = dict.fromkeys(ext("kept_repairs").KEPT, 1) | {"replicates": [0.1, 0.2]}
    for seed in (0, 1):
        folder = tmp_path / f"runs/parity/gru/seed-{seed}/reliance"
        folder.mkdir(parents=True)
        pd.DataFrame([row | {"seed": seed}]).to_parquet(folder / "repair.parquet")
    rows = ext("kept_repairs").repairs_of(tmp_path)
    assert rows["seed"].tolist() == [0, 1]
    assert "replicates" not in rows


def test_a_seed_without_an_alarm_in_half_of_its_streams_has_no_delay(ext):
    rows = [
        {"task": "dyck_1", "change": change, "seed": seed, "delay": delay}
        for change, delays in (("stuck", (65.0, np.nan)), ("noise", (np.nan, np.nan)))
        for seed, delay in enumerate(delays)
    ]
    found = ext("kept_reliance").Alarms(pd.DataFrame(rows))
    assert [found.delays("dyck_1", change) for change in ("stuck", "noise")] == ["65, no", "no"]


def test_a_benchmark_keeps_its_tables_with_what_made_them(ext, tmp_path):
    keeping = runpy.run_path(str(DOCS.parent / "benchmarks" / "keeping.py"))
    config = tmp_path / "config.yaml"
    config.write_text("seed: 0\n")
    made = keeping["made_by"](("markovlens", "numpy"), config)
    keeping["keep"](tmp_path / "kept", {"fits": pd.DataFrame({"ms": [0.1234567]})}, made)
    assert (tmp_path / "kept/fits.csv").read_text() == "ms\n0.123457\n"
    assert len(made["config"]) == 16
    run = ext("kept_runs").Run(tmp_path / "kept")
    assert f"markovlens {ml.__version__}, numpy {np.__version__}" in run.said()
    assert run.made("processor") in run.said()


def test_what_is_kept_was_measured_with_a_commit():
    """All but `coclusters`: older than run.json, and no commit names the run that it is of."""
    folders = [path for path in DOCS.glob("numbers/*") if path.is_dir()]
    made = {path.name: path / "run.json" for path in folders if path.name != "coclusters"}
    assert len(made) > 10
    for name, path in made.items():
        run = json.loads(path.read_text())
        assert re.fullmatch("[0-9a-f]{40}", run["commit"] or ""), name
        assert not run.get("uncommitted_changes"), name  # older ones do not say


def test_what_made_a_run_says_whether_there_were_changes(ext, tmp_path, monkeypatch):
    studies = ext("kept_studies")
    monkeypatch.setattr(studies, "read_benchmarks", lambda folder: {})
    folder = tmp_path / "provenance"
    folder.mkdir()
    write_provenance(folder / "config.resolved.yaml", folder / "versions.json", {"seed": 0})
    described = json.loads((folder / "versions.json").read_text())
    for changes in (True, False):
        told = json.dumps(described | {"uncommitted_changes": changes})
        (folder / "versions.json").write_text(told)
        assert studies._made_by(tmp_path)["uncommitted_changes"] is changes
    del described["uncommitted_changes"]  # as of a run before it was noted
    (folder / "versions.json").write_text(json.dumps(described))
    assert "uncommitted_changes" not in studies._made_by(tmp_path)


def test_engines_are_compared_round_by_round(ext):
    seconds = {"ours": (1.0, 2.0, 4.0), "hmmlearn": (10.0, 40.0, 44.0)}
    rows = [
        {"data": "planted", "steps": 30, "round": number, "engine": engine, "seconds": each}
        for engine, several in seconds.items()
        for number, each in enumerate(several)
    ]
    best = [
        {"data": "planted", "n_states": 2, "engine": engine, "log_likelihood": value}
        for engine, value in (("ours", -2.0), ("hmmlearn", -1.0))
    ]
    found = ext("kept_engines").Engines(pd.DataFrame(rows), pd.DataFrame(best))
    assert found.times.to_dict() == {"planted": 11.0}
    assert found.times_of_rounds("planted") == "10.0 to 20.0"
    assert found.higher("hmmlearn", "ours").tolist() == [True]
    assert found.higher("ours", "hmmlearn").tolist() == [False]
