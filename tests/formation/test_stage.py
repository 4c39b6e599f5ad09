"""The stage on files: networks with their moments, a table each, a figure, and all together."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from markovlens.files.runs import Run
from markovlens.files.whole import read_table
from markovlens.formation.stage import Settings, compile_formation, follow_runs, train_runs
from markovlens.networks.store import load_moments
from markovlens.tables.formation import FORMATION, FORMATION_RUN
from markovlens.tables.writer import write_table
from markovlens.tasks import make_task

CLAIMED = {
    "parity_expands_then_merges:minimal", "parity_expands_then_merges:merged",
    "parity_ends_with_two", "training_on_merges_states:minimal", "training_on_merges_states:merged",
    "states_come_and_go_in_training", "states_come_and_go_in_emulation",
    "an_earlier_machine_saves_questions:building", "an_earlier_machine_saves_questions:all",
    "emulators_reach_the_source",
}  # fmt: skip
SETTINGS = Settings("overcluster", (1, 2, 4), n_sequences=40, queries=400, seed=0)


@pytest.fixture(scope="module")
def results(tmp_path_factory, parity_task):
    folder = tmp_path_factory.mktemp("results")
    runs = [Run.at(folder, "parity", "gru", seed, layer="") for seed in (0, 1)]
    options = {"steps": 40, "kept": 4, "learning_rate": 0.02}
    train_runs(parity_task, {"cell": "gru", "hidden": 8}, runs, options)
    follow_runs(parity_task, runs, folder / "formation.svg", SETTINGS)
    outputs = {"table": folder / "formation.csv", "claims": folder / "formation_claims.csv"}
    compile_formation(runs, outputs, seed=0)
    return folder, runs


def test_each_moment_is_a_network_that_loads(results):
    _, runs = results
    moments = load_moments(runs[0].formation("network"))
    assert [said["step"] for said, _ in moments] == [0, 4, 13, 40]
    assert {"train_loss", "accuracy", "loss"} <= moments[0][0].keys()


def test_the_table_is_as_defined_and_learners_go_on_from_one_another(results):
    folder, _ = results
    table = pd.read_csv(folder / "formation.csv")
    write_table(folder / "again.csv", table, FORMATION)  # raises for what is not as defined
    assert list(zip(table["seed"], table["step"], strict=True)) == [
        (seed, step) for seed in (0, 1) for step in (0, 4, 13, 40)
    ]
    assert set(table["task"]) == {"parity"}
    assert set(table["status"]) == {"ok"}
    assert table[["n_states", "agreement", "accuracy", "exact"]].notna().all(axis=None)
    assert table[["source_states", "together", "pair_error"]].isna().all(axis=None)
    first, later = table["step"] == 0, table["step"] > 0
    assert table.loc[first, "adaptive_queries"].isna().all()
    assert table.loc[later, ["adaptive_queries", "births", "kept_shuffled"]].notna().all(axis=None)
    assert table["lsharp_queries"].gt(0).all()


def test_claims_and_figure_are_written(results):
    folder, _ = results
    claims = read_table(folder / "formation_claims.csv").set_index("claim")
    assert set(claims.index) == CLAIMED
    # Of two networks none can be decided, and of emulating ones there is none.
    assert set(claims["verdict"]) == {"undecided"}
    assert claims.loc["states_come_and_go_in_training", "n_clusters"] == 2
    assert claims.loc["states_come_and_go_in_emulation", "n"] == 0
    assert "training step" in (folder / "formation.svg").read_text()


def test_claims_are_decided_together_over_all_networks(results, tmp_path):
    folder, runs = results
    rows = read_table(runs[0].formation("states.parquet"))
    copies = [Run.at(tmp_path, "parity", "gru", seed, layer="") for seed in range(12)]
    for run in copies:  # of each network more happens than of other sequences
        events = rows.assign(births=np.where(rows["step"] > 0, 5 + run.seed, np.nan), resampled=0)
        write_table(run.formation("states.parquet"), events, FORMATION_RUN)
        run.formation("network").mkdir()
        shutil.copy(runs[0].formation("network") / "card.json", run.formation("network"))
    outputs = {name: tmp_path / f"{name}.csv" for name in ("table", "claims")}
    compile_formation(copies, outputs, seed=0)
    claims = read_table(outputs["claims"]).set_index("claim")
    decided = claims.loc["states_come_and_go_in_training"]
    assert (decided["verdict"], decided["n_clusters"]) == ("supported", 12)
    without = claims.index.str.contains("emulat")
    assert without.sum() == 2
    assert (claims.loc[without, ["n", "verdict"]] == [0, "undecided"]).all(axis=None)


def test_emulating_networks_are_trained_along_and_followed_under_noise(tmp_path):
    sizes = {"n_train": 20, "n_valid": 20, "n_test": 20, "length": 20}
    task = make_task("chain_2", sizes=sizes, seed=0)
    runs = [Run.at(tmp_path, "chain_2", "relu", 0, layer="")]
    spec = {"generator": "relu", "hidden": 16, "noise": 3, "loss": "energy"}
    training = {"steps": 9, "batch": 16, "attempts": 1, "checkpoints": 3}
    train_runs(task, spec, runs, training)
    small = replace(SETTINGS, noise_runs=8, noise_steps=40)
    follow_runs(task, runs, tmp_path / "formation.svg", small)
    outputs = {name: tmp_path / f"{name}.csv" for name in ("table", "claims")}
    compile_formation(runs, outputs, seed=0)
    table = pd.read_csv(outputs["table"])
    write_table(tmp_path / "again.csv", table, FORMATION)
    card = json.loads((runs[0].formation("network") / "card.json").read_text())
    assert table["step"].tolist() == [one["step"] for one in card["checkpoints"]]
    assert table["loss"].tolist() == pytest.approx([one["loss"] for one in card["checkpoints"]])
    assert table["source_states"].tolist() == [2] * len(table)
    assert table[["n_states", "together", "pair_error", "resampled"]].notna().all(axis=None)
    assert table[["accuracy", "exact", "lsharp_queries", "n_merged"]].isna().all(axis=None)
    claims = read_table(outputs["claims"]).set_index("claim")
    assert claims.loc["states_come_and_go_in_emulation", "n"] == 1
    assert claims.loc["states_come_and_go_in_training", "n"] == 0
    assert "under the same noise" in (tmp_path / "formation.svg").read_text()


def test_a_damaged_moment_is_named(results):
    _, runs = results
    [file, *_] = sorted((runs[1].formation("network") / "checkpoints").glob("*.safetensors"))
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(Exception, match=file.name):
        load_moments(runs[1].formation("network"))
    file.write_bytes(whole)
