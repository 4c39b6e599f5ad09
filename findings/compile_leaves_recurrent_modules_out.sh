#!/bin/sh
# torch.compile of a network around nn.RNN, nn.LSTM or nn.GRU compiles nothing, without a word: the
# backend is never called, not even for the linear layer behind. Around a cell that is called in a
# loop it is called once, for all steps together. Guessed: one or more graphs for each network.
# For users: Expect no speed of it; compiled networks are recorded eagerly here.
#
# Versions: torch 2.13.0 (CPU), numpy 2.4.6
# Output seen:
#   graphs: RNN 0, LSTM 0, GRU 0, GRUCell in a loop 1
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from torch import nn

graphs = []


def backend(graph, inputs):
    graphs.append(graph)
    return graph.forward


class Network(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.rnn, self.out = kind(4, 5), nn.Linear(5, 2)

    def forward(self, x):
        return self.out(self.rnn(x)[0])


class Loop(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.GRUCell(4, 5)

    def forward(self, x):
        state = torch.zeros(x.shape[1], 5)
        for step in x:
            state = self.cell(step, state)
        return state


def count(network):
    graphs.clear()
    torch.compile(network, backend=backend)(torch.randn(3, 2, 4))
    return len(graphs)


found = {kind.__name__: count(Network(kind)) for kind in (nn.RNN, nn.LSTM, nn.GRU)}
found["GRUCell in a loop"] = count(Loop())
print("graphs:", ", ".join(f"{name} {number}" for name, number in found.items()))
assert list(found.values()) == [0, 0, 0, 1]
PYTHON
