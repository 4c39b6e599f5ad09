"""From a network and sequences to an explanation that can be read, kept and shown."""

import json
import logging
import re
from dataclasses import replace

import numpy as np
import pytest
import torch

import markovlens as ml
from helpers.machines import random_machine
from markovlens.errors import ConfigError, DataError
from markovlens.explaining import page
from markovlens.explaining.fitting import split_sequences

from .conftest import FAST, SIZES, explain


def test_the_machine_is_the_true_one_and_the_verdict_says_so(example, explained):
    assert explained.verdict.verdict == "finite-state"
    assert explained.machine.n_states == 6
    assert explained.fidelity.value == 1.0
    assert explained.fidelity.low <= 1.0 <= explained.fidelity.high
    assert all(floor.value < 0.7 for floor in explained.floors.values())
    decided = explained.machine.predict(example.sequences).argmax(axis=1)
    assert np.array_equal(decided, example.targets)


def test_the_table_says_size_fidelity_interval_floors_and_verdict(explained):
    first, second, *rest = repr(explained).splitlines()
    assert first == "reviews: finite-state; 6 states, by lstar"
    assert "360 train, 120 valid, 120 test" in second
    assert re.search(r"closed loop +1\.000 \[0\.\d+, 1\.000\]", "\n".join(rest))
    assert any("floor: ngram" in line for line in rest)
    assert sum(line.startswith("State ") for line in rest) == 6


def test_no_printed_line_is_longer_than_a_terminal_has_room_for(explained):
    equal = replace(explained, floors={"ngram": explained.fidelity.chosen})
    found = explained.of("the film was not very good but its cast was funny", wanted="negative")
    reasons = replace(explained, counterfactuals=" ".join(["why"] * 60))
    for said in (explained, equal, reasons, found):
        assert max(map(len, repr(said).splitlines())) <= 100
    rows = repr(equal).splitlines()
    rows = rows[next(at for at, row in enumerate(rows) if "closed loop" in row) :]
    column = rows[0].index("120 test sequences")
    assert any(each.startswith(" " * column) for each in rows)
    assert all(each[column - 1] == " " != each[column] for each in rows if "knows no" in each)


def test_the_same_seed_gives_the_same_explanation_and_json_holds_it(example, explained):
    again = explain(example)
    assert json.dumps(again.plain) == json.dumps(explained.plain)
    assert json.loads(json.dumps(explained.plain))["cards"][0]["state"] == 0


def test_splits_are_by_sequence_and_hold_each_once():
    for n_sequences in (5, 6, 100):
        parts = split_sequences(n_sequences, seed=3)
        assert sorted(np.concatenate(list(parts.values()))) == list(range(n_sequences))
        assert all(len(part) for part in parts.values())


def test_what_was_picked_does_not_look_at_the_test_sequences(example, explained):
    kept = explained.splits
    shuffled = example.targets.copy()
    lengths = example.sequences.lengths
    rows = np.repeat(np.isin(np.arange(len(lengths)), kept["test"]), lengths)
    shuffled[rows] = 0
    other = explain(example, targets=shuffled)
    assert other.machine.n_states == explained.machine.n_states
    assert np.array_equal(other.machine.transition, explained.machine.transition)
    assert explained.right is None or explained.right.value == 1.0
    # Of three classes one is right at every step that is asked: those that are said to be neutral.
    test = other.part("test")
    neutral = float((test.decisions == 0).mean())
    assert other.right.value == pytest.approx(neutral)
    assert f"against the targets {neutral:.3f}" in re.sub(" +", " ", repr(other))


def test_a_split_that_there_is_not_is_named_with_those_that_there_are(explained):
    with pytest.raises(ConfigError, match="split: expected one of train, valid, test, got 'tests'"):
        explained.part("tests")


def test_floors_alone_are_no_explanation(example):
    with pytest.raises(DataError, match="expected one that is no floor, got floors alone"):
        explain(example, methods=["ngram"])


def test_names_of_states_are_on_cards_in_the_drawing_and_kept_with_the_machine(
    example, explained, tmp_path
):
    state = explained.of("the film was not").path[-1]
    named = explained.named({state: "after a negation"})
    assert f"State {state} (after a negation) answers " in repr(named)
    assert named.of("the film was not").steps[-1].name == "after a negation"
    named.save(tmp_path / "page.html")
    assert "after a negation" in (tmp_path / "page.html").read_text()
    ml.write_machine(tmp_path / "machine.json", named.machine)
    kept = ml.read_machine(tmp_path / "machine.json")
    again = explain(example, machine=kept)
    assert again.machine.states == named.machine.states
    assert f"State {state} (after a negation)" in repr(again)
    assert again.verdict.verdict == "finite-state"


def test_the_page_needs_no_other_file(explained, tmp_path):
    explained.save(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    links = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert all(link.startswith("#") for link in links)
    assert "<script" not in text
    assert text.count("<section") == explained.machine.n_states
    assert explained._repr_html_() in text


def test_show_opens_the_page_where_no_notebook_runs(explained, monkeypatch):
    opened = []
    monkeypatch.setattr(page.webbrowser, "open", opened.append)
    explained.show()
    assert opened[0].startswith("file://")
    assert opened[0].endswith(".html")


def test_texts_and_targets_of_whole_sequences_are_taken(example):
    texts = [" ".join(example.symbols[code] for code in word) for word in example.sequences]
    last = example.targets[np.cumsum(example.sequences.lengths) - 1]
    found = ml.explain(
        example.network, texts[:100], targets=last[:100], symbols=example.symbols,
        methods=FAST, n_states=SIZES,
    )  # fmt: skip
    assert found.trace.has_target.sum() == 100
    assert found.machine.n_states == 6


def test_progress_is_told(example, caplog):
    with caplog.at_level(logging.INFO, logger="markovlens.explaining"):
        explain(example, methods=("lstar",), n_states=(6,))
    said = [record.message for record in caplog.records if "explaining" in record.name]
    assert any(re.fullmatch(r"fitting lstar: [\d.]+ s", message) for message in said)


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"seed": -1}, ConfigError, "seed"),
        ({"n_states": []}, ConfigError, "n_states"),
        ({"unit": None}, ConfigError, "unit: expected what a step is called, a word such as"),
        ({"unit": " "}, ConfigError, "unit: expected"),
        ({"unit": "word" * 200}, ConfigError, "...; leave it out for 'step'"),
        ({"methods": "kmeans"}, ConfigError, "methods: expected a list of names, got the text"),
        ({"classes": "abc"}, ConfigError, "classes: expected a list of names, got the text 'abc'"),
        ({"methods": ["kmean"]}, ConfigError, "kmeans"),
        ({"targets": np.zeros(7, dtype=int)}, DataError, "targets: expected one for each of"),
        ({"machine": random_machine(3, 2, 3)}, DataError, "classes that machine and trace have"),
        ({"machine": "m.json"}, DataError, "machine: expected Machine"),
    ],
)
def test_wrong_settings_are_told_in_a_sentence(example, changes, error, said):
    with pytest.raises(error, match=re.escape(said)):
        explain(example, **changes)


@pytest.mark.parametrize(
    ("sequences", "said"),
    [
        (["the boat was good"] * 9, "unknown symbol 'boat'"),
        (["the film"] * 4, "at least 5 sequences"),
        (["the film", ""] * 4, "empty sequence"),
        ([], "at least one sequence"),
        ("the film was good", "a single one is [one]"),
        (7, "expected `Sequences` or a list"),
    ],
)
def test_wrong_sequences_are_told_in_a_sentence(example, sequences, said):
    with pytest.raises(DataError, match=re.escape(said)):
        ml.explain(example.network, sequences, symbols=example.symbols)


def test_a_network_that_has_changed_is_found_out(example):
    found = explain(example, methods=("lstar",), n_states=(6,))
    weights = {name: value.clone() for name, value in example.network.state_dict().items()}
    with torch.no_grad():
        example.network.head.bias += 1
    try:
        with pytest.raises(DataError, match="the network has changed since it was explained"):
            found.of("the film was good")
    finally:
        example.network.load_state_dict(weights)
    assert found.of("the film was good").answer.startswith("positive")


def test_an_exported_file_has_the_fidelity_of_its_explanation(explained):
    text = explained.export("python").text
    wanted = f"{explained.fidelity.measure} {explained.fidelity.value:.3f}"
    assert f"Fidelity to its network: {wanted}" in text
    assert "test sequences of reviews" in " ".join(text.split())
    assert ml.export(explained, "python").text == text
    other = ml.export(explained, "c", fidelity=explained.fidelity, data="a ward").text
    assert "a ward" in other
    assert "not given when this file was written" in explained.machine.export("c").text


def test_a_floor_that_is_as_good_as_the_machine_is_told(explained):
    equal = replace(explained, floors={"ngram": explained.fidelity.chosen})
    assert "floor: ngram" in str(equal)
    said = " ".join(str(equal).split())
    assert "knows no state of the network; the machine is no higher" in said
    assert "no higher" not in str(explained)
    first = str(equal).splitlines()[0]
    assert first == f"{str(explained).splitlines()[0]}, no nearer than ngram, which knows no state"
