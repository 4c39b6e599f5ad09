"""Copies among test sequences are no evidence of their own: it is said, and no number changes."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import markovlens as ml
from markovlens.errors import EvidenceWarning
from markovlens.explaining.table import guarantee_of, in_lines
from markovlens.faithfulness.scores.distinct import n_distinct
from markovlens.faithfulness.scores.guarantees import Guarantee, most_failures
from markovlens.machines.machine import automaton
from markovlens.outputs import Output
from markovlens.reliance.properties.measuring import Measured
from markovlens.trace import Trace

SYMBOLS = ("0", "1")
PARITY = automaton(np.array([[0, 1], [1, 0]]), np.array([False, True]), start=0, symbols=SYMBOLS)


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(2, 4)
        self.rnn = nn.GRU(4, 6, batch_first=True)
        self.head = nn.Linear(6, 2)
        with torch.no_grad():  # so that it answers both
            self.embedding.weight[1] = -self.embedding.weight[0]
            self.rnn.bias_ih_l0.zero_(), self.rnn.bias_hh_l0.zero_(), self.head.bias.zero_()
            self.head.weight[1] = -self.head.weight[0]

    def forward(self, symbols):
        return self.head(self.rnn(self.embedding(symbols))[0])


def words(n_words, *, seed=0):
    return np.random.default_rng(seed).integers(2, size=(n_words, 12))


def explained(given):
    return ml.explain(
        Reader(), given, symbols=SYMBOLS, methods=("kmeans",), n_states=(2, 3), units=False
    )


def test_copies_are_told_in_a_warning_and_beside_every_number_that_rests_on_them():
    copies = np.repeat(words(5), 40, axis=0)
    with pytest.warns(EvidenceWarning) as caught:
        found = explained(copies)
    told = "\n".join(str(each.message) for each in caught)
    assert "40 test sequences, 5 of them distinct: intervals and bounds hold where each" in told
    assert "40 test sequences, 0 of them not among those that machines were made of" in told
    text = " ".join(in_lines(found).split())
    assert "] 40 test sequences, 5 of them distinct" in text
    assert "of 40 tests, 5 of them distinct, confidence" in text or "all 40 tests, 5 of" in text
    bound = guarantee_of(found)
    assert bound.epsilon == most_failures(bound.n_failed, 40, bound.confidence)  # as of draws


def test_data_that_are_all_there_twice_are_told():
    with pytest.warns(EvidenceWarning) as caught:
        explained(np.repeat(words(50), 2, axis=0))
    told = [str(each.message) for each in caught]
    assert any("of them not among those that machines were made of" in each for each in told)


def test_draws_that_happen_to_be_the_same_are_not_told():
    drawn = words(400)[:, :8]  # of 256 words
    trace = ml.record(Reader(), drawn, symbols=SYMBOLS)
    assert n_distinct(trace) == len(np.unique(drawn, axis=0)) < 220
    ml.fidelity(PARITY, trace)  # warnings are errors here
    assert "distinct" not in str(Guarantee(400, 0, 0.95, "words", n_distinct(trace)))


def test_values_tell_apart_what_noise_drives_and_last_digits_do_not():
    drawn = np.random.default_rng(0).normal(size=(6, 1))
    answers = np.repeat(drawn[[0, 1, 2]], 2, axis=0) + 1e-7 * drawn
    trace = Trace(
        states=np.zeros((6, 1)), inputs=np.zeros(6, dtype=np.int32), lengths=np.ones(6, dtype=int),
        outputs=answers, output=Output.VALUES, symbols=SYMBOLS, classes=("heat",),
        targets=np.full(6, -1), truth=np.full(6, -1),
    )  # fmt: skip
    assert n_distinct(trace) == 3
    assert n_distinct(replace(trace, outputs=np.zeros((6, 1)))) == 1


def test_fidelity_warns_of_copies():
    trace = ml.record(Reader(), np.repeat(words(2), 10, axis=0), symbols=SYMBOLS)
    with pytest.warns(EvidenceWarning) as caught:
        ml.fidelity(PARITY, trace)
    told = [str(each.message) for each in caught]
    assert any("20 test sequences, 2 of them distinct" in each for each in told)


def test_the_same_inputs_are_others_where_the_answers_are():
    trace = ml.record(Reader(), np.repeat(words(1), 3, axis=0), symbols=SYMBOLS)
    assert n_distinct(trace) == 1
    outputs = trace.outputs.copy()
    outputs[-1] = outputs[-1, ::-1]
    assert n_distinct(replace(trace, outputs=outputs)) == 2


def test_rows_with_missing_values_can_be_the_same():
    class OfRows(Reader):
        def forward(self, rows):
            return self.head(self.rnn(torch.nan_to_num(rows))[0])

    rows = np.random.default_rng(0).normal(size=(2, 5, 4))
    rows[0, 1] = np.nan
    trace = ml.record(OfRows(), np.repeat(rows, 4, axis=0), verify=False)
    assert n_distinct(trace) == 2


def test_what_the_network_keeps_to_is_told_with_how_many_sequences_differ():
    copies = np.repeat(words(3), 10, axis=0)
    found = ml.check(PARITY, "never answers accept", network=Reader(), sequences=copies)
    assert found.kept.n_distinct == 3
    assert ", 3 of them distinct, confidence" in str(found.kept)
    assert str(Measured(30, 0, 0.95, "sequences given", 3)).endswith("given, 3 of them distinct")
