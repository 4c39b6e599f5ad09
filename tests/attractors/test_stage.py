"""The study as a stage: tables that hold, a figure each, claims from both tasks."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from markovlens.abstractions.study import Kept
from markovlens.attractors import stage
from markovlens.attractors.claims import WORDS
from markovlens.attractors.stage import Settings, attractor_runs, compile_attractors
from markovlens.errors import DataError
from markovlens.files.runs import Run
from markovlens.files.whole import read_table, write_json

SETTINGS = Settings(starts=150, bootstraps=20, level=0.95, seed=0)


@pytest.fixture
def run_of(tmp_path, monkeypatch):
    """Return a function that makes the run of a network of known dynamics, looked into."""

    def looked(task, network, trace, states):
        run = Run.at(tmp_path, task, "gru", 0, layer="h")
        write_json(run.card, {"gate": {"passed": True}})
        size = int(states.max()) + 1
        kept = Kept({}, {}, size, {"test": {size: states}})
        found = None if network is None else SimpleNamespace(network=network)
        monkeypatch.setattr(stage, "load_trace", lambda path: trace)
        monkeypatch.setattr(stage, "load_study", lambda path: kept)
        monkeypatch.setattr(stage, "load_network", lambda folder, own: SimpleNamespace(double=int))
        monkeypatch.setattr(stage, "ask", lambda model, **options: found)
        attractor_runs([run], ["hmm"], tmp_path / f"{task}.png", SETTINGS)
        return run

    return looked


def test_both_tasks_give_tables_figures_and_claims(run_of, bits, line, tmp_path):
    cuts = np.digitize(line[1].states[:, 0], [-3, 0, 3])
    runs = [
        run_of("flip_flop", *bits, bits[1].truth),
        run_of("context_integration", *line, cuts),
    ]
    compile_attractors(runs, tmp_path / "attractors.csv", tmp_path / "claims.csv", seed=0)
    assert all((tmp_path / f"{run.task}.png").stat().st_size > 10_000 for run in runs)
    table = pd.read_csv(tmp_path / "attractors.csv")
    assert set(table["task"]) == {"flip_flop", "context_integration"}
    claims = pd.read_csv(tmp_path / "claims.csv").set_index("claim")
    assert set(claims.index) == set(WORDS)
    assert (claims["n_clusters"] == 1).all()
    assert claims["effect"].to_numpy() == pytest.approx([1, 1, 1, 1], abs=0.1)


def test_points_of_a_flip_flop_are_states_of_its_machine(run_of, bits):
    run = run_of("flip_flop", *bits, bits[1].truth)
    points = read_table(run.attractors("points"))
    stable = points[points["kind"] == "stable"]
    assert sorted(stable["state"]) == list(range(8))
    assert points.loc[points["kind"] == "saddle", "state"].isna().all()


def test_a_network_that_cannot_be_asked_is_said(run_of, bits):
    with pytest.raises(DataError, match="cannot be asked step by step"):
        run_of("flip_flop", None, bits[1], bits[1].truth)
