"""PRISM files that would take long, and files of ours of which a part is lost."""

import numpy as np
import pytest

import markovlens as ml
from markovlens.errors import DataError
from markovlens.machines.formats import prism_states
from markovlens.machines.formats.prism_text import parts_of

LOOP = "[] true -> (x'=mod(x+1,200));"
LABEL = 'label "l" = x=1;\n'


def model(*, before="", inside=LOOP, after=LABEL):
    return f"dtmc\n{before}module m\n x : [0..199];\n {inside}\nendmodule\n{after}"


def many(text, n=100):
    return "".join(text.format(i) for i in range(n))


LONG = {
    "formulas": model(before=many("formula f{0} = x+{0};\n")),
    "a long formula": model(before="formula f = x" + "+x" * 200 + ";\n"),
    "constants": model(before=many("const int c{0} = {0};\n", 200)),
    "updates": model(inside="[] true -> " + "+".join(["0.01:(x'=mod(x+1,200))"] * 100) + ";"),
    "a long chance": model(inside=f"[] true -> 1{'+0*x' * 100}:(x'=mod(x+1,200));"),
    "guards": model(inside=LOOP + many("[] x<0-{0} -> true;\n")),
    "rewards": model(after='rewards "a" ' + many("x>=0 : 0.01;") + "endrewards\n" + LABEL),
    "labels": model(after=many('label "l{0}" = x={0} | (x>100 & x=2*{0});\n')),
    "variables": model(inside=many("y{0} : [0..1];\n", 200) + LOOP),
}


@pytest.mark.parametrize("name", LONG)
def test_all_that_is_evaluated_counts(name, tmp_path, monkeypatch):
    monkeypatch.setattr(prism_states, "MOST_TRIES", 30_000)
    (tmp_path / "short.prism").write_text(model())
    assert ml.read_machine(tmp_path / "short.prism").n_states == 200
    (tmp_path / "long.prism").write_text(LONG[name])
    with pytest.raises(DataError, match="explored in 30000 operations, got one of more"):
        ml.read_machine(tmp_path / "long.prism")


def test_definitions_are_ordered_without_looking_at_all_for_each():
    class Counting(dict):
        looks = 0

        def __iter__(self):
            Counting.looks += 1
            return super().__iter__()

    named = Counting(parts_of(many("formula f{0} = {0};\n", 50)).named)
    prism_states._ordered(named)
    assert Counting.looks < 5


@pytest.fixture
def ours(tmp_path):
    path = tmp_path / "ours.prism"
    readout = [[0.9, 0.1], [0.2, 0.8]]
    moves = np.eye(2)[[[0, 1], [1, 0]]]
    seen = np.ones((2, 2), bool)
    machine = ml.Machine(np.eye(2), moves, readout, ("a", "b"), ("no", "yes"), seen)
    ml.write_machine(path, machine)
    return path


def test_a_file_of_ours_is_read_whole_or_not_at_all(ours):
    lines = ours.read_text().splitlines(keepends=True)
    head = next(number for number, line in enumerate(lines) if line.startswith("mdp"))
    for end in range(head, len(lines)):
        ours.write_text("".join(lines[:end]))
        with pytest.raises(DataError, match=r"ours\.prism: "):
            ml.read_machine(ours)
    ours.write_text("".join(lines))
    np.testing.assert_array_equal(ml.read_machine(ours).readout, [[0.9, 0.1], [0.2, 0.8]])


def test_a_lost_reward_says_what_is_missing(ours):
    text = ours.read_text()
    ours.write_text(text[: text.index('label "says_yes"')])
    with pytest.raises(DataError, match="rewards chance_no, chance_yes, as its legend says, got n"):
        ml.read_machine(ours)
    ours.write_text(text.replace('"output": "distribution"', '"output": ["risk"]'))
    with pytest.raises(DataError, match="expected one of distribution, labels, values, risk"):
        ml.read_machine(ours)
