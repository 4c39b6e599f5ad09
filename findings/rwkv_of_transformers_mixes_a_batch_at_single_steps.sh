#!/bin/sh
# RWKV of transformers, given one token a sequence and the state from before, answers a batch of B
# with logits (B, B, V) in place of (B, 1, V): each sequence is mixed with the states of all others,
# and none of the rows that a caller would take is right but the first. One sequence alone, or several
# tokens at once, are right. Guessed: what one run over all tokens says, for each sequence.
# For users: Step one sequence at a time; so it is run here.
#
# Versions: transformers 5.24.0, torch 2.13.0 (CPU), numpy 2.4.6
# Output seen:
#   1 sequence: logits (1, 1, 7), as in one run True
#   3 sequences: logits (3, 3, 7), as in one run [True, False, False]
#   3 sequences, two tokens: logits (3, 2, 7), as in one run True
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet transformers==5.24.0 torch==2.13.0 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - 2>/dev/null <<'PYTHON'
import torch
from transformers import RwkvConfig, RwkvForCausalLM

torch.manual_seed(0)
torch.set_grad_enabled(False)
sizes = {"hidden_size": 8, "attention_hidden_size": 8, "num_hidden_layers": 3}
network = RwkvForCausalLM(RwkvConfig(vocab_size=7, context_length=64, **sizes)).eval()
tokens = torch.randint(0, 7, (3, 9))


def following(batch, n_tokens):
    whole = network(tokens[:batch]).logits[:, 5]
    state = network(tokens[:batch, :5], use_cache=True).state
    logits = network(tokens[:batch, 5 : 5 + n_tokens], state=state, use_cache=True).logits
    return logits, [torch.allclose(logits[row, 0], whole[row], atol=1e-5) for row in range(batch)]


one, right = following(1, 1)
print(f"1 sequence: logits {tuple(one.shape)}, as in one run {all(right)}")
assert tuple(one.shape) == (1, 1, 7) and all(right)
three, right = following(3, 1)
print(f"3 sequences: logits {tuple(three.shape)}, as in one run {right}")
assert tuple(three.shape) == (3, 3, 7) and not all(right)
two, right = following(3, 2)
print(f"3 sequences, two tokens: logits {tuple(two.shape)}, as in one run {all(right)}")
assert tuple(two.shape) == (3, 2, 7) and all(right)
PYTHON
