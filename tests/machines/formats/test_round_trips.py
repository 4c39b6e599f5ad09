"""What is written comes back, from every format that is read."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import markovlens as ml
from helpers.formats import assert_same, machines, words
from markovlens.outputs import Output

SLOWER = settings(max_examples=60, deadline=None)


@SLOWER
@given(machine=machines(), suffix=st.sampled_from([".prism", ".dot"]))
def test_machines_of_any_alphabet_come_back(machine, suffix, tmp_path_factory):
    path = tmp_path_factory.mktemp("machine") / f"machine{suffix}"
    ml.write_machine(path, machine)
    found = ml.read_machine(path)
    assert_same(found, machine)
    inputs = words(machine)
    np.testing.assert_allclose(found.predict(inputs), machine.predict(inputs), atol=1e-13)


@SLOWER
@given(machine=machines(certain=True))
def test_jflap_holds_what_moves_without_chance_and_the_likeliest_answers(machine, tmp_path_factory):
    path = tmp_path_factory.mktemp("machine") / "machine.jff"
    ml.write_machine(path, machine)
    said = np.eye(len(machine.classes))[machine.readout.argmax(axis=1)]
    assert_same(ml.read_machine(path), replace(machine, readout=said), within=0)


@SLOWER
@given(machine=machines(outputs=tuple(Output)))
def test_prism_holds_any_kind_of_answer(machine, tmp_path_factory):
    path = tmp_path_factory.mktemp("machine") / "machine.prism"
    ml.write_machine(path, machine)
    assert_same(ml.read_machine(path), machine)


@SLOWER
@given(machine=machines(outputs=tuple(Output)))
def test_our_own_file_holds_every_bit(machine, tmp_path_factory):
    path = tmp_path_factory.mktemp("machine") / "machine.json"
    ml.write_machine(path, machine)
    assert_same(ml.read_machine(path), machine, within=0)


@pytest.mark.parametrize("suffix", [".json", ".prism", ".dot"])
def test_the_same_machine_gives_the_same_bytes(suffix, tmp_path):
    rng = np.random.default_rng(0)
    machine = ml.Machine(
        rng.dirichlet(np.ones(3), 2),
        rng.dirichlet(np.ones(3), (2, 3)),
        rng.dirichlet(np.ones(2), 3),
        ("a", "b"),
        ("no", "yes"),
        np.ones((2, 3), bool),
    )
    first, second = tmp_path / f"first{suffix}", tmp_path / f"second{suffix}"
    ml.write_machine(first, machine)
    ml.write_machine(second, ml.read_machine(first))
    assert first.read_bytes() == second.read_bytes()
