#!/bin/sh
# A dynamically quantised LSTM is not causal, and its rows are not independent: the step to which
# activations are rounded comes from the largest number of the whole batch, so that what a state is
# depends on later steps and on the sequences beside it. Guessed: rounding of each step by itself.
# For users: Run one sequence at a time; so it is recorded here, with a warning.
#
# Versions: torch 2.13.0 (CPU), numpy 2.4.6
# Output seen:
#   a later step changes earlier outputs by more than 0.01: True
#   other sequences of the batch change the outputs by more than 0.01: True
#   the same network, not quantised: False False
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from torch import nn

torch.manual_seed(0)
plain = nn.Sequential(nn.LSTM(4, 5, batch_first=True))
small = torch.ao.quantization.quantize_dynamic(plain, {nn.LSTM})
x = torch.randn(3, 7, 4)
later, beside = x.clone(), x.clone()
later[:, -1] *= 20
beside[1:] *= 20


def moved(network):
    out = network(x)[0]
    early = (out - network(later)[0])[:, :-1].abs().max()
    first = (out - network(beside)[0])[0].abs().max()
    return bool(early > 0.01), bool(first > 0.01)


quantised, eager = moved(small), moved(plain)
print("a later step changes earlier outputs by more than 0.01:", quantised[0])
print("other sequences of the batch change the outputs by more than 0.01:", quantised[1])
print("the same network, not quantised:", *eager)
assert quantised == (True, True) and eager == (False, False)
PYTHON
