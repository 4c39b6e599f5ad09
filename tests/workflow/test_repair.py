"""Repair and trust from the config: a table each, verdicts and a figure."""

import pandas as pd
import pytest
import yaml

from helpers.workspace import Workspace, workspace
from markovlens.reliance.repairing.planting import planted
from markovlens.reliance.repairing.splitting import words_of
from markovlens.seeding import seed_for
from markovlens.tables.reliance_repairs import REPAIR, TRUST, TRUST_VERDICTS
from markovlens.tasks.store import load_task

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

CONFIG = {
    "seeds": [0],
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
        "repair": {"bug": "11", "words": 100, "steps": 100, "fresh": 100, "rounds": 2},
        "trust": {
            "length": [1, 4], "edits": [1], "noise": [0.1], "bit_flips": [0.001],
            "n_words": 100, "n_draws": 50,
        },
    },
}  # fmt: skip


WANTED = [
    *(f"results/tables/{name}.csv" for name in ("repair", "trust", "trust_verdicts")),
    "results/figures/trust.svg",
]


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Workspace:
    space = workspace(tmp_path_factory.mktemp("repair"))
    (space.folder / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    done = space.snakemake(*WANTED, config=space.folder / "config.yaml")
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


def test_accuracy_is_on_the_test_words_that_no_network_learned(run):
    sizes, seeds = CONFIG["tasks"]["formal"], seed_for(0, "contains_000", "planted")
    buggy, _ = planted("contains_000", "11", sizes=sizes, seeds=seeds)
    usual = load_task(run.folder / "results/tasks/contains_000").splits
    learned = [some[name].inputs for some in (usual, buggy.splits) for name in ("train", "valid")]
    known = {word for inputs in learned for word in words_of(inputs)}
    left = [word for word in words_of(usual["test"].inputs) if word not in known]
    found = table(run, "repair.csv")
    assert set(found["n_sequences"][found["score"] == "accuracy"]) == {len(left)}


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


def test_the_figure_is_drawn(run):
    assert (run.folder / "results/figures/trust.svg").stat().st_size > 5000
