"""Branches of ONNX that are always the same are put in place of the node that chooses.

An `If` asks what a file was exported for: a rate of samples, whether there is a batch. Cells inside
a branch show no state; where what decides is the same for all inputs, they are nodes like others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper
from onnx.numpy_helper import to_array

from markovlens.adapters.axes import sizes_of
from markovlens.adapters.longer import STEPS
from markovlens.adapters.onnx_files import graphs_in, nodes_of
from markovlens.adapters.onnx_graphs import CARRYING, CELLS, PREFIX, attribute, only, renamed
from markovlens.adapters.onnx_runs import Graph, Ports
from markovlens.errors import DataError

BRANCHES = ("else_branch", "then_branch")  # by what the condition says


def without_branches(name: str, model: Any, ports: Ports) -> tuple[Any, tuple[str, ...]]:
    """Return a model with the branch that is always taken in place of each `If` that holds cells.

    What decides is computed for short and long inputs, few and many, and must be the same.

    Args:
        name: of the model, for messages.
        model: the model.
        ports: its inputs.

    Returns:
        The model, and in words which cells stay hidden in branches that the inputs decide.
    """
    hidden: list[str] = []
    while (place := _next(model.graph, len(hidden))) is not None:
        node = model.graph.node[place]
        said = _decided(name, model, node.input[0], ports)
        if said is None:
            kinds = " and ".join(sorted({each.op_type for each in _held_in(node)}))
            hidden.append(f"{kinds} inside an If that its inputs decide: their states are not seen")
        else:
            model = _with_branch(model, place, BRANCHES[said])
    return model, tuple(hidden)


def _next(graph: Any, skipped: int) -> int | None:
    """Return the place of the first `If` that holds cells, after those that stay."""
    places = (
        place
        for place, node in enumerate(graph.node)
        if node.op_type == "If" and any(True for _ in _held_in(node))
    )
    return next((place for count, place in enumerate(places) if count >= skipped), None)


def _held_in(node: Any) -> Iterator[Any]:
    """Yield the nodes inside a node that may keep a state."""
    for inner in graphs_in(node):
        for each in nodes_of(inner):
            if each.op_type in CELLS or each.op_type in CARRYING:
                yield each


def _decided(name: str, model: Any, condition: str, ports: Ports) -> bool | None:
    """Return what a condition always is; None where inputs decide it, or it cannot be computed."""
    held = {each.name: each for each in model.graph.initializer}
    if condition in held:
        return bool(to_array(held[condition]).all())
    graph = Graph(name, only(model, {condition: TensorProto.BOOL}))
    try:
        found = {bool(graph.run(feeds, [condition])[0].all()) for feeds in _tried(ports, graph)}
    except DataError:
        return None
    return found.pop() if len(found) == 1 else None


def _tried(ports: Ports, graph: Graph) -> Iterator[dict[str, np.ndarray]]:
    """Yield inputs of several sizes, zeros and ones, as far as a graph reads them."""
    sequences = ports.sequences
    batch, steps = sequences.shape[:2]
    row = tuple(size or 1 for size in sequences.shape[2:])
    free = [(1, 1), (1, STEPS), (STEPS, 1)]  # whichever of the two is time
    for size in [*sizes_of(batch, steps), *((batch or b, steps or t) for b, t in free)]:
        for value in (0, 1):
            feeds = ports.feeds(np.full((*size, *row), value))
            feeds |= {
                port.name: np.full_like(feeds[port.name], value)
                for port in ports.others
                if port.name not in ports.given
            }
            yield {key: values for key, values in feeds.items() if key in graph.reads}


def _with_branch(model: Any, place: int, branch: str) -> Any:
    """Return a model with a branch of the `If` at a place among its nodes in the place of it."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    node = made.graph.node[place]
    inner = attribute(node, branch, None)
    own = [name for each in inner.node for name in each.output if name]
    own += [each.name for each in inner.initializer]
    renamed(inner, {each: f"{PREFIX}if{place}.{each}" for each in own})
    nodes = [*made.graph.node[:place], *inner.node]
    for said, wanted in zip(inner.output, node.output, strict=True):
        nodes.append(helper.make_node("Identity", [said.name], [wanted]))
    nodes += made.graph.node[place + 1 :]
    copies = [type(each).FromString(each.SerializeToString()) for each in nodes]
    made.graph.initializer.extend(inner.initializer)
    del made.graph.node[:]
    made.graph.node.extend(copies)
    return made
