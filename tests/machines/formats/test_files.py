"""Files as such: those beside, encodings, and alphabets of any size and any text."""

from dataclasses import replace

import numpy as np
import pytest

import markovlens as ml
from helpers.formats import assert_same
from helpers.machines import random_machine
from markovlens.errors import DataError
from markovlens.machines.formats import registry
from markovlens.machines.formats.jflap import letters_of
from markovlens.machines.machine import automaton
from markovlens.outputs import Output

READ = [each for each in registry.FORMATS.values() if each.reader]


def named(*classes, symbols=("0", "1"), **more):
    machine = random_machine(3, len(symbols), len(classes), symbols=symbols)
    return replace(machine, classes=classes, **more)


def beside(folder, stem="m"):
    return {each.name for each in folder.iterdir() if each.name.startswith(f"{stem}.")}


@pytest.mark.parametrize("suffix", [".tra", ".fst.txt"])
def test_nothing_is_left_of_the_machine_that_was_there_before(suffix, tmp_path):
    mine = tmp_path / "m.notes.rew", tmp_path / "other.0.chance_A.rew", tmp_path / "m.prism"
    stale = tmp_path / "m.chance_old.rew"  # as it was named once
    for path in (*mine, stale):
        path.write_text("a user's own")
    one = named("last", symbols=("only",))
    ml.write_machine(tmp_path / f"n{suffix}", one)
    wanted = {f"m{name[1:]}" for name in beside(tmp_path, "n")}
    ml.write_machine(tmp_path / f"m{suffix}", named("A", "b", "c"))
    ml.write_machine(tmp_path / f"m{suffix}", one)
    left = {stale.name} if suffix == ".fst.txt" else set()
    assert beside(tmp_path) == wanted | {"m.notes.rew", "m.prism"} | left
    assert all(path.read_text() == "a user's own" for path in mine)


def test_a_file_of_rewards_that_storm_would_mistake_does_not_stay(tmp_path):
    values = {"output": Output.VALUES, "readout": np.ones((3, 2))}
    ml.write_machine(tmp_path / "m.tra", named("A", "B"))
    ml.write_machine(tmp_path / "m.tra", named("A", "B", **values))
    found = {name for name in beside(tmp_path) if name.endswith(".rew")}
    assert found == {"m.0.value_A.rew", "m.1.value_B.rew"}


def test_no_two_files_differ_in_case_alone(tmp_path):
    ml.write_machine(tmp_path / "m.tra", named("A", "a"))
    found = [name.casefold() for name in beside(tmp_path)]
    assert len(set(found)) == len(found)
    assert {"m.0.chance_a.rew", "m.1.chance_a.rew"} <= set(found)


def test_jflap_holds_a_large_vocabulary_and_says_where_it_ends(tmp_path):
    names = tuple(f"word {number}" for number in range(40_000))
    letters = letters_of(names)
    assert len(set(letters)) == len(names)
    assert "".join(letters).encode("utf-16-le").decode("utf-16-le") == "".join(letters)
    assert all(len(letter.encode("utf-16-le")) == 2 for letter in letters)
    machine = automaton([[0] * len(names)], [True], start=0, symbols=names)
    ml.write_machine(tmp_path / "w.jff", machine)
    assert ml.read_machine(tmp_path / "w.jff").symbols == names
    with pytest.raises(DataError, match=r"symbols, a letter each, got 50000; write it in another"):
        letters_of([f"word {number}" for number in range(50_000)])


@pytest.mark.parametrize("chosen", registry.FORMATS.values(), ids=lambda each: each.name)
def test_half_a_character_is_a_name_as_any(chosen, tmp_path):
    half = "\ud800"
    machine = automaton(
        [[0, 1], [1, 0]], [False, True], start=0, symbols=(half, "b"), classes=("a", half)
    ).named([half, "second"])
    path = tmp_path / f"m{chosen.suffixes[0]}"
    ml.write_machine(path, machine)
    if chosen.reader:
        assert_same(ml.read_machine(path), machine)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32-be", "latin-1"])
@pytest.mark.parametrize("chosen", READ, ids=lambda each: each.name)
def test_another_encoding_is_refused_with_the_way_out(chosen, encoding, tmp_path):
    path = tmp_path / f"m{chosen.suffixes[0]}"
    ml.write_machine(path, automaton([[0, 1], [1, 0]], [False, True], start=0, symbols=("0", "1")))
    text = path.read_text(encoding="utf-8").replace("markovlens", "märkovlens")
    path.write_bytes(text.replace('"1"', '"é"', 1).encode(encoding))
    with pytest.raises(DataError, match="save (the file|it anew where it was made,) as UTF-8"):
        ml.read_machine(path)
