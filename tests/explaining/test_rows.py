"""Networks that read rows, and that answer with values, are explained by the same call."""

import numpy as np
import pytest
import torch

import markovlens as ml
from markovlens.errors import DataError

CHANNELS = (ml.Channel("heart rate", "/min"), ml.Channel("SpO2", "%"))


class Alarm(torch.nn.Module):
    """Alarms at an SpO2 of 90 % or less and until it is above 94 %."""

    def initial(self, batch):
        return {"on": torch.zeros(batch, 1)}

    def step(self, state, rows):
        spo2 = rows[:, 1:]
        on = torch.where(spo2 <= 90, 1.0, torch.where(spo2 > 94, 0.0, state["on"]))
        return {"on": on}, self.said(on)

    def said(self, on):
        return torch.cat([1 - on, on], dim=1)


class Dose(Alarm):
    """Gives 5 mg while the alarm is on, else 2."""

    def said(self, on):
        return 2 + 3 * on


@pytest.fixture(scope="module")
def patients():
    rows = np.random.default_rng(0).normal([75, 93], [8, 3], (80 * 20, 2))
    return ml.Sequences(rows, np.full(80, 20), CHANNELS)


@pytest.fixture(scope="module")
def alarm(patients):
    return ml.explain(
        Alarm(), patients, classes=("quiet", "alarm"), link=None, unit="minute",
        methods=["kmeans"], n_states=[2, 3], units=True,
    )  # fmt: skip


def test_states_are_told_by_rules_on_channels(alarm):
    assert "Alarm: finite-state; 2 states, by kmeans" in repr(alarm)
    (on,) = (card for card in alarm.cards if "answers *alarm*" in card.sentence)
    assert "after *SpO2 <= 90 %*, also as the first minute" in on.sentence
    assert "left by *SpO2 > 94 %*" in on.sentence
    assert "minutes" in on.sentence
    assert on.units[0].unit == 0
    assert on.units[0].effect > 0.1


def test_the_smallest_change_is_a_row_of_another_code(alarm):
    found = alarm.of(np.array([[75, 89], [75, 92], [70, 93]]))
    assert found.answer.startswith("alarm")
    (edit,) = found.change.edits
    assert (edit.kind, edit.now) == ("substitute", "SpO2 > 94 %")
    assert found.change.asked == "confirmed"
    row = [float(value) for value in found.change.inputs[edit.place].split(", ")]
    known = np.round(alarm.trace.inputs, 2)
    assert np.isclose(known, row, atol=0.06).all(axis=1).any()
    assert row[1] > 94
    assert found.cohort.count > 0


def test_short_sequences_are_held_against_the_beginnings_of_others(alarm):
    inputs = alarm.trace.sequences
    quantiles = [
        alarm.of(next(iter(inputs.select(np.array([place]))))[:3]).trust.quantile
        for place in np.concatenate([alarm.splits["valid"], alarm.splits["test"]])
    ]
    assert max(quantiles) < 1.0
    assert np.mean(np.array(quantiles) > 0.95) <= 0.05


def test_values_are_explained_with_floors_and_without_decisions(patients):
    found = ml.explain(
        Dose(), patients, classes=("dose (mg)",), link="identity", methods=["kmeans"],
        n_states=[2],
    )  # fmt: skip
    assert found.fidelity.measure == "variance_explained"
    assert found.fidelity.value > 0.99
    assert {"mean", "linear", "ngram"} <= set(found.floors)
    assert "Dose: makes no decisions; 2 states, by kmeans" in repr(found)
    assert any("answers dose (mg) 5" in card.sentence for card in found.cards)
    prediction = found.of(np.array([[75, 89], [75, 92.0]]))
    assert prediction.change.network == "dose (mg) 2"
    with pytest.raises(DataError, match="decides between no classes"):
        found.of(np.array([[75, 89.0]]), wanted="dose (mg)")


@pytest.mark.parametrize(
    ("sequence", "said"),
    [
        (np.ones((2, 3)), "a channel for each of the 3 columns"),
        ("0101", "expected rows of heart rate"),
        (ml.Sequences(np.ones((3, 2)), [3], ("a", "b")), "in this order and these units"),
    ],
)
def test_wrong_rows_are_told_in_a_sentence(alarm, sequence, said):
    with pytest.raises(DataError, match=said):
        alarm.of(sequence)


def test_a_machine_of_symbols_does_not_explain_rows(patients, explained):
    with pytest.raises(DataError, match=r"machine: expected one of these data|classes that"):
        ml.explain(
            Alarm(), patients, classes=("negative", "neutral"), link=None, machine=explained.machine
        )
