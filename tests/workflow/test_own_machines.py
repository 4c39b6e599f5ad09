"""A person's own machine of a network is compared, and what is made of it reruns with it."""

from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
import yaml

import markovlens as ml
from helpers.faults import TINY
from helpers.workspace import Workspace, workspace
from markovlens.machines.machine import automaton
from markovlens.tables.scores import COMPARISON

pytestmark = [pytest.mark.workflow, pytest.mark.slow]
COMPARED = "results/tables/comparison.csv"


def expert(*, forgets=0):
    """Return an automaton of strings that contain 000, with symbols the other way round."""
    successor = np.array([[0, 1], [0, 2], [forgets, 3], [3, 3]])
    accepting = np.array([False, False, False, True])
    return automaton(successor, accepting, start=0, symbols=("1", "0"))


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Workspace:
    space = workspace(tmp_path_factory.mktemp("own"))
    ml.write_machine(space.folder / "expert.jff", expert())
    config = deepcopy(TINY)
    config["seeds"] = [0]
    config["abstractions"]["methods"] = ["kmeans", "majority", {"file": "expert.jff"}]
    (space.folder / "config.yaml").write_text(yaml.safe_dump(config))
    done = space.snakemake(COMPARED, config=space.folder / "config.yaml")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return space


def test_it_is_compared_beside_the_others(run):
    table = pd.read_csv(run.folder / COMPARED)
    assert table.columns.tolist() == COMPARISON.names
    assert {"own_expert", "kmeans", "majority"} <= set(table["method"])
    own = table[(table["method"] == "own_expert")]
    assert (own["n_states"].dropna() == 4).all()


def test_another_file_reruns_what_is_made_of_it(run):
    def planned():
        return run.snakemake("--dry-run", COMPARED, config=run.folder / "config.yaml").stdout

    assert "abstractions_fit" not in planned()
    ml.write_machine(run.folder / "expert.jff", expert(forgets=1))
    assert "abstractions_fit" in planned()


def test_a_broken_file_is_told_before_any_job(run):
    (run.folder / "expert.jff").write_text("<structure>")
    done = run.snakemake(COMPARED, config=run.folder / "config.yaml")
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "Bad config" in said
    assert "abstractions.methods: expert.jff: expected XML" in said
