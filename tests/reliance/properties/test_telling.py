"""What is said of a property: the rows that a network read, what was asked, what refining means."""

import numpy as np
import pytest
import torch

import markovlens as ml
from markovlens.channels import Channel
from markovlens.reliance.properties.replaying import Replay
from markovlens.reliance.properties.telling import MOST_ROWS, _rows
from markovlens.sequences import Sequences

CHANNELS = (Channel("pulse", "/min"), Channel("SpO2", "%"))


class Alarm:
    """Rings at 90 % or less, until it is above 94 %."""

    def initial(self, batch):
        return {"on": torch.zeros(batch, 1)}

    def step(self, state, rows):
        spo2 = rows[:, 1:]
        on = torch.where(spo2 <= 90, 1.0, torch.where(spo2 > 94, 0.0, state["on"]))
        return {"on": on}, torch.cat([1 - on, on], dim=1)


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
    assert (rows.rows[:, 1] <= 90).all()
    line = next(each for each in str(found).splitlines() if "read as rows" in each)
    first = rows.rows[0]
    assert f"pulse {first[0]:.4g} /min, SpO2 {first[1]:.4g} %; pulse " in line
    assert found.replay.n_asked > 0


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
