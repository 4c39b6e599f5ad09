"""Recordings and designs that do not fit: one clear sentence each."""

from dataclasses import replace

import numpy as np
import pytest

import markovlens as ml
from helpers.machines import random_machine, trace_of
from markovlens.errors import ConfigError, DataError, EvidenceWarning
from markovlens.machines.machine import Machine, automaton


@pytest.fixture
def machine():
    successor = np.array([[0, 1], [1, 0]])
    return automaton(successor, np.array([False, True]), start=0, symbols=("0", "1"))


WORDS = ["0110", "1010", "0011"]


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([WORDS, WORDS], "groups: expected names with recordings, got list"),
        ({}, r"groups: expected two or more to compare, got 0 \(none\)"),
        ({"a": WORDS}, r"groups: expected two or more to compare, got 1 \('a'\)"),
        ({"a": WORDS, "b": ["01"]}, "group 'b': expected two sequences or more, got 1"),
        ({"a": WORDS, "b": ["01", ""]}, "group 'b': expected a word of at least one symbol"),
        ({"a": WORDS, "b": []}, "group 'b': expected at least one word"),
        ({"a": WORDS, "b": ["01", "02"]}, "group 'b': unknown symbol '2'"),
        ({"a": WORDS, "b": [[0, 1], [0, 2]]}, r"group 'b': symbols: expected codes 0..1, got 2"),
        ({"a": WORDS, "b": [[0.5, 1.0], [0.1]]}, "group 'b': expected symbols, got rows"),
        ({"a": WORDS, "b": 3}, "group 'b': expected words to read, got int"),
        ({1: WORDS, "1": WORDS}, "groups: expected names that differ as text, got 1 and '1'"),
        ({"a": WORDS, None: WORDS}, "groups: expected a name for each, got None"),
        ({"a": WORDS, float("nan"): WORDS}, "groups: expected a name for each, got nan"),
        ({"a": WORDS, " ": WORDS}, "groups: expected a name for each, got ' '"),
    ],
)
def test_recordings_that_do_not_fit(machine, groups, message):
    with pytest.raises(DataError, match=message):
        ml.compare_groups(machine, groups, seed=0)


@pytest.mark.parametrize(
    ("subjects", "paired", "message"),
    [
        ({"a": "xyz"}, False, "subjects: expected names for each of the groups a, b, got"),
        (["x", "y", "z"], False, "subjects: expected names for each of the groups a, b, got list"),
        ({"a": "xyz", "b": "uv"}, False, "subjects of 'b': expected a name for each of 3"),
        ({"a": "xyz", "b": ["u", float("nan"), None]}, False, r"got 3, 2 of them missing \(None"),
        ({"a": "xyz", "b": "uvx"}, False, "got 'x' in 'a' and 'b'; give paired=True"),
        ({"a": "xyz", "b": "uuu"}, False, "group 'b': expected two subjects or more, got 1"),
        ({"a": "xyz", "b": "xyw"}, True, "expected each subject in every group, got 'w'"),
        ({"a": "xxx", "b": "xxx"}, True, "group 'a': expected two pairs or more, got 1"),
        ({"a": [1, 2, 3], "b": ["1", 4, 5]}, False, "names that differ as text, got 1 and '1'"),
        ({"a": [1, "1", 3], "b": [1, "1", 3]}, True, "names that differ as text, got 1 and '1'"),
        ({"a": [["x"], "y", "z"], "b": "uvw"}, False, r"subjects: expected names.*got \['x'\]"),
        ({"a": "xyz", "b": ["u", "v", ""]}, False, "subjects: expected a name for each, got ''"),
    ],
)
def test_subjects_that_do_not_fit(machine, subjects, paired, message):
    groups = {"a": WORDS, "b": WORDS}
    with pytest.raises(DataError, match=message):
        ml.compare_groups(machine, groups, subjects=subjects, paired=paired, seed=0)


def test_names_of_groups_may_be_numbers_and_subjects_are_found_by_them(machine):
    groups, named = {1: WORDS * 2, "2": WORDS * 2}, {1: "abcxyz", "2": "defuvw"}
    found = ml.compare_groups(machine, groups, subjects=named, seed=0, measures=["switching"])
    assert found.table.loc[0, ["group_a", "group_b"]].tolist() == ["1", "2"]
    twice = {**named, "1": "ghijkl"}
    with pytest.raises(DataError, match="subjects: expected names that differ as text"):
        ml.compare_groups(machine, groups, subjects=twice, seed=0)


def test_pairs_without_subjects_need_as_many_sequences(machine):
    with pytest.raises(
        DataError, match="expected as many sequences in each group, got 3 in 'a', 2 in 'b'"
    ):
        ml.compare_groups(machine, {"a": WORDS, "b": WORDS[:2]}, paired=True, seed=0)


def test_a_machine_of_another_alphabet(machine):
    other = trace_of(random_machine(2, 2, 2, symbols=("x", "y")))
    with pytest.raises(
        DataError, match=r"group 'a': expected the symbols of the machine, 2 \(0, 1\)"
    ):
        ml.compare_groups(machine, {"a": other, "b": other}, seed=0)


def test_a_machine_of_other_channels():
    codebook = ml.cut_at((ml.Channel("SpO2", "%"),), {"SpO2": 90})
    plain = automaton(np.array([[0, 1], [1, 0]]), np.array([0, 1]), start=0, symbols=codebook.names)
    parts = (
        plain.initial,
        plain.transition,
        plain.readout,
        plain.symbols,
        plain.classes,
        plain.seen,
    )
    machine = Machine(*parts, codebook)
    rows = ml.Sequences(np.zeros((6, 1)), np.array([3, 3]), ("heart rate",))
    with pytest.raises(DataError, match=r"group 'a': expected rows of SpO2.*, got heart rate"):
        ml.compare_groups(machine, {"a": rows, "b": rows}, seed=0)


def test_what_is_no_machine():
    with pytest.raises(DataError, match="machine: expected a Machine, or a Study or Fitted"):
        ml.compare_groups("m.json", {"a": WORDS, "b": WORDS}, seed=0)


def test_a_machine_that_ignores_its_inputs_walks_alike_everywhere():
    alone = Machine(
        np.array([[1.0, 0]]), np.array([[[0, 1.0], [1, 0]]]), np.eye(2), (), ("a", "b"),
        np.ones((1, 2), dtype=bool),
    )  # fmt: skip
    with pytest.raises(DataError, match="got one that ignores them"):
        ml.compare_groups(alone, {"a": [[0, 0], [0]], "b": [[0], [0, 0]]}, seed=0)


def test_symbols_never_met_when_the_machine_was_built_are_told(machine):
    seen = np.array([[True, True], [False, False]])
    parts = (machine.initial, machine.transition, machine.readout, machine.symbols, machine.classes)
    unmet = Machine(*parts, seen)
    with pytest.warns(EvidenceWarning) as told:
        ml.compare_groups(unmet, {"a": ["0000", "000"], "b": ["0100", "000"]}, seed=0)
    said = [str(each.message) for each in told]
    assert [line for line in said if line.startswith("group 'b': 1 of 7 steps read symbols")]
    assert not [line for line in said if line.startswith("group 'a'")]


def test_activations_of_another_width_and_of_other_networks_are_told():
    truth = automaton(np.array([[1, 0], [0, 1]]), np.array([0, 1]), start=0, symbols=("0", "1"))
    train, valid, other = (trace_of(truth, seed=seed) for seed in range(3))
    found = ml.study("kmeans", train, valid, n_states=[2], seed=0)
    wide = replace(other, states=np.hstack([other.states, other.states]))
    with pytest.raises(
        DataError, match=r"group 'b': expected activations as the machine was fitted"
    ):
        ml.compare_groups(found, {"a": other, "b": wide}, seed=0)
    a, b = replace(other, origin={"network": "1"}), replace(valid, origin={"network": "2"})
    with pytest.warns(
        EvidenceWarning, match=r"traces are of different networks \('a' of 1, 'b' of 2\)"
    ):
        ml.compare_groups(found, {"a": a, "b": b}, measures=["switching"], seed=0)


@pytest.mark.parametrize(
    ("measures", "said"),
    [("dwell", r"got 'dwell'; give \['dwell'\]"), (3, "got 3"), ([], r"got \[\]")],
)
def test_measures_that_are_no_list_are_told_as_they_were_given(machine, measures, said):
    with pytest.raises(ConfigError, match=said):
        ml.compare_groups(machine, {"a": [[0]] * 2, "b": [[0]] * 2}, measures=measures, seed=0)
