#!/bin/sh
# xLSTM of transformers runs what is longer than `max_inference_chunksize` (16,384 by default) piece by
# piece, and hands the state from piece to piece in a cache. Asked for no cache (`use_cache=False`) it
# makes one of its own, which is bfloat16 whatever the model is: a model in single precision then answers
# otherwise than in one piece from the second piece on, by far more than with `use_cache=True`.
# Guessed: the same logits but for rounding of single precision, as with a cache and as in training mode.
# For users: Ask for a cache on long inputs; here one always is.
#
# Versions: transformers 5.24.0, torch 2.13.0 (CPU), numpy 2.4.6
# Output seen:
#   with a cache, in pieces of 16: off by less than 1e-4 True
#   without a cache, first piece: the same True
#   without a cache, later pieces: off by more than 1e-3 True
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet transformers==5.24.0 torch==2.13.0 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - 2>/dev/null <<'PYTHON'
import torch
from transformers import xLSTMConfig, xLSTMForCausalLM

torch.manual_seed(0)
torch.set_grad_enabled(False)
sizes = {"hidden_size": 128, "num_hidden_layers": 2, "num_heads": 2}
network = xLSTMForCausalLM(xLSTMConfig(vocab_size=7, **sizes)).eval()
for weight in network.parameters():
    weight.add_(0.1 * torch.randn_like(weight))
tokens = torch.randint(0, 7, (1, 64))
whole = network(tokens, use_cache=False).logits
network.config.max_inference_chunksize = 16
with_cache = (network(tokens, use_cache=True).logits - whole).abs()
without = (network(tokens, use_cache=False).logits - whole).abs()
kept = bool(with_cache.max() < 1e-4)
first, later = bool(without[:, :16].max() < 1e-4), bool(without[:, 16:].max() > 1e-3)
print(f"with a cache, in pieces of 16: off by less than 1e-4 {kept}")
print(f"without a cache, first piece: the same {first}")
print(f"without a cache, later pieces: off by more than 1e-3 {later}")
assert kept and first and later
PYTHON
