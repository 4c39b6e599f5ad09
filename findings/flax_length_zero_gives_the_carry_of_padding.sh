#!/bin/sh
# A sequence of length 0 in a batch of Flax's RNN has read nothing, and yet its carry is the one after
# all of the padding, as is that of a length beyond the end: the place `length - 1` is -1, the last.
# NNX and linen alike, without a word. Guessed: the carry that it began in.
# For users: Leave empty sequences out of a batch; no lengths are passed to Flax here.
#
# Versions: flax 0.12.8, jax 0.10.2, numpy 2.4.6
# Output seen:
#   NNX: carry of length 0 is the first carry False, the carry after all padding True
#   linen: carry of length 0 is the first carry False, the carry after all padding True
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet flax==0.12.8 jax==0.10.2 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import jax
import jax.numpy as jnp
import numpy as np
from flax import linen, nnx

x = jax.random.normal(jax.random.key(0), (2, 5, 3))
lengths = jnp.array([0, 5])


def compare(name, run):
    carry, outputs = run(x, seq_lengths=lengths, return_carry=True)
    begun = bool(np.allclose(carry[0], 0))
    padded = bool(np.allclose(carry[0], outputs[0, -1]))
    print(f"{name}: carry of length 0 is the first carry {begun}, ", end="")
    print(f"the carry after all padding {padded}")
    assert (begun, padded) == (False, True)


compare("NNX", nnx.RNN(nnx.GRUCell(3, 4, rngs=nnx.Rngs(0))))
network = linen.RNN(linen.GRUCell(4))
variables = network.init(jax.random.key(0), x)
compare("linen", lambda *args, **how: network.apply(variables, *args, **how))
PYTHON
