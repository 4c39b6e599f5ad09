"""Names that somebody gives states: kept with the machine, and shown wherever it is."""

import re
from dataclasses import replace

import numpy as np
import pytest

from helpers.machines import random_machine
from markovlens.abstractions.numbering import permuted
from markovlens.errors import DataError
from markovlens.machines.dot import machine_to_dot
from markovlens.machines.formats.registry import read_machine, write_machine
from markovlens.machines.minimisation import harden, minimise
from markovlens.machines.storage import machine_to_dict


def test_names_of_states_are_kept_in_files_drawings_and_text(tmp_path):
    machine = random_machine(3, 2, 2).named({1: "after a negation"})
    write_machine(tmp_path / "machine.json", machine)
    kept = read_machine(tmp_path / "machine.json")
    assert kept.states == ("", "after a negation", "")
    assert (kept.name_of(1), kept.name_of(0)) == ("after a negation", "state 0")
    assert "1 after a negation" in repr(kept)
    machine.draw(tmp_path / "machine.svg")
    assert "1: after a negation" in (tmp_path / "machine.svg").read_text()
    assert "after a negation" in machine_to_dot(machine)
    assert "states" not in machine_to_dict(random_machine(3, 2, 2))  # files without are as before
    assert kept.named({1: ""}).states == ()


def test_names_follow_their_states():
    machine = random_machine(3, 2, 2).named(["a", "b", "c"])
    assert permuted(machine, np.array([2, 0, 1])).states == ("c", "a", "b")
    alike = replace(harden(machine), readout=np.eye(2)[[0, 1, 1]])
    names = "".join(minimise(alike).states)
    assert set("abc") >= set(names.replace(" / ", ""))


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({3: "x"}, "0..2, got 'x' for 3"),
        ({0: 5}, "got 5 for 0"),
        (["a", "b"], "each of 3 states"),
        ("abc", "each of 3 states"),
        (["a", "a", ""], "different names, got a, a"),
    ],
)
def test_wrong_names_of_states_are_refused(names, said):
    with pytest.raises(DataError, match=re.escape(said)):
        random_machine(3, 2, 2).named(names)
