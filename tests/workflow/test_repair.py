"""Repair and trust from the config: a table each, verdicts and a figure."""

import pandas as pd
import pytest

from helpers.studies import STUDIES
from markovlens.reliance.repairing.planting import planted
from markovlens.reliance.repairing.splitting import words_of
from markovlens.seeding import seed_for
from markovlens.tables.reliance_repairs import REPAIR, TRUST, TRUST_VERDICTS
from markovlens.tasks.store import load_task

pytestmark = [pytest.mark.workflow, pytest.mark.slow]


def table(run, name):
    return pd.read_csv(run.folder / "results" / "tables" / name)


def test_a_planted_bug_is_repaired_and_told(studies):
    found = table(studies, "repair.csv")
    assert found.columns.tolist() == REPAIR.names
    planted = found[found["network"] == "planted"].set_index(["state", "score"])
    assert planted["value"]["before", "held_out"] == 1
    assert planted["value"]["after", "held_out"] < 0.1
    assert planted["value"]["after", "fresh"] < planted["value"]["before", "fresh"]
    assert (planted["low"] <= planted["value"]).all()
    assert planted["n_equivalent"]["before", "fresh"] <= planted["n_equivalent"]["after", "fresh"]


def test_accuracy_is_on_the_test_words_that_no_network_learned(studies):
    sizes, seeds = STUDIES["tasks"]["formal"], seed_for(0, "contains_000", "planted")
    buggy, _ = planted("contains_000", "11", sizes=sizes, seeds=seeds)
    usual = load_task(studies.folder / "results/tasks/contains_000").splits
    learned = [some[name].inputs for some in (usual, buggy.splits) for name in ("train", "valid")]
    known = {word for inputs in learned for word in words_of(inputs)}
    left = [word for word in words_of(usual["test"].inputs) if word not in known]
    found = table(studies, "repair.csv")
    assert set(found["n_sequences"][found["score"] == "accuracy"]) == {len(left)}


def test_all_three_are_put_to_every_disturbance(studies):
    found = table(studies, "trust.csv")
    assert found.columns.tolist() == TRUST.names
    assert set(found["who"]) == {"network", "machine", "repaired"}
    assert len(found) == 2 * 3 * 2 * 5
    planted = found[(found["network"] == "planted") & (found["score"] == "accuracy")]
    long = planted[planted["size"] == 4].set_index("who")["value"]
    assert long["repaired"] > long["network"] + 0.1
    verdicts = table(studies, "trust_verdicts.csv")
    assert verdicts.columns.tolist() == TRUST_VERDICTS.names
    assert len(verdicts) == 8


def test_the_figure_is_drawn(studies):
    assert (studies.folder / "results/figures/trust.svg").stat().st_size > 5000
