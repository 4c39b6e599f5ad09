#!/bin/sh
# A Keras GRU or LSTM over a free number of steps, exported to ONNX on the torch backend, gives a file
# that asks for any number of steps, reads the first one and answers it alone, without a word: one row
# however long the sequence is, also from a layer that returns all of them. The model has to be called
# once before `export`; the length of that call (here 5) is not the one that is kept. Guessed: the file
# answers every step, as the model does, or the export raises.
# For users: Try an exported file at two lengths; `ml.adapt` takes the Keras file itself.
#
# Versions: keras 3.15.1, torch 2.13.0 (CPU), onnx 1.23.2, onnxscript 0.7.2, onnxruntime 1.32.0 (CPU),
# numpy 2.4.6
# Output seen:
#   GRU: the file asks for ['batch', 'dim_0_1', 3]
#   GRU: 1 steps: the file answers 1, Keras 1; the file's are Keras's first one: True
#   GRU: 2 steps: the file answers 1, Keras 2; the file's are Keras's first one: True
#   GRU: 9 steps: the file answers 1, Keras 9; the file's are Keras's first one: True
#   LSTM: the same four lines
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet keras==3.15.1 torch==2.13.0 onnx==1.23.2 \
  onnxscript==0.7.2 onnxruntime==1.32.0 numpy==2.4.6
cat >"$folder/export.py" <<'PYTHON'
import os
import sys

import keras
import numpy as np
import onnxruntime
from keras import layers

STEPS = (1, 2, 9)
rng = np.random.default_rng(0)
seen = {}
for kind in (layers.GRU, layers.LSTM):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((None, 3))
    model = keras.Model(inputs, kind(4, return_sequences=True)(inputs))
    model(np.zeros((1, 5, 3), dtype="float32"))  # export raises where a model was never called
    path = os.path.join(sys.argv[1], f"{kind.__name__}.onnx")
    model.export(path, format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(path)
    name = session.get_inputs()[0]
    print(f"{kind.__name__}: the file asks for {name.shape}")
    assert not isinstance(name.shape[1], int)
    for steps in STEPS:
        x = rng.normal(size=(2, steps, 3)).astype("float32")
        wanted = model.predict(x, verbose=0)
        found = session.run(None, {name.name: x})[0]
        first = np.allclose(found, wanted[:, :1], atol=1e-5)
        seen[kind.__name__, steps] = (found.shape[1], wanted.shape[1], first)
        print(
            f"{kind.__name__}: {steps} steps: the file answers {found.shape[1]}, Keras "
            f"{wanted.shape[1]}; the file's are Keras's first one: {first}"
        )
assert all(each == (1, steps, True) for (_, steps), each in seen.items())
PYTHON
KERAS_BACKEND=torch "$folder/venv/bin/python" -W ignore "$folder/export.py" "$folder"
