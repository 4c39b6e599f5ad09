"""Small ONNX models, written node by node, and what their operators say in plain numpy.

A test that imports from here is skipped where ONNX is not installed, so import all of it from here.
"""

import numpy as np
import pytest
import torch

onnx = pytest.importorskip("onnx", reason="needs onnx: `make test-frameworks`")
onnxruntime = pytest.importorskip("onnxruntime", reason="needs onnxruntime: `make test-frameworks`")
TensorProto, helper, numpy_helper = onnx.TensorProto, onnx.helper, onnx.numpy_helper
# What torch says of its exporter that traces, whose files need no other package.
EXPORTING = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Exporting a model to ONNX with a batch_size:UserWarning"),
    pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning"),
]

WIDTH, UNITS, CLASSES = 3, 4, 2
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


def weights(op, directions=1, *, biased=True, seed=0):
    """Return W, R and B of a cell, and the weights of a head."""
    rng = np.random.default_rng(seed)
    rows = GATES[op] * UNITS
    drawn = {
        "W": rng.normal(size=(directions, rows, WIDTH)),
        "R": rng.normal(size=(directions, rows, UNITS)),
        "B": rng.normal(size=(directions, 2 * rows)) * biased,
        "H": rng.normal(size=(directions * UNITS, CLASSES)),
    }
    return {name: values.astype(np.float32) for name, values in drawn.items()}


def cell_model(op, drawn, *, inputs=("X", "W", "R", "B"), extra=(), before=(), **attributes):
    """Return a model X (T, B, E) -> Y (T, B, C) of one cell and a head; `extra` are its inputs.

    Nodes `before` make what else the cell reads, from arrays among `drawn`.
    """
    directions = drawn["W"].shape[0]
    outputs = ["states", "last_h", "last_c"][: 3 if op == "LSTM" else 2]
    nodes = [
        *before,
        helper.make_node(op, list(inputs), outputs, hidden_size=UNITS, **attributes),
        helper.make_node("Transpose", ["states"], ["moved"], perm=[0, 2, 1, 3]),
        helper.make_node("Reshape", ["moved", "shape"], ["flat"]),
        helper.make_node("MatMul", ["flat", "H"], ["Y"]),
    ]
    shape = np.array([0, 0, directions * UNITS], dtype=np.int64)
    held = [numpy_helper.from_array(each, name) for name, each in drawn.items()]
    return model_of(nodes, [*held, numpy_helper.from_array(shape, "shape")], extra)


def model_of(nodes, held, extra=()):
    """Return a model that reads X (T, B, E), and `extra`, and answers Y (T, B, C)."""
    graph = helper.make_graph(
        nodes,
        "made",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, ["T", "B", WIDTH]), *extra],
        [helper.make_tensor_value_info("Y", TensorProto.FLOAT, ["T", "B", CLASSES])],
        held,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)
    onnx.checker.check_model(made)
    return made


def exported(model, example, path, **options):
    """Write a network with torch's exporter that traces, and return where."""
    torch.onnx.export(model.eval(), (example,), path, dynamo=False, **options)
    return path


def runs(model, **given):
    """Return what onnxruntime itself does with a model X (T, B, E) -> Y (T, B, C)."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    kind = helper.tensor_dtype_to_np_dtype(model.graph.input[0].type.tensor_type.elem_type)

    def outputs(inputs):
        feeds = {"X": inputs.numpy().swapaxes(0, 1).astype(kind)} | {
            name: make(inputs) for name, make in given.items()
        }
        return session.run(["Y"], feeds)[0].swapaxes(0, 1)

    return outputs


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


def lstm(inputs, drawn, peepholes=None):
    """Return h and c (B, T, H) of ONNX's LSTM: gates i, o, f, c; peepholes i, o, f."""
    W, R, B = (drawn[name][0] for name in "WRB")
    p_i, p_o, p_f = np.zeros((3, UNITS)) if peepholes is None else peepholes.reshape(3, UNITS)
    h = c = np.zeros((len(inputs), UNITS))
    seen = []
    for x in inputs.swapaxes(0, 1):
        i, o, f, g = np.split(x @ W.T + h @ R.T + B[: len(W)] + B[len(W) :], 4, axis=1)
        c, before = sigmoid(f + p_f * c) * c + sigmoid(i + p_i * c) * np.tanh(g), c
        h = sigmoid(o + p_o * c) * np.tanh(c)
        assert before.shape == c.shape
        seen.append((h, c))
    return tuple(np.stack(part, axis=1) for part in zip(*seen, strict=True))


def gru(inputs, drawn, *, linear_before_reset):
    """Return h (B, T, H) of ONNX's GRU: gates z, r, h."""
    W, R, B = (drawn[name][0] for name in "WRB")
    from_x, from_h = B[: len(W)], B[len(W) :]
    h = np.zeros((len(inputs), UNITS))
    seen = []
    for x in inputs.swapaxes(0, 1):
        z_x, r_x, n_x = np.split(x @ W.T + from_x, 3, axis=1)
        z_h, r_h, n_h = np.split(h @ R.T + from_h, 3, axis=1)
        z, r = sigmoid(z_x + z_h), sigmoid(r_x + r_h)
        if not linear_before_reset:
            n_h = (r * h) @ R[2 * UNITS :].T + from_h[2 * UNITS :]
        n = np.tanh(n_x + (r * n_h if linear_before_reset else n_h))
        h = (1 - z) * n + z * h
        seen.append(h)
    return np.stack(seen, axis=1)
