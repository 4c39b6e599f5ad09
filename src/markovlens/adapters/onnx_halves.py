"""One direction of the bidirectional nodes of an ONNX graph, the other at what it says on average.

In ONNX the weights of RNN, GRU and LSTM hold both directions, one after the other, and so do
their states (operators of opset 7-25). Half of each makes a node that reads forward; for the
backward direction the whole graph is given sequences from their end. See `recurrence.halves`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import Tensor

from markovlens.adapters.halves import Direction, as_read, batches_of, checked_direction, limit_of
from markovlens.adapters.onnx_graphs import (
    CARRYING,
    CELLS,
    LENGTHS,
    PREFIX,
    attribute,
    direction_of,
    showing,
)
from markovlens.adapters.onnx_runs import Graph
from markovlens.adapters.onnx_states import Whole
from markovlens.adapters.precision import suited
from markovlens.errors import DataError
from markovlens.sequences import Sequences

BOTH = "bidirectional"
PLAIN = ("RNN", "GRU", "LSTM")
OVER_STEPS = 0  # position of the output (T, 2, B, H); others, (2, B, H), are last states
LISTS = ("activations", "activation_alpha", "activation_beta")  # both directions, one after another


def half_of_model(whole: Whole, direction: Direction, like: Sequences | None) -> Any:
    """Return a model of which one direction is left, of one that reads both ways.

    Raises:
        ConfigError: no such direction.
        DataError: no `like`, no bidirectional nodes, or directions that cannot be parted.
    """
    given = checked_direction(direction, like)
    backward = direction == "backward"
    model = whole.graphs.model
    both = _bidirectional(model.graph, backward=backward)
    names = [name for node in both for name in node.output if name]
    other = 0 if backward else 1
    means = dict(zip(names, _means(whole, names, both, given, other), strict=True))
    made = onnx.ModelProto()
    made.CopyFrom(model)
    graph = made.graph
    held = {each.name: each for each in graph.initializer}
    nodes = [
        part
        for number, node in enumerate(model.graph.node)
        for part in (
            _parted(f"{PREFIX}{number}", node, means, held, 1 - other)
            if direction_of(node) == BOTH
            else [_forward(node)]
        )
    ]
    del graph.node[:]
    graph.node.extend(nodes)
    return made


def kept_of(whole: Whole, half: Whole, direction: Direction, like: Sequences | None) -> str:
    """Return in words which share of the whole network's answers a half gives."""
    given = checked_direction(direction, like)
    backward = direction == "backward"
    batches = [suited(each, torch.empty(0)) for each in batches_of(given)]
    found = (_answers(half, as_read(each, backward)) for each in batches)
    wanted = [_answers(whole, each) for each in batches]
    return limit_of(direction, wanted, [as_read(each, backward) for each in found])


def _bidirectional(graph: Any, *, backward: bool) -> list[Any]:
    """Return the bidirectional nodes; raises `DataError` where they cannot be parted."""
    reading = [node for node in graph.node if node.op_type in (*CELLS, *CARRYING)]
    both = [node for node in reading if direction_of(node) == BOTH]
    if not both:
        raise DataError(
            "direction: the graph has no bidirectional nodes; adapt it without `direction`",
            page="reads-backwards",
        )
    wanted = "reverse" if backward else "forward"
    for node in reading:
        if direction_of(node) not in (BOTH, wanted):
            raise DataError(
                f"{node.op_type} {node.name} reads {direction_of(node)} alone beside nodes that "
                f"read both ways, so that no half of the network reads {wanted}",
                page="reads-backwards",
            )
    for node in both:
        if node.op_type not in PLAIN:
            raise DataError(
                f"{node.op_type} {node.name} is quantised as it runs, and its directions cannot be "
                "parted; only those of RNN, GRU and LSTM can",
                page="reads-backwards",
            )
    return both


def _means(
    whole: Whole, names: Sequence[str], both: Sequence[Any], like: Sequences, other: int
) -> Iterator[np.ndarray]:
    """Yield the mean (H,) over `like` of what a direction has in each of some outputs."""
    over_steps = {node.output[OVER_STEPS] for node in both}
    graph = Graph(whole.graphs.name, showing(whole.graphs.model, list(names)))
    runs = [
        graph.run(whole.ports.feeds(inputs.numpy()), names)
        for each in batches_of(like)
        for inputs in _laid(whole, suited(each, torch.empty(0)))
    ]
    for name, *found in zip(names, *runs, strict=True):
        axis = 1 if name in over_steps else 0
        rows = [each.take(other, axis).reshape(-1, each.shape[-1]) for each in found]
        yield np.concatenate(rows).mean(axis=0, dtype=np.float64).astype(rows[0].dtype)


def _laid(whole: Whole, inputs: Tensor) -> Sequence[Tensor]:
    """Return inputs as a graph takes them: one, as often as asked, where it asks for a number."""
    if whole.batch is None:
        return [inputs]
    return [each[None].expand(whole.batch, *each.shape) for each in inputs]


def _answers(whole: Whole, inputs: Tensor) -> Tensor:
    """Return the answers (B, T, C), or (B, 1, C) where there is one after the last step."""
    found = []
    for each in _laid(whole, inputs):
        (answer,) = whole.run(each.numpy(), [whole.output])
        rows = torch.as_tensor(whole.answers(answer))
        found.append(rows if whole.batch is None else rows[:1])
    return torch.cat(found)


def _forward(node: Any) -> Any:
    """Return a node that reads forward; what reads the other way is given its inputs reversed."""
    made = onnx.NodeProto()
    made.CopyFrom(node)
    for each in made.attribute:
        if each.name == "direction":
            each.s = b"forward"
    return made


def _parted(
    name: str, node: Any, means: dict[str, np.ndarray], held: dict[str, Any], kept: int
) -> list[Any]:
    """Return nodes in the place of a bidirectional one: direction `kept`, the other at its mean."""
    half = _forward(node)
    _halve_lists(half)
    before, after = [], []
    for place, given in enumerate(node.input):
        if given and place not in (0, LENGTHS):
            half.input[place] = f"{name}.in{place}"
            before += _cut(given, half.input[place], held, kept)
    for place, made in enumerate(node.output):
        if made:
            half.output[place] = f"{name}.out{place}"
            axis = 1 if place == OVER_STEPS else 0
            after += _beside(half.output[place], made, means[made], axis=axis, kept=kept)
    return [*before, half, *after]


def _cut(given: str, name: str, held: dict[str, Any], kept: int) -> list[Any]:
    """Return nodes that take one direction of a tensor whose first axis they are.

    What the file holds is cut here and now, so that it is held in the new model, too.
    """
    if given in held:
        part = numpy_helper.to_array(held[given])[kept : kept + 1]
        return [_constant(name, part)]
    index = _constant(f"{name}.which", np.array([kept], dtype=np.int64))
    return [index, helper.make_node("Gather", [given, f"{name}.which"], [name], axis=0)]


def _beside(own: str, name: str, mean: np.ndarray, *, axis: int, kept: int) -> list[Any]:
    """Return nodes that make what both directions say of what one does, beside a mean (H,)."""
    shape = (1,) * (axis + 2) + mean.shape
    pair = [own, f"{own}.other"]
    return [
        _constant(f"{own}.mean", mean.reshape(shape)),
        helper.make_node("Shape", [own], [f"{own}.shape"]),
        helper.make_node("Expand", [f"{own}.mean", f"{own}.shape"], [f"{own}.other"]),
        helper.make_node("Concat", pair if kept == 0 else pair[::-1], [name], axis=axis),
    ]


def _constant(name: str, values: np.ndarray) -> Any:
    return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(values, name))


def _halve_lists(node: Any) -> None:
    """Leave one direction's activations; raises `DataError` where theirs differ."""
    for name in LISTS:
        values = list(attribute(node, name, []))
        half = len(values) // 2
        if values[:half] != values[half:]:
            raise DataError(
                f"{node.op_type} {node.name} has other {name} for each direction, which cannot be "
                "parted",
                page="reads-backwards",
            )
        for each in list(node.attribute):
            if each.name == name:
                node.attribute.remove(each)
                node.attribute.append(helper.make_attribute(name, values[:half]))
