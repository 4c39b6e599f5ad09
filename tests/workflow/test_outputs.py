"""A config of one's own data whose networks answer with values: from the file to the report."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from safetensors.torch import save_file
from torch import nn

from helpers.workspace import REPOSITORY, Workspace, workspace
from markovlens.activations.store import load_trace
from markovlens.outputs import Output
from markovlens.tables.registry import table_of
from markovlens.tasks.store import load_task

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

TASK, CLASSES = "custom_oxygen", "custom_low"
NETWORK = '''
from torch import nn


class Flow(nn.Module):
    """One number a step, without an axis for it, and no word on what it means."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(2, 8, batch_first=True)
        self.head = nn.Linear(8, 1)

    def forward(self, rows):
        states, _ = self.rnn(rows / 100)
        return self.head(states).squeeze(-1)
'''


def weights():
    """Return weights of the network above, as untrained as they are."""
    torch.manual_seed(0)
    parts = {"rnn": nn.GRU(2, 8, batch_first=True), "head": nn.Linear(8, 1)}
    return {
        f"{name}.{key}": value.contiguous()
        for name, part in parts.items()
        for key, value in part.state_dict().items()
    }


def of_classes(section):
    """Return the same data, asked for a class of two in place of a value."""
    units = {name: section["units"][name] for name in section["inputs"]}
    return {**section, "output": "distribution", "target": "low", "units": units}


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Workspace:
    space = workspace(tmp_path_factory.mktemp("outputs"))
    (space.folder / "flow.py").write_text(NETWORK)
    save_file(weights(), space.folder / "flow.safetensors")
    config = yaml.safe_load((REPOSITORY / "config/outputs.yaml").read_text())
    section = config["tasks"]["custom"]["oxygen"]
    section["data"] = str(REPOSITORY / section["data"])
    own = {"module": "flow.py:Flow", "weights": "flow.safetensors", "layer": "rnn"}
    changes = {
        "seeds": [0],
        "runs": [
            {"tasks": [TASK], "models": ["gru", "flow"]},
            {"tasks": [CLASSES], "models": ["gru_logit", "flow"]},
        ],
        "tasks": {"custom": {"oxygen": section, "low": of_classes(section)}},
        "abstractions": {"methods": ["kmeans", "lisor_k", "majority"], "n_states": [2, 3]},
        "faithfulness": {"bootstraps": 50},
    }
    logit = {"cell": "gru", "hidden": 16, "single_logit": True}
    config["networks"]["models"] |= {"flow": own, "gru_logit": logit}
    path = space.folder / "config.yaml"
    path.write_text(yaml.safe_dump(config | changes))
    done = space.snakemake(config=path)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return space


def table(run, name):
    return pd.read_csv(run.folder / "results/tables" / name)


def test_the_task_says_what_answers_are_and_no_link_is_needed(run):
    folder = run.folder / "results"
    task = load_task(folder / "tasks" / TASK)
    assert (task.output, task.classes) == (Output.VALUES, ("oxygen [l/min]",))
    layers = folder / "runs" / TASK / "flow/seed-0/activations"
    trace = load_trace(next(layers.glob("*/test.parquet")))
    assert trace.output == Output.VALUES
    assert trace.classes == task.classes
    # An untrained head says small numbers of both signs, which no softmax of one column is.
    assert len(np.unique(trace.outputs)) > 10


def test_networks_are_judged_by_variance_explained_beside_floors(run):
    networks = table(run, "networks.csv")
    networks = networks[networks["task"] == TASK].set_index("model")
    assert networks["accuracy_test"].isna().all()
    assert networks.loc["gru", "variance_explained_test"] > 0.5
    assert networks.loc["gru", "gate"] == "passed"
    comparison = table(run, "comparison.csv")
    rows = comparison[(comparison["model"] == "gru") & (comparison["selection"] == "chosen")]
    scores = rows[rows["score"] == "variance_explained"].groupby("method")["value"].first()
    assert {"kmeans", "lisor_k", "majority", "mean", "last_value", "linear"} <= set(scores.index)
    assert scores["mean"] < 0.05
    own = rows[(rows["method"] == "network") & (rows["score"] == "target_variance_explained")]
    card = json.loads(
        (run.folder / "results/runs" / TASK / "gru/seed-0/network/card.json").read_text()
    )
    assert own["value"].item() == pytest.approx(
        card["scores"]["test"]["variance_explained"], abs=1e-4
    )
    assert not rows["score"].str.startswith(("accuracy", "balanced_fidelity", "divergence")).any()


def test_the_verdict_is_the_best_machine_beside_the_best_floor(run):
    verdicts = table(run, "verdicts.csv")
    seeds = verdicts[(verdicts["scope"] == "seed") & (verdicts["task"] == TASK)]
    assert set(seeds["verdict"]) == {"makes no decisions"}
    assert seeds["n_states"].isna().all()
    assert seeds["evidence"].str.contains(r"the best floor \(").all()
    assert seeds["method"].isin(["kmeans", "lisor_k"]).all()


def test_tables_are_as_they_are_defined_and_the_report_speaks_of_no_accuracy(run):
    folder = run.folder / "results"
    for path in folder.glob("tables/*.csv"):
        table_of(path.relative_to(folder).as_posix()).ordered(pd.read_csv(path))
    text = (folder / "tables/comparison.md").read_text()
    assert "| on the task |" in text
    assert "R² " in text
    report = (folder / "report.html").read_text()
    assert "Variance explained of the network on its task" in report
    assert "Right answers" in report
    drawing = (folder / "figures" / TASK / "gru/timeline.svg").read_text()
    assert "oxygen [l/min]" in drawing


@pytest.mark.parametrize("model", ["gru_logit", "flow"])
def test_a_single_logit_answers_between_two_classes_up_to_the_verdict(run, model):
    folder = run.folder / "results"
    task = load_task(folder / "tasks" / CLASSES)
    layers = folder / "runs" / CLASSES / model / "seed-0/activations"
    trace = load_trace(next(layers.glob("*/test.parquet")))
    assert (trace.output, trace.classes) == (Output.DISTRIBUTION, task.classes)
    np.testing.assert_allclose(trace.outputs.sum(axis=1), 1, atol=1e-6)
    card = json.loads((folder / "runs" / CLASSES / model / "seed-0/network/card.json").read_text())
    right = (trace.outputs.argmax(axis=1) == trace.targets)[trace.targets >= 0].mean()
    assert right == pytest.approx(card["scores"]["test"]["accuracy"])
    assert model == "flow" or right > 0.9
    comparison = table(run, "comparison.csv")
    mine = comparison[(comparison["task"] == CLASSES) & (comparison["model"] == model)]
    assert {"balanced_fidelity_step", "accuracy_step", "divergence"} <= set(mine["score"])
    verdicts = table(run, "verdicts.csv")
    mine = verdicts[(verdicts["task"] == CLASSES) & (verdicts["model"] == model)]
    assert not (mine["verdict"] == "makes no decisions").any()
    for name in ("timeline", "machine"):
        assert (folder / "figures" / CLASSES / model / f"{name}.svg").is_file()
