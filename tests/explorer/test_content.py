"""What an explorer holds, told without a browser."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from helpers.packed import unpacked
from markovlens.abstractions.study import Kept
from markovlens.command.pages import page_of
from markovlens.errors import EvidenceWarning
from markovlens.explorer.choosing import held
from markovlens.explorer.colours import (
    CONTRAST,
    DARK,
    LIGHT,
    RIM,
    contrast,
    key_of_colours,
    on_dark,
    on_light,
)
from markovlens.explorer.graph import BELOW, LETTERS, PIXELS, RING, _fits
from markovlens.explorer.page import MODULES, explorer_of, script
from markovlens.explorer.payload import payload_of, plain
from markovlens.explorer.predictions import MOST_SINCE, evidence_of, since_of
from markovlens.explorer.stage import write_of_run
from markovlens.explorer.steps import axis_of
from markovlens.figures.colours import STATE_COLOURS
from markovlens.files.runs import Run
from markovlens.lettering import inches_wide
from markovlens.machines.colouring import fill_of
from markovlens.machines.machine import automaton
from markovlens.outputs import Output

HOSTILE = "</script><img src=x onerror=alert(1)>&"


@pytest.fixture(scope="module")
def payload(explained):
    return payload_of(explained)


def test_the_word_in_a_state_lies_within_its_rim_and_is_left_out_where_it_does_not():
    """A circle is narrower below its middle, where the word stands."""
    width = inches_wide("neutral", size=LETTERS) * PIXELS
    reach = float(np.hypot(width / 2, BELOW)) + RING + RIM
    assert _fits("neutral", reach + 0.1)
    assert not _fits("neutral", reach - 0.1)
    assert not _fits("", 0.0)


def test_each_step_has_its_state_and_both_answers(explained, payload):
    steps = payload["steps"]
    assert unpacked(steps["states"]).tolist() == explained.walk.states.tolist()
    assert unpacked(steps["symbols"]).tolist() == explained.walk.symbols.tolist()
    network = unpacked(steps["decisions"]["network"])
    assert network.tolist() == explained.trace.outputs.argmax(axis=1).tolist()
    differs = unpacked(steps["differs"]).astype(bool)
    assert (differs == (network != unpacked(steps["decisions"]["machine"]))).all()


@pytest.mark.parametrize(
    ("values", "chances", "axis"),
    [
        ([1e-9, 3e-9, np.nan], True, (0, 1, 0.05)),
        ([-1.0, 3.0, np.nan], False, (-1, 3, 0.2)),
        ([100.0, 100.00001], False, (100, 100.00001, 0.1)),
        ([0.0, 0.0], False, (0, 0, 0)),
        ([np.nan, np.inf], False, (0, 1, 0.05)),
    ],
)
def test_an_axis_spans_more_than_noise(values, chances, axis):
    found = axis_of(np.array(values), chances=chances)
    assert (found["low"], found["high"]) == pytest.approx(axis[:2])
    assert found["least"] == pytest.approx(axis[2], rel=1e-6)


def test_a_row_for_each_method_says_what_the_explanation_says(explained, payload):
    own, *others = payload["methods"]
    assert own["value"] == pytest.approx(explained.fidelity.value)
    assert [row["name"] for row in others] == list(explained.studies)
    floor = next(row for row in others if row["name"] == "majority")
    assert "floor" in floor["said"]
    assert floor["value"] < own["value"]


def test_a_method_that_failed_says_why(explained):
    failed = Kept({}, {6: "it does not converge"}, None, {})
    more = replace(explained, studies={**explained.studies, "hmm": failed})
    assert payload_of(more)["methods"][-1]["said"] == "failed: it does not converge"
    assert "failed: it does not converge" in explorer_of(more)


def test_predictions_are_of_test_sequences_and_say_what_of_says(explained, payload):
    numbers = [each["sequence"] for each in payload["predictions"]]
    assert set(numbers) <= set(explained.splits["test"].tolist())
    first = payload["predictions"][0]
    assert " ".join(first["lines"]) == " ".join(repr(explained.of(numbers[0])).split())


def test_each_step_of_a_prediction_says_why_the_answer_moved_since(explained, payload):
    for each in payload["predictions"][:3]:
        prediction = explained.of(each["sequence"])
        told = {one["step"]: one["said"] for one in each["since"]}
        assert told == {step: prediction.since(step) for step in range(len(prediction.steps))}


def test_of_a_long_sequence_not_every_step_says_so(explained):
    with pytest.warns(EvidenceWarning, match="205 words long"):
        prediction = explained.of("the film was good but " * 41)
    steps = [each["step"] for each in since_of(prediction)]
    assert steps == list(range(0, 205, 3))
    assert len(steps) <= MOST_SINCE


def test_evidence_is_the_networks_and_where_it_is_silent_the_machines(explained):
    prediction = explained.of("the film was not very good")
    first = evidence_of(prediction)[0]
    moved = [abs(each.by_network) for each in prediction.steps]
    assert first["step"] == np.argmax(moved)
    assert first["moved"] == prediction.steps[first["step"]].by_network
    silent = [replace(each, network=np.nan, by_network=np.nan) for each in prediction.steps[:-1]]
    late = replace(prediction, steps=(*silent, prediction.steps[-1]))
    assert all(each["said"] == each["machine"] for each in evidence_of(late))


def test_the_same_explanation_gives_the_same_bytes(explained):
    assert explorer_of(explained) == explorer_of(explained)


def test_nothing_is_asked_of_any_server_and_only_our_script_may_run(explained):
    text = explorer_of(explained)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert re.search(r"script-src 'sha256-[\w+/=]+'(;|$)", policy)
    assert not re.search(r'\b(src|href)="(?!#|data:)', text)


def test_names_that_look_like_markup_are_data(explained):
    named = explained.named({0: HOSTILE})
    text = explorer_of(named)
    assert "<img" not in text
    data = re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1]
    assert json.loads(data)["states"][0]["name"] == HOSTILE


def test_a_file_holds_as_many_sequences_as_there_is_room_for(explained):
    kept = held(explained, bytes_a_step=20, most_bytes=20 * 3000)
    assert kept.lengths.sum() <= 3000 < explained.trace.n_steps
    starts = explained.trace.sequences.starts
    rows = [
        start + step
        for start, length in zip(starts[kept.numbers], kept.lengths, strict=True)
        for step in range(length)
    ]
    assert kept.rows.tolist() == rows
    shown = {window.sequence for card in explained.cards for window in card.typical}
    assert shown <= set(kept.numbers.tolist())


def test_of_one_sequence_that_is_too_long_the_beginning_is_held(explained):
    kept = held(explained, bytes_a_step=20, most_bytes=20 * 3)
    assert kept.lengths.tolist() == [3]
    assert kept.rows.tolist() == (kept.rows[0] + np.arange(3)).tolist()


def test_colours_of_states_are_seen_on_light_and_on_dark():
    for colour in STATE_COLOURS:
        assert contrast(on_light(colour), LIGHT) >= CONTRAST
        assert contrast(on_dark(colour), DARK) >= CONTRAST


def test_numbers_without_a_value_are_none():
    assert plain({"a": (1.0, float("nan"), np.float32(2)), "b": "x"}) == {
        "a": [1.0, None, 2.0], "b": "x",
    }  # fmt: skip


def test_every_module_is_in_the_script():
    text = script()
    assert all(f"const from_{name.removesuffix('.js')} = " in text for name in MODULES)
    assert "import " not in re.sub(r"//.*|/\*.*?\*/", "", text)


def test_show_opens_the_explorer_of_one_network_of_a_run(tmp_path):
    folder = tmp_path / "results" / "figures" / "parity" / "gru"
    folder.mkdir(parents=True)
    (folder / "explorer.html").touch()
    assert page_of(folder) == (folder / "explorer.html").resolve()


def test_a_network_without_a_machine_has_a_page_that_says_why(tmp_path):
    run = Run.at(tmp_path, "parity", "gru", 0, layer="hidden")
    run.verdict.parent.mkdir(parents=True)
    why = f"no method could be fitted: {HOSTILE}"
    verdict = {"verdict": {"n_states_judged": None, "evidence": why}}
    run.verdict.write_text(json.dumps(verdict), encoding="utf-8")
    write_of_run(tmp_path / "explorer.html", run)
    text = (tmp_path / "explorer.html").read_text(encoding="utf-8")
    assert "no machine to explore: no method could be fitted" in text
    assert "gru on parity" in text
    assert "<img" not in text


@pytest.mark.parametrize(("answers", "names"), [([1.5, 1.5], ["dose 1.5"]),
                                                ([1.0, 3.0], ["dose 1", "dose 3"])])  # fmt: skip
def test_a_scale_has_two_ends_where_states_answer_otherwise(answers, names):
    moves, accepts = np.array([[0, 1], [1, 0]]), np.array([False, True])
    made = automaton(moves, accepts, start=0, symbols=("0", "1"))
    told = np.array(answers)[:, None]
    machine = replace(made, readout=told, classes=("dose",), output=Output.VALUES)
    key = key_of_colours(machine)
    assert [each["name"] for each in key["signs"]] == names
    assert bool(key["scale"]) == (len(names) == 2)
    assert {fill_of(machine, state) for state in (0, 1)} == {each["fill"] for each in key["signs"]}
