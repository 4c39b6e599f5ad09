"""python-statemachine, which passes the W3C's tests, runs what we wrote."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings

import markovlens as ml
from helpers.formats import machines, words
from markovlens.machines.formats.naming import legend_in
from markovlens.machines.formats.scxml import STEP


@settings(max_examples=30, deadline=None)
@given(machine=machines(certain=True))
def test_a_chart_answers_as_the_machine_does(machine, tmp_path_factory):
    io = pytest.importorskip(
        "statemachine.io", reason="needs python-statemachine: `make test-formats`"
    )
    path = tmp_path_factory.mktemp("scxml") / "machine.scxml"
    ml.write_machine(path, machine)
    legend = legend_in(path.read_text(encoding="utf-8"))
    events = list(legend.symbols) or [STEP]
    assert tuple(legend.symbols.values()) == machine.symbols
    inputs = words(machine, n=5)
    answers = machine.readout[machine.walk(inputs)].argmax(axis=1)
    for begin, length in zip(inputs.starts, inputs.lengths, strict=True):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of states that nothing leads to
            # Anew for each word: 3.2.2 fills the variables of the first chart of a class alone.
            chart = io.load(str(path))()
        assert chart.model.answer == ""
        for step in range(begin, begin + length):
            chart.send(events[inputs.values[step]])
            assert legend.classes[chart.model.answer] == machine.classes[answers[step]]


def test_it_is_well_formed_without_python_statemachine(tmp_path):
    from markovlens.machines.formats.xml_text import parsed
    from markovlens.machines.machine import automaton

    machine = automaton([[0, 1], [1, 0]], [False, True], start=0, symbols=("a b", "<"))
    ml.write_machine(tmp_path / "machine.scxml", machine)
    root = parsed((tmp_path / "machine.scxml").read_bytes())
    states = root.findall("state")
    assert [state.get("id") for state in states] == ["s0", "s1", "s2"]
    targets = [[each.get("target") for each in state.findall("transition")] for state in states]
    assert targets == [["s1", "s2"], ["s1", "s2"], ["s2", "s1"]]
    events = {each.get("event") for state in states for each in state.findall("transition")}
    assert events == {"read_0_a_b", "read_1"}
    np.testing.assert_equal(len(root.findall("datamodel/data")), 1)
