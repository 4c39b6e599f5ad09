#!/bin/sh
# `step` of the package xlstm returns the state after one token, and leaves memory, normaliser and
# exponent of the state it was given as they were, but writes into the window of its convolution. A state
# that was kept is a mixture of before and after once it was stepped from: a second continuation from it
# (another token, a beam, a restart) answers as no run does. Guessed: the state given is left alone.
# For users: Copy a state before you step from it; it is copied here.
#
# Versions: xlstm 2.0.6, mlstm_kernels 2.0.6, torch 2.13.0 (CPU), numpy 2.4.6
# Output seen:
#   first step from a kept state: as in one run True
#   written into: ['conv_state']
#   second step from it, same token: as in one run False
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet xlstm==2.0.6 mlstm_kernels==2.0.6 torch==2.13.0 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - 2>/dev/null <<'PYTHON'
import copy

import torch
import xlstm

torch.manual_seed(0)
torch.set_grad_enabled(False)
layer = xlstm.mLSTMLayerConfig(conv1d_kernel_size=4, qkv_proj_blocksize=4, num_heads=2)
config = xlstm.xLSTMLMModelConfig(
    vocab_size=7,
    embedding_dim=16,
    num_blocks=1,
    context_length=32,
    mlstm_block=xlstm.mLSTMBlockConfig(mlstm=layer),
)
network = xlstm.xLSTMLMModel(config).eval()
for weight in network.parameters():
    weight.add_(0.2 * torch.randn_like(weight))
tokens = torch.randint(0, 7, (3, 9))
whole = network(tokens)[:, 8]
kept = None
for token in tokens[:, :8].split(1, dim=1):
    _, kept = network.step(token, kept)
before = copy.deepcopy(kept["block_0"])


def following():
    # A dict of its own, since `step` puts what it returns into the one that it is given.
    logits, _ = network.step(tokens[:, 8:], {"block_0": dict(kept["block_0"])})
    return torch.allclose(logits[:, 0], whole, atol=1e-3)


first = following()
changed = [
    name
    for name, parts in kept["block_0"].items()
    if not all(torch.equal(one, other) for one, other in zip(parts, before[name], strict=True))
]
second = following()
print(f"first step from a kept state: as in one run {first}")
print(f"written into: {changed}")
print(f"second step from it, same token: as in one run {second}")
assert first and changed == ["conv_state"] and not second
PYTHON
