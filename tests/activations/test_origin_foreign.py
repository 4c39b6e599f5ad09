"""Networks that show no parameters are told from each other by what they answer."""

import pytest
import torch
from torch import nn

from helpers.conformance import as_sequences
from markovlens.abstractions.traces import check_origins
from markovlens.activations.recorder import record
from markovlens.errors import DataError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class Symbols(nn.Module):
    def __init__(self, seed):
        super().__init__()
        torch.manual_seed(seed)
        self.table, self.rnn = nn.Embedding(5, 3), nn.GRU(3, 4, batch_first=True)

    def forward(self, symbols):
        return self.rnn(self.table(symbols))[0]


def recorded(seed, n_symbols, path):
    torch.jit.save(torch.jit.script(Symbols(seed).eval()), path)
    inputs = torch.arange(60).reshape(6, 10) % n_symbols
    return record(path, as_sequences(inputs), link="identity")


def test_two_foreign_networks_are_two(tmp_path):
    traces = [recorded(seed, 5, tmp_path / f"{seed}.pt") for seed in (0, 1)]
    with pytest.raises(DataError, match="traces of one network"):
        check_origins(*traces)


def test_one_foreign_network_is_one_whatever_it_read_and_was_called(tmp_path):
    traces = [recorded(0, size, tmp_path / f"{size}.pt") for size in (3, 5)]
    check_origins(*traces)
