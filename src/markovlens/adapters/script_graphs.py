"""Graphs of TorchScript, run node by node in Python, with torch's own operators.

Its calls cannot be hooked, since they never leave C++. Its graph can be read, and each node is a
call of an operator of torch's. Source: torch 2.13, the JIT's intermediate representation.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

from markovlens.adapters.precision import in_type
from markovlens.adapters.torch_seams import CELLS, STACKS, Seams
from markovlens.errors import DataError


class Graph:
    """The graph of a module, run node by node."""

    def __init__(self, model: Any, graph: Any, dtype: torch.dtype) -> None:
        self._model, self._graph, self._dtype = model, graph, dtype  # which nodes are parts of
        self._block = _Block.of(graph)

    def __call__(self, inputs: Tensor, seams: Seams) -> Any:
        """Return what the module returns for inputs (B, T, ...)."""
        own, read, *others = self._block.inputs
        values: dict[str, Any] = dict.fromkeys(others) | {
            own: self._model,
            read: in_type(inputs, self._dtype),
        }
        (output,) = self._block.run(values, seams)
        return output


@dataclass(frozen=True)
class _Node:
    """A node, of which names are looked up once: a graph is run thousands of times.

    Attributes:
        call: of the values that it reads, of all by name, and of the seams.
        reads, gives: names of values.
    """

    call: Callable[[list[Any], dict[str, Any], Seams], Any]
    reads: tuple[str, ...]
    gives: tuple[str, ...]

    @classmethod
    def of(cls, node: Any) -> _Node:
        return cls(_call_of(node), _names(node.inputs()), _names(node.outputs()))


@dataclass(frozen=True)
class _Block:
    """Nodes in order, and names of what they read from outside and give."""

    nodes: tuple[_Node, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    @classmethod
    def of(cls, block: Any) -> _Block:
        nodes = tuple(map(_Node.of, block.nodes()))
        return cls(nodes, _names(block.inputs()), _names(block.outputs()))

    def run(self, values: dict[str, Any], seams: Seams) -> list[Any]:
        """Return the outputs of the block, whose inputs are among the values."""
        for node in self.nodes:
            found = node.call([values[name] for name in node.reads], values, seams)
            several = [found] if len(node.gives) == 1 else found or []
            values.update(zip(node.gives, several, strict=True))
        return [values[name] for name in self.outputs]


def _names(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(each.debugName() for each in values)


def _call_of(node: Any) -> Callable[[list[Any], dict[str, Any], Seams], Any]:
    """Return what a node does."""
    kind = node.kind()
    blocks = tuple(map(_Block.of, node.blocks()))
    if kind == "prim::Constant":
        constant = node.output().toIValue()
        return lambda given, values, seams: constant
    if kind in STRUCTURE:
        made = STRUCTURE[kind]
        return lambda given, values, seams: made(node, given)
    if kind == "prim::If":
        return lambda given, values, seams: _as_outputs(
            node, blocks[0 if given[0] else 1].run(values, seams)
        )
    if kind == "prim::Loop":
        return lambda given, values, seams: _as_outputs(
            node, _run_loop(blocks[0], given, values, seams)
        )
    return _operation_of(node)


def _operation_of(node: Any) -> Callable[[list[Any], dict[str, Any], Seams], Any]:
    """Return what a node of an operator does, which is looked up once it is reached."""
    called = node.kind().partition("::")[2]
    function = cache(lambda: PYTHONS.get(called) or _operator(node.schema()))
    if called in STACKS or called in CELLS:
        return lambda given, values, seams: seams.call(node, called, function(), given)
    return lambda given, values, seams: function()(*given)


def _run_loop(body: _Block, given: list[Any], values: dict[str, Any], seams: Seams) -> list[Any]:
    """Return what a loop carries after it: `given` is how often at most, whether, and carried."""
    most, go_on, *carried = given
    count = 0
    while go_on and count < most:
        values.update(zip(body.inputs, [count, *carried], strict=True))
        go_on, *carried = body.run(values, seams)
        count += 1
    return carried


def _as_outputs(node: Any, found: list[Any]) -> Any:
    """Return what a node with blocks gives, one value where it has one output."""
    return found[0] if node.outputsSize() == 1 else found


@cache
def _operator(signature: str) -> Callable[..., Any]:
    """Return the function of torch of a signature; it takes all arguments by position."""
    schema = torch._C.parse_schema(signature)
    function, _, _ = torch._C._get_operation_overload(schema.name, schema.overload_name)
    named = [each.name for each in schema.arguments if each.kwarg_only]

    def call(*given: Any) -> Any:
        first = len(given) - len(named)
        return function(*given[:first], **dict(zip(named, given[first:], strict=True)))

    return call


def _attribute(node: Any, given: Sequence[Any]) -> Any:
    return getattr(given[0], node.s("name"))


def _raised(node: Any, given: Sequence[Any]) -> Any:
    raise DataError(f"it says: {given[0]}", page="network-fails")


STRUCTURE: dict[str, Callable[[Any, list[Any]], Any]] = {
    "prim::GetAttr": _attribute,
    "prim::ListConstruct": lambda node, given: list(given),
    "prim::TupleConstruct": lambda node, given: tuple(given),
    "prim::DictConstruct": lambda node, given: dict(zip(given[::2], given[1::2], strict=True)),
    "prim::TupleUnpack": lambda node, given: given[0][0] if node.outputsSize() == 1 else given[0],
    "prim::ListUnpack": lambda node, given: given[0][0] if node.outputsSize() == 1 else given[0],
    "prim::TupleIndex": lambda node, given: given[0][given[1]],
    "prim::unchecked_cast": lambda node, given: given[0],
    "prim::unchecked_unwrap_optional": lambda node, given: given[0],
    "prim::Uninitialized": lambda node, given: None,
    "prim::NumToTensor": lambda node, given: torch.as_tensor(given[0]),
    "prim::Print": lambda node, given: None,
    "prim::RaiseException": _raised,
}
# What operators on other things than tensors do.
PYTHONS: dict[str, Callable[..., Any]] = {
    "__is__": operator.is_,
    "__isnot__": operator.is_not,
    "__not__": operator.not_,
    "__contains__": operator.contains,
    "__getitem__": operator.getitem,
    "format": lambda text, *given: text.replace("{}", "%s") % given,
    "warn": lambda *given: None,
    "len": len,
    "list": list,
    "dim": Tensor.dim,
    "dtype": lambda values: values.dtype,
    "device": lambda values: values.device,
    "append": list.append,
    "Int": int,
    "Float": float,
    "Bool": bool,
}
