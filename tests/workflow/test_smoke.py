"""The smoke config for real: what a user gets, and what a second run does."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml

from helpers.defined import defined_in
from markovlens.abstractions.base import ENGINES, Options
from markovlens.abstractions.stage import abstract_run
from markovlens.abstractions.study import load_study
from markovlens.config.loading import load_config
from markovlens.faithfulness.scores.evaluate import OF_CHOICE, Scoring
from markovlens.faithfulness.stage import score_run
from markovlens.files.runs import Run
from markovlens.status import Status
from markovlens.tables.fits import SWEEP_RUN

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.workflow, pytest.mark.slow]

COLUMNS = {
    "task", "model", "layer", "method", "n_states", "mode", "score", "value", "low", "high",
    "error", "n_sequences", "n_seeds", "n_missing", "rare_classes", "carries", "n_states_hard",
    "n_lumped", "gate", "status", "reason",
}  # fmt: skip


@pytest.fixture(scope="module")
def comparison(smoke) -> pd.DataFrame:
    return pd.read_csv(smoke.folder / "results/tables/comparison.csv")


def test_the_main_table_has_the_columns_of_the_design(comparison):
    assert set(comparison.columns) >= COLUMNS
    # Methods that refuse a task say why in their rows; these never do.
    sure = comparison[comparison["method"].isin(["hmm", "hmm_input", "kmeans", "network"])]
    asked = (sure["mode"] == "swap") | (sure["score"] == "tests_to_disagreement")
    # Transitions can be compared only where a machine happens to have as many states as the truth,
    # most likely moves with a belief only where a machine carries one.
    sometimes = sure["score"].isin(["transition_distance", "hard_agreement"])
    assert set(sure.loc[~asked & ~sometimes, "status"]) == {"ok"}
    assert set(comparison["mode"]) == {"open", "closed", "lumped", "swap", "-"}


def test_every_network_and_method_is_there(comparison):
    networks = {("contains_000", "gru"), ("sentiment", "gru_small"), ("pronunciation", "g2p_en")}
    assert set(zip(comparison["task"], comparison["model"], strict=True)) == networks
    for network in networks:
        rows = comparison[(comparison["task"] == network[0])]
        assert {"hmm", "kmeans", "ngram", "majority", "network"} <= set(rows["method"])
        fidelity = rows[rows["score"].str.startswith("fidelity") & (rows["status"] == "ok")]
        assert set(fidelity["n_seeds"]) == {2}


def test_intervals_hold_their_values(comparison):
    rows = comparison.dropna(subset="value")
    assert (rows["low"] <= rows["value"]).all()
    assert (rows["value"] <= rows["high"]).all()
    assert (rows["error"] >= 0).all()


def test_the_language_is_learned_and_its_machine_found(comparison):
    rows = comparison[(comparison["task"] == "contains_000") & (comparison["mode"] == "closed")]
    rows = rows[(rows["score"] == "balanced_fidelity_string") & (rows["selection"] == "chosen")]
    values = rows.set_index("method")["value"]
    assert values["truth"] == 1
    assert values["kmeans"] > 0.95
    assert values["majority"] == 0.5


def test_the_verdict_is_four_states_and_every_claim_has_a_row(smoke):
    results = smoke.folder / "results"
    verdicts = pd.read_csv(results / "tables/verdicts.csv")
    verdicts = verdicts[verdicts["scope"] == "network"].set_index("task")
    language = verdicts.loc["contains_000"]
    assert (language["verdict"], language["n_states"]) == ("finite-state", 4)
    assert verdicts.loc["sentiment", "verdict"].startswith("not finite-state")
    claims = pd.read_csv(results / "claims.csv")
    assert set(claims["verdict"]) <= {"supported", "contradicted", "undecided"}
    names = {"gates_matter", "states_are_semantic", "clusters_beat_hmms:noisy:hmm_input"}
    assert names <= set(claims["claim"])


def test_every_method_stands_once_on_each_network(comparison):
    """Counts over rows are counts of networks: no failed fit beside a value, nothing twice."""
    chosen = comparison[comparison["selection"] == "chosen"]
    keys = ["task", "model", "layer", "method", "mode", "score"]
    assert not chosen.duplicated(keys).any()
    assert not comparison.duplicated([*keys, "selection", "n_states"]).any()
    failed = chosen[chosen["score"] == "fit"]
    assert failed["n_states"].isna().all()
    known = set(map(tuple, chosen.loc[chosen["score"] != "fit", keys[:4]].to_numpy()))
    assert known.isdisjoint(map(tuple, failed[keys[:4]].to_numpy()))


def test_scores_of_the_choice_are_all_those_that_no_other_size_has(smoke):
    scores = pd.read_parquet(smoke.folder / "results/tables/scores.parquet")
    found = set(scores["score"]) - set(scores.loc[~scores["chosen"], "score"])
    # No network of this run answers with values, whose interventions have scores of their own.
    assert found == {name for name in OF_CHOICE if not name.startswith("swap_")}


def test_every_status_is_a_word_and_whatever_is_not_ok_has_a_reason(smoke):
    tables = [pd.read_csv(path) for path in (smoke.folder / "results/tables").glob("*.csv")]
    tables = [table for table in tables if "status" in table]
    assert len(tables) == 6
    for table in tables:
        assert set(table["status"]) <= set(Status)
        assert table.loc[table["status"] != "ok", "reason"].notna().all()


def test_every_table_of_a_run_is_defined(smoke):
    assert len(defined_in(smoke.folder / "results")) > 30


def test_minimising_methods_find_the_exact_automaton(comparison):
    rows = comparison[(comparison["task"] == "contains_000") & (comparison["mode"] == "closed")]
    rows = rows[(rows["score"] == "exact_language") & (rows["selection"] == "chosen")]
    found = rows.set_index("method")
    for method in ("overcluster", "merging", "lstar"):
        assert (found.loc[method, "value"], found.loc[method, "n_states"]) == (1, 4)


def test_lumping_leaves_the_exact_automaton(comparison):
    """Whatever number of states BIC took: it counts places of activations, lumping futures."""
    rows = comparison[(comparison["task"] == "contains_000") & (comparison["mode"] == "lumped")]
    found = rows[rows["score"] == "exact_language"].set_index("method")
    for method in ("hmm", "hmm_input"):
        assert (found.loc[method, "value"], found.loc[method, "n_lumped"]) == (1, 4)


def test_seeds_have_the_same_machine_once_it_is_lumped(smoke):
    table = pd.read_csv(smoke.folder / "results/tables/sizes.csv")
    sure = table.dropna(subset="n_states_low")
    assert sure["n_states"].between(sure["n_states_low"], sure["n_states_high"]).all()
    assert not {"ngram", "majority"} & set(table["method"])
    rows = table[(table["task"] == "contains_000") & table["method"].isin(["hmm", "hmm_input"])]
    assert len(rows) == 4
    assert rows["n_states_high"].notna().all()
    assert (rows["n_lumped"] == 4).all()
    assert (rows["stability_lumped"] == 1).all()
    assert rows["stability_seeds"].between(-1, 1).all()


def test_noise_and_few_sequences_are_in_the_robustness_table(smoke):
    table = pd.read_csv(smoke.folder / "results/tables/robustness.csv")
    assert set(table["noise"]) == {0, 1}
    assert set(table["n_train"]) == {20, 80}
    assert (table["status"] == "ok").all()


@pytest.mark.parametrize("engine", ENGINES)
def test_either_engine_gives_the_same_files_and_scores(smoke, tmp_path, engine):
    """On one network, with the settings of the config; ours gives the bytes of the run."""
    raw = yaml.safe_load((ROOT / "config/smoke.yaml").read_text())
    config = load_config(raw, schema_path=ROOT / "workflow/schemas/config.schema.yaml")
    results = smoke.folder / "results"
    before, run = (
        Run.at(folder, "contains_000", "gru", 0, layer="rnn.l0") for folder in (results, tmp_path)
    )
    shutil.copytree(before.folder, run.folder, ignore=shutil.ignore_patterns("abstractions"))
    section = config["abstractions"] | {"engine": engine}
    others = ("methods", "files", "n_states", "parts")
    options = {key: section[key] for key in section if key not in others}
    abstract_run(
        run,
        methods=["hmm"],
        n_states=section["n_states"],
        options=Options(**options),
        seed=config["seed"],
    )
    files = {path.name: path.read_bytes() for path in run.study("hmm").iterdir()}
    same = {name: (before.study("hmm") / name).read_bytes() == files[name] for name in files}
    assert set(same) == {"decoded.parquet", "machines.json", "sweep.parquet"}
    assert set(same.values()) == {engine == "ours"}
    sweep = pd.read_parquet(run.study("hmm") / "sweep.parquet")
    assert list(sweep.columns) == list(SWEEP_RUN.names)
    assert set(sweep["status"]) <= set(Status)
    assert (sweep.loc[sweep["status"] != "ok", "reason"] != "").all()
    scoring = Scoring(bootstraps=20)
    score_run(
        run, results / "tasks" / run.task, methods=["hmm"], scoring=scoring, seed=config["seed"]
    )
    scores = pd.read_parquet(run.scores)
    scores = scores[(scores["method"] == "hmm") & (scores["mode"] == "open") & scores["chosen"]]
    assert scores.set_index("score").loc["balanced_fidelity_string", "value"] > 0.9


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


def test_downloads_that_another_run_fetched_later_are_no_reason_to_run_again(smoke):
    """They are pinned: two runs that begin at the same time in a new clone fetch them both."""
    link = smoke.folder / "resources"
    shared = link.readlink()
    link.unlink()
    try:
        shutil.copytree(shared, link, copy_function=shutil.copyfile)  # as of now
        done = smoke.snakemake("--dry-run")
    finally:
        shutil.rmtree(link, ignore_errors=True)
        link.symlink_to(shared)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Nothing to be done" in done.stdout + done.stderr
