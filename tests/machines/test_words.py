"""Machines read strings, lists of symbols and codes alike, and say what they cannot read."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from markovlens.codebooks.cuts import cut_at
from markovlens.errors import DataError
from markovlens.machines.deciding import told_apart
from markovlens.machines.machine import Machine, automaton
from markovlens.sequences import Sequences

PARITY = automaton([[0, 1], [1, 0]], [False, True], start=0, symbols=("0", "1"))
WORDS = automaton([[0, 1], [1, 1]], [False, True], start=0, symbols=("the", "film"))


@given(st.text("01", min_size=1, max_size=30))
def test_parity_accepts_what_has_an_odd_number_of_ones(word):
    odd = word.count("1") % 2 == 1
    assert PARITY.accepts(word) is odd
    assert PARITY.accepts(list(word)) is odd
    assert PARITY.accepts([int(symbol) for symbol in word]) is odd
    assert PARITY.accepts(np.array([int(symbol) for symbol in word])) is odd


def test_symbols_of_several_characters_are_given_as_a_list_or_between_blanks():
    assert WORDS.accepts(["the", "film"])
    assert WORDS.accepts("the film")  # as `explain` reads it
    assert not WORDS.accepts(["the"])
    with pytest.raises(DataError, match="unknown symbol 'fil' .* the symbols are the, film"):
        WORDS.accepts("the fil")
    with pytest.raises(DataError, match="unknown symbol 't' .* the symbols are the, film"):
        WORDS.accepts(list("the film"))


@pytest.mark.parametrize("name", ["<unk>", "words <unk>", "[UNK]", "UNK", "<unknown>"])
def test_an_unknown_word_has_its_stand_in_named_however_it_is_spelt(name):
    machine = replace(WORDS, symbols=("the", name))
    with pytest.raises(DataError, match=re.escape(f"put {name!r} in its place")):
        machine.accepts(["the", "film"])
    with pytest.raises(DataError, match="add it, or one symbol that stands for all unknown"):
        replace(WORDS, symbols=("the", "trunk")).accepts(["film"])


def test_a_list_of_symbols_is_one_word_where_one_is_wanted_and_else_refused():
    expected = WORDS.predict([["the", "film"]])
    with pytest.raises(DataError, match=r"words: expected a list .* one of 2 symbols or 2 of one"):
        WORDS.predict(["the", "film"])
    assert WORDS.accepts(["the", "film"]) == (expected[-1].argmax() == 1)
    np.testing.assert_array_equal(PARITY.predict(["1"]), PARITY.predict("1"))


def test_a_machine_of_beliefs_accepts_by_what_is_likelier():
    coin = replace(PARITY, transition=np.full((2, 2, 2), 0.5), readout=[[0.4, 0.6], [0.7, 0.3]])
    assert not coin.accepts("00")  # 0.5 (0.6 + 0.3) = 0.45
    assert coin.accepts("0")


def test_predictions_of_strings_are_those_of_their_sequences():
    words = ["01", "1", "110"]
    sequences = Sequences.from_strings(words, "01")
    expected = PARITY.predict(sequences)
    assert expected.shape == (6, 2)
    np.testing.assert_array_equal(PARITY.predict(words), expected)
    np.testing.assert_array_equal(PARITY.predict([list(word) for word in words]), expected)
    np.testing.assert_array_equal(PARITY.predict([np.array([0, 1]), [1], [1, 1, 0]]), expected)
    np.testing.assert_array_equal(PARITY.predict("01"), expected[:2])


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("012", "unknown symbol '2' in string 0 at place 2; the symbols are 0, 1"),
        (["01", "1"], "unknown symbol '01' .* the symbols are 0, 1"),
        ("", "expected a word of at least one symbol"),
        ([], "expected a word of at least one symbol"),
        ([0, 2], r"expected codes 0\.\.1, got 2"),
        ([-1], "expected codes 0 or more, got -1"),
        ([0.5], "the machine has no codebook"),
        ([[0, 1], [1, 1]], "expected integer codes"),
        (["0", 1], "expected integers or floats"),
        (3, "expected a word, .* got int"),
        (None, "expected a word, .* got NoneType"),
        (Sequences.from_strings(["01"], "01"), "expected a word, .* got Sequences"),
    ],
    ids=repr,
)
def test_what_is_no_word(word, message):
    with pytest.raises(DataError, match=message):
        PARITY.accepts(word)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "expected at least one word, got an empty list"),
        (["01", ""], "expected a word of at least one symbol"),
        ([0, 1], "expected a word, .* got int"),
        (3, "expected words to read, got int"),
        (["01", "0x"], "unknown symbol 'x' in string 1 at place 1"),
        (
            ["0", "1"],
            r"may be one of 2 symbols or 2 of one symbol; give \[\['0', '1'\]\] .* \[\['0'\], ",
        ),
    ],
    ids=repr,
)
def test_what_are_no_words(words, message):
    with pytest.raises(DataError, match=message):
        PARITY.predict(words)


def test_where_a_task_begins_its_strings_with_a_mark_it_may_be_left_out(task_of):
    """As `load_machine` gives it, whatever the machine itself does on strings without the mark."""
    task = task_of("merrill_7")
    untold = replace(task.machine, initial=task.machine.initial[[2, 2, 2]])
    machine = told_apart(untold, task.splits["test"].inputs)
    for word in ("0101", "01010", "1", "10101"):
        accepted = task.machine.accepts("^" + word)
        assert machine.accepts(word) is machine.accepts("^" + word) is accepted


def test_only_two_classes_accept_or_reject():
    three = Machine(
        PARITY.initial, PARITY.transition, np.eye(3)[:2], ("0", "1"), ("a", "b", "c"), PARITY.seen
    )
    with pytest.raises(DataError, match=r"expected two classes .* got 3 \(a, b, c\); `predict`"):
        three.accepts("01")


def test_a_machine_says_what_it_is():
    assert repr(PARITY) == (
        "Machine: 2 states, carries a state, symbols 2 (0, 1), classes 2 (reject, accept)"
    )


ROWS = np.array([[70.0, 1], [130, 2], [50, 3]])
BY_PULSE = cut_at(["pulse", "dose"], {"pulse": 100})
OF_ROWS = replace(PARITY, codebook=BY_PULSE, symbols=BY_PULSE.names)


def test_one_array_of_rows_is_one_sequence():
    expected = OF_ROWS.predict([ROWS])
    np.testing.assert_array_equal(OF_ROWS.predict(ROWS), expected)
    table = pd.DataFrame(ROWS, columns=["pulse", "dose"])
    np.testing.assert_array_equal(OF_ROWS.predict(table), expected)
    assert OF_ROWS.accepts(ROWS) == (expected[-1].argmax() == 1)
    np.testing.assert_array_equal(PARITY.predict(np.array([[0, 1], [1, 1]])).shape, (4, 2))


@pytest.mark.parametrize("wrong", [ROWS.tolist(), ROWS[:, :1]])
def test_rows_of_no_sequence_are_told_how_to_be_given(wrong):
    with pytest.raises(DataError, match=r"expected rows \(T, 2\) of pulse, dose.* or `\[rows\]`"):
        OF_ROWS.predict(wrong)


@pytest.mark.parametrize("output", ["values", "labels", "risk"])
def test_a_machine_that_makes_no_decision_is_sent_to_predict(output):
    classes = ("y",) if output == "risk" else ("y", "z")
    machine = replace(PARITY, output=output, classes=classes, readout=[[0.5] * len(classes)] * 2)
    with pytest.raises(DataError, match=f"answers with {output}: use `predict`") as error:
        machine.accepts("01")
    assert "hmm" not in str(error.value)
    np.testing.assert_array_equal(machine.predict("01"), np.full((2, len(classes)), 0.5))


@pytest.mark.parametrize("word", [[[0, 1], [1]], [["0"], ["1", "0"]]])
def test_a_word_of_words_is_none(word):
    with pytest.raises(DataError, match="word"):
        PARITY.accepts(word)
