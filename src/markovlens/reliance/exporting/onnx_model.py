"""A machine as an ONNX model of sequences; a state goes in and out, so that one step is one too."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
from onnx import TensorProto, checker, helper

from markovlens.outputs import Output
from markovlens.reliance.exporting.onnx_step import Nodes, add_step
from markovlens.reliance.exporting.plan import Plan
from markovlens.reliance.exporting.vectors import Vectors

OPSET, IR = 17, 8  # what runtimes of 2022 and later read
WHOLE, REAL, TRUTH = TensorProto.INT64, TensorProto.DOUBLE, TensorProto.BOOL
BATCH, STEPS = "batch", "steps"


def write_onnx(plan: Plan, vectors: Vectors, head: Iterable[str], name: str) -> bytes:
    """Return the model of a machine; what stands in its head is in its description.

    It reads `symbols` (B, T) or `rows` (B, T, D) and what it kept: `state` (B,), -1 before the
    first step, and where it has them `belief` (B, K) and the rows `before` (B, R, D), both 0 then.
    It gives `answers` (B, T, C), `decisions` (B, T), whether a step was `refused` (B, T), and what
    it keeps, by the names with `_after`.
    """
    nodes, kept, said = Nodes(), _kept(plan), _said(plan)
    add_step(nodes, plan)
    reads = ("rows", REAL, [len(plan.channels)]) if plan.channels else ("symbols", WHOLE, [])
    body = helper.make_graph(
        nodes.nodes,
        "step",
        [*(_info(key, kind, shape) for key, (kind, shape) in kept.items()),
         _info("read", reads[1], reads[2])],
        [*(_info(f"{key}_next", kind, shape) for key, (kind, shape) in kept.items()),
         *(_info(step, kind, shape) for _, step, kind, shape in said)],
    )  # fmt: skip
    scan = helper.make_node(
        "Scan",
        [*kept, reads[0]],
        [*(f"{key}_after" for key in kept), *(each for each, *_ in said)],
        body=body,
        num_scan_inputs=1,
        scan_input_axes=[1],
        scan_output_axes=[1] * len(said),
    )
    graph = helper.make_graph(
        [scan],
        name,
        [_info(reads[0], reads[1], [STEPS, *reads[2]]),
         *(_info(key, kind, shape) for key, (kind, shape) in kept.items())],
        [*(_info(each, kind, [STEPS, *shape]) for each, _, kind, shape in said),
         *(_info(f"{key}_after", kind, shape) for key, (kind, shape) in kept.items())],
        initializer=nodes.initializers,
    )  # fmt: skip
    return _serialised(graph, plan, vectors, head)


def _serialised(graph: Any, plan: Plan, vectors: Vectors, head: Iterable[str]) -> bytes:
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR,
        producer_name="markovlens", doc_string=_in_utf8("\n".join(head)),
    )  # fmt: skip
    helper.set_model_props(model, _described(plan, vectors))
    checker.check_model(model, full_check=True)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _in_utf8(text: str) -> str:
    """Return text with halves of characters, which no file can hold, as `?`."""
    return text.encode(errors="replace").decode()


def _kept(plan: Plan) -> dict[str, tuple[int, list[int]]]:
    """Return what goes in and out between steps, by name: its type and shape after the batch."""
    kept: dict[str, tuple[int, list[int]]] = {"state": (WHOLE, [])}
    if plan.carries_belief:
        kept["belief"] = (REAL, [plan.machine.n_states])
    if plan.n_before:
        kept["before"] = (REAL, [plan.n_before, len(plan.channels)])
    return kept


def _said(plan: Plan) -> list[tuple[str, str, int, list[int]]]:
    """Return what comes out of each step: its name in the model and in the step, type, shape."""
    said: list[tuple[str, str, int, list[int]]] = [
        ("answers", "answer", REAL, [len(plan.machine.classes)]),
        ("refused", "refused", TRUTH, []),
    ]
    decides = plan.machine.output == Output.DISTRIBUTION
    return [*said, ("decisions", "decision", WHOLE, [])] if decides else said


def _info(name: str, kind: int, shape: list[Any]) -> Any:
    return helper.make_tensor_value_info(name, kind, [BATCH, *shape])


def _described(plan: Plan, vectors: Vectors) -> dict[str, str]:
    """Return names and test vectors as text, JSON in ASCII; a missing value is null there."""
    machine, inputs = plan.machine, vectors.inputs
    read = inputs.rows.tolist() if inputs.channels else inputs.values.tolist()
    tests = {
        "lengths": inputs.lengths.tolist(),
        "inputs": _without_nan(read),
        "decisions": vectors.decisions.tolist(),
        "states": vectors.states.tolist(),
        "answers_at_ends": vectors.answers.tolist(),
    }
    described = {
        "symbols": machine.symbols,
        "classes": machine.classes,
        "states": [machine.name_of(state) for state in range(machine.n_states)],
        "channels": list(map(str, plan.channels)),
        "test_vectors": tests,
    }
    return {key: json.dumps(value, allow_nan=False) for key, value in described.items()}


def _without_nan(values: list[Any]) -> list[Any]:
    return [
        [None if np.isnan(each) else each for each in row] if isinstance(row, list) else row
        for row in values
    ]
