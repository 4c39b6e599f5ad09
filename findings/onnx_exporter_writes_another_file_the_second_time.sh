#!/bin/sh
# torch.onnx.export of one and the same GRU, asked by Dim objects to leave batch and time free, does so
# the first time. The second time in the same process it writes a file for the length of the example
# alone, and warns of nothing; so it goes for LSTM. A plain nn.RNN is unrolled into the steps of the
# example even the first time. Guessed: equal calls write equal graphs, and what cannot be left free is
# refused, as torch.export itself does.
# For users: Export once a process, or with `dynamo=False`.
#
# Versions: torch 2.13.0, onnx 1.23.2, onnxscript 0.7.2
# Output seen (time of the input, steps unrolled, warnings that name the length):
#   GRU, first: time 0 none
#   GRU, again: 7 0 none
#   LSTM, first: time 0 none
#   LSTM, again: 7 0 none
#   RNN, first: 7 7 none
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 onnx==1.23.2 onnxscript==0.7.2
"$folder/venv/bin/python" - <<'PYTHON'
import contextlib
import io
import re
import warnings

import torch
from torch import nn
from torch.export import Dim


class Net(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.rnn = kind(3, 4, batch_first=True)

    def forward(self, x):
        return self.rnn(x)[0]


def seen(model):
    free, said = {"x": {0: Dim("batch"), 1: Dim("time")}}, io.StringIO()
    with warnings.catch_warnings(record=True) as warned, contextlib.redirect_stdout(said):
        warnings.simplefilter("always")
        program = torch.onnx.export(model, (torch.zeros(2, 7, 3),), dynamic_shapes=free)
    text = "\n".join([said.getvalue(), *(str(each.message) for each in warned)])
    named = re.findall(r"(?i)[^\n]*(?:speciali|static|dynamic|constraint)[^\n]*", text)
    graph = program.model_proto.graph
    axis = graph.input[0].type.tensor_type.shape.dim[1]
    unrolled = sum(node.op_type == "Tanh" for node in graph.node)
    return [axis.dim_param or axis.dim_value, unrolled, *(named or ["none"])]


gru, lstm, rnn = (Net(kind).eval() for kind in (nn.GRU, nn.LSTM, nn.RNN))
found = {
    "GRU, first": seen(gru),
    "GRU, again": seen(gru),
    "LSTM, first": seen(lstm),
    "LSTM, again": seen(lstm),
    "RNN, first": seen(rnn),
}
for name, values in found.items():
    print(f"{name}:", *values)
assert found == {
    "GRU, first": ["time", 0, "none"],
    "GRU, again": [7, 0, "none"],
    "LSTM, first": ["time", 0, "none"],
    "LSTM, again": [7, 0, "none"],
    "RNN, first": [7, 7, "none"],
}
PYTHON
