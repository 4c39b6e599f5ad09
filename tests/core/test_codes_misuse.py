"""What is no code among codes, beside names of symbols, is told as that, and where it stands."""

import numpy as np
import pandas as pd
import pytest
import torch

import markovlens as ml
from markovlens.errors import DataError
from markovlens.listed import sequences_of

SYMBOLS = ("no", "yes", "<unk>")
NAN = float("nan")
CASES = {
    "nan": ([[0, 1], [0, NAN]], r"got nan in sequence 1 at place 1; leave out what is missing"),
    "nan makes floats": ([np.array([0.0, 1.0]), np.array([1.0, NAN])], "got nan in sequence 1 at "),
    "nan in one array": (np.array([[0.0, 1.0], [NAN, 1.0]]), "got nan in sequence 1 at place 0"),
    "nan in a tensor": ([torch.tensor([0.0, NAN])], "got nan in sequence 0 at place 1"),
    "inf": ([[0, float("inf")]], "got inf in sequence 0 at place 1; leave out what is missing"),
    "a fraction": ([[0, 1.5]], "got 1.5 in sequence 0 at place 1; leave out `symbols` if"),
    "whole floats": ([[0.0, 1.0]], r"got 0.0 in sequence 0 at place 0; `values.astype\(int\)`"),
    "negative": ([[0], [1, -1]], "got -1 in sequence 1 at place 1; codes count from 0"),
    "a negative float": ([np.array([1.0, -1.0])], "got -1.0 in sequence 0 at .* count from 0"),
    "too large": ([np.array([0, 3])], "codes of the 3 symbols, .* 0 to 2, got 3 in sequence 0 at"),
    "truth values": ([np.array([True, False])], "got True in .* makes codes of truth values"),
    "one truth value": ([[0, True]], "got True in sequence 0 at place 1"),
    "None": ([np.array([0, None], dtype=object)], "got None in sequence 0 at place 1; leave out"),
    "missing": ([pd.Series([0, None], dtype="Int64")], "got <NA> in sequence 0 at place 1"),
    "names among codes": ([[0, 1], [0, "yes"]], "got 'yes' in sequence 1 at place 1; give names"),
    "codes among names": ([["no"], ["yes", 1]], "got 1 in string 1 at place 1; give names alone"),
    "nan among names": ([["no", NAN]], "expected names of symbols, got nan in string 0 at place 1"),
}


@pytest.mark.parametrize(("given", "said"), CASES.values(), ids=CASES)
def test_what_is_no_code_is_told_with_its_place(given, said):
    with pytest.raises(DataError, match=said) as caught:
        sequences_of(given, SYMBOLS)
    assert caught.value.page == "unknown-symbol"
    assert "rows of x1" not in str(caught.value)


class Reader(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.rnn = torch.nn.Embedding(9, 4), torch.nn.GRU(4, 6, batch_first=True)

    def forward(self, symbols):
        return self.rnn(self.embedding(symbols))[0]


@pytest.mark.parametrize(
    ("values", "said"),
    [([0.0, NAN], "got nan in"), ([0, 7], "codes of the 3 symbols, .* got 7 in")],
)
@pytest.mark.parametrize("ask", [ml.record, ml.explain])
def test_so_it_is_of_sequences_and_of_networks_that_read_more_symbols(ask, values, said):
    for given in ([values] * 8, ml.Sequences(np.array(values * 8), np.full(8, 2))):
        with pytest.raises(DataError, match=said):
            ask(Reader(), given, symbols=SYMBOLS)


def test_codes_and_rows_stay_what_they_were():
    assert sequences_of([[0, 2], np.array([1], np.uint8)], SYMBOLS).values.tolist() == [0, 2, 1]
    assert sequences_of([np.int64([0, 1])], SYMBOLS).are_symbols
    assert not sequences_of([np.array([0.0, NAN])]).are_symbols
    assert sequences_of([np.zeros((2, 2))], SYMBOLS).channels
