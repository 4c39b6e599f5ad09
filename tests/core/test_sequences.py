import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from markovlens.channels import Channel
from markovlens.errors import DataError
from markovlens.sequences import Sequences, by_step, rows_of, steps_of

ragged = st.lists(st.integers(1, 6), min_size=1, max_size=8).map(np.array)


def test_values_and_lengths_must_fit():
    with pytest.raises(DataError, match="lengths sum to 3 but there are 4 rows"):
        Sequences(np.zeros(4), np.array([1, 2]))


@pytest.mark.parametrize(
    ("lengths", "message"),
    [([], "1-d array"), ([0, 2], "empty sequence"), ([1.0, 1.0], "integer lengths")],
)
def test_bad_lengths_are_named(lengths, message):
    with pytest.raises(DataError, match=message):
        Sequences(np.zeros(2), np.array(lengths))


def test_no_sequences_is_an_error():
    with pytest.raises(DataError, match="at least one sequence"):
        Sequences.from_list([])


@given(ragged)
def test_list_round_trip(lengths):
    parts = np.split(np.arange(lengths.sum()), np.cumsum(lengths)[:-1])
    for part, again in zip(parts, Sequences.from_list(parts), strict=True):
        np.testing.assert_array_equal(part, again)


@given(ragged, st.randoms())
def test_select_takes_whole_sequences_in_order(lengths, random):
    sequences = Sequences(np.arange(lengths.sum()), lengths)
    chosen = [random.randrange(len(lengths)) for _ in range(3)]
    parts = list(sequences)
    expected = np.concatenate([parts[i] for i in chosen])
    np.testing.assert_array_equal(sequences.select(np.array(chosen)).values, expected)
    np.testing.assert_array_equal(rows_of(lengths, np.array(chosen)), expected)


@given(ragged)
def test_by_step_visits_every_row_once_in_time_order(lengths):
    seen = np.full(lengths.sum(), -1)
    for step, (active, rows) in enumerate(by_step(lengths)):
        assert (lengths[active] > step).all()
        assert (seen[rows] == -1).all()
        seen[rows] = step
    np.testing.assert_array_equal(seen, steps_of(lengths))


def test_text_is_for_from_strings():
    for text in (["0101"], "0101", [["a", "b"]], [np.array(["a", "b"])]):
        with pytest.raises(DataError, match=r"`Sequences.from_strings\(strings, symbols\)`"):
            Sequences.from_list(text)


@given(st.lists(st.text("xyz", min_size=1), min_size=1))
def test_strings_are_read_a_character_a_symbol(strings):
    read = Sequences.from_strings(strings, "zyx")
    assert ["".join("zyx"[code] for code in word) for word in read] == strings
    tokens = Sequences.from_strings([list(string) for string in strings], ["z", "y", "x"])
    np.testing.assert_array_equal(read.values, tokens.values)


def test_tokens_are_read_as_they_are():
    words = [["not", "bad"], ["bad"]]
    read = Sequences.from_strings(words, ("bad", "not", "<unknown>"))
    np.testing.assert_array_equal(read.values, [1, 0, 0])
    np.testing.assert_array_equal(read.lengths, [2, 1])


@pytest.mark.parametrize(
    ("strings", "symbols", "message"),
    [
        (["01", "021"], "01", r"unknown symbol '2' in string 1 at place 1; the symbols are 0, 1"),
        (["so bad"], ("so", "bad"), "unknown symbol 's' in string 0 .* lists of tokens"),
        ([["so"]], ("<unk>", "bad"), "<unk>, bad: put '<unk>' in its place"),
        ([["so"]], ("no <unk>", "a <unk>"), "put 'no <unk>' or 'a <unk>' in its place"),
        ("0101", "01", r"expected a list of strings, got '0101'; one string is \[string\]"),
        ([], "01", "expected a list of strings"),
        (["0", ""], "01", "empty sequence"),
        (["0"], "010", "symbols: expected different names, got '0' 2 times"),
    ],
)
def test_strings_that_cannot_be_read_are_named(strings, symbols, message):
    with pytest.raises(DataError, match=message):
        Sequences.from_strings(strings, symbols)


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        ([[0, 1], [0.5]], "one kind and trailing shape"),
        ([np.zeros((2, 3)), np.zeros((2, 4))], r"of \(3,\) and .* of \(4,\)"),
        ([0, 1, 1], "sequence 0: expected an array"),
        ([[0, 1], []], "empty sequence at 1"),
        ([[0, 1], [1, -1]], r"expected codes 0 or more, got -1 first at row 1 \(1 of 2"),
        ([[True, False]], "got dtype bool; convert them"),
        ([[[0, 1], [2]]], "give rows of one length"),
        ([np.ma.masked_equal([0, 1, 9], 9)], "sequence 0: .* masked first at row 2"),
    ],
)
def test_sequences_that_do_not_fit_together_are_named(sequences, message):
    with pytest.raises(DataError, match=message):
        Sequences.from_list(sequences)


def test_tensors_and_lists_are_taken_as_arrays():
    codes = torch.tensor([0, 1, 2, 1])
    for made in (
        Sequences(codes, torch.tensor([3, 1])),
        Sequences([0, 1, 2, 1], [3, 1]),
        Sequences.from_list([codes[:3], codes[3:]]),
    ):
        np.testing.assert_array_equal(made.values, [0, 1, 2, 1])
        np.testing.assert_array_equal(made.lengths, [3, 1])
    signals = Sequences(torch.ones(2, 3, dtype=torch.bfloat16, requires_grad=True), [2])
    assert signals.values.shape == (2, 3)


@pytest.mark.parametrize(
    "names", [{"0": 1, "1": 0}, {"0", "1"}, frozenset("01")], ids=["dict", "set", "frozenset"]
)
def test_an_alphabet_without_an_order_is_refused(names):
    with pytest.raises(DataError, match="symbols: expected names in the order of their codes"):
        Sequences.from_strings(["0101"], names)


ROWS = np.array([[0.0, 70], [1, 71], [0, 90]])
TWO_AND_ONE = np.array([2, 1])


def test_rows_have_channels_and_symbols_none():
    named = Sequences(ROWS, TWO_AND_ONE, ("alarm", Channel("heart rate", "/min")))
    assert [str(channel) for channel in named.channels] == ["alarm", "heart rate [/min]"]
    assert [channel.name for channel in Sequences(ROWS, TWO_AND_ONE).channels] == ["x1", "x2"]
    symbols = Sequences(np.array([0, 1, 0]), TWO_AND_ONE)
    assert symbols.are_symbols
    assert not symbols.channels
    assert not named.are_symbols


def test_floats_without_columns_are_rows_of_one_channel():
    single = Sequences(np.array([0.5, np.nan, 2]), TWO_AND_ONE)
    assert single.rows.shape == (3, 1)
    assert len(single.channels) == 1


def test_symbols_have_no_rows():
    with pytest.raises(DataError, match=r"expected rows of channels, floats \(N, D\), got int64"):
        _ = Sequences(np.array([0, 1, 0]), TWO_AND_ONE).rows


def test_channels_stay_where_sequences_are_selected():
    named = Sequences.from_list(np.split(ROWS, [2]), ("a", "b"))
    assert named.select(np.array([1])).channels == named.channels
    np.testing.assert_array_equal(named.select(np.array([1])).values, ROWS[2:])


@pytest.mark.parametrize(
    ("values", "channels", "message"),
    [
        (ROWS, ("a",), "a channel for each of the 2 columns, got 1"),
        (ROWS, ("a", "a"), "channels: expected different names, got 'a' 2 times"),
        (np.array([0, 1, 0]), ("a",), "symbols have no channels"),
        (np.full((3, 2), np.inf), ("a", "b"), "channel a: expected numbers, or NaN .* got inf"),
        (ROWS, (Channel("a", levels=("off",)), "b"), r"channel a: .* codes 0\.\.0 .* got 1"),
        (ROWS + 0.5, (Channel("a", levels=("x", "y")), "b"), r"channel a: .* got 0\.5"),
        (ROWS, ("a", Channel("age", static=True)), "channel age: .* static, got another .* row 1"),
    ],
)
def test_channels_that_do_not_fit_are_named(values, channels, message):
    with pytest.raises(DataError, match=message):
        Sequences(values, TWO_AND_ONE, channels)


def test_a_static_channel_may_differ_between_sequences_and_be_missing():
    rows = np.array([[np.nan], [np.nan], [5.0]])
    assert Sequences(rows, TWO_AND_ONE, (Channel("age", static=True),)).n_steps == 3


def test_a_slice_is_whole_sequences():
    sequences = Sequences(np.arange(6), np.array([3, 1, 2]))
    assert [each.tolist() for each in sequences[1:]] == [[3], [4, 5]]
    assert sequences[::-1].values.tolist() == [4, 5, 3, 0, 1, 2]
    with pytest.raises(DataError, match=r"expected a slice of sequences.*select"):
        sequences[0]


@pytest.mark.parametrize("which", [slice(480, None), slice(1, 1)])
def test_a_slice_without_a_sequence_is_refused_in_words(which):
    with pytest.raises(DataError, match=r"at least one sequence, got none of 3; .*\[:3\]"):
        Sequences(np.arange(6), np.array([3, 1, 2]))[which]


@pytest.mark.parametrize("places", [[], np.zeros(3, dtype=bool)])
def test_no_place_is_no_sequence(places):
    with pytest.raises(DataError, match="at least one sequence, got none of 3"):
        Sequences(np.arange(6), np.array([3, 1, 2])).select(places)


def test_places_of_several_lengths_are_none():
    with pytest.raises(DataError, match="expected places of the 3 sequences"):
        Sequences(np.arange(6), np.array([3, 1, 2])).select([[0, 1], [2]])


def test_a_negative_length_is_no_empty_sequence():
    with pytest.raises(DataError, match="lengths of at least 1, got -1 at 0"):
        Sequences([0, 1], [-1, 3])
