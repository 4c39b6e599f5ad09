#!/bin/sh
# What a recurrent layer of Keras says at a masked step depends on the backend. Begun in a state that
# is not zero, a layer says 0 at leading masked steps on torch and its first state on JAX; on JAX
# `zero_output_for_mask` does nothing where `unroll` is on; and a cell of one's own, whose output is
# not its state, says its state there on JAX and its last output on torch. Guessed: the last output
# (zeros where asked for), on both.
# For users: Compare no masked steps across backends; here Keras is never given the mask.
#
# Versions: keras 3.15.1, torch 2.13.0 (CPU), jax 0.10.2, numpy 2.4.6
# Output seen:
#   torch: begun in 0.3, leading masked step says 0.0
#   torch: zeros asked for, unrolled, masked step says 0.0
#   torch: a cell that says 10 more than its state, masked step says 10.76
#   jax: begun in 0.3, leading masked step says 0.3
#   jax: zeros asked for, unrolled, masked step says 0.86
#   jax: a cell that says 10 more than its state, masked step says 0.76
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet keras==3.15.1 torch==2.13.0 jax==0.10.2 numpy==2.4.6
cat >"$folder/masked.py" <<'PYTHON'
import sys

import keras
import numpy as np
from keras import layers


class Shifted(layers.Layer):
    state_size = output_size = 1

    def call(self, x, states, training=False):
        h = keras.ops.tanh(x + states[0])
        return h + 10, [h]


def said(layer, begin, mask):
    x = np.ones((1, len(mask), 1), "float32")
    state = [np.full((1, 1), begin, "float32")]
    out = layer(x, initial_state=state, mask=np.array([mask], bool))
    return [float(step) for step in keras.ops.convert_to_numpy(out)[0, :, 0]]


ones = {"kernel_initializer": "ones", "recurrent_initializer": "ones", "return_sequences": True}
zeros = {"unroll": True, "zero_output_for_mask": True}
leading = said(layers.SimpleRNN(1, **ones), 0.3, [0, 1, 0])[0]
asked = said(layers.SimpleRNN(1, **ones, **zeros), 0.3, [0, 1, 0])[2]
other = said(layers.RNN(Shifted(), return_sequences=True), 0.0, [1, 0])[1]
name = keras.backend.backend()
print(f"{name}: begun in 0.3, leading masked step says {leading:.1f}")
print(f"{name}: zeros asked for, unrolled, masked step says {asked:.{1 if asked == 0 else 2}f}")
print(f"{name}: a cell that says 10 more than its state, masked step says {other:.2f}")
wanted = {"torch": (0.0, 0.0, 10.7616), "jax": (0.3, 0.8617, 0.7616)}[name]
assert np.allclose((leading, asked, other), wanted, atol=1e-3), (leading, asked, other)
PYTHON
for backend in torch jax; do
  KERAS_BACKEND=$backend "$folder/venv/bin/python" -W ignore "$folder/masked.py"
done
