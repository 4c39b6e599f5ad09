#!/bin/sh
# A model that onnx's full check passes need not load: onnxruntime has the operator Where for numbers and
# text, and none for truths, though the standard lists them, so that `Where(known, a, b)` of booleans is
# refused when the session is made, not when the file is checked. Guessed: what the standard's own
# checker passes with full_check=True, with an operator as old as opset 9, loads.
# For users: Write a choice between truths as Or(And(c, a), And(Not(c), b)), and load a model to check it.
#
# Versions: onnx 1.23.2, onnxruntime 1.32.0, numpy 2.4.6
# Output seen:
#   Where of float: loaded
#   Where of int64: loaded
#   Where of bool: checked, then NotImplemented
#   Or and And of bool: [True, False]
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper


def session(nodes, kind):
    info = helper.make_tensor_value_info
    inputs = [info("c", TensorProto.BOOL, [2]), info("a", kind, [2]), info("b", kind, [2])]
    graph = helper.make_graph(nodes, "choice", inputs, [info("y", kind, [2])])
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return onnxruntime.InferenceSession(model.SerializeToString())


def said(kind):
    try:
        session([helper.make_node("Where", ["c", "a", "b"], ["y"])], kind)
    except Exception as error:
        return f"checked, then {type(error).__name__}"
    return "loaded"


kinds = {"float": TensorProto.FLOAT, "int64": TensorProto.INT64, "bool": TensorProto.BOOL}
found = {name: said(kind) for name, kind in kinds.items()}
for name, words in found.items():
    print(f"Where of {name}: {words}")
assert found == {"float": "loaded", "int64": "loaded", "bool": "checked, then NotImplemented"}
nodes = [
    helper.make_node("And", ["c", "a"], ["one"]),
    helper.make_node("Not", ["c"], ["not"]),
    helper.make_node("And", ["not", "b"], ["other"]),
    helper.make_node("Or", ["one", "other"], ["y"]),
]
c, a, b = np.array([True, False]), np.array([True, True]), np.array([False, False])
[chosen] = session(nodes, TensorProto.BOOL).run(None, {"c": c, "a": a, "b": b})
print(f"Or and And of bool: {chosen.tolist()}")
assert chosen.tolist() == [True, False]
PYTHON
