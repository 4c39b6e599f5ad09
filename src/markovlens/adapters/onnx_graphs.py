"""Graphs of ONNX, cut open where their state is: what goes around in them becomes inputs, outputs.

A node of RNN, GRU or LSTM takes its first state as inputs and gives its last as outputs; Scan and
Loop carry theirs likewise. Given from outside, one run of one step is one step of the network.
Source: ONNX operators of opset 7-25, RNN, GRU, LSTM, Scan, Loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import onnx
from onnx import TensorProto, helper

from markovlens.adapters.onnx_files import graphs_in

INITIAL = 5  # position of a cell's initial_h among its inputs; initial_c follows
CELLS = {"RNN": "h", "GRU": "h", "LSTM": "hc", "DynamicQuantizeLSTM": "hc"}
LENGTHS = 4  # position of its sequence_lens
LAYING = frozenset(  # operators that lay numbers out otherwise, and make none
    ("Cast", "Concat", "Expand", "Gather", "Identity", "Reshape")
    + ("Slice", "Split", "Squeeze", "Transpose", "Unsqueeze")
)
CARRYING = ("Scan", "Loop")
PREFIX = "markovlens."  # of names that are put into a graph
HIDING = ("GRU", "LSTM")  # in which onnxruntime makes numbers of NaN
BIAS = 3  # position of a cell's bias


@dataclass(frozen=True, slots=True)
class Slot:
    """One part of a state that goes around in a graph.

    Attributes:
        part: its name.
        node: index of the node that carries it.
        given: position among the node's inputs.
        kept: position among its outputs.
        initial: what the graph itself begins it with; "" where that is nothing, which is zeros.
        batch_axis: of its tensor; None where it is not known beforehand.
        states: position of the node's output with this part after every step; None where there is
            none.
    """

    part: str
    node: int
    given: int
    kept: int
    initial: str
    batch_axis: int | None
    states: int | None = None

    @property
    def before(self) -> str:
        """The name of the input that holds it before a step, in the graph that is cut open."""
        return f"{PREFIX}{self.part}.before"

    @property
    def after(self) -> str:
        """The name of the output that holds it after a step."""
        return f"{PREFIX}{self.part}.after"


def slots_of(graph: Any) -> list[Slot]:
    """Return all parts of the state of a graph, in the order of its nodes."""
    found: list[Slot] = []
    count: dict[str, int] = {}
    for index, node in enumerate(graph.node):
        if node.op_type in CELLS or node.op_type in CARRYING:
            number = count.setdefault(node.op_type, 0)
            count[node.op_type] += 1
            kind = node.op_type.removeprefix("DynamicQuantize").lower()
            found += _slots(node, index, f"{kind}{number}")
    return found


def stacked_in(graph: Any) -> list[str]:
    """Return the outputs of Scan and Loop that stack what there was at each step, time first."""
    found: list[str] = []
    for node in graph.node:
        if node.op_type in CARRYING:
            found += [name for name in node.output[_n_carried(node) :] if name]
    return found


def lengths_in(graph: Any) -> list[str]:
    """Return the names of what cells take for the lengths of the sequences."""
    cells = [node for node in graph.node if node.op_type in CELLS and len(node.input) > LENGTHS]
    return [node.input[LENGTHS] for node in cells]


def hiding_missing(graph: Any) -> str:
    """Return the kinds of cells that leave nothing of a missing value (NaN), in words; or nothing.

    Of cells with a bias, onnxruntime 1.32 bounds what it puts into sigmoid and tanh, and with that
    makes a number of NaN: a GRU keeps its state, an LSTM goes on from another one. A graph that
    asks for NaN itself looks after them.
    """
    if any(node.op_type == "IsNaN" for node in graph.node):
        return ""
    biased = (node for node in graph.node if len(node.input) > BIAS and node.input[BIAS])
    return " and ".join(sorted({node.op_type for node in biased if node.op_type in HIDING}))


def sources_of(graph: Any, names: Iterable[str]) -> set[str]:
    """Return tensors with what they are made from without arithmetic: cut, turned, put together."""
    made = {name: node for node in graph.node for name in node.output if node.op_type in LAYING}
    left, found = [name for name in names if name], set()
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            node = made.get(name)
            every = node is not None and node.op_type == "Concat"
            left += [] if node is None else list(node.input) if every else [node.input[0]]
    return found


def direction_of(node: Any) -> str:
    """Return how a node reads: forward, reverse or bidirectional; all but cells read forward."""
    direction: bytes = attribute(node, "direction", b"forward")
    return direction.decode()


def attribute(node: Any, name: str, default: Any) -> Any:
    """Return an attribute of a node, `default` where it has none of this name."""
    found = [each for each in node.attribute if each.name == name]
    return helper.get_attribute_value(found[0]) if found else default


def opened(
    model: Any, slots: Sequence[Slot], shapes: Sequence[tuple[int | None, ...]], *, output: str
) -> Any:
    """Return a model with its state as inputs and outputs, of one output, without dead ends.

    Its inputs take any number of steps, as far as what is inside does.

    Args:
        model: the model.
        slots: all parts of its state.
        shapes: of each part, None where free.
        output: the name of the output that stays.
    """
    made = onnx.ModelProto()
    made.CopyFrom(model)
    graph = made.graph
    types = _types(model)
    for slot, shape in zip(slots, shapes, strict=True):
        node = graph.node[slot.node]
        kept = node.output[slot.kept] if len(node.output) > slot.kept else ""
        kind = types.get(slot.initial) or types.get(kept) or _weights(node, types)
        _put(node.input, slot.given, slot.before)
        _put(node.output, slot.kept, slot.after)
        renamed(graph, {kept: slot.after} if kept else {})
        graph.input.append(helper.make_tensor_value_info(slot.before, kind, shape))
        graph.output.append(helper.make_tensor_value_info(slot.after, kind, None))
    _keep_only(graph, [output, *(slot.after for slot in slots)])
    _free(graph)
    return made


def showing(model: Any, names: list[str]) -> Any:
    """Return a model with more of its tensors as outputs."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    shown = {each.name for each in made.graph.output}
    types = _types(model)
    for name in names:
        if name not in shown:
            kind = types.get(name, TensorProto.FLOAT)
            made.graph.output.append(helper.make_tensor_value_info(name, kind, None))
    return made


def only(model: Any, kinds: Mapping[str, int]) -> Any:
    """Return what a model needs for these tensors alone, of these types of numbers."""
    made = showing(model, list(kinds))
    for each in made.graph.output:
        if each.name in kinds:
            each.type.tensor_type.elem_type = kinds[each.name]
    _keep_only(made.graph, list(kinds))
    return made


def named_states(model: Any, slots: list[Slot]) -> tuple[Any, dict[str, str]]:
    """Return a model whose nodes all name their states of every step, and those names by part."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    names = {}
    for slot in slots:
        if slot.states is not None:
            node = made.graph.node[slot.node]
            if not node.output[slot.states]:
                node.output[slot.states] = f"{PREFIX}{slot.part}.all"
            names[slot.part] = node.output[slot.states]
    return made, names


def kind_of(model: Any, node: Any) -> int:
    """Return the type of numbers that a cell computes in, as `TensorProto` has it."""
    return _weights(node, _types(model))


def _slots(node: Any, index: int, name: str) -> Iterator[Slot]:
    if node.op_type in CELLS:
        for place, part in enumerate(CELLS[node.op_type]):
            given = INITIAL + place
            initial = node.input[given] if len(node.input) > given else ""
            states = 0 if part == "h" else None
            yield Slot(f"{name}.{part}", index, given, 1 + place, initial, 1, states)
        return
    first = 2 if node.op_type == "Loop" else 0  # how often, and whether to go on
    for place in range(_n_carried(node)):
        given = first + place
        yield Slot(f"{name}.{place}", index, given, place, node.input[given], None)


def _n_carried(node: Any) -> int:
    """Return how many tensors go around in a Scan or a Loop."""
    if node.op_type == "Loop":
        return len(node.input) - 2
    return len(node.input) - int(attribute(node, "num_scan_inputs", 0))


def _put(names: Any, place: int, name: str) -> None:
    names.extend([""] * (place + 1 - len(names)))
    names[place] = name


def renamed(graph: Any, names: Mapping[str, str]) -> None:
    """Let all that makes or reads a tensor do so by another name, in the graphs inside too."""
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
        for inner in graphs_in(node):
            renamed(inner, names)
    for each in (*graph.output, *graph.initializer):
        each.name = names.get(each.name, each.name)


def _keep_only(graph: Any, outputs: list[str]) -> None:
    """Take away all outputs but those named, and every node and input that none of them needs."""
    needed, nodes = set(outputs), []
    for node in reversed(graph.node):
        if needed & set(node.output):
            nodes.append(node)
            needed |= set(_read_by(node))
    for held, left in (
        (graph.node, nodes[::-1]),
        (graph.input, [each for each in graph.input if each.name in needed]),
        (graph.output, [each for each in graph.output if each.name in set(outputs)]),
    ):
        copies = [type(each).FromString(each.SerializeToString()) for each in left]
        del held[:]
        held.extend(copies)


def _read_by(node: Any) -> Iterator[str]:
    yield from node.input
    for inner in graphs_in(node):
        yield from (each.name for each in inner.output)
        for each in inner.node:
            yield from _read_by(each)


def _free(graph: Any) -> None:
    """Take from a graph what it says of the sizes of batch and time."""
    del graph.value_info[:]
    for each in graph.input:
        for axis, size in enumerate(each.type.tensor_type.shape.dim[:2]):
            if each.type.tensor_type.shape.dim and not each.name.startswith(PREFIX):
                size.Clear()
                size.dim_param = f"{each.name}.{axis}"
    for each in graph.output:
        each.type.tensor_type.ClearField("shape")


def _types(model: Any) -> dict[str, int]:
    """Return the type of numbers of each tensor of a graph whose type can be told."""
    graph = onnx.shape_inference.infer_shapes(model).graph
    told = [*graph.input, *graph.output, *graph.value_info]
    types = {each.name: each.type.tensor_type.elem_type for each in told}
    return types | {each.name: each.data_type for each in graph.initializer}


def _weights(node: Any, types: dict[str, int]) -> int:
    return types.get(node.input[0]) or types.get(node.input[2]) or TensorProto.FLOAT
