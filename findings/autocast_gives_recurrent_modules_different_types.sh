#!/bin/sh
# Under bfloat16 autocast on the CPU, torch's recurrent modules do not agree on the type of their
# outputs, and a module and its cell need not either. Guessed: bfloat16 from all of them, as from
# linear layers. Whoever records states by hooks must look at the type of each.
# For users: Look at the type of each recorded state; `ml.record` keeps float32.
#
# Versions: torch 2.13.0 (CPU), numpy 2.4.6
# Output seen:
#   RNN bfloat16, RNNCell bfloat16
#   LSTM bfloat16, LSTMCell float32
#   GRU float32, GRUCell float32
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
from torch import nn

seen = {}
with torch.autocast("cpu", dtype=torch.bfloat16):
    for name in ("RNN", "LSTM", "GRU"):
        states, _ = getattr(nn, name)(4, 5)(torch.randn(6, 2, 4))
        state = getattr(nn, name + "Cell")(4, 5)(torch.randn(2, 4))
        state = state[0] if isinstance(state, tuple) else state
        seen[name] = tuple(str(each.dtype).removeprefix("torch.") for each in (states, state))
        print(f"{name} {seen[name][0]}, {name}Cell {seen[name][1]}")
assert seen == {
    "RNN": ("bfloat16", "bfloat16"),
    "LSTM": ("bfloat16", "float32"),
    "GRU": ("float32", "float32"),
}
PYTHON
