"""The smoke config for real: what a user gets, and what a second run does."""

import json

import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml

from markovlens.abstractions.study import load_study
from markovlens.runs import Run

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

COLUMNS = {
    "task", "model", "layer", "method", "n_states", "mode", "score", "value", "low", "high",
    "n_sequences", "n_seeds", "gate", "status",
}  # fmt: skip


@pytest.fixture(scope="module")
def comparison(smoke) -> pd.DataFrame:
    return pd.read_csv(smoke.folder / "results/tables/comparison.csv")


def test_the_main_table_has_the_columns_of_the_design(comparison):
    assert set(comparison.columns) >= COLUMNS
    # Methods that refuse a task say why in their rows; these never do.
    sure = comparison[comparison["method"].isin(["hmm", "hmm_input", "kmeans", "network"])]
    asked = (sure["mode"] == "swap") | (sure["score"] == "tests_to_disagreement")
    assert set(sure.loc[~asked, "status"]) == {"ok"}
    assert set(comparison["mode"]) == {"open", "closed", "swap", "-"}


def test_every_network_and_method_is_there(comparison):
    networks = {("contains_000", "gru"), ("sentiment", "gru_small"), ("pronunciation", "g2p_en")}
    assert set(zip(comparison["task"], comparison["model"], strict=True)) == networks
    for network in networks:
        rows = comparison[(comparison["task"] == network[0])]
        assert {"hmm", "kmeans", "ngram", "majority", "network"} <= set(rows["method"])
        fidelity = rows[rows["score"].str.startswith("fidelity") & (rows["status"] == "ok")]
        assert set(fidelity["n_seeds"]) == {2}


def test_intervals_hold_their_values(comparison):
    rows = comparison[comparison["status"] == "ok"]
    assert (rows["low"] <= rows["value"]).all()
    assert (rows["value"] <= rows["high"]).all()


def test_the_language_is_learned_and_its_machine_found(comparison):
    rows = comparison[(comparison["task"] == "contains_000") & (comparison["mode"] == "closed")]
    rows = rows[(rows["score"] == "balanced_fidelity_string") & (rows["selection"] == "chosen")]
    values = rows.set_index("method")["value"]
    assert values["truth"] == 1
    assert values["kmeans"] > 0.95
    assert values["majority"] == 0.5


def test_the_verdict_is_four_states_and_every_claim_has_a_row(smoke):
    results = smoke.folder / "results"
    verdicts = pd.read_csv(results / "tables/verdicts.csv").set_index(["task", "seed"])
    language = verdicts.loc["contains_000", "merged"]
    assert (language["verdict"], language["n_states"]) == ("finite-state", 4)
    assert verdicts.loc[("sentiment", "merged"), "verdict"].startswith("not finite-state")
    claims = pd.read_csv(results / "claims.csv")
    assert set(claims["verdict"]) <= {"supported", "contradicted", "undecided"}
    assert {"gates_matter", "states_are_semantic"} <= set(claims["claim"])


def test_minimising_methods_find_the_exact_automaton(comparison):
    rows = comparison[(comparison["task"] == "contains_000") & (comparison["mode"] == "closed")]
    rows = rows[(rows["score"] == "exact_language") & (rows["selection"] == "chosen")]
    found = rows.set_index("method")
    for method in ("overcluster", "merging", "lstar"):
        assert (found.loc[method, "value"], found.loc[method, "n_states"]) == (1, 4)


def test_noise_and_few_sequences_are_in_the_robustness_table(smoke):
    table = pd.read_csv(smoke.folder / "results/tables/robustness.csv")
    assert set(table["noise"]) == {0, 1}
    assert set(table["n_train"]) == {20, 80}
    assert (table["status"] == "ok").all()


def test_activations_open_in_any_parquet_reader(smoke):
    run = Run.at(smoke.folder / "results", "contains_000", "gru", 0, layer="rnn.l0")
    table = pq.read_table(run.trace("test"))
    assert table.column_names == [
        "sequence", "step", "input", "target", "truth", "output", "state",
    ]  # fmt: skip
    assert load_study(run.study("hmm")).chosen in {2, 4, 6}
    card = json.loads(run.card.read_text())
    assert set(card["gate"]) >= {"passed"}


def test_every_job_left_a_log_and_a_benchmark(smoke):
    logs = [path for path in (smoke.folder / "logs").rglob("*.log")]
    benchmarks = list((smoke.folder / "results/benchmarks").rglob("*.jsonl"))
    assert len(logs) == len(benchmarks) >= 20


def test_provenance_says_what_ran(smoke):
    folder = smoke.folder / "results/provenance"
    resolved = yaml.safe_load((folder / "config.resolved.yaml").read_text())
    assert resolved["seeds"] == [0, 1]
    assert json.loads((folder / "versions.json").read_text())["packages"]["torch"]


def test_a_second_run_does_nothing(smoke):
    done = smoke.snakemake()
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout + done.stderr
