#!/bin/sh
# A missing value (NaN) in one row of the inputs leaves no trace in onnxruntime's GRU and LSTM if the
# node has a bias, even a bias of zeros: the GRU keeps the state it had, in all units, and the LSTM goes
# on from another one. Without the optional bias the same weights give NaN from that step on, as RNN
# does either way, and as the operators say. Guessed: NaN in, NaN out, as in the torch network exported.
# For users: Look for NaN before a file is run; here it brings a warning.
#
# Versions: onnxruntime 1.32.0 (CPU), onnx 1.23.2, numpy 2.4.6
# Output seen (ten steps, NaN in the sixth; steps whose states are all numbers, with and without bias):
#   RNN: 5 of 10 with a bias of zeros, 5 of 10 without
#   GRU: 10 of 10 with a bias of zeros, 5 of 10 without
#   LSTM: 10 of 10 with a bias of zeros, 5 of 10 without
#   the GRU's state at the missing row is the one before: True
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

UNITS, WIDTH, STEPS, MISSING = 8, 3, 10, 5
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


def states(kind, biased):
    rng, rows = np.random.default_rng(0), GATES[kind] * UNITS
    held = {"W": rng.normal(size=(1, rows, WIDTH)), "R": rng.normal(size=(1, rows, UNITS))}
    held |= {"B": np.zeros((1, 2 * rows))} if biased else {}
    node = helper.make_node(kind, ["X", *held], ["Y"], hidden_size=UNITS)
    graph = helper.make_graph(
        [node],
        "cell",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, [STEPS, 1, WIDTH])],
        [helper.make_tensor_value_info("Y", TensorProto.FLOAT, [STEPS, 1, 1, UNITS])],
        [numpy_helper.from_array(each.astype(np.float32), name) for name, each in held.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    inputs = rng.normal(size=(STEPS, 1, WIDTH)).astype(np.float32)
    inputs[MISSING, 0, 1] = np.nan
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, {"X": inputs})[0][:, 0, 0]


found = {}
for kind in GATES:
    found[kind] = [int(np.isfinite(states(kind, biased)).all(1).sum()) for biased in (True, False)]
    print(f"{kind}: {found[kind][0]} of {STEPS} with a bias of zeros, {found[kind][1]} of {STEPS} without")
kept = states("GRU", True)
same = np.array_equal(kept[MISSING], kept[MISSING - 1])
print("the GRU's state at the missing row is the one before:", same)
assert found == {"RNN": [5, 5], "GRU": [10, 5], "LSTM": [10, 5]} and same
PYTHON
