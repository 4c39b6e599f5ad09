"""One column given to a network of several that spreads it, and networks of one, told apart."""

import warnings

import numpy as np
import pytest
import torch
from torch import nn

import markovlens as ml
from markovlens.errors import ConfigError, DataError, RecordingWarning


class Reader(nn.Module):
    def __init__(self, width=2):
        super().__init__()
        torch.manual_seed(0)
        self.rnn = nn.GRU(width, 5, batch_first=True)
        self.head = nn.Linear(5, 3)

    def forward(self, rows):
        return self.head(self.rnn(self.made(rows))[0])

    def made(self, rows):
        return rows


class Normalising(Reader):
    def made(self, rows):
        return (rows - torch.tensor([1.0, 90.0])) / torch.tensor([2.0, 5.0])


class Projecting(Reader):
    """Normalises two channels before a linear layer, behind which are more."""

    def __init__(self):
        super().__init__(7)
        self.lift = nn.Linear(2, 7)

    def made(self, rows):
        return self.lift((rows - torch.tensor([1.0, 90.0])) / 3)


class OfOne(Reader):
    def __init__(self):
        super().__init__(4)
        self.lift = nn.Linear(1, 4)

    def made(self, rows):
        return self.lift(rows)


class Mean(OfOne):
    """Takes any number of channels, in any order."""

    def made(self, rows):
        return self.lift(rows.mean(-1, keepdim=True))


class First(OfOne):
    """Looks at the first channel alone."""

    def made(self, rows):
        return self.lift(rows[..., :1])


class NoAxis(Reader):
    """Reads signals (B, T)."""

    def made(self, signals):
        return signals[..., None]


def rows(width):
    return ml.Sequences.from_list(list(np.random.default_rng(0).normal(size=(6, 9, width))))


@pytest.mark.parametrize("network", [Normalising, Projecting])
def test_one_column_for_a_network_of_two_is_told(network):
    with pytest.warns(RecordingWarning, match=r"got 1 column, and the network reads 2: .* all 2"):
        ml.record(network(), rows(1))


@pytest.mark.parametrize(
    ("network", "width"), [(Normalising, 2), (Projecting, 2), (OfOne, 1), (Mean, 1), (First, 1)]
)
def test_networks_that_read_what_they_are_given_are_not(network, width):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ml.record(network(), rows(width))


def test_a_network_without_an_axis_of_channels_is_told_how_to_be_called():
    said = r"it reads signals \(B, T\).*forward=lambda network, x, \*more: network\(x\[\.\.\., 0\]"
    with pytest.raises(DataError, match=said):
        ml.record(NoAxis(1), rows(1))
    found = ml.record(NoAxis(1), rows(1), forward=lambda network, x: network(x[..., 0]))
    assert found.outputs.shape == (54, 3)


@pytest.mark.parametrize("part", ["weight", "bias"])
def test_weights_that_are_no_numbers_are_told_where_nothing_is_answered(part):
    network = Reader()
    getattr(network.head, part).data.fill_(float("nan"))
    with pytest.raises(DataError, match=rf"NaN at every step: head\.{part} of the network holds"):
        ml.record(network, rows(2))


@pytest.mark.parametrize("forward", [lambda x: x, lambda: None, "forward", lambda *, model: model])
def test_a_forward_that_cannot_be_called_so_is_told(forward):
    with pytest.raises(ConfigError, match=r"forward: expected a function of the network and a"):
        ml.record(Reader(), rows(2), forward=forward)
