"""The stage on files: networks with their moments, a table each, a figure, and all together."""

import pandas as pd
import pytest

from markovlens.files.runs import Run
from markovlens.files.whole import read_table
from markovlens.formation.stage import Settings, compile_formation, follow_runs, train_runs
from markovlens.networks.store import load_moments
from markovlens.tables.formation import FORMATION
from markovlens.tables.writer import write_table

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
    assert len(table) == 8
    first, later = table["step"] == 0, table["step"] > 0
    assert table.loc[first, "adaptive_queries"].isna().all()
    assert table.loc[later, ["adaptive_queries", "births", "kept_shuffled"]].notna().all(axis=None)
    assert table["lsharp_queries"].gt(0).all()


def test_claims_and_figure_are_written(results):
    folder, _ = results
    claims = read_table(folder / "formation_claims.csv")
    assert len(claims) == 8
    assert "training step" in (folder / "formation.svg").read_text()


def test_a_damaged_moment_is_named(results):
    _, runs = results
    [file, *_] = sorted((runs[1].formation("network") / "checkpoints").glob("*.safetensors"))
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(Exception, match=file.name):
        load_moments(runs[1].formation("network"))
    file.write_bytes(whole)
