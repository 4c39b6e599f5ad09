"""What is said of a property: the rows that a network read, what was asked, what refining means."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import markovlens as ml
from helpers.alarm import Alarm
from markovlens.abstractions.exemplars import CodedOracle
from markovlens.channels import Channel
from markovlens.machines.machine import automaton
from markovlens.reliance.properties.checked import Finding
from markovlens.reliance.properties.grammar import parsed
from markovlens.reliance.properties.inputs import ANY, inputs_of
from markovlens.reliance.properties.network import asked_network
from markovlens.reliance.properties.replaying import APART, Budget, Replay, replayed
from markovlens.reliance.properties.telling import MOST_ROWS, _rows
from markovlens.sequences import Sequences

CHANNELS = (Channel("pulse", "/min"), Channel("SpO2", "%"))


@pytest.fixture(scope="module")
def explained():
    rows = np.random.default_rng(0).normal([75, 93], [8, 3], (600, 2))
    return ml.explain(
        Alarm(), Sequences(rows, np.full(30, 20), CHANNELS), classes=("quiet", "alarm"), link=None,
        methods=["kmeans"], n_states=[2], units=False,
    )  # fmt: skip


def test_a_breach_on_rows_is_told_with_the_rows_that_were_read(explained):
    found = ml.check(explained, "answers alarm at most 2 times")
    rows = found.replay.rows
    assert [str(each) for each in rows.channels] == ["pulse [/min]", "SpO2 [%]"]
    assert len(rows) == 1
    assert rows.n_steps == len(found.replay.counterexample) == 3
    assert answered(Alarm(), rows).tolist() == [1, 1, 1]
    line = next(each for each in str(found).splitlines() if "read as recorded rows" in each)
    first = rows.rows[0]
    assert f"pulse {first[0]:.4g} /min, SpO2 {first[1]:.4g} %; pulse " in line
    assert found.replay.n_asked > 0


class Instant(Alarm):
    """Rings at 89 % or less, whatever came before: a code of more stands for two answers."""

    def step(self, state, rows):
        on = (rows[:, 1:] <= 89).float()
        return {"on": on}, torch.cat([1 - on, on], dim=1)


class Taking(Alarm):
    """Rings twice in the first three steps, which ones a row says: most of five at each of them."""

    TURNS = torch.tensor([[1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 0], [0, 0, 1], [0, 0, 0.0]])

    def initial(self, batch):
        return {"step": torch.zeros(batch, 1)}

    def step(self, state, rows):
        step = state["step"].long()
        on = self.TURNS[rows[:, :1].long(), step.clamp(max=2)] * (step < 3)
        return {"step": state["step"] + 1}, torch.cat([1 - on, on], dim=1)


def answered(network, rows):
    """Return the answer after each row of one sequence, by running the network on it."""
    state, said = network.initial(1), []
    for row in rows.rows:
        state, distribution = network.step(state, torch.tensor(row[None], dtype=torch.float32))
        said.append(int(distribution.argmax()))
    return np.array(said)


def constant(answer, book):
    """Return a machine that reads two codes and always answers alike."""
    machine = automaton(np.array([[0, 0]]), np.array([answer]), start=0, symbols=book.names)
    return replace(machine, classes=("quiet", "alarm"), codebook=book)


@pytest.mark.parametrize("answer", [0, 1])
@pytest.mark.parametrize("seed", range(3))
def test_a_network_breaches_it_on_the_rows_that_are_told(answer, seed):
    given = Sequences(np.random.default_rng(0).normal([75, 93], [8, 3], (600, 2)),
                      np.full(30, 20), CHANNELS)  # fmt: skip
    book = ml.cut_at(CHANNELS, {"SpO2": 92})
    found = ml.check(
        constant(answer, book), "answers alarm at most 1 times",
        network=Instant(), sequences=given, link=None, seed=seed,
    )  # fmt: skip
    assert found.finding == Finding.CONFIRMED
    rows = found.replay.rows
    assert answered(Instant(), rows).tolist() == [1, 1]
    assert book.encode(rows).tolist() == list(found.replay.counterexample)
    assert all((given.rows == row).all(axis=1).any() for row in rows.rows)


@pytest.mark.parametrize("answer", [0, 1])
def test_what_copies_breach_together_and_none_alone_is_no_breach(answer):
    channels = ("turn",)
    book = ml.cut_at(channels, {"turn": 4.5})
    machine = constant(answer, book)
    given = Sequences(np.repeat(np.arange(6.0), 4)[:, None], np.full(6, 4), channels)
    asked = asked_network(machine, Taking(), given, seed=0, reading={"link": None})
    copies = np.array([[[copy], [5.0]] for copy in range(5)])
    exemplars = replace(asked.askable.exemplars, rows=copies)
    asked = replace(asked, askable=CodedOracle(asked.askable.network, exemplars))
    machine = replace(machine, codebook=None)
    found = replayed(
        machine, parsed("answers alarm at most 2 times"), inputs_of(machine, ANY, None), asked,
        budget=Budget(), rng=np.random.default_rng(0),
    )  # fmt: skip
    assert (found.counterexample, found.rows, found.reason) == (None, None, APART)
    assert found.n_asked > 0


def test_what_was_looked_at_and_asked_is_counted(explained):
    kept = ml.check(explained, "never (answers alarm and answers quiet)")
    assert kept.replay.n_given == len(explained.splits["test"]) == 6
    assert kept.replay.rows is None
    said = f"  6 sequences given looked at, {kept.replay.n_asked:,} words asked"
    assert said in str(kept).splitlines()


def test_rows_are_told_in_names_and_not_all_of_many():
    channels = (Channel("ward", levels=("north", "south")), Channel("pulse"))
    values = np.array([[1, np.nan], [0, 70.25], *[[0, 1]] * MOST_ROWS])
    told = _rows(Sequences(values, [len(values)], channels))
    assert told.startswith("ward south, pulse missing; ward north, pulse 70.25; ")
    assert told.endswith("; and 2 more rows")


def test_replays_are_equal_whatever_rows_were_read():
    rows = Sequences(np.zeros((2, 1)), [2])
    assert Replay((0, 1), 2, rows=rows) == Replay((0, 1), 2)
