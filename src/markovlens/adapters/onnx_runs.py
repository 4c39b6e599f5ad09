"""Runs of an ONNX graph in onnxruntime, with batch and time where we have them: (B, T, ...)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import helper

from markovlens.arguments import known_names
from markovlens.errors import DataError, reason_of

QUIET = 4  # onnxruntime says fatal errors only; the others are exceptions, too


class Graph:
    """One graph that can be run."""

    def __init__(self, name: str, model: Any) -> None:
        """Load it; raises `DataError` where onnxruntime cannot."""
        self.name = name
        options = onnxruntime.SessionOptions()
        options.log_severity_level = QUIET
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            self._session = onnxruntime.InferenceSession(
                model.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime has a kind for each of its codes
            raise DataError(
                f"{name}: onnxruntime cannot load it ({reason_of(error)})", page="damaged-file"
            ) from error
        self.reads = frozenset(each.name for each in self._session.get_inputs())

    def run(self, feeds: Mapping[str, np.ndarray], names: Sequence[str]) -> list[np.ndarray]:
        """Return the tensors of these names; raises `DataError` where onnxruntime fails."""
        try:
            return self._session.run(list(names), dict(feeds))
        except Exception as error:
            raise DataError(
                f"{self.name}: fails in onnxruntime ({reason_of(error)})", page="network-fails"
            ) from error


@dataclass(frozen=True, slots=True)
class Port:
    """An input of a graph.

    Attributes:
        name: its name.
        dtype: of its numbers.
        shape: declared sizes of its axes, None where free.
    """

    name: str
    dtype: np.dtype
    shape: tuple[int | None, ...]

    @classmethod
    def of(cls, value: Any) -> Port:
        """Return the port of a graph's input."""
        kind = value.type.tensor_type
        shape = tuple(each.dim_value or None for each in kind.shape.dim)
        return cls(value.name, np.dtype(helper.tensor_dtype_to_np_dtype(kind.elem_type)), shape)

    @property
    def holds_symbols(self) -> bool:
        """Whether its numbers are whole."""
        return self.dtype.kind in "iu"

    def held(self, name: str, value: Any) -> np.ndarray:
        """Return what somebody puts into it, as it takes it; raises `DataError` if it cannot."""
        found = np.asarray(value)
        if found.ndim > len(self.shape) or found.dtype.kind not in "iufb":
            raise DataError(
                f"{name}: expected numbers of the shape {self.shape} (None: any) for the input "
                f"{self.name!r}, got {found.dtype} of {found.shape}",
                page="graph-inputs",
            )
        cast = found.astype(self.dtype)
        if self.holds_symbols and not np.array_equal(cast, found):
            raise DataError(
                f"{name}: expected whole numbers for the input {self.name!r}", page="graph-inputs"
            )
        return cast.reshape((1,) * (len(self.shape) - found.ndim) + found.shape)

    def spread(self, held: np.ndarray, batch: int) -> np.ndarray:
        """Return what was put into it for one sequence, or for all, for a batch of them."""
        free = [axis for axis, size in enumerate(self.shape) if size is None][:1]
        if not free or held.shape[free[0]] == batch:
            return held
        if held.shape[free[0]] != 1:
            raise DataError(
                f"expected the input {self.name!r} given for one sequence, (1, ...), and so for "
                f"all, got it for {held.shape[free[0]]}",
                page="graph-inputs",
            )
        return held.repeat(batch, free[0])

    def filled(self, batch: int, steps: int) -> np.ndarray:
        """Return what is put into an input beside the sequences: full lengths, or zeros."""
        if self.holds_symbols and len(self.shape) == 1:
            return np.full(self.shape[0] or batch, steps, dtype=self.dtype)
        return np.zeros([size or batch for size in self.shape], dtype=self.dtype)


@dataclass(frozen=True, slots=True)
class Ports:
    """All inputs of a graph, and how its sequences lie.

    Attributes:
        sequences: the input with them.
        others: the other inputs.
        time_first: whether time is the first axis of the sequences, before the batch.
        given: what the user puts into inputs, by name.
    """

    sequences: Port
    others: tuple[Port, ...]
    time_first: bool
    given: Mapping[str, np.ndarray]

    def feeds(self, inputs: np.ndarray) -> dict[str, np.ndarray]:
        """Return what is put into the graph for inputs (B, T, ...)."""
        batch, steps = inputs.shape[:2]
        laid = inputs.swapaxes(0, 1) if self.time_first else inputs
        feeds = {self.sequences.name: np.ascontiguousarray(laid, dtype=self.sequences.dtype)}
        for port in self.others:
            feeds[port.name] = (
                port.spread(self.given[port.name], batch)
                if port.name in self.given
                else port.filled(batch, steps)
            )
        return feeds

    def within(self, model: Any) -> Ports:
        """Return those of them that a graph has left."""
        left = {each.name for each in model.graph.input}
        others = tuple(each for each in self.others if each.name in left)
        return Ports(self.sequences, others, self.time_first, self.given)


def ports_of(about: str, model: Any, given: Mapping[str, Any], name: str | None) -> Ports:
    """Return the inputs of a graph; that with the sequences is named, or the first with many axes.

    Raises:
        DataError: there is none of the name, or none that could hold sequences; or something is
            given for an input that is not there, or that it cannot hold.
    """
    held = {each.name for each in model.graph.initializer}
    ports = [Port.of(each) for each in model.graph.input if each.name not in held]
    named = {port.name: port for port in ports}
    for key in sorted(given.keys() - named.keys()):
        raise DataError(
            f"{about}: no input {key!r} to be given; {known_names('inputs', key, named)}",
            page="graph-inputs",
        )
    fitting = [
        port
        for port in ports
        if port.name not in given and (port.name == name if name else len(port.shape) >= 2)
    ]
    if not fitting:
        names = ", ".join(port.name for port in ports) or "none"
        raise DataError(
            f"expected {'an input ' + repr(name) if name else 'an input (B, T, ...)'} among the "
            f"inputs of the graph, there is {names}; name that of the sequences, input=NAME",
            page="graph-inputs",
        )
    others = tuple(port for port in ports if port is not fitting[0])
    laid = {key: named[key].held(about, value) for key, value in given.items()}
    return Ports(fitting[0], others, False, laid)


def symbols_of(model: Any, name: str) -> int | None:
    """Return how many rows the table has in which an input is looked up; None if it is in none."""
    held = {each.name: each for each in model.graph.initializer}
    held |= {
        node.output[0]: each.t
        for node in model.graph.node
        if node.op_type == "Constant"
        for each in node.attribute
        if each.type == onnx.AttributeProto.TENSOR
    }
    names = {name}
    for node in model.graph.node:
        if node.op_type in ("Cast", "Identity", "Transpose") and node.input[0] in names:
            names.add(node.output[0])
        if node.op_type == "Gather" and node.input[1] in names and node.input[0] in held:
            return int(held[node.input[0]].dims[0])
    return None
