"""A person's own machine of a network is compared, and what is made of it reruns with it."""

import pandas as pd
import pytest

import markovlens as ml
from helpers.studies import EXPERT, config_of, expert
from markovlens.tables.scores import COMPARISON

pytestmark = [pytest.mark.workflow, pytest.mark.slow]
COMPARED = "results/tables/comparison.csv"


def test_it_is_compared_beside_the_others(studies):
    table = pd.read_csv(studies.folder / COMPARED)
    assert table.columns.tolist() == COMPARISON.names
    table = table[table["task"] == "contains_000"]
    assert {"own_expert", "kmeans", "majority"} <= set(table["method"])
    own = table[(table["method"] == "own_expert")]
    assert (own["n_states"].dropna() == 4).all()


def test_another_file_reruns_what_is_made_of_it(studies):
    def planned():
        return studies.snakemake("--dry-run", COMPARED, config=config_of(studies)).stdout

    assert "abstractions_fit" not in planned()
    ml.write_machine(studies.folder / EXPERT, expert(forgets=1))
    assert "abstractions_fit" in planned()


def test_a_broken_file_is_told_before_any_job(studies):
    (studies.folder / EXPERT).write_text("<structure>")
    done = studies.snakemake(COMPARED, config=config_of(studies))
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "Bad config" in said
    assert "abstractions.methods: expert.jff: expected XML" in said
