"""A network is told in a sentence to have fewer symbols than it is said or asked to read."""

import numpy as np
import pytest
import torch
from torch import nn

import markovlens as ml
from markovlens.activations.oracle import Oracle
from markovlens.errors import DataError

LETTERS = tuple("abcdef")
TOO_MANY = (*LETTERS, "g")


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(len(LETTERS), 4, batch_first=True)
        self.head = nn.Linear(4, 2)

    def forward(self, symbols):
        return self.head(self.rnn(self.read(symbols))[0])


class Embedding(Reader):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(len(LETTERS), len(LETTERS))

    def read(self, symbols):
        return self.embedding(symbols)


class TwoEmbeddings(Embedding):
    def __init__(self):
        super().__init__()
        self.other = nn.Embedding(9, len(LETTERS))

    def read(self, symbols):
        return self.embedding(symbols) + self.other(symbols)


class OneHot(Reader):
    def read(self, symbols):
        return nn.functional.one_hot(symbols, len(LETTERS)).float()


class InSteps:
    def __init__(self):
        self.network = Embedding().eval()

    def initial(self, batch):
        return {"h": torch.zeros(batch, 4)}

    def step(self, state, symbols):
        read = self.network.read(symbols)[:, None]
        outputs, after = self.network.rnn(read, state["h"][None])
        return {"h": after[0]}, self.network.head(outputs[:, 0])


NETWORKS = (Embedding, TwoEmbeddings, OneHot, InSteps)


def texts(letters, n=8):
    return ml.Sequences.from_strings(["".join(letters), "".join(letters[::-1])] * n, list(letters))


@pytest.mark.parametrize("network", NETWORKS)
def test_a_name_beyond_what_a_network_reads_is_refused_when_it_is_recorded(network):
    with pytest.raises(DataError, match=r"symbols: expected .*, got 7: .* fails on code 6, 'g'"):
        ml.record(network(), texts(LETTERS), symbols=TOO_MANY)


@pytest.mark.parametrize("network", NETWORKS)
def test_a_symbol_beyond_what_a_network_reads_is_told_when_it_is_met(network):
    with pytest.raises(DataError, match=r"fails on its inputs: expected symbols .*, got 6"):
        ml.record(network(), texts(TOO_MANY))


def test_the_number_of_names_is_that_of_the_embedding():
    with pytest.raises(DataError, match=r"expected 6 names, as its embedding has rows, got 9"):
        ml.record(Embedding(), texts(LETTERS[:2]), symbols=[*TOO_MANY, "h", "i"])


@pytest.mark.parametrize("network", NETWORKS)
def test_names_of_all_that_it_reads_are_taken_though_the_data_lack_some(network):
    assert ml.record(network(), texts(LETTERS[:2]), symbols=LETTERS).symbols == LETTERS


def test_a_call_of_somebodys_own_may_make_fewer_symbols_of_many():
    def forward(model, symbols):
        return model(symbols % len(LETTERS))

    assert ml.record(Embedding(), texts(LETTERS), symbols=TOO_MANY, forward=forward)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("how", ["outputs", "states_after"])
def test_an_oracle_that_is_asked_about_too_much_says_so(network, how):
    oracle = Oracle(network(), like=texts(LETTERS))
    with pytest.raises(DataError, match=r"expected symbols .*, got 6"):
        getattr(oracle, how)(texts(TOO_MANY))
    with pytest.raises(DataError, match=r"expected symbols .*, got 6"):
        oracle.advance(None, np.array([6]))


def test_a_network_that_fails_for_reasons_of_its_own_when_asked_is_one_sentence():
    class Moody(InSteps):
        def step(self, state, symbols):
            if bool((symbols == 3).any()):
                raise RuntimeError("not today")
            return super().step(state, symbols)

    oracle = Oracle(Moody(), like=texts(LETTERS[:2]))
    with pytest.raises(DataError, match=r"is asked about symbols up to 3 \(not today\)"):
        oracle.outputs(texts(LETTERS[:4]))


def test_explain_refuses_names_before_it_fits_anything():
    with pytest.raises(DataError, match=r"symbols: expected 6 names"):
        ml.explain(Embedding(), ["abcdef"] * 6, symbols=TOO_MANY)
