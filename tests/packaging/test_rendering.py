"""Numbers of pages are those of kept tables, and sentences stand only while their verdicts do."""

import json
import re

import pandas as pd
import pytest

from helpers.pages import DOCS, refusal, rendered, replaced


def changed(path, column, values):
    """Give a kept table other values, by claim."""
    table = pd.read_csv(path).set_index("claim")
    for claim, value in values.items():
        table.loc[claim, column] = value
    table.reset_index().to_csv(path, index=False)


def test_a_verdict_that_changed_refuses_the_sentence_that_states_it(copy):
    path = copy / "numbers/layers/layers_claims.csv"
    changed(path, "verdict", {"probe_points_elsewhere": "supported"})
    done = rendered(copy, "write", "layers.md")
    assert done.returncode != 0
    for part in ("docs/templates/layers.md", "probe_points_elsewhere", "contradicted"):
        assert part in done.stderr


def test_a_number_that_changed_is_found_on_the_page_that_quotes_it(copy):
    path = copy / "numbers/alternatives/attention_claims.csv"
    changed(path, "effect", {"attention_is_faithful": 0.2})
    done = rendered(copy, "check", "attention.md", "claims.md")
    assert done.returncode != 0
    assert "attention.md" in done.stderr
    assert "claims.md" in done.stderr


ATTENTION = "alternatives/attention.csv"
ON_REVIEWS = {"task": "sentiment", "network": "attention", "explanation": "occlusion"}
ON_0110 = {"task": "contains_0110", "network": "attention", "explanation": "machine"}
IN_SLSTM = {"cell": "slstm", "score": "iia_probe"}
TOP_OF_THREE = {"n_layers": 3, "depth": 3, "score": "iia"}
COPIES = {"task": "parity", "cell": "lstm", "depth": 2, "score": "probe", "seed": 0}
FIRST_ON_S3 = {"task": "s3", "depth": 1, "score": "iia"}
OF_PROBES = {"claim": "probe_points_elsewhere"}
ON_KEYWORDS = {"task": "keywords", "network": "attention", "explanation": "occlusion"}
OF_WEIGHTS = {"explanation": "attention", "measure": "auroc"}
OF_TRUTH = {"explanation": "truth", "measure": "gap"}
OTHER_MOVES = {"model": "srn", "measure": "moved_other"}
IN_ORDER = {"model": "srn", "measure": "line_order"}
GATED_MOVES = {"model": "gru", "measure": "moved_other"}
MANY_STATES = {"measure": "evidence_known", "method": "hmm", "n_states": 16}
TWO_BITS = {"measure": "distance", "where": "bits_2"}
OTHER_COSINES = {"model": "gru", "measure": "along_other"}
OF_REGIONS = {"task": "parity", "method": "regions", "score": "exact_language", "seed": 0}
LSTM_LOSS = {"task": "mess3", "variant": "lstm", "part": "whole", "measure": "loss"}


@pytest.mark.parametrize(
    ("table", "rows", "column", "value", "sentence"),
    [
        (ATTENTION, ON_REVIEWS | {"measure": "gap"}, "value", 0.12, "far better on reviews"),
        (ATTENTION, ON_REVIEWS | {"measure": "changes"}, "value", 0.6, "far better on reviews"),
        (ATTENTION, ON_0110 | {"measure": "changes"}, "value", 0.7, "change as many answers"),
        (ATTENTION, ON_0110 | {"measure": "auroc"}, "value", 0.9, "less of the evidence"),
        (ATTENTION, ON_0110 | {"measure": "gap"}, "value", 0.3, "smaller on 0110 alone"),
        (
            "alternatives/attention_claims.csv",
            {"claim": "machine_finds_more_evidence"},
            "p",
            0.001,
            "by a hair",
        ),
        (ATTENTION, ON_0110 | OF_WEIGHTS, "value", 0.7, "weights are near chance"),
        (ATTENTION, ON_KEYWORDS | {"measure": "auroc"}, "value", 1.0, "reaches 1 on keywords"),
        (ATTENTION, ON_KEYWORDS | OF_TRUTH, "value", 0.5, "equals the truth"),
        ("layers/layers.csv", {"task": "s5"}, "gate", "passed", "no GRU for S5 passes the gate"),
        ("layers/networks.csv", IN_SLSTM, "value", 0.5, "not in sLSTMs"),
        ("layers/networks.csv", TOP_OF_THREE, "value", 1.0, "three layers leave more unused"),
        ("layers/networks.csv", COPIES, "value", 0.9, "in all LSTMs of parity"),
        ("layers/layers.csv", FIRST_ON_S3, "value", 1.0, "the top one is used most"),
        ("layers/layers_claims.csv", OF_PROBES, "p", 0.0001, "`probe_points_elsewhere`"),
        ("attractors/attractors.csv", OTHER_COSINES, "value", 0.3, "cosines of GRUs are below"),
        ("attractors/attractors.csv", TWO_BITS, "value", 1.4, "memories lie as corners of a cube"),
        ("attractors/attractors.csv", OTHER_MOVES, "value", 0.1, "moves the state nearly as far"),
        ("attractors/attractors.csv", IN_ORDER, "value", 0.5, "in the order of the answer"),
        ("attractors/attractors.csv", GATED_MOVES, "value", 0.4, "let in less of the other"),
        ("attractors/attractors.csv", MANY_STATES, "value", 0.7, "know more of the sum"),
        ("regions/networks.csv", OF_REGIONS, "value", 0.0, "regions miss seed 0"),
        ("alternatives/hybrids.csv", LSTM_LOSS, "value", 0.9, "at the exact filter"),
        (
            "emulators/dynamics_regions.csv",
            {"measure": "held_with", "where": "one attractor"},
            "value",
            0.3,
            "most noise pulls to one place",
        ),
    ],
)
def test_a_sentence_that_numbers_no_longer_bear_out_is_refused(
    copy, table, rows, column, value, sentence
):
    replaced(copy / "numbers" / table, rows, column, value)
    assert sentence in refusal(copy, sentence)


def test_claims_without_a_page_are_refused_by_name(ext):
    verdicts = ext("kept_verdicts")
    pages = {"S2": "languages", "one": "layers"}
    decided = verdicts.Decided("words", "numbers/some_claims.csv", pages)
    assert verdicts._page(decided, "any", "S2") == "languages"
    assert verdicts._page(decided, "one", "S2") == "layers"
    with pytest.raises(LookupError, match=r"some_claims.csv.*S9"):
        verdicts._page(decided, "any", "S9")


def test_every_open_claim_says_what_it_would_take(ext):
    claims = ext("kept_claims")
    for path in DOCS.rglob("*claims.csv"):
        for _, row in pd.read_csv(path).iterrows():
            assert bool(claims.takes(row)) == (row["verdict"] == "undecided"), row["claim"]


def test_no_number_of_groups_decides_an_effect_of_nothing(ext):
    takes = ext("kept_claims").takes
    row = {"verdict": "undecided", "effect": 0.0, "power": "12 groups", "reason": None}
    nothing = "no number of groups decides an effect of 0"
    assert takes(pd.Series(row | {"effect_shown": 0.0})) == nothing
    assert takes(pd.Series(row | {"effect_shown": 1.4})) == f"12 groups; {nothing}"
    assert takes(pd.Series(row | {"effect_shown": 1.4, "effect": 0.1})) == "12 groups"


def test_what_is_true_is_written_and_what_is_not_refuses_the_page(ext):
    tables = ext("kept_tables")
    assert tables.holds(True, "one is one") == ""
    with pytest.raises(tables.StaleSentence, match="one is two"):
        tables.holds(False, "one is two")


def test_every_kept_claim_stands_in_the_table_of_all_verdicts(ext):
    beside = "numbers/elsewhere/claims.csv"  # those that differ from the default run's stand there
    kept = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*claims.csv")} - {beside}
    assert kept == {each.table for each in ext("kept_verdicts").DECIDED}
    page = (DOCS / "claims.md").read_text(encoding="utf-8")
    for table in kept:
        for row in pd.read_csv(DOCS / table).itertuples():
            assert re.search(
                rf"\| `{row.claim}` \| {re.escape(row.statement)} \| .* \| {row.verdict} \|", page
            )


def test_a_study_keeps_its_tables_and_what_made_them(ext, tmp_path, monkeypatch):
    results = tmp_path / "results"
    for folder in ("tables", "provenance", "figures"):
        (results / folder).mkdir(parents=True)
    pd.DataFrame({"value": [0.1234567]}).to_csv(results / "tables/layers.csv", index=False)
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
    assert (target / "layers.csv").read_text() == "value\n0.123457\n"
    assert (tmp_path / "docs/layers.svg").exists()
    run = json.loads((target / "run.json").read_text())
    assert (run["commit"], len(run["config"])) == ("c0ffee", 16)
    said = ext("kept_runs").Run(target).said()
    assert said == "commit c0ffee, one, markovlens 1.0, numpy 1.0, torch 1.0"


def test_a_study_that_there_is_not_is_refused(copy):
    done = rendered(copy, "keep", "results", "nothing")
    assert done.returncode != 0
    assert "kept_studies.py" in done.stderr
