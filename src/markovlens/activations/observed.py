"""What a trace holds of a network's whole state: one layer of it, or one part, or all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from markovlens.activations.watching import Recorder
from markovlens.adapters.contract import State, Stepwise
from markovlens.adapters.precision import alike, as_array, rounding_of
from markovlens.errors import DataError
from markovlens.recurrence.cell_states import joined
from markovlens.recurrence.kinds import is_cell, parts_of
from markovlens.recurrence.layers import (
    Layer,
    StateKind,
    columns_of,
    find_layers,
    recurrent_modules,
    split_cells,
)

WHOLE = "state"  # the name under which all parts of a state are recorded side by side


@dataclass(frozen=True, slots=True)
class LayerOfState:
    """One layer of torch's modules, as `recorder.record` records it.

    Attributes:
        layer: the layer.
        path: of its module.
        kind: what is recorded of an LSTM's state.
    """

    layer: Layer
    path: str
    kind: StateKind

    def of(self, state: State) -> Tensor:
        """Return what is recorded (B, D) of a state: h, and what else it has, c, with it."""
        parts = [self._of_layer(state[name]) for name in self._names()]
        # One part alone may hold cells behind h.
        h, *others = parts if len(parts) > 1 else split_cells(self.layer.module, parts[0])
        return joined(h, torch.cat(others, dim=-1) if others and self.kind == "all" else None)

    def put(self, state: State, recorded: Tensor) -> State:
        """Return the state with what is recorded (B, D) of a layer in place of what it was there.

        Where h alone is recorded, c stays.
        """
        width = recorded.shape[1]
        end = columns_of(self.layer, width, state=self.kind)["h"][1]
        first, *others = self._names()
        h, rest = recorded[:, :end], recorded[:, end:].sinh()
        if not others:  # cells, if there are any, stand behind h
            h = torch.cat([h, rest, self._of_layer(state[first])[:, width:]], dim=1)
        widths = [self._of_layer(state[name]).shape[-1] for name in others]
        parts = rest.split(widths, dim=1) if self.kind == "all" and others else ()
        wanted = {first: h, **dict(zip(others, parts, strict=False))}
        return {**state, **{name: self._with(state[name], part) for name, part in wanted.items()}}

    def _names(self) -> list[str]:
        return [f"{self.path}.{part}".lstrip(".") for part in parts_of(self.layer.module)]

    def _of_layer(self, part: Tensor) -> Tensor:
        return part if is_cell(self.layer.module) else part[:, self.layer.index]

    def _with(self, part: Tensor, values: Tensor) -> Tensor:
        changed = part.clone()
        self._of_layer(changed)[:] = values
        return changed


@dataclass(frozen=True, slots=True)
class PartOfState:
    """One part of the state of a network that has its own `initial` and `step`; None is all.

    So is `state`, unless a part has that name.
    """

    name: str | None

    def of(self, state: State) -> Tensor:
        """Return the numbers (B, D) of a part, or of all parts side by side."""
        return torch.cat([state[name].flatten(1) for name in self._names(state)], dim=1)

    def put(self, state: State, recorded: Tensor) -> State:
        """Return the state with the numbers (B, D) of a part, or of all, in their place."""
        names = self._names(state)
        columns = recorded.split([state[name][0].numel() for name in names], dim=1)
        put = {
            name: values.reshape(state[name].shape).to(state[name].dtype)
            for name, values in zip(names, columns, strict=True)
        }
        return {**state, **put}

    def _names(self, state: State) -> list[str]:
        whole = self.name is None or (self.name == WHOLE and WHOLE not in state)
        names = list(state) if whole else [str(self.name)]
        missing = [name for name in names if name not in state]
        if missing:
            raise DataError(
                f"the state has no part {missing[0]!r}; it has {', '.join(map(repr, state))}",
                page="unknown-layer",
            )
        return names


def layer_of(model: nn.Module, name: str | None, kind: StateKind) -> LayerOfState:
    """Return the named layer of a torch network, the last recurrent one when None."""
    (found,) = find_layers(model, None if name is None else [name])
    paths = [path for path, each in recurrent_modules(model).items() if each is found.module]
    if not paths:
        raise DataError(
            f"layer {found.name}: expected a recurrent module or cell of torch to ask the network, "
            f"got {type(found.module).__name__}; give the network `initial` and `step`, see "
            "markovlens.adapters.contract.Stepwise",
            page="cannot-be-asked",
        )
    return LayerOfState(found, paths[0], kind)


def head_of(model: nn.Module, observed: LayerOfState) -> Callable[[Tensor], Tensor] | None:
    """Return what makes outputs of recorded states (B, D): the network's `head`, above h.

    None where the network has none, or another layer stands between.
    """
    layer, head = observed.layer, getattr(model, "head", None)
    if head is None or layer != find_layers(model, None)[0]:
        return None

    def read(states: Tensor) -> Tensor:
        begin, end = columns_of(layer, states.shape[1], state=observed.kind)["h"]
        outputs: Tensor = head(states[:, begin:end])
        return outputs

    return read


def check_recorded(
    network: Stepwise, model: nn.Module, observed: LayerOfState, example: Tensor
) -> None:
    """Raise `DataError` unless what is recorded of a layer is part of the whole state."""
    name = observed.layer.name
    with Recorder(model, [name], state=observed.kind) as recorder, torch.no_grad():
        state, _ = network.step(network.initial(len(example)), example[:, 0])
        recorded = recorder.take(np.ones(len(example), dtype=np.int64))[name]
    found = torch.as_tensor(as_array(observed.of(state)))
    if not alike(found, torch.as_tensor(recorded), rounding_of(model)):
        raise DataError(
            f"layer {name}: expected its states to be among those from which "
            f"{type(model).__name__} can begin again; got others",
            page="wrong-initial-and-step",
        )
