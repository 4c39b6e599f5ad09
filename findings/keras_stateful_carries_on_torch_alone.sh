#!/bin/sh
# A `stateful=True` layer of Keras goes on where it stopped from one `predict` to the next, and from
# one batch to the next within one, on the torch backend; on JAX every batch begins at zero and the
# layer's state stays zero, without a word. Calling the model itself carries on both. Guessed: it
# carries on both, which is what the argument is for.
# For users: Do not rely on it; here every sequence begins anew, which `limits` says.
#
# Versions: keras 3.15.1, torch 2.13.0 (CPU), jax 0.10.2, numpy 2.4.6
# Output seen:
#   torch: predict carries True, batches of one predict carry True, a call carries True
#   jax: predict carries False, batches of one predict carry False, a call carries True
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet keras==3.15.1 torch==2.13.0 jax==0.10.2 numpy==2.4.6
cat >"$folder/stateful.py" <<'PYTHON'
import keras
import numpy as np
from keras import layers

inputs = keras.Input(batch_shape=(2, None, 3))
layer = layers.GRU(4, stateful=True)
model = keras.Model(inputs, layer(inputs))
x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")


def differs(first, second):
    return not np.allclose(*(keras.ops.convert_to_numpy(each) for each in (first, second)))


predicts = differs(model.predict(x, verbose=0), model.predict(x, verbose=0))
layer.reset_state()
both = model.predict(np.concatenate([x, x]), batch_size=2, verbose=0)
batches = differs(both[:2], both[2:])
layer.reset_state()
calls = differs(model(x), model(x))
name = keras.backend.backend()
print(
    f"{name}: predict carries {predicts}, batches of one predict carry {batches}, a call carries "
    f"{calls}"
)
assert (predicts, batches, calls) == (name == "torch", name == "torch", True)
PYTHON
for backend in torch jax; do
  KERAS_BACKEND=$backend "$folder/venv/bin/python" -W ignore "$folder/stateful.py"
done
