"""Networks that read rows, and that answer with values, are explained by the same call."""

import html
import re
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

import markovlens as ml
from helpers.alarm import Alarm
from markovlens.errors import DataError, EvidenceWarning
from markovlens.explaining.page import page_of
from markovlens.explaining.sentences import with_any
from markovlens.explaining.windows import shown_inputs, value_in_words

CHANNELS = (ml.Channel("heart rate", "/min"), ml.Channel("SpO2", "%"))


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
    assert "by *SpO2 > 94 %*." in on.sentence
    assert "minutes" in on.sentence
    assert on.units[0].unit == 0
    assert on.units[0].effect > 0.1


def test_the_smallest_change_is_a_row_of_another_code(alarm):
    found = alarm.of(np.array([[75, 89], [75, 92], [70, 93]]))
    assert found.answer.startswith("alarm")
    (edit,) = found.change.edits
    assert (edit.kind, edit.now) == ("substitute", "SpO2 > 94 %")
    assert found.change.asked == "confirmed"
    read = found.change.inputs[edit.place]
    row = [float(value) for value in re.findall(r"(\S+) (?:/min|%)", read)]
    assert re.fullmatch(r"heart rate \S+ /min, SpO2 \S+ %", read)
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


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ([np.nan, np.nan], "heart rate is missing at minute 2, and never was before"),
        ([75, np.nan], "SpO2 is missing at minute 2, and never was before"),
        ([750, 92], "heart rate 750 /min at minute 2 (before: "),
    ],
)
def test_rows_such_as_never_were_are_unlike_what_the_machine_was_made_on(row, said, alarm):
    with pytest.warns(EvidenceWarning, match="a rule for the unseen") as caught:
        found = alarm.of(np.array([[75, 89], row, [70, 93]]))
    assert len(caught) == 1
    assert not found.trust.usual
    _, told = " ".join(repr(found).split()).split("like what the machine was made on: ")
    assert told.startswith("no (")
    assert said in told.split(" smallest change: ")[0]


def test_infinite_values_are_refused(alarm):
    with pytest.raises(DataError, match="channel SpO2: expected numbers, or NaN .*, got inf"):
        alarm.of(np.array([[75, np.inf]]))


def test_rows_of_the_same_source_are_seldom_strange(alarm):
    rng = np.random.default_rng(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EvidenceWarning)
        found = [alarm.of(rng.normal([75, 93], [8, 3], (20, 2))).trust for _ in range(60)]
    assert sum(bool(trust.strange) for trust in found) <= 3


def test_of_many_channels_those_are_told_of_which_rules_speak():
    channels = tuple(ml.Channel(f"c{number}") for number in range(9))
    machine = SimpleNamespace(codebook=SimpleNamespace(channels=channels), symbols=("c8 <= 1",))
    assert shown_inputs(machine, np.arange(9.0)[None], np.zeros(1, int)) == ("c8 8, ...",)


def test_values_are_told_with_name_unit_and_level():
    told = value_in_words
    assert told(ml.Channel("SpO2", "%"), 89.0) == "SpO2 89 %"
    assert told(ml.Channel("SpO2", "%"), np.nan) == "SpO2 missing"
    assert told(ml.Channel("ward", levels=("icu", "er")), 1.0) == "ward er"
    assert told(ml.Channel("x"), 0.12345) == "x 0.1235"


def test_the_page_tells_rows_by_channel_and_unit_a_line_for_each_step(alarm):
    text = html.unescape(page_of(alarm))
    (table, *others) = re.findall(r'<table class="rows">.*?</table>', text, re.DOTALL)
    window = alarm.cards[0].typical[0]
    assert table.count("<tr>") == 1 + len(window.inputs)
    assert f"<mark>{window.inputs[window.at]}</mark>" in table
    assert others


def test_excerpts_do_not_overlap(alarm):
    for windows in (each for card in alarm.cards for each in (card.typical, card.boundary)):
        places = [(each.sequence, each.step) for each in windows]
        same = [(a, b) for a in places for b in places if a < b and a[0] == b[0]]
        assert all(b[1] - a[1] > 4 for a, b in same)


def test_of_numbers_means_are_told_and_nothing_turns(patients):
    found = ml.explain(
        Dose(), patients, classes=("dose (mg)",), link="identity", methods=["kmeans"],
        n_states=[2],
    )  # fmt: skip
    prediction = found.of(int(found.splits["test"][0]))
    cohort = prediction.cohort
    own = found.splits["test"][0]
    assert cohort.whole
    same = [
        place for place, (path, _) in enumerate(found.collapsed)
        if path == cohort.shared and place != own
    ]  # fmt: skip
    ends = found.trace.outputs[np.cumsum(found.trace.lengths)[same] - 1, 0]
    assert cohort.answers == ((f"dose (mg) {ends.mean():.3g} ± {ends.std():.2g}", len(same)),)
    assert f"± {ends.std():.2g}" in str(cohort)
    assert "turned" not in repr(prediction)
    assert "moved most at" in repr(prediction)


def test_where_all_three_inputs_lead_the_sentence_says_any():
    every = ("*a*", "*b*", "*c*")
    said = with_any(f"after {every[2]}, {every[0]} or {every[1]}: left by *a* or *b*", "abc")
    assert said == "after any input: left by *a* or *b*"
    assert with_any("after *a* or *b*", "ab") == "after *a* or *b*"


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_value_of_either_precision_is_told_as_it_was_written(kind, alarm):
    rows = np.array([[76.015, 93.125], [60.0, 93.375]], dtype=kind)
    steps = alarm.of(rows).steps
    assert [each.input for each in steps] == [
        "heart rate 76.02 /min, SpO2 93.12 %",
        "heart rate 60 /min, SpO2 93.38 %",
    ]
