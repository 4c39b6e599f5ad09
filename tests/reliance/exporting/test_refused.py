"""What a file does with what it cannot read, and what cannot be written as one."""

import json
from dataclasses import replace

import numpy as np
import pytest

import markovlens as ml
from helpers.exports import CHANNELS, LANGUAGES, codebooks, on_codebook, rows_of, symbols_of
from helpers.machines import random_machine, trace_of
from markovlens.errors import ConfigError, DataError
from markovlens.machines.minimisation import harden
from markovlens.machines.soft import SoftLaw, SoftMachine
from markovlens.records.digests import digest
from markovlens.reliance.exporting.running import STRICT, called, ran_on, why_not
from markovlens.reliance.exporting.statement import Statement
from markovlens.reliance.exporting.trials import tried
from markovlens.sequences import Sequences

needs_cc = pytest.mark.skipif(bool(why_not("c")), reason=why_not("c"))
MARKS = {  # what stands before the test vectors
    "c": b"#include <stdio.h>",
    "python": b"TEST_LENGTHS = ",
    "rust": b"#[cfg(test)]",
}
BOOKS = codebooks()
each_language = pytest.mark.parametrize("language", LANGUAGES)


@each_language
@pytest.mark.parametrize("certain", [True, False])
def test_an_unknown_symbol_is_refused_and_changes_nothing(language, certain):
    machine = harden(random_machine(4, 3, 2)) if certain else random_machine(4, 3, 2)
    ran = ran_on(
        machine.export(language), machine, Sequences(np.array([1, 3, 9, 2]), np.array([4]))
    )
    assert ran.codes.tolist() == [0, -1, -1, 0]
    expected = machine.predict(Sequences(np.array([1, 2]), np.array([2])))
    np.testing.assert_allclose(ran.answers[[0, 3]], expected, atol=1e-12)
    np.testing.assert_array_equal(ran.answers[[1, 2]], ran.answers[[0, 0]])


@each_language
def test_so_are_infinite_values_and_levels_that_are_none(language):
    machine = on_codebook(BOOKS["tree, change"])
    wrong = [[np.inf, 0, 0], [0, -np.inf, 0], [0, 0, 2], [0, 0, 0.5], [0, 0, -1]]
    rows = np.array([[0.1, 0.2, 1.0], *wrong, [0.3, -0.2, 0.0]])
    kept = Sequences(rows[[0, -1]], np.array([2]), CHANNELS)
    refused = replace(kept)  # `Sequences` refuses such rows itself
    object.__setattr__(refused, "values", rows)
    object.__setattr__(refused, "lengths", np.array([len(rows)]))
    ran = ran_on(machine.export(language), machine, refused)
    assert ran.codes.tolist() == [0, -1, -1, -1, -1, -1, 0]
    np.testing.assert_array_equal(ran.answers[[0, -1]], machine.predict(kept))


@each_language
@pytest.mark.parametrize("book", ["tree, change", "centres, window_3", "sums"])
def test_rows_without_any_value_go_where_missing_values_go_here(language, book):
    machine = on_codebook(BOOKS[book])
    nothing = Sequences(np.full((3, 3), np.nan), np.array([3]), CHANNELS)
    ran = ran_on(machine.export(language), machine, nothing)
    assert not ran.codes.any()
    np.testing.assert_array_equal(ran.answers, machine.predict(nothing))


@each_language
def test_a_machine_that_ignores_what_it_reads_reads_anything(language):
    machine = random_machine(3, 1, 2)
    inputs = symbols_of(5)
    assert tried(machine.export(language), machine, inputs).n_equal == inputs.n_steps
    deaf = replace(random_machine(3, 1, 2), codebook=BOOKS["tree, window_3"])
    assert tried(deaf.export(language), deaf, rows_of()).n_equal == rows_of().n_steps


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each.values != ("onnx",)])
def test_test_vectors_tell_another_machine(language):
    machine = harden(random_machine(4, 3, 2))
    other = replace(machine, transition=machine.transition[:, ::-1])
    exported, mark = machine.export(language), MARKS[language]
    expected = exported.content.partition(mark)[2]
    broken = other.export(language).content.partition(mark)[0] + mark + expected
    with pytest.raises(DataError, match="wrong|failed"):
        tried(replace(exported, content=broken), machine, symbols_of(3))


def test_a_model_holds_its_test_vectors_and_names():
    onnx = pytest.importorskip("onnx", reason="markovlens[onnx] is not installed")
    machine = harden(random_machine(4, 3, 2))
    model = onnx.load_from_string(machine.export("onnx").content)
    told = {each.key: json.loads(each.value) for each in model.metadata_props}
    vectors = told["test_vectors"]
    inputs = Sequences(np.array(vectors["inputs"]), np.array(vectors["lengths"]))
    said = machine.predict(inputs)
    assert vectors["decisions"] == said.argmax(axis=1).tolist()
    np.testing.assert_array_equal(vectors["answers_at_ends"], said[np.cumsum(inputs.lengths) - 1])
    assert (told["symbols"], told["classes"]) == (list(machine.symbols), list(machine.classes))
    assert digest(machine) in model.doc_string


@needs_cc
def test_two_machines_are_parts_of_one_program(tmp_path):
    for name in ("one", "two"):
        harden(random_machine(3, 2, 2)).export("c", tmp_path / f"{name}.c", name=name)
    (tmp_path / "main.c").write_text(
        "#define ONE_DECLARATIONS\n#define TWO_DECLARATIONS\n"
        '#include "one.c"\n#include "two.c"\n'
        "int main(void) { one_state a; two_state b; one_init(&a); two_init(&b);"
        " return one_step(&a, 1) + two_step(&b, 0); }\n"
    )
    files = [tmp_path / f"{name}.c" for name in ("one", "two", "main")]
    called("cc", *STRICT, *files, "-o", tmp_path / "main")
    called(tmp_path / "main")


def test_the_head_says_what_was_measured_and_of_which_machine():
    machine = random_machine(3, 2, 2, seed=2)
    found = ml.fidelity(machine, trace_of(machine))
    exported = machine.export("python", fidelity=found, data="made-up words")
    said = " ".join(exported.text[:1500].split())
    assert f"SHA-256 of the machine: {digest(machine)}" in said
    assert f"[{found.low:.3f}, {found.high:.3f}], on 20 sequences: made-up words." in said
    assert "not given" in machine.export("python").text
    given = Statement("agreement", 0.9, 0.8, 0.95, 40, "a ward")
    assert "agreement 0.900" in machine.export("c", fidelity=given).text


def test_a_head_states_no_fidelity_of_another_machine():
    machine, other = random_machine(3, 2, 2, seed=2), random_machine(3, 2, 2, seed=3)
    found = ml.fidelity(machine, trace_of(machine))
    with pytest.raises(DataError, match="of another one"):
        other.export("c", fidelity=found, data="the training data")
    named = replace(machine, states=("a", "b", "c"), classes=("no", "yes"))
    assert f"{found.value:.3f}" in named.export("c", fidelity=found, data="a ward").text[:1500]


@pytest.mark.parametrize(
    "wrong",
    [
        ("acc", 5.0, 1.0, 2.0, 9, "a ward"), ("acc", 0.5, 0.1, 0.9, 0, "a ward"),
        ("acc", 0.5, 0.1, 0.9, 9, ""), ("acc", np.nan, np.nan, np.nan, 9, "a ward"),
        ("acc", 0.5, 0.6, np.nan, 9, "a ward"),
    ],
)  # fmt: skip
def test_nor_a_number_that_is_none(wrong):
    with pytest.raises(DataError, match="expected"):
        Statement(*wrong)


def test_an_interval_that_is_not_known_is_said_not_to_be():
    assert "interval not known, on 1 seq" in str(Statement("a", 0.5, np.nan, np.nan, 1, "a ward"))


def test_the_same_machine_is_the_same_file(tmp_path):
    machine = random_machine(3, 2, 2)
    written = machine.export("c", tmp_path / "machine.c")
    assert (tmp_path / "machine.c").read_bytes() == written.content == machine.export("c").content
    assert machine.export("c", seed=1).content != written.content


def test_what_cannot_be_written_is_said_in_words():
    machine = random_machine(3, 2, 2, seed=2)
    with pytest.raises(ConfigError, match="expected one of c, python, onnx, rust"):
        machine.export("fortran")
    for name in ("Machine", "1st", "a;b", "", "x" * 50, "é", None):
        with pytest.raises(ConfigError, match="small letters"):
            machine.export("c", name=name)
    with pytest.raises(DataError, match="on which data"):
        machine.export("c", fidelity=ml.fidelity(machine, trace_of(machine)))
    with pytest.raises(DataError, match=r"what `markovlens\.fidelity` returns, got float"):
        machine.export("c", fidelity=0.9, data="a ward")
    with pytest.raises(DataError, match="expected a machine, got a text"):
        ml.export("machine", "c")


def test_machines_that_move_by_a_law_or_a_codebook_of_your_own_are_refused():
    machine = on_codebook(BOOKS["levels"])
    zeros = np.zeros((4, 4))
    law = SoftLaw(CHANNELS, np.zeros(4), np.ones(4), zeros, np.zeros((4, 4, 4)), zeros[0], zeros)
    soft = SoftMachine(*(getattr(machine, name) for name in machine.__dataclass_fields__), law=law)
    with pytest.raises(DataError, match="softmax of the row"):
        soft.export("c")

    class Own:
        names, channels = machine.symbols, CHANNELS

    with pytest.raises(DataError, match="a Tree or Centres, got Own"):
        replace(machine, codebook=Own()).export("c")


@pytest.mark.parametrize("read", [1.0, None, b"x0", "nowhere", (1,), -1, 3])
def test_a_symbol_of_another_kind_is_a_value_error_in_python(read):
    space = {"__name__": "machine"}
    exec(compile(random_machine(4, 3, 2).export("python").text, "machine.py", "exec"), space)
    with pytest.raises(ValueError, match="symbol"):
        space["Machine"]().step(read)


@pytest.mark.parametrize("read", [1.0, None, [None] * 3, [1, 2, []], [10**400, 1, 1], ["x"] * 3])
def test_so_is_a_row_that_is_none(read):
    space = {"__name__": "machine"}
    text = on_codebook(BOOKS["tree, row"]).export("python").text
    exec(compile(text, "machine.py", "exec"), space)
    with pytest.raises(ValueError, match="expected|could not convert"):
        space["Machine"]().step(read)


@each_language
def test_halves_of_characters_are_written_in_every_head(language):
    machine = replace(random_machine(4, 3, 2), symbols=("\ud800", "b", "c"))
    exported = machine.export(language)
    assert tried(exported, machine, symbols_of(3)).n_equal == symbols_of(3).n_steps
