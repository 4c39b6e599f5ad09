"""A machine in a file is compared as any abstraction is."""

from dataclasses import replace

import numpy as np
import pytest

import markovlens as ml
from helpers.machines import random_machine, trace_of
from markovlens.abstractions.base import Evidence
from markovlens.abstractions.given import given_machine, in_order
from markovlens.abstractions.study import study_evidence
from markovlens.errors import DataError
from markovlens.machines.machine import automaton
from markovlens.outputs import Output


@pytest.fixture
def machine():
    return random_machine(3, 3, 2, symbols=("a", "b", "c"))


def shuffled(machine):
    order, swapped = [2, 0, 1], [1, 0]
    return replace(
        machine,
        initial=machine.initial[order],
        transition=machine.transition[order],
        seen=machine.seen[order],
        symbols=tuple(machine.symbols[code] for code in order),
        readout=machine.readout[:, swapped],
        classes=tuple(machine.classes[code] for code in swapped),
    )


@pytest.mark.parametrize("suffix", [".json", ".dot", ".prism"])
def test_the_machine_of_a_file_is_the_only_size_whatever_is_asked_for(machine, suffix, tmp_path):
    path = tmp_path / f"expert{suffix}"
    ml.write_machine(path, shuffled(machine))
    evidence = Evidence(trace_of(machine), trace_of(machine, seed=1))
    found = study_evidence("own_expert", evidence, n_states=[2, 5], seed=0, fit=given_machine(path))
    assert list(found.fits) == [3]
    assert found.chosen == 3
    test = trace_of(machine, seed=2)
    np.testing.assert_allclose(
        found.best.predict(test.sequences), machine.predict(test.sequences), atol=1e-12
    )


def test_names_in_another_order_mean_the_same(machine):
    found = in_order(shuffled(machine), trace_of(machine))
    for name in ("initial", "transition", "readout"):
        np.testing.assert_array_equal(getattr(found, name), getattr(machine, name))
    assert (found.symbols, found.classes) == (machine.symbols, machine.classes)


def test_an_automaton_that_names_no_classes_rejects_the_first_and_accepts_the_second(machine):
    given = automaton([[0, 1, 1], [1, 0, 0]], [False, True], start=0, symbols=("a", "b", "c"))
    found = in_order(given, trace_of(machine))
    assert found.classes == machine.classes
    np.testing.assert_array_equal(found.readout, np.eye(2))


def test_a_class_that_is_never_answered_may_be_missing():
    machine = random_machine(2, 2, 3)
    one = replace(machine, readout=np.ones((2, 1)), classes=(machine.classes[1],))
    np.testing.assert_array_equal(in_order(one, trace_of(machine)).readout, [[0, 1, 0]] * 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"symbols": ("a", "b", "x")}, r"expected symbols that machine and trace have in common"),
        ({"classes": ("class 0", "other")}, r"expected classes that machine and trace have"),
        ({"output": Output.VALUES}, "expected a network that answers with what the machine does"),
    ],
)
def test_a_machine_of_something_else_is_a_reason_and_no_crash(machine, change, message, tmp_path):
    wrong = replace(machine, **change)
    with pytest.raises(DataError, match=message):
        in_order(wrong, trace_of(machine))
    ml.write_machine(tmp_path / "expert.json", wrong)
    evidence = Evidence(trace_of(machine), trace_of(machine, seed=1))
    fit = given_machine(tmp_path / "expert.json")
    found = study_evidence("own_expert", evidence, n_states=[2], seed=0, fit=fit)
    assert found.chosen is None
    assert message[:20] in found.failures[2]
