"""Rest as a stage: which inputs, what is written, and what stands beside it."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from markovlens.abstractions.study import Kept
from markovlens.dynamics import rest_stage
from markovlens.dynamics.rest_stage import MEAN_ROW, compile_rest, constants, rest_runs
from markovlens.errors import DataError
from markovlens.faithfulness.verdict import judged
from markovlens.figures.dynamics.rest import draw_rest, rest_finding
from markovlens.files.runs import Run
from markovlens.files.whole import read_table, write_json
from markovlens.machines.machine import automaton
from markovlens.status import Status
from markovlens.tasks import make_task

SIZES = {"n_train": 30, "n_valid": 5, "n_test": 5, "length_train": 8, "length_test": 10}


class Leaky(nn.Module):
    """Keeps `kept` of one number, and adds 1 for the symbol 1; class 1 above a half."""

    def __init__(self, kept):
        super().__init__()
        self.kept = nn.Parameter(torch.tensor(kept))

    def initial(self, batch):
        return {"h": self.kept.new_zeros(batch, 1)}

    def step(self, state, symbols):
        h = self.kept * state["h"] + symbols[:, None].to(self.kept.dtype)
        return {"h": h}, torch.cat([0.5 - h, h - 0.5], dim=1) * 4


@pytest.fixture(scope="module")
def parity():
    return make_task("parity", sizes=SIZES, seed=0)


def rested(tmp_path, monkeypatch, task, network, machine=("truth", None)):
    run = Run.at(tmp_path, task.name, "leaky", 0, layer="h")
    write_json(run.card, {"architecture": {}, "gate": {"passed": True}})
    monkeypatch.setattr(rest_stage, "load_network", lambda folder, own: network)
    monkeypatch.setattr(rest_stage, "_machine_of", lambda task, run: machine)
    rest_runs(task, [run])
    return run, read_table(run.dynamics("rest")).set_index("input")


def test_the_slowest_mode_is_that_of_the_network_and_the_machine_turns_where_it_does(
    tmp_path, monkeypatch, parity
):
    run, rows = rested(tmp_path, monkeypatch, parity, Leaky(0.9), machine=("truth", parity.machine))
    assert set(rows.index) == set(parity.symbols)
    one = rows.loc["1"]
    assert one["becomes"] == "fixed point"
    assert one["slowest_mode"] == pytest.approx(-1 / np.log(0.9), rel=1e-5)
    assert one["state_settles"] == np.flatnonzero(0.9 ** np.arange(100) <= 0.01)[0]
    assert (one["machine_period"], one["machine_settles"], one["machine_states"]) == (2, 1, 2)
    # the network says "1" for ever, the machine every second time
    assert (one["answer"], one["agreement"]) == (parity.classes[1], 0.5)
    assert rows.loc["0", "agreement"] == 1
    paths = read_table(run.dynamics("rest_paths"))
    path = paths[paths["input"] == "1"].set_index("step")
    np.testing.assert_allclose(path.loc[:50, "state"], 0.9 ** np.arange(51), rtol=1e-5)
    compile_rest([run], tmp_path / "rest.csv")
    table = pd.read_csv(tmp_path / "rest.csv")
    assert table[["task", "model", "gate"]].drop_duplicates().values.tolist() == [
        ["parity", "leaky", "passed"]
    ]


def test_without_a_machine_its_columns_are_empty_and_a_counter_counts(
    tmp_path, monkeypatch, parity
):
    run, rows = rested(tmp_path, monkeypatch, parity, Leaky(1.0), machine=(None, None))
    assert rows.loc["1", "becomes"] == "counter"
    assert rows.loc["1", "drift"] == pytest.approx(1, rel=1e-6)
    assert rows.filter(like="machine").isna().all().all()
    assert rows["agreement"].isna().all()
    numbers = rows.reset_index()
    assert rest_finding(numbers, name="leaky").startswith(
        "leaky: counts under 1 and comes to rest under 1 of 2 inputs that never change; state"
    )
    figure = draw_rest(numbers, read_table(run.dynamics("rest_paths")), name="leaky")
    assert len(figure.axes) == 2


def test_a_network_that_cannot_be_asked_has_rows_that_say_so(tmp_path, monkeypatch, parity):
    monkeypatch.setattr(rest_stage, "ask", lambda model, **options: None)
    run, rows = rested(tmp_path, monkeypatch, parity, Leaky(0.9))
    assert set(rows["status"]) == {Status.SKIPPED}
    assert rows["reason"].str.contains("step by step").all()
    paths = read_table(run.dynamics("rest_paths"))
    assert paths.empty
    figure = draw_rest(rows.reset_index(), paths, name="leaky")
    assert "nothing to draw" in " ".join(text.get_text() for text in figure.texts)


def test_of_rows_the_mean_of_training_is_read_and_of_symbols_the_commonest(tmp_path):
    run = Run.at(tmp_path, "any", "any", 0, layer="h")
    write_json(run.card, {"architecture": {"cell": "gru"}})
    rows = make_task("real_parity", sizes=SIZES, seed=0)
    mean = rows.splits["train"].inputs.values.mean(axis=0)
    np.testing.assert_allclose(constants(rows, run, ())[MEAN_ROW], mean)
    words = make_task("equals_0110", sizes=SIZES, seed=0)
    values = words.splits["train"].inputs.values
    first = next(iter(constants(words, run, ()).values()))
    assert (values == first).sum() == np.bincount(values).max()


def test_a_network_that_knows_its_own_silence_is_asked_that(tmp_path, parity):
    run = Run.at(tmp_path, "polyphones", "g2pm", 0, layer="state")
    write_json(run.card, {"architecture": {"pretrained": "g2pm"}})
    assert list(constants(parity, run, ["no file is read"])) == ["xing", "chang", "le"]
    with pytest.raises(DataError):
        rest_stage.resting(nn.Linear(1, 1), torch.zeros(1))


def test_the_machine_beside_a_network_is_that_which_the_verdict_counts(
    tmp_path, monkeypatch, parity
):
    run = Run.at(tmp_path, parity.name, "leaky", 0, layer="h")
    write_json(run.verdict, {"verdict": {"method": "kmeans", "n_states_judged": 3}})
    successor = np.array([[0, 1], [1, 2], [2, 1]])  # 2 decides and moves as 0 does
    raw = automaton(successor, np.array([0, 1, 0]), start=0, symbols=parity.symbols)
    monkeypatch.setattr(judged, "load_study", lambda path: Kept({3: raw}, {}, 3, {}))
    method, machine = rest_stage._machine_of(parity, run)
    assert (method, machine.n_states) == ("kmeans", 2)
    write_json(run.verdict, {"verdict": {"method": None, "n_states_judged": None}})
    assert rest_stage._machine_of(parity, run) == (None, None)
