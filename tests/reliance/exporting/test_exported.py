"""Files in other languages answer as `Machine.predict` does, on every kind of machine."""

import numpy as np
import pytest
from hypothesis import given, settings

from helpers.exports import (
    LANGUAGES,
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
from markovlens.reliance.exporting.running import onnx_run, onnx_session, ran_on
from markovlens.reliance.exporting.trials import tried
from markovlens.sequences import Sequences

BOOKS = codebooks()
each_language = pytest.mark.parametrize("language", LANGUAGES)
FEW = {"rust": 2, "c": 4}  # examples of languages that take a second to compile
BOTH = ("tree, window_3", "centres, row")  # what is read and what is carried are apart in a file


def agrees(machine, language, inputs):
    trial = tried(machine.export(language), machine, inputs)
    assert trial.n_steps == inputs.n_steps
    assert trial.n_equal >= trial.n_steps - trial.n_ties
    assert trial.largest <= (1e-12 if machine.carries == "belief" else 0)
    return trial


@each_language
def test_a_machine_of_symbols_decides_as_it_does_here(language):
    @settings(max_examples=FEW.get(language, 15))
    @given(made=symbol_machines())
    def every(made):
        agrees(made[0], language, made[1])

    every()


@pytest.mark.parametrize("book", BOOKS)
@each_language
def test_rows_are_read_by_the_same_codebook(language, book):
    both = language not in FEW or book in BOTH
    for certain in (True, False) if both else (book != "centres, change",):
        machine, inputs = on_codebook(BOOKS[book], certain=certain), rows_of()
        assert agrees(machine, language, inputs).n_equal == inputs.n_steps


@pytest.mark.parametrize(
    ("output", "certain"),
    [(Output.LABELS, True), (Output.VALUES, False), (Output.VALUES, True), (Output.RISK, False)],
)
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
    return Sequences(np.array(rows, dtype=float), np.array([len(rows)]), BOOKS["levels"].channels)


def test_a_model_goes_on_from_what_it_kept_and_reads_sequences_side_by_side():
    pytest.importorskip("onnxruntime", reason="markovlens[onnx] is not installed")
    machine = on_codebook(BOOKS["tree, window_3"], certain=False)
    session = onnx_session(machine.export("onnx"))
    rows = np.nan_to_num(np.random.default_rng(0).normal(size=(3, 7, 3)))
    rows[:, :, 2] = 1
    whole, kept = onnx_run(session, rows), None
    for step in range(7):
        kept = onnx_run(session, rows[:, step : step + 1], kept)
        np.testing.assert_array_equal(kept["decisions"][:, 0], whole["decisions"][:, step])
        np.testing.assert_allclose(kept["answers"][:, 0], whole["answers"][:, step], atol=1e-12)
    alone = [machine.predict(machine_rows(each)) for each in rows]
    np.testing.assert_allclose(whole["answers"], alone, atol=1e-12)
