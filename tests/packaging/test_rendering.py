"""Numbers of pages are those of kept tables, and sentences stand only while their verdicts do."""

import importlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture
def ext(monkeypatch):
    """A module of the folder that renders, by name."""
    monkeypatch.syspath_prepend(DOCS / "_ext")
    return importlib.import_module


@pytest.fixture
def copy(tmp_path):
    """A copy of what pages are made of."""
    shutil.copytree(DOCS, tmp_path / "docs", ignore=shutil.ignore_patterns("*.svg", "*.png"))
    shutil.copy(DOCS.parent / "README.md", tmp_path)
    return tmp_path / "docs"


def rendered(docs, *arguments):
    command = [sys.executable, docs / "rendering.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def changed(path, column, values):
    """Give a kept table other values, by claim."""
    table = pd.read_csv(path).set_index("claim")
    for claim, value in values.items():
        table.loc[claim, column] = value
    table.reset_index().to_csv(path, index=False)


def test_a_verdict_that_changed_refuses_the_sentence_that_states_it(copy):
    path = copy / "numbers/layers/layers_claims.csv"
    changed(path, "verdict", {"probe_points_elsewhere": "supported"})
    done = rendered(copy, "write")
    assert done.returncode != 0
    for part in ("docs/templates/layers.md", "probe_points_elsewhere", "contradicted"):
        assert part in done.stderr
    assert "Traceback" not in done.stderr


def test_a_number_that_changed_is_found_on_the_page_that_quotes_it(copy):
    path = copy / "numbers/alternatives/attention_claims.csv"
    changed(path, "effect", {"attention_is_faithful": 0.2})
    done = rendered(copy, "check")
    assert done.returncode != 0
    assert "attention.md" in done.stderr
    assert "claims.md" in done.stderr


def test_what_is_true_is_written_and_what_is_not_refuses_the_page(ext):
    tables = ext("kept_tables")
    assert tables.holds(True, "one is one") == ""
    with pytest.raises(tables.StaleSentence, match="one is two"):
        tables.holds(False, "one is two")


def test_every_kept_claim_stands_in_the_table_of_all_verdicts(ext):
    kept = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*claims.csv")}
    assert kept == {each.table for each in ext("kept_verdicts").DECIDED}
    page = (DOCS / "claims.md").read_text(encoding="utf-8")
    for table in kept:
        for row in pd.read_csv(DOCS / table).itertuples():
            assert re.search(rf"\| `{row.claim}` \| .* \| {row.verdict} \|", page), row.claim


def test_a_study_keeps_its_tables_and_what_made_them(ext, tmp_path, monkeypatch):
    results = tmp_path / "results"
    for folder in ("tables", "provenance", "figures"):
        (results / folder).mkdir(parents=True)
    pd.DataFrame({"value": [0.123456]}).to_csv(results / "tables/layers.csv", index=False)
    (results / "figures/layers.svg").write_text("<svg/>")
    (results / "provenance/config.resolved.yaml").write_text("seed: 0\n")
    made = {"commit": "c0ffee", "processor": "one", "python": "3.11", "packages": {}}
    made["packages"] = dict.fromkeys(("markovlens", "numpy", "torch"), "1.0")
    (results / "provenance/versions.json").write_text(json.dumps(made))
    studies = ext("kept_studies")
    monkeypatch.setattr(studies, "read_benchmarks", lambda folder: {})
    study = studies.Study(("tables/layers.csv",), pictures={"figures/layers.svg": "layers.svg"})
    target = tmp_path / "docs/numbers/layers"
    studies.keep(results, study, target)
    assert (target / "layers.csv").read_text() == "value\n0.1235\n"
    assert (tmp_path / "docs/layers.svg").exists()
    run = json.loads((target / "run.json").read_text())
    assert (run["commit"], len(run["config"])) == ("c0ffee", 16)
    said = ext("kept_runs").Run(target).said()
    assert said == "commit c0ffee, one, markovlens 1.0, numpy 1.0, torch 1.0"


def test_a_study_that_there_is_not_is_refused(copy):
    assert rendered(copy, "keep", "results", "nothing").returncode != 0
