from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from markovlens.abstractions.base import Options
from markovlens.faithfulness.claims.robustness import (
    Conditions,
    compile_robustness,
    disturb,
    try_conditions,
)
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.files.runs import Run
from markovlens.files.whole import read_table
from markovlens.tables.networks import ROBUSTNESS_RUN
from markovlens.tables.writer import write_table


def conditions(**changes):
    plain = Conditions(
        noise=[0.0],
        n_train=[200],
        methods=["kmeans"],
        n_states=[5],
        n_components=6,
        smoothing=1e-3,
        options=Options(restarts=4, covariance=("tied",), max_iterations=50),
    )
    return replace(plain, **changes)


def tried(traces, **changes):
    bootstrap = Bootstrap.draw(len(traces["test"]), n_resamples=50, rng=np.random.default_rng(0))
    return pd.DataFrame(try_conditions(traces, conditions(**changes), bootstrap=bootstrap, seed=3))


def test_noise_is_in_units_of_each_unit(traces_of):
    trace = traces_of("contains_000")["train"]
    scaled = replace(trace, states=trace.states * np.arange(1, 7, dtype=np.float32))
    noisy = disturb(scaled, 2.0, np.random.default_rng(0))
    ratio = (noisy.states - scaled.states).std(axis=0) / scaled.states.std(axis=0)
    np.testing.assert_allclose(ratio, 2.0, rtol=0.1)
    assert (disturb(trace, 0.0, np.random.default_rng(0)).states == trace.states).all()


def test_without_noise_every_method_is_right_and_much_noise_breaks_clusters_only(traces_of):
    table = tried(
        traces_of("tomita_5"), noise=[0.0, 1.5], methods=["hmm_input", "kmeans"], n_states=[4]
    )
    value = table.set_index(["noise", "method"])["value"]
    assert value[0.0, "hmm_input"] == value[0.0, "kmeans"] == 1
    assert value[1.5, "hmm_input"] > 0.99
    assert value[1.5, "kmeans"] < 0.9


def test_the_test_activations_are_never_looked_at(traces_of):
    traces = traces_of("contains_000")
    blind = traces["test"]
    blinded = traces | {"test": replace(blind, states=np.zeros_like(blind.states))}
    pd.testing.assert_series_equal(tried(traces)["value"], tried(blinded)["value"])


def test_small_training_sets_are_part_of_larger_ones(traces_of, monkeypatch):
    seen = {}

    def remember(method, evidence, **_):
        seen[len(evidence.train)] = {tuple(word) for word in evidence.train.sequences}
        raise StopIteration

    monkeypatch.setattr("markovlens.faithfulness.claims.robustness.study_evidence", remember)
    for n_train in (10, 50):
        with pytest.raises(RuntimeError, match="StopIteration"):
            tried(traces_of("parity"), n_train=[n_train])
    assert seen[10] <= seen[50]


def test_a_source_is_judged_by_divergence(traces_of):
    traces = traces_of("mess3")
    bootstrap = Bootstrap.draw(len(traces["test"]), n_resamples=50, rng=np.random.default_rng(0))
    some = conditions(n_states=[1, 3], n_train=[60])
    (row,) = try_conditions(traces, some, bootstrap=bootstrap, seed=0, score="divergence")
    alone = replace(some, n_states=[1])
    (worse,) = try_conditions(traces, alone, bootstrap=bootstrap, seed=0, score="divergence")
    assert 0 < row["value"] < worse["value"]


def test_a_failed_fit_is_a_row(traces_of):
    table = tried(traces_of("parity"), n_train=[1], n_states=[500])
    assert set(table["status"]) == {"failed"}
    assert table["n_states"].isna().all()


def test_seeds_are_merged(tmp_path):
    runs = [Run.at(tmp_path, "parity", "gru", seed, layer="") for seed in range(3)]
    for run, value in zip(runs, (0.8, 0.9, 1.0), strict=True):
        row = {"task": "parity", "model": "gru", "noise": 0.4, "n_train": 20, "method": "hmm"}
        row["score"] = "balanced_fidelity_string"
        scores = {
            "value": value,
            "replicates": [value] * 20,
            "scale": "share",
            "spread": 0.01,
            "freedom": 9.0,
            "n_states": 3,
            "status": "ok",
            "reason": "",
        }
        row |= {"seed": run.seed, "low": None, "high": None, "n_sequences": 7, "gate": "passed"}
        write_table(run.robustness, pd.DataFrame([row | scores]), ROBUSTNESS_RUN)
    compile_robustness(runs, tmp_path / "robustness.csv", level=0.95)
    (merged,) = read_table(tmp_path / "robustness.csv").to_dict("records")
    assert merged["value"] == merged["median"] == pytest.approx(0.9)
    assert (merged["worst"], merged["n_seeds"], merged["n_sequences"]) == (0.8, 3, 7)
    assert merged["low"] < 0.9 < merged["high"]
