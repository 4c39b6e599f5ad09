"""The recurrent layers of a network: their names, and how to get the states of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from markovlens.errors import DataError
from markovlens.recurrence.base import Recurrent, Whole
from markovlens.recurrence.cell_states import joined
from markovlens.recurrence.kinds import (
    has_cell_state,
    is_cell,
    is_stack,
    n_cells,
    n_layers,
)
from markovlens.recurrence.replay import INPUTS, Call, argument, cells_of, read_by, run_layer
from markovlens.recurrence.watchable import check_eager, refuse_scripted

COMPILED = "_orig_mod"  # what torch.compile puts into the path of a module

StateKind = Literal["all", "h"]


@dataclass(frozen=True, slots=True)
class Layer:
    """One place at which states can be recorded.

    Attributes:
        name: `<module path>.l<k>`, or the path itself for a module that was named explicitly. A
            compiled module has the path that it had before.
        module: the module whose calls are watched.
        index: k, the layer within the module.
    """

    name: str
    module: nn.Module
    index: int = 0


def check_state(state: str) -> None:
    """Raise `DataError` unless `state` is a `StateKind`."""
    if state not in get_args(StateKind):
        raise DataError(
            f"state: expected {' or '.join(get_args(StateKind))}, got {state!r}",
            page="unknown-name",
        )


def recurrent_layers(model: nn.Module) -> dict[str, Layer]:
    """Return the layers of torch's recurrent modules and cells, and of our own, by name."""
    layers = {}
    for path, module in _modules(model).items():
        if is_stack(module) or is_cell(module):
            for index in range(n_layers(module)):
                name = f"{path}.l{index}".lstrip(".")
                layers[name] = Layer(name, module, index)
    return layers


def recurrent_modules(model: nn.Module) -> dict[str, nn.Module]:
    """Return the modules of `recurrent_layers` by path."""
    return {
        layer.name.removesuffix(f"l{layer.index}").removesuffix("."): layer.module
        for layer in recurrent_layers(model).values()
    }


def find_layers(model: nn.Module, names: list[str] | None) -> list[Layer]:
    """Return the named layers; the last one when `names` is None.

    A name may also be the path of a module: of a recurrent one it is the top layer, whose states
    the module returns; any other must return states (B, T, D), alone or as the first of a tuple.

    Raises:
        DataError: the model has no such layer, no recurrent layer at all, or cannot be watched.
    """
    check_eager(model)
    known, modules = recurrent_layers(model), _modules(model)
    if names is None:
        if not known:
            refuse_scripted(modules)
            raise DataError(
                f"expected a network with a recurrent layer, found none; {_ways(modules)}",
                page="no-recurrent-layer",
            )
        return [list(known.values())[-1]]
    missing = [name for name in names if name not in known and name not in modules]
    if missing:
        has = (
            f"; it has {', '.join(known)}" if known else f", nor a recurrent one; {_ways(modules)}"
        )
        raise DataError(f"the network has no layer {missing[0]!r}{has}", page="unknown-layer")
    chosen = [known.get(name) or _named(name, modules[name]) for name in names]
    refuse_scripted({layer.name: layer.module for layer in chosen})
    return chosen


def columns_of(layer: Layer, n_columns: int, *, state: StateKind) -> dict[str, tuple[int, int]]:
    """Return which columns (begin, end) of a layer's D recorded ones each part of its state is.

    The parts are `h`, and `c` after it where the state of an LSTM is recorded. Each holds the
    forward direction, then the backward one. Cells of ours may have others, see `base.Whole`.
    """
    if isinstance(layer.module, Whole) and state == "all":
        ends = list(accumulate(layer.module.parts.values(), initial=0))
        return dict(zip(layer.module.parts, pairwise(ends), strict=True))
    split = n_columns - (n_cells(layer.module) if state == "all" else 0)
    return {"h": (0, split)} | ({"c": (split, n_columns)} if split < n_columns else {})


def states_of_call(
    layer: Layer,
    args: tuple,
    kwargs: Mapping[str, Any],
    output: Any,
    *,
    state: StateKind = "all",
) -> Tensor:
    """Return the states (B, T, D) that one call of a layer's module produced, padded at the end.

    torch's modules hand out h of their top layer only. A lower layer is run again with the same
    weights, on the very input that the network gave it; so are the cell states of an LSTM, which
    stand beside h unless `state` is `h`.

    Raises:
        DataError: the module does not return states, or what it does cannot be run again.
    """
    module = layer.module
    if is_cell(module):
        parts = output if isinstance(output, tuple) else (output,)
        return torch.atleast_2d(joined(*parts[:1] if state == "h" else parts))[:, None]
    below_top = layer.index < n_layers(module) - 1
    wants_cells = state == "all" and has_cell_state(module)
    if not below_top and not wants_cells:
        return joined(*split_cells(module, _returned(layer, output))[: 1 if state == "h" else 2])
    call = Call.of(module, args, kwargs, output, name=layer.name)
    read = read_by(module, call, layer.index)
    hidden = (
        run_layer(module, call, layer.index, read)
        if below_top
        else _returned(layer, output).transpose(0, 1)
    )
    cells = (cells_of(module, call, layer.index, read, hidden),) if wants_cells else ()
    parts = (*split_cells(module, hidden), *cells)
    return joined(*parts[: 1 if state == "h" else 2]).transpose(0, 1)


def split_cells(module: nn.Module, states: Tensor) -> tuple[Tensor, ...]:
    """Return h (..., P), and c where it is part of the states (..., D) that a module returns."""
    width = n_cells(module) if isinstance(module, Recurrent) else 0
    return states.tensor_split([states.shape[-1] - width], dim=-1) if width else (states,)


def _returned(layer: Layer, output: Any) -> Tensor:
    """Return the states (B, T, D) that a module returned itself."""
    states = output[0] if isinstance(output, tuple) and not _packed(output) else output
    if _packed(states):
        return pad_packed_sequence(states, batch_first=True)[0]
    if not isinstance(states, Tensor) or states.ndim not in (2, 3):
        raise DataError(
            f"layer {layer.name}: expected states (B, T, D), got {type(states).__name__}",
            page="not-a-row-a-step",
        )
    batched = states if states.ndim == 3 else states[None]
    time_first = states.ndim == 3 and not getattr(layer.module, "batch_first", True)
    return batched.transpose(0, 1) if time_first else batched


def input_of_call(layer: Layer, args: tuple, kwargs: Mapping[str, Any]) -> Any:
    """Return what one call of a layer's module read: (B, T, E) if it is a tensor, or packed."""
    read = argument(0, INPUTS, args, kwargs)
    if not isinstance(read, Tensor):
        return read
    read = read.detach()
    if is_cell(layer.module):
        return torch.atleast_2d(read)[:, None]
    time_first = read.ndim == 3 and not getattr(layer.module, "batch_first", True)
    return read.transpose(0, 1) if time_first else read


def _named(name: str, module: nn.Module) -> Layer:
    return Layer(name, module, n_layers(module) - 1)


def _modules(model: nn.Module) -> dict[str, nn.Module]:
    """Return all modules by path, a compiled one under the path of what was compiled."""
    return {
        ".".join(part for part in path.split(".") if part != COMPILED): module
        for path, module in model.named_modules(remove_duplicate=False)
    }


def _ways(modules: Mapping[str, nn.Module]) -> str:
    """Return what to do about a network in which nothing recurrent was found."""
    paths = [path for path in modules if path]
    few = ", ".join(map(repr, paths[:8])) + (", ..." if len(paths) > 8 else "")
    has = f"its modules are {few}" if few else "it has no module within"
    return f"name a module that returns states (B, T, D) in `layers`; {has}"


def _packed(value: Any) -> bool:
    return isinstance(value, PackedSequence)
