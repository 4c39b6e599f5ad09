"""Groups as a stage: states have the numbers of the verdict's machine."""

import numpy as np
import pytest

from helpers.machines import trace_of
from markovlens.abstractions.study import Kept
from markovlens.files.runs import Run
from markovlens.files.whole import read_table, write_json
from markovlens.groups import stage
from markovlens.groups.stage import compare_runs
from markovlens.machines.machine import automaton
from markovlens.tasks.grouping import Members

# Parity by states 0, 2 and 3; 2 decides as 0 does, and 1, which is never entered, as 3 does.
RAW = np.array([[0, 3], [1, 0], [2, 3], [3, 2]])
NUMBER = np.array([0, 1, 0, 1])


@pytest.fixture
def compared(tmp_path, monkeypatch):
    raw = automaton(RAW, np.array([0, 1, 0, 1]), start=0, symbols=("0", "1"))
    trace = trace_of(raw, seed=0)
    decoded = np.random.default_rng(0).integers(4, size=trace.n_steps)
    run = Run.at(tmp_path, "parity", "gru", 0, layer="h")
    write_json(run.verdict, {"verdict": {"method": "kmeans", "n_states_judged": 4}})
    kept = Kept({4: raw}, {}, 4, {"test": {4: decoded}})
    monkeypatch.setattr(stage, "load_study", lambda path: kept)
    monkeypatch.setattr(stage, "load_trace", lambda path: trace)
    groups = np.array(["a", "b"])[np.arange(len(trace)) % 2]
    members = Members(("test",), groups, None, paired=False)
    compare_runs([run], members, tmp_path / "groups.svg", level=0.95, seed=0)
    return read_table(run.groups), np.split(decoded, np.cumsum(trace.lengths)[:-1])


def test_states_that_decide_alike_are_one_with_the_number_that_the_verdict_gives(compared):
    table, decoded = compared
    occupancy = table[table["measure"] == "occupancy"].set_index("state")
    assert list(occupancy.index) == [0, 1]
    assert (table["n_states"] == 4).all()
    share = np.mean([NUMBER[states].mean() for states in decoded[::2]])
    assert occupancy.loc[1, "value_a"] == pytest.approx(share)
