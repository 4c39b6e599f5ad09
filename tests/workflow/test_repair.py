"""Repair and trust from the config: a table each, verdicts, a figure and a part of the report."""

import pandas as pd
import pytest
import yaml

from helpers.workspace import Workspace, workspace
from markovlens.tables.reliance_repairs import REPAIR, TRUST, TRUST_VERDICTS

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

CONFIG = {
    "seeds": [0, 1],
    "runs": [{"tasks": ["contains_000"], "models": ["gru"]}],
    "tasks": {
        "formal": {
            "n_train": 300, "n_valid": 100, "n_test": 100, "length_train": 10, "length_test": 14,
        }
    },
    "networks": {
        "models": {"gru": {"cell": "gru", "hidden": 12}},
        "training": {
            "default": {
                "steps": 500, "batch": 64, "learning_rate": 0.02, "evaluate_every": 25,
                "attempts": 1,
            }
        },
    },
    "embedding": {"n_components": 4},
    "abstractions": {"methods": ["kmeans", "majority"], "n_states": [2, 3]},
    "faithfulness": {"bootstraps": 50},
    "reliance": {
        "repair": {"bug": "11", "words": 100, "steps": 100, "fresh": 100},
        "trust": {
            "length": [1, 4], "edits": [1], "noise": [0.1], "bit_flips": [0.001],
            "n_words": 100, "n_draws": 50,
        },
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Workspace:
    space = workspace(tmp_path_factory.mktemp("repair"))
    (space.folder / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    done = space.snakemake(config=space.folder / "config.yaml")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return space


def table(run, name):
    return pd.read_csv(run.folder / "results" / "tables" / name)


def test_a_planted_bug_is_repaired_and_told(run):
    found = table(run, "repair.csv")
    assert found.columns.tolist() == REPAIR.names
    planted = found[found["network"] == "planted"].set_index(["state", "score"])
    assert planted["value"]["before", "held_out"] == 1
    assert planted["value"]["after", "held_out"] < 0.1
    assert planted["value"]["after", "fresh"] < planted["value"]["before", "fresh"]
    assert (planted["low"] <= planted["value"]).all()
    assert planted["n_equivalent"]["before", "fresh"] <= planted["n_equivalent"]["after", "fresh"]


def test_all_three_are_put_to_every_disturbance(run):
    found = table(run, "trust.csv")
    assert found.columns.tolist() == TRUST.names
    assert set(found["who"]) == {"network", "machine", "repaired"}
    assert len(found) == 2 * 3 * 2 * 5
    planted = found[(found["network"] == "planted") & (found["score"] == "accuracy")]
    long = planted[planted["size"] == 4].set_index("who")["value"]
    assert long["repaired"] > long["network"] + 0.1
    verdicts = table(run, "trust_verdicts.csv")
    assert verdicts.columns.tolist() == TRUST_VERDICTS.names
    assert len(verdicts) == 8


def test_the_report_shows_both(run):
    page = (run.folder / "results/report.html").read_text()
    assert "Whether they can be relied on" in page
    assert "tables/repair.csv" in page
    assert (run.folder / "results/figures/trust.svg").stat().st_size > 5000


def test_nothing_more_is_run_without_the_keys_and_trust_asks_for_repair(run):
    plain = {key: value for key, value in CONFIG.items() if key != "reliance"}
    (run.folder / "plain.yaml").write_text(yaml.safe_dump(plain))
    planned = run.snakemake("-n", config=run.folder / "plain.yaml")
    assert planned.returncode == 0, planned.stderr[-2000:]
    assert "reliance_repair" not in planned.stdout
    (run.folder / "half.yaml").write_text(yaml.safe_dump(plain | {"reliance": {"trust": {}}}))
    refused = run.snakemake("-n", config=run.folder / "half.yaml")
    assert refused.returncode != 0
    assert "reliance.trust: got sizes without `reliance.repair`" in refused.stdout + refused.stderr
