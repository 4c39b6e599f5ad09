"""What an ONNX graph keeps: seen over whole sequences, and step by step with its state cut open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from onnx.helper import tensor_dtype_to_np_dtype
from onnx.numpy_helper import to_array
from torch import Tensor

from markovlens.adapters.axes import Axes, corner, is_transposed, moved_along, sizes_of
from markovlens.adapters.contract import State
from markovlens.adapters.onnx_graphs import (
    Slot,
    attribute,
    direction_of,
    hiding_missing,
    kind_of,
    named_states,
    opened,
    showing,
    stacked_in,
)
from markovlens.adapters.onnx_runs import Graph, Ports
from markovlens.adapters.reads import Reads
from markovlens.errors import DataError, RecordingWarning, warn

DIRECTIONS = {"forward": ("",), "reverse": (".backward",), "bidirectional": ("", ".backward")}


@dataclass(frozen=True)
class Graphs:
    """A model, its name for messages, and where its state is."""

    name: str
    model: Any
    slots: tuple[Slot, ...]

    def node(self, slot: Slot) -> Any:
        """Return the node that carries a part."""
        return self.model.graph.node[slot.node]


@dataclass(frozen=True)
class Whole:
    """A graph run as it is, over whole sequences; see `contract.Watched`.

    Attributes:
        graphs: the model.
        graph: it, with states of every step and what the state begins with as outputs.
        ports: its inputs.
        output, axes: its answer.
        states: names of the states of every step (T, directions, B, H), by part.
        timed: names of all tensors whose first axis is time for certain.
        reads: what it reads.
        batch: how many sequences it takes at once; None where any number.
    """

    graphs: Graphs
    graph: Graph
    ports: Ports
    output: str
    axes: Axes
    states: Mapping[str, str]
    timed: Sequence[str]
    reads: Reads
    batch: int | None

    @classmethod
    def of(cls, graphs: Graphs, ports: Ports, output: str, reads: Reads) -> Whole:
        """Return a graph with what is learnt of its axes from a few runs."""
        model, states = named_states(graphs.model, list(graphs.slots))
        timed = [*states.values(), *stacked_in(model.graph)]
        begun = [slot.initial for slot in graphs.slots if slot.initial in _made_in(model)]
        answer = output or model.graph.output[0].name
        if answer not in {each.name for each in graphs.model.graph.output}:
            names = ", ".join(each.name for each in graphs.model.graph.output)
            raise DataError(
                f"{graphs.name}: expected an output of {names}, got {answer!r}", page="unknown-name"
            )
        graph = Graph(graphs.name, showing(model, [*timed, *begun]))
        batch, steps = ports.sequences.shape[:2]
        found = cls(graphs, graph, ports, answer, Axes(None), states, timed, reads, batch)
        if found.is_time_first(sizes_of(batch, steps)[0]):
            batch, steps = steps, batch
            found = replace(found, ports=replace(ports, time_first=True), batch=batch)
        found = replace(found, reads=replace(reads, n_steps=steps))
        axes = Axes.learnt(
            lambda inputs: found.run(inputs.numpy(), [answer])[0],
            found.reads,
            sizes_of(batch, steps),
        )
        if axes is None:
            raise DataError(
                f"{graphs.name}: expected outputs (B, T, C) or (B, C), {answer!r} has axes that "
                "are neither; name another, output=NAME",
                page="wrong-outputs",
            )
        return replace(found, axes=axes)

    def made(self, batch: int, steps: int) -> np.ndarray:
        """Return inputs (B, T, ...) to try it on."""
        return self.reads.made(batch, steps).numpy()

    def run(self, inputs: np.ndarray, names: Sequence[str]) -> list[np.ndarray]:
        """Return the tensors of these names for inputs (B, T, ...)."""
        return self.graph.run(self.ports.feeds(inputs), names)

    def is_time_first(self, size: tuple[int, int]) -> bool:
        """Return whether inputs laid out (B, T) come to the cells as if they were (T, B)."""
        if not self.timed:
            return False
        if size[0] == size[1]:
            return self._is_transposed(size)
        try:
            (steps,) = self.run(self.made(*size), self.timed[:1])
        except DataError:  # lengths, or first states, of so many sequences do not fit
            return True
        return bool(steps.shape[0] == size[0])

    def _is_transposed(self, size: tuple[int, int]) -> bool:
        """Return the same where B = T: a change of one sequence shows it."""
        laid = self.reads.made(*size)
        others = self.reads.changed(laid, corner(laid))
        (one,), (other,) = (self.run(each.numpy(), self.timed[:1]) for each in (laid, others))
        if self.timed[0] in self.states.values():
            return is_transposed(laid, moved_along(one, other, 2))
        return 0 in moved_along(one, other, 0)  # of a loop, the first step, and nothing backwards

    def watch(self, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the states (B, T, H) of its cells, and outputs, NaN where there are none."""
        if self.batch is not None and len(inputs) != self.batch:  # one sequence, as often as asked
            states, outputs = self.watch(inputs.expand(self.batch, *inputs.shape[1:]))
            return {name: part[:1] for name, part in states.items()}, outputs[:1]
        self.warn_of_missing(inputs)
        answer, *found = self.run(inputs.numpy(), [self.output, *self.states.values()])
        seen: dict[str, Tensor] = {}
        for slot, values in zip(self._shown(), found, strict=True):
            kind = direction_of(self.graphs.node(slot))
            for place, suffix in enumerate(DIRECTIONS[kind]):
                seen[slot.part + suffix] = _tensor(values[:, place].swapaxes(0, 1))
        return seen, self._spread(answer, inputs.shape[1])

    def warn_of_missing(self, inputs: Tensor) -> None:
        """Warn where onnxruntime makes numbers of missing values (NaN) among inputs."""
        if not inputs.is_floating_point() or not inputs.isnan().any():
            return
        cells = hiding_missing(self.graphs.model.graph)
        if cells:
            warn(
                f"{self.graphs.name}: missing values (NaN) leave no trace in onnxruntime's {cells}"
                ", and would be NaN from there on in the network that was exported; fill them as "
                "in its training",
                RecordingWarning,
            )

    def answers(self, values: np.ndarray) -> np.ndarray:
        """Return an output as (B, T, C), or (B, 1, C) where there is one after the last step."""
        found: np.ndarray = self.axes.by_step(values)
        return found

    def begun(self, inputs: np.ndarray) -> list[np.ndarray]:
        """Return what each part of the state begins with, as the graph has it."""
        fed = self.ports.feeds(inputs)
        held = {each.name: each for each in self.graphs.model.graph.initializer}
        return [self._begun(slot, inputs, fed, held) for slot in self.graphs.slots]

    def _begun(
        self, slot: Slot, inputs: np.ndarray, fed: Mapping[str, np.ndarray], held: Mapping[str, Any]
    ) -> np.ndarray:
        if not slot.initial:
            node = self.graphs.node(slot)
            dtype = tensor_dtype_to_np_dtype(kind_of(self.graphs.model, node))
            return np.zeros((1, len(inputs), attribute(node, "hidden_size", 0)), dtype=dtype)
        if slot.initial in held:
            return to_array(held[slot.initial])
        if slot.initial in fed:
            return fed[slot.initial]
        return self.run(inputs, [slot.initial])[0]

    def _shown(self) -> list[Slot]:
        return [slot for slot in self.graphs.slots if slot.part in self.states]

    def _spread(self, answer: np.ndarray, steps: int) -> Tensor:
        found = _tensor(self.answers(answer))
        if found.shape[1] == steps:
            return found
        before = torch.full((len(found), steps - 1, found.shape[2]), torch.nan)
        return torch.cat([before, found], dim=1)


class Steps:
    """A graph whose state comes from outside, one step a run; see `contract.Stepwise`."""

    def __init__(self, whole: Whole) -> None:
        """Cut it open; raises `DataError` where that cannot be."""
        self._whole, graphs = whole, whole.graphs
        for slot in graphs.slots:
            _check_forward(graphs.node(slot))
        self._axes, self._begin = _beginning(whole)
        pairs = zip(graphs.slots, self._axes, self._begin, strict=True)
        shapes = [_shape(axes, _back(slot, axes, begin.numpy())) for slot, axes, begin in pairs]
        model = opened(graphs.model, graphs.slots, shapes, output=whole.output)
        self._graph = Graph(f"{graphs.name}, its state cut open", model)
        self._ports = whole.ports.within(model)
        self.step(self.initial(1), torch.as_tensor(whole.made(1, 1)[:, 0]))  # whether it runs

    def initial(self, batch: int) -> State:
        """Return the state of `batch` networks that have read nothing."""
        return {
            slot.part: begin.expand(batch, *begin.shape[1:])
            for slot, begin in zip(self._whole.graphs.slots, self._begin, strict=True)
        }

    def step(self, state: State, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the state after one more input, and the output (B, C)."""
        self._whole.warn_of_missing(inputs)
        slots = self._whole.graphs.slots
        feeds = self._ports.feeds(inputs[:, None].numpy())
        for slot, axes in zip(slots, self._axes, strict=True):
            feeds[slot.before] = np.ascontiguousarray(_back(slot, axes, state[slot.part].numpy()))
        answer, *after = self._graph.run(
            feeds, [self._whole.output, *(slot.after for slot in slots)]
        )
        kept = {
            slot.part: _first(slot, axes, values)
            for slot, axes, values in zip(slots, self._axes, after, strict=True)
        }
        return kept, _tensor(self._whole.answers(answer)[:, -1])

    def watch(self, inputs: Tensor) -> tuple[State, Tensor]:
        """Do what `Whole.watch` does."""
        return self._whole.watch(inputs)


def _beginning(whole: Whole) -> tuple[list[Axes], list[Tensor]]:
    """Return the batch axis of each part of the state, and what it is at first, (1, ...)."""
    slots = whole.graphs.slots
    sizes = sizes_of(whole.batch, whole.reads.n_steps)
    seen = [whole.begun(whole.made(*size)) for size in sizes]
    batch, steps = sizes[0]
    other = whole.begun(whole.made(2 * batch, steps)[batch:])
    begin, axes = [], []
    for place, slot in enumerate(slots):
        if not np.array_equal(seen[0][place], other[place]):
            raise DataError(
                f"{slot.part} begins in a state that the inputs decide", page="cannot-be-asked"
            )
        found = Axes.seen([each[place].shape for each in seen], [(size[0], 0) for size in sizes])
        if found is None:
            raise DataError(
                f"{slot.part} has another number of axes for other batches", page="cannot-be-asked"
            )
        axes.append(Axes(slot.batch_axis) if slot.batch_axis is not None else found)
        begin.append(_first(slot, axes[-1], seen[0][place])[:1])
    return axes, begin


def _check_forward(node: Any) -> None:
    if direction_of(node) != "forward":
        raise DataError(
            f"{node.op_type} {node.name} reads backwards, too: what it says depends on what comes "
            "later, and it cannot be asked step by step",
            page="reads-backwards",
        )


def _first(slot: Slot, axes: Axes, values: np.ndarray) -> Tensor:
    """Return a part as the graph has it as (B, ...); a cell's axis of directions goes."""
    laid = axes.first(values)
    return _tensor(laid[:, 0] if _is_cell(slot) else laid)


def _back(slot: Slot, axes: Axes, values: np.ndarray) -> np.ndarray:
    return axes.back(values[:, None] if _is_cell(slot) else values)


def _shape(axes: Axes, values: np.ndarray) -> tuple[int | None, ...]:
    """Return the shape of a part as the graph has it, None for the batch."""
    return tuple(None if axis == axes.batch else size for axis, size in enumerate(values.shape))


def _is_cell(slot: Slot) -> bool:
    return slot.batch_axis is not None


def _made_in(model: Any) -> set[str]:
    """Return the names of all tensors that a graph computes."""
    return {name for node in model.graph.node for name in node.output}


def _tensor(values: np.ndarray) -> Tensor:
    """Return values as a tensor of their own memory; whole numbers stay what they are."""
    return torch.from_numpy(np.ascontiguousarray(values)).clone()
