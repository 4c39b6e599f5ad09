"""Checks see what they are for in whatever unit numbers are, and on inputs that hardly differ."""

import numpy as np
import pytest
import torch
from torch import nn

import markovlens as ml
from helpers.conformance import as_sequences
from markovlens.activations.oracle import Oracle
from markovlens.adapters.checking import looks_ahead
from markovlens.adapters.precision import INT8, alike
from markovlens.adapters.reads import Reads
from markovlens.errors import DataError

WIDTH, UNITS, SYMBOLS = 2, 4, 50
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def rows_of(scale):
    made = torch.randn(6, 10, WIDTH, generator=torch.Generator().manual_seed(1))
    return as_sequences(made * scale)


class Rows(nn.Module):
    """Reads rows, of which `before` makes others."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.rnn = nn.GRU(WIDTH, UNITS, batch_first=True, bias=False)
        self.head = nn.Linear(UNITS, 3)

    def forward(self, rows):
        return self.head(self.rnn(self.before(rows))[0])

    def before(self, rows):
        return rows


class Centred(Rows):
    """Looks ahead: of every row the mean of its sequence is taken."""

    def before(self, rows):
        return rows - rows.mean(1, keepdim=True)


class Summing(Rows):
    """Keeps a sum beside its state."""

    def before(self, rows):
        return rows.cumsum(1)


class Symbols(nn.Module):
    def __init__(self, *, ahead=False):
        super().__init__()
        torch.manual_seed(0)
        self.table, self.ahead = nn.Embedding(SYMBOLS, 3), ahead
        self.rnn, self.head = nn.GRU(3, UNITS, batch_first=True), nn.Linear(UNITS, 2)

    def forward(self, symbols):
        rows = self.table(symbols)
        if self.ahead:
            rows = rows + torch.roll(rows, -1, 1)
        return self.head(self.rnn(rows)[0])


@pytest.mark.parametrize("scale", [1e3, 1.0, 1e-3, 1e-6])
def test_what_looks_ahead_is_seen_in_any_unit(scale):
    with pytest.raises(DataError, match="depend on later inputs"):
        ml.adapt(torch.jit.script(Centred().eval()), like=rows_of(scale))


@pytest.mark.parametrize("scale", [1e3, 1.0, 1e-2, 1e-6])
def test_what_keeps_more_is_not_asked_in_any_unit(scale):
    with pytest.raises(DataError, match="can be recorded but not asked"):
        Oracle(Summing().eval(), like=rows_of(scale))


@pytest.mark.parametrize("scale", [1e3, 1.0, 1e-6])
def test_what_is_as_it_should_be_is_asked_in_any_unit(scale):
    model = Rows().eval()
    assert ml.adapt(torch.jit.script(model), like=rows_of(scale)).limits == ()
    assert Oracle(model, like=rows_of(scale)).n_features == UNITS


@pytest.mark.parametrize("scale", [1e6, 1.0, 1e-6])
def test_numbers_agree_by_columns_and_units(scale):
    wanted = torch.tensor([[1.0, 1e-2], [0.5, 0.0]]) * scale
    assert alike(wanted * (1 + 1e-5), wanted)
    assert not alike(wanted * torch.tensor([1.0, 1.01]), wanted)
    assert alike(wanted * torch.tensor([1.0, 1.01]), wanted, INT8)
    assert alike(wanted + scale * 1e-7, wanted)  # what a sum leaves where it cancels
    assert not alike(torch.zeros(2, 2), wanted)


def test_missing_numbers_agree_with_missing_ones_alone():
    missing = torch.tensor([[torch.nan, 1.0]])
    assert alike(missing, missing)
    assert not alike(missing, torch.tensor([[1.0, 1.0]]))


def test_what_looks_ahead_is_seen_though_given_inputs_are_one_symbol():
    same = ml.Sequences(np.zeros(60, dtype=int), np.full(6, 10))
    with pytest.raises(DataError, match="depend on later inputs"):
        ml.adapt(torch.jit.script(Symbols(ahead=True).eval()), like=same)


@pytest.mark.parametrize("reads", [Reads(n_symbols=2), Reads(n_symbols=7), Reads(shape=(2,))])
def test_other_inputs_differ_at_every_step(reads):
    inputs = reads.made(3, 6)
    differ = reads.others(inputs) != inputs
    assert differ.all()
    reads.check(reads.others(inputs))


def test_that_one_symbol_shows_nothing_is_said():
    class One(Symbols):
        def forward(self, symbols):
            return self.head(self.rnn(self.table(symbols * 0))[0])

    model = torch.jit.script(One().eval())
    (said,) = ml.adapt(model, n_symbols=1).limits
    assert "all the same: whether it looks ahead is not known" in said


def test_a_table_says_how_many_symbols_there_are_whatever_is_given():
    few = ml.Sequences(np.arange(60) % 4, np.full(6, 10))
    for network in (torch.jit.script(Symbols().eval()), Symbols().eval()):
        assert ml.adapt(network, like=few).reads.n_symbols == SYMBOLS
        assert len(ml.record(network, few).symbols) == SYMBOLS
    assert Reads.embedded([3, 50, 90], few).n_symbols == SYMBOLS
    assert Reads.embedded([3, 50], rows_of(1.0)).shape == (WIDTH,)


class Peeking:
    """Shows at every step the last one."""

    def watch(self, inputs):
        states = inputs + 2 * inputs[:, -1:]
        return {"sum": states}, states


def test_each_sequence_is_changed_by_the_others_that_are_given():
    same, changed = torch.zeros(3, 6, WIDTH), torch.zeros(3, 6, WIDTH)
    changed[1] = 1.0  # of the one in the middle alone
    assert looks_ahead(Peeking(), same, changed)
    assert not looks_ahead(Peeking(), same, same)
