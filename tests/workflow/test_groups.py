"""Groups of one's own sequences: from a column of the data to a table and a part of the report."""

import numpy as np
import pandas as pd
import pytest
import yaml

from helpers.workspace import Workspace, workspace
from markovlens.tables.groups import GROUPS

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

TASK = "custom_switches"
N_SUBJECTS, N_VISITS, N_STEPS = 30, 2, 25


def records(seed=0):
    """Return steps of subjects in two arms, of which one presses a switch far more often."""
    rng = np.random.default_rng(seed)
    rows = []
    for subject in range(N_SUBJECTS):
        arm = ("busy", "calm")[subject % 2]
        chance = rng.beta(6, 4) if arm == "busy" else rng.beta(2, 8)
        for visit in range(N_VISITS):
            pressed = (rng.random(N_STEPS) < chance).astype(int)
            rows += [
                {"visit": f"{subject}-{visit}", "step": step, "subject": f"s{subject}", "arm": arm,
                 "pressed": ("no", "yes")[press], "light": ("off", "on")[on]}
                for step, (press, on) in enumerate(zip(pressed, pressed.cumsum() % 2, strict=True))
            ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Workspace:
    space = workspace(tmp_path_factory.mktemp("groups"))
    records().to_csv(space.folder / "switches.csv", index=False)
    section = {
        "data": str(space.folder / "switches.csv"), "sequence": "visit", "step": "step",
        "symbols": "pressed", "target": "light", "group": "subject",
        "split": {"by": "group", "shares": [0.4, 0.2, 0.4]},
        "compare": {"column": "arm", "splits": ["valid", "test"]},
    }  # fmt: skip
    config = {
        "seeds": [0],
        "runs": [{"tasks": [TASK], "models": ["gru"]}],
        "tasks": {"custom": {"switches": section}},
        "networks": {
            "models": {"gru": {"cell": "gru", "hidden": 8}},
            "training": {"custom": {"steps": 400}},
        },
        "embedding": {"n_components": 4},
        "abstractions": {"methods": ["kmeans", "majority"], "n_states": [2, 3]},
        "faithfulness": {"bootstraps": 50},
    }
    (space.folder / "config.yaml").write_text(yaml.safe_dump(config))
    done = space.snakemake(config=space.folder / "config.yaml")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return space


def test_what_differs_is_in_the_table_with_subjects_as_units(run):
    table = pd.read_csv(run.folder / "results/tables/groups.csv")
    assert table.columns.tolist() == GROUPS.names
    assert set(table["units"]) == {"subjects"}
    assert set(zip(table["group_a"], table["group_b"], strict=True)) == {("busy", "calm")}
    held_out = round(0.6 * N_SUBJECTS)
    assert (table["n_a"] + table["n_b"] == held_out).all()
    switching = table[table["measure"] == "switching"].iloc[0]
    assert switching["finding"] == "higher in busy"
    assert switching["value_a"] > switching["value_b"] + 0.1
    assert set(table["source"]) == {"activations"}


def test_the_report_shows_it(run):
    page = (run.folder / "results/report.html").read_text()
    assert "What differs between groups" in page
    assert (run.folder / f"results/figures/{TASK}/gru/groups.svg").stat().st_size > 1000
    assert "tables/groups.csv" in page


def test_nothing_more_is_run_without_the_key(run):
    config = yaml.safe_load((run.folder / "config.yaml").read_text())
    del config["tasks"]["custom"]["switches"]["compare"]
    (run.folder / "plain.yaml").write_text(yaml.safe_dump(config))
    planned = run.snakemake("-n", config=run.folder / "plain.yaml")
    assert planned.returncode == 0, planned.stderr[-2000:]
    assert "groups_comp" not in planned.stdout
