"""The one door: which format a path means, and what a format has no place for."""

import json
from dataclasses import replace

import numpy as np
import pytest
from jsonschema import Draft202012Validator

import markovlens as ml
from helpers.machines import random_machine
from markovlens.errors import DataError
from markovlens.machines.formats.ours import schema
from markovlens.machines.formats.registry import FORMATS, format_of
from markovlens.machines.machine import automaton
from markovlens.machines.storage import machine_to_dict
from markovlens.outputs import Output


@pytest.fixture
def machine():
    return random_machine(3, 2, 2)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_told_by_its_endings(name):
    for suffix in FORMATS[name].suffixes:
        assert format_of(f"a/b.c{suffix}").name == name
        assert format_of(f"A{suffix.upper()}").name == name
    assert format_of("whatever", name).name == name


@pytest.mark.parametrize("path", ["machine", "machine.pdf", "dot", "machine.txt"])
def test_an_unknown_ending_lists_those_that_are_known(path, machine, tmp_path):
    for do in (lambda: ml.write_machine(tmp_path / path, machine), lambda: ml.read_machine(path)):
        with pytest.raises(DataError, match=r"ends in \.json \(json\), \.prism \(prism\)"):
            do()


def test_an_unknown_format_is_told():
    with pytest.raises(DataError, match="did you mean prism"):
        format_of("machine.txt", "prisma")


def test_a_format_may_be_named_where_the_path_says_nothing(machine, tmp_path):
    ml.write_machine(tmp_path / "machine", machine, format="dot")
    found = ml.read_machine(tmp_path / "machine", format="dot")
    np.testing.assert_allclose(found.transition, machine.transition, atol=2e-15)


@pytest.mark.parametrize("name", [each.name for each in FORMATS.values() if not each.reader])
def test_formats_that_are_only_written_say_so(name):
    suffix = FORMATS[name].suffixes[0]
    with pytest.raises(DataError, match=f"{name} is written but not read; give one of"):
        ml.read_machine(f"machine{suffix}")


@pytest.mark.parametrize("suffix", [".jff", ".scxml"])
def test_chance_has_no_place_in_an_automaton(suffix, machine, tmp_path):
    with pytest.raises(DataError, match="got one with moves by chance; write one of"):
        ml.write_machine(tmp_path / f"machine{suffix}", machine)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".jff", ".scxml", ".dot", ".fst.txt"])
def test_values_have_no_place_among_classes(suffix, tmp_path):
    machine = automaton([[0, 1], [1, 0]], [False, True], start=0, symbols=("a", "b"))
    values = replace(machine, output=Output.VALUES, readout=[[1.5, 2], [-3, 0]])
    with pytest.raises(DataError, match="got one with answers that are no classes"):
        ml.write_machine(tmp_path / f"machine{suffix}", values)


@pytest.mark.parametrize("suffix", [".prism", ".json"])
def test_values_come_back_and_what_is_lost_is_said(suffix, machine, tmp_path):
    path = tmp_path / f"machine{suffix}"
    readout = [[1.5, 0.0], [-3.25, 0.1], [1e-7, 7]]
    values = replace(machine, output=Output.VALUES, readout=readout, spread=np.ones((3, 2)))
    ml.write_machine(path, values)
    found = ml.read_machine(path)
    assert found.output == Output.VALUES
    assert found.classes == values.classes
    np.testing.assert_array_equal(found.readout, readout)
    if suffix == ".prism":
        assert "// left out: the standard deviations of the answers" in path.read_text()
        assert "some values are negative" in path.read_text()


@pytest.mark.parametrize(
    ("suffix", "beside"),
    [
        (".tra", {".tra", ".lab", ".choices", ".about.txt", ".0.chance_0_class_0.rew"}),
        (".fst.txt", {".fst.txt", ".isyms", ".osyms", ".about.txt"}),
    ],
)
def test_some_formats_are_several_files(suffix, beside, machine, tmp_path):
    ml.write_machine(tmp_path / f"my.machine{suffix}", machine)
    written = {path.name.removeprefix("my.machine") for path in tmp_path.iterdir()}
    assert beside <= written


def test_our_own_file_follows_its_published_schema(machine, tmp_path):
    path = tmp_path / "machine.json"
    ml.write_machine(path, machine.named({1: "waits"}))
    plain = json.loads(path.read_text())
    assert plain["schema_version"] == 1
    Draft202012Validator.check_schema(schema())
    assert list(Draft202012Validator(schema()).iter_errors(plain)) == []


def test_files_of_before_there_was_a_version_are_read(machine, tmp_path):
    path = tmp_path / "machine.json"
    path.write_text(json.dumps(machine_to_dict(machine)))
    np.testing.assert_array_equal(ml.read_machine(path).transition, machine.transition)


def test_a_newer_version_is_not_guessed_at(machine, tmp_path):
    path = tmp_path / "machine.json"
    path.write_text(json.dumps({"schema_version": 2, **machine_to_dict(machine)}))
    with pytest.raises(DataError, match=r"schema_version \(1 was expected\)"):
        ml.read_machine(path)
