"""What is computed here is what Storm computes from the formula that says the same."""

from pathlib import Path

import numpy as np
import pytest

import markovlens as ml
from helpers.machines import random_machine
from markovlens.errors import DataError
from markovlens.machines.alphabet import Alphabet
from markovlens.machines.minimisation import harden
from markovlens.reliance.properties.checking import answered_by
from markovlens.reliance.properties.grammar import parsed
from markovlens.reliance.properties.inputs import any_word, drawn_words
from markovlens.reliance.properties.patterns import Bound
from markovlens.reliance.properties.storm import Formula, answered_by_storm
from markovlens.sequences import Sequences

pytest.importorskip("stormpy", reason="Storm is not installed (the extra `storm` has it)")

X, Y, Z = "\"answers 'class 0'\"", '"reads 1"', '"state 1"'
# A property and the formula of its breach.
SAME = {
    "never answers 'class 0'": f"F {X}",
    "always answers 'class 0'": f"X F !{X}",  # nothing is true before the first symbol
    "answers 'class 0' at most 0 times": f"F {X}",
    "answers 'class 0' at most 1 times": f"F ({X} & (X (F {X})))",
    "answers 'class 0' at most 2 times": f"F ({X} & (X (F ({X} & (X (F {X}))))))",
    "after answers 'class 0', reads 1 within 0 steps": f"F ({X} & !{Y})",
    "after answers 'class 0', reads 1 within 2 steps": (
        f"F ({X} & !{Y} & (X (going & !{Y} & (X (going & !{Y})))))"
    ),
    "after answers 'class 0', next reads 1": f"F ({X} & (X (going & !{Y})))",
    "never answers 'class 0' after reads 1": f"F ({Y} & (F {X}))",
    "after reads 1, never answers 'class 0' until state 1": (
        f"F ({Y} & !{Z} & (!{Z} U ({X} & !{Z})))"
    ),
    "answers 'class 0' only after reads 1": f"!{Y} U ({X} & !{Y})",
    "probability of answers 'class 0' within 3 steps": f"F<=3 {X}",
}
MACHINES = Path(__file__).parent / "machines"
GOING = '("reads 0" | "reads 1")'  # a word that is over goes on without symbols


def words(machine, kind):
    if kind == "any":
        return any_word(machine, Alphabet.free(machine.n_symbols))
    rng = np.random.default_rng(5)
    lengths = rng.integers(1, 9, 30)
    drawn = Sequences(rng.integers(machine.n_symbols, size=lengths.sum()), lengths)
    return drawn_words(machine, drawn, kind)


def ours(machine, text, inputs):
    stated = parsed(text)
    object.__setattr__(stated, "asks", True)
    object.__setattr__(stated, "bound", Bound(True, 1.0))
    return answered_by(machine, stated, inputs).probability


@pytest.mark.parametrize("text", SAME)
@pytest.mark.parametrize("kind", ["any", "frequencies", "pairs"])
@pytest.mark.parametrize("hard", [True, False])
def test_probabilities_are_those_of_storm(text, kind, hard):
    for seed in range(2):
        machine = random_machine(3, 2, 2, seed=seed)
        compare(harden(machine) if hard else machine, text, kind)


@pytest.mark.parametrize("text", SAME)
@pytest.mark.parametrize("kind", ["any", "frequencies", "pairs"])
@pytest.mark.parametrize("name", ["verdict", "hmm_input"])
def test_probabilities_of_machines_of_a_smoke_run_are_those_of_storm(text, kind, name):
    """Of contains_000, gru, seed 0: the verdict's, and the hidden Markov model of 4 states."""
    compare(ml.read_machine(MACHINES / f"{name}.json"), text, kind)


def compare(machine, text, kind):
    formula = SAME[text].replace("going", GOING)
    if text.startswith("always") and kind != "any":
        formula = f"X F ({GOING} & !{X})"
    formula, text = (said.replace("class 0", machine.classes[0]) for said in (formula, text))
    inputs = words(machine, kind)
    both = ["Pmin=?", "Pmax=?"] if kind == "any" else ["P=?", "P=?"]
    found = [answered_by_storm(machine, Formula(f"{one} [ {formula} ]"), inputs)[1] for one in both]
    assert ours(machine, text, inputs) == pytest.approx(found, abs=1e-9)


def test_a_formula_is_checked_by_its_operator():
    machine = harden(random_machine(3, 2, 2, seed=1))
    found = ml.check(machine, ['P>=1 [ G !"state 1" ]', 'Pmax=? [ F "state 1" ]'])
    assert (found[0].holds, found[1].holds) == (False, None)
    assert found[1].probability == (1, 1)


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ('P=? [ G ("state 0" => F "state 1") ]', "it takes neither =>"),
        ('P=? [ F "state 9" ]', "unknown '9' of state"),
        ('P=? [ F "never" ]', "expected a name"),
        ("P=? [ F", "formula"),
    ],
)
def test_what_storm_does_not_take_is_said(formula, said):
    with pytest.raises(DataError, match=said):
        ml.check(
            random_machine(3, 2, 2),
            formula,
            sequences=Sequences(np.array([0, 1]), np.array([2])),
            inputs="pairs",
        )
