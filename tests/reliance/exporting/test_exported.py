"""Files in other languages answer as `Machine.predict` does, on every kind of machine."""

import numpy as np
import pytest
from hypothesis import given, settings

from helpers.exports import (
    codebooks,
    on_codebook,
    rows_of,
    symbol_machines,
    symbols_of,
    with_answers,
)
from helpers.machines import random_machine
from markovlens.machines.minimisation import harden
from markovlens.outputs import Output
from markovlens.reliance.exporting.trials import ran_on, tried, why_not

COMPILED = ("c",)
LANGUAGES = ("c", "python")
BOOKS = codebooks()


each_language = pytest.mark.parametrize(
    "language",
    [
        pytest.param(each, marks=pytest.mark.skipif(bool(why_not(each)), reason=why_not(each)))
        for each in LANGUAGES
    ],
)


def agrees(machine, language, inputs):
    trial = tried(machine.export(language), machine, inputs)
    assert trial.n_steps == inputs.n_steps
    assert trial.n_equal >= trial.n_steps - trial.n_ties
    assert trial.largest <= (1e-12 if machine.carries == "belief" else 0)
    return trial


@each_language
@settings(max_examples=15)
@given(made=symbol_machines())
def test_a_machine_of_symbols_decides_as_it_does_here(language, made):
    agrees(made[0], language, made[1])


@pytest.mark.parametrize("certain", [True, False])
@pytest.mark.parametrize("book", BOOKS)
@each_language
def test_rows_are_read_by_the_same_codebook(language, book, certain):
    machine, inputs = on_codebook(BOOKS[book], certain=certain), rows_of()
    assert agrees(machine, language, inputs).n_equal == inputs.n_steps


@pytest.mark.parametrize("output", [Output.LABELS, Output.VALUES, Output.RISK])
@pytest.mark.parametrize("certain", [True, False])
@each_language
def test_answers_that_are_numbers_are_those_numbers(language, output, certain):
    machine = random_machine(4, 3, 2)
    machine = with_answers(harden(machine) if certain else machine, output, 2)
    assert agrees(machine, language, symbols_of(3)).n_equal == symbols_of(3).n_steps


@each_language
def test_values_on_a_threshold_and_a_float_beside_it_go_where_they_go_here(language):
    book = BOOKS["levels"]
    machine = on_codebook(book)
    cut = book.threshold[book.feature == 0][0]
    rows = [[value, 0, 1] for value in (cut, np.nextafter(cut, 9), np.nextafter(cut, -9))]
    ran = ran_on(machine.export(language), machine, machine_rows(rows))
    np.testing.assert_array_equal(ran.answers, machine.predict(machine_rows(rows)))
    assert len({*machine.symbols_of(machine_rows(rows)).tolist()}) == 2


def machine_rows(rows):
    from markovlens.sequences import Sequences

    return Sequences(np.array(rows, dtype=float), np.array([len(rows)]), BOOKS["levels"].channels)
