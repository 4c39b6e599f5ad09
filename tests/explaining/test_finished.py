"""A network of a finished run, explained by the machine of its verdict; and its counterfactuals."""

import numpy as np
import pandas as pd
import pytest

import markovlens as ml
from helpers.small_run import LAYER, METHODS, add_network
from markovlens.errors import DataError
from markovlens.faithfulness.causes.counterfactuals import CONFIRMED, GAIN, RANDOM
from markovlens.faithfulness.scores.compile import merge_chosen
from markovlens.files.runs import Run
from markovlens.files.whole import read_table
from markovlens.tables.counterfactuals import COUNTERFACTUALS
from markovlens.tables.writer import write_table


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    add_network(folder, "parity", seeds=(0, 1), steps=300, n_states=(2, 4))
    return folder


@pytest.mark.slow
def test_the_machine_is_that_of_the_verdict_and_of_load_machine(results):
    found = ml.load_explanation(results, "parity", "gru", seed=0)
    assert found.verdict.verdict == "finite-state"
    assert "gru on parity: finite-state; 2 states" in repr(found)
    machine = ml.load_machine(results, "parity", "gru", seed=0)
    assert np.array_equal(found.machine.transition, machine.transition)
    assert found.counterfactuals[CONFIRMED].value > found.counterfactuals[RANDOM].value
    prediction = found.of("0110")
    assert prediction.answer.startswith("reject")
    assert prediction.change.asked == "confirmed"


@pytest.mark.slow
def test_another_network_is_refused(results, example):
    with pytest.raises(DataError, match="changed since it was explained, or is another one"):
        ml.load_explanation(results, "parity", "gru", seed=0, network=example.network)


@pytest.mark.slow
def test_the_table_has_the_share_its_interval_and_the_control_of_every_machine(results, tmp_path):
    runs = [Run.at(results, "parity", "gru", seed, layer=LAYER) for seed in (0, 1)]
    rows = [read_table(run.counterfactuals) for run in runs]
    table = merge_chosen(pd.concat(rows, ignore_index=True), level=0.95)[COUNTERFACTUALS.names]
    write_table(tmp_path / "counterfactuals.csv", table, COUNTERFACTUALS)
    assert set(table["method"]) == {*METHODS, "verdict"}
    verdict = table[table["method"] == "verdict"].set_index("score")
    assert verdict.loc[CONFIRMED, "value"] == 1.0
    assert verdict.loc[CONFIRMED, "low"] < 1.0
    assert 0.55 < verdict.loc[RANDOM, "value"] < 0.78  # two thirds: see its own tests
    gap = verdict.loc[CONFIRMED, "value"] - verdict.loc[RANDOM, "value"]
    assert verdict.loc[GAIN, "value"] == pytest.approx(gap, abs=1e-6)
    assert (verdict["n_seeds"] == 2).all()
    majority = table[table["method"] == "majority"].iloc[0]
    assert majority["status"] == "skipped"
    assert "no edits lead the machine" in majority["reason"]
