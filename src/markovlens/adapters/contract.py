"""A network as two functions over its whole state: where it begins, and what one input does.

Whatever offers them can be recorded, asked and put into other states. The state is the *whole*
state: begun again from it, the network goes on as if nothing had happened.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from markovlens.adapters.precision import as_array
from markovlens.errors import DataError

State = Mapping[str, Tensor]
"""The parts of a state by name, each (B, ...), for B sequences side by side."""


@runtime_checkable
class Stepwise(Protocol):
    """What a network offers to be asked; torch's recurrent modules get it from `stepping`."""

    def initial(self, batch: int) -> State:
        """Return the state of `batch` networks that have read nothing."""
        ...

    def step(self, state: State, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the state after one more input, symbols (B,) or rows (B, D), and the output.

        The output (B, C) is whatever a `link` makes a distribution of; a row of NaN is none.
        """
        ...


@runtime_checkable
class ReadsOn(Protocol):
    """What a network may offer beside it, where many steps at once are faster than one by one."""

    def read(self, state: State, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the state after inputs (B, T, ...), and the outputs (B, T, C) on the way."""
        ...


@runtime_checkable
class Watched(Protocol):
    """What a network may offer beside it, or in its place where it can be watched alone."""

    def watch(self, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the states (B, T, ...) by part after each of inputs (B, T, ...), and the outputs.

        Every sequence begins anew, and the outputs are (B, T, C), rows of NaN where there is none.
        It is the framework's own run of whole sequences, against which `step` is checked.
        """
        ...


def read_on(network: Stepwise, state: State, inputs: Tensor) -> tuple[State, Tensor]:
    """Return the state after inputs (B, T, ...) read from `state` on, and the outputs (B, T, C)."""
    if isinstance(network, ReadsOn):
        return network.read(state, inputs)
    return one_by_one(network, state, inputs)


def one_by_one(network: Stepwise, state: State, inputs: Tensor) -> tuple[State, Tensor]:
    """Do what `read_on` does by `step` alone."""
    outputs = []
    for each in inputs.unbind(1):
        state, output = network.step(state, each)
        outputs.append(output)
    return state, torch.stack(outputs, dim=1)


def watched(network: Stepwise | Watched, inputs: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    """Return what `Watched.watch` does, by `step` alone where a network has no `watch`."""
    if isinstance(network, Watched):
        states, outputs = network.watch(inputs)
        return dict(states), outputs
    return looped(network, inputs)


def looped(network: Stepwise, inputs: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    """Do what `watched` does by `step` alone."""
    state = network.initial(len(inputs))
    seen: list[tuple[State, Tensor]] = []
    for each in inputs.unbind(1):
        state, output = network.step(state, each)
        seen.append((state, output))
    states = {name: torch.stack([each[name] for each, _ in seen], dim=1) for name in state}
    return states, torch.stack([output for _, output in seen], dim=1)


@dataclass(frozen=True, slots=True)
class Part:
    """Where one part of a state stands among the F numbers of a row.

    Attributes:
        shape: of the part of one network, without the batch.
        dtype: of its numbers.
        begin, end: columns.
    """

    shape: tuple[int, ...]
    dtype: torch.dtype
    begin: int
    end: int


def parts_of(state: State) -> dict[str, Part]:
    """Return where each part of a state stands in a row, in the order of the state."""
    parts: dict[str, Part] = {}
    begin = 0
    for name, value in state.items():
        end = begin + value[0].numel()
        parts[name] = Part(tuple(value.shape[1:]), value.dtype, begin, end)
        begin = end
    return parts


def as_rows(state: State) -> np.ndarray:
    """Return a state as rows (B, F), so that states can be exchanged, averaged and disturbed."""
    return as_array(torch.cat([value.flatten(1) for value in state.values()], dim=1))


def from_rows(rows: np.ndarray, parts: Mapping[str, Part], like: Tensor) -> dict[str, Tensor]:
    """Return rows (B, F) as a state on the device of `like`."""
    values = torch.as_tensor(np.ascontiguousarray(rows), device=like.device)
    return {
        name: values[:, part.begin : part.end].reshape(-1, *part.shape).to(part.dtype)
        for name, part in parts.items()
    }


class Guarded:
    """A network of somebody's own, each of whose answers is looked at before it is used."""

    def __init__(self, network: Stepwise) -> None:
        """Keep the network."""
        self._network = network

    def initial(self, batch: int) -> State:
        """Do what the network's own does; raises `DataError` for a state that is none."""
        state = _called("initial", self._network.initial, batch)
        check_state(state, batch)
        return state

    def step(self, state: State, inputs: Tensor) -> tuple[State, Tensor]:
        """Do what the network's own does; raises `DataError` for anything but state and output."""
        found = _called("step", self._network.step, state, inputs)
        if not isinstance(found, tuple) or len(found) != 2:
            raise DataError(
                "expected `step` to return two things, the state after the input and the output, "
                f"got {type(found).__name__}; return `state, output`",
                page="wrong-initial-and-step",
            )
        after, output = found
        check_state(after, len(inputs))
        if list(after) != list(state):
            raise DataError(
                f"expected `step` to return the parts {', '.join(state)}, as `initial` does and in "
                f"their order, got {', '.join(after)}",
                page="wrong-initial-and-step",
            )
        _check_output(output, len(inputs))
        return after, output


def _called(name: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Return what the network's function returns; raises `DataError` if it takes other things."""
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError as error:
        wanted = {"initial": "`initial(batch)`", "step": "`step(state, inputs)`"}[name]
        raise DataError(
            f"expected a network with {wanted}, got one whose own {error}",
            page="wrong-initial-and-step",
        ) from error
    except ValueError:  # a builtin tells nothing of what it takes
        pass
    return function(*arguments)


def check_state(state: Any, batch: int) -> None:
    """Raise `DataError` unless a network's state is named parts (B, ...)."""
    named = isinstance(state, Mapping) and state
    if not named or not all(isinstance(part, Tensor) for part in state.values()):
        raise DataError(
            "expected `initial` and `step` to return the state as a dict of tensors (B, ...) by "
            f"name, got {_shown(state)}; see markovlens.adapters.contract.Stepwise",
            page="wrong-initial-and-step",
        )
    for name, part in state.items():
        if part.ndim < 2 or len(part) != batch:
            raise DataError(
                f"state {name!r}: expected a tensor of {batch} states (B, ...), got "
                f"{tuple(part.shape)}",
                page="wrong-initial-and-step",
            )


def _shown(state: Any) -> str:
    if not isinstance(state, Mapping):
        return f"a {type(state).__name__}"
    others = {name: part for name, part in state.items() if not isinstance(part, Tensor)}
    parts = [f"{name!r} as {type(part).__name__}" for name, part in others.items()]
    return ", ".join(parts) or "an empty one"


def _check_output(output: Any, batch: int) -> None:
    shape = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
    if not isinstance(shape, tuple) or len(shape) != 2 or shape[0] != batch:
        raise DataError(
            f"expected `step` to return outputs, a tensor ({batch}, C), got {shape}",
            page="wrong-initial-and-step",
        )
