#!/bin/sh
# `sLSTMCell.step` of the package xlstm computes a step and returns, beside the output, the state that it
# was given in place of the state after it: a loop that hands it on repeats the first step for ever, and
# nothing tells. `forward`, called on one step at a time, moves. Guessed: the state after the step.
# For users: Call `forward` on one step at a time; `step` is not used here.
#
# Versions: xlstm 2.0.6, mlstm_kernels 2.0.6, torch 2.13.0 (CPU), numpy 2.4.6
# Output seen:
#   one step at a time by forward: as in one run True
#   by step: the first output right True, the others [False, False, False]
#   the state it returns is the one it was given True
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet xlstm==2.0.6 mlstm_kernels==2.0.6 torch==2.13.0 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - 2>/dev/null <<'PYTHON'
import torch
from xlstm.blocks.slstm.cell import sLSTMCell, sLSTMCellConfig

torch.manual_seed(0)
torch.set_grad_enabled(False)
cell = sLSTMCell(sLSTMCellConfig(hidden_size=4, num_heads=1, backend="vanilla"))
gates = torch.randn(2, 4, 16)  # two sequences of four steps, four gates of four units
whole, _ = cell(gates)


def looped(move):
    state, outputs = torch.zeros(4, 2, 4), []
    for step in gates.split(1, dim=1):
        output, state = move(step, state)
        outputs.append(output)
    return [torch.allclose(each, whole[:, :, [t]], atol=1e-5) for t, each in enumerate(outputs)]


by_forward, by_step = looped(cell.forward), looped(cell.step)
given = torch.zeros(4, 2, 4)
same = cell.step(gates[:, :1], given)[1] is given
print(f"one step at a time by forward: as in one run {all(by_forward)}")
print(f"by step: the first output right {by_step[0]}, the others {by_step[1:]}")
print(f"the state it returns is the one it was given {same}")
assert all(by_forward) and by_step[0] and not any(by_step[1:]) and same
PYTHON
