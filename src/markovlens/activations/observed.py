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
from markovlens.recurrence.kinds import is_cell
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
        """Return what is recorded (B, D) of a state: h, and c with it."""
        module = self.layer.module
        names = (f"{self.path}.{part}".lstrip(".") for part in "hc")
        parts = [state[name] for name in names if name in state]
        if not is_cell(module):
            parts = [part[:, self.layer.index] for part in parts]
        parts = [*split_cells(module, parts[0]), *parts[1:]]
        return joined(*parts[: 1 if self.kind == "h" else None])


@dataclass(frozen=True, slots=True)
class PartOfState:
    """One part of the state of a network that has its own `initial` and `step`; None is all.

    So is `state`, unless a part has that name.
    """

    name: str | None

    def of(self, state: State) -> Tensor:
        """Return the numbers (B, D) of a part, or of all parts side by side."""
        whole = self.name is None or (self.name == WHOLE and WHOLE not in state)
        names = list(state) if whole else [str(self.name)]
        missing = [name for name in names if name not in state]
        if missing:
            raise DataError(
                f"the state has no part {missing[0]!r}; it has {', '.join(map(repr, state))}"
            )
        return torch.cat([state[name].flatten(1) for name in names], dim=1)


def layer_of(model: nn.Module, name: str | None, kind: StateKind) -> LayerOfState:
    """Return the named layer of a torch network, the last recurrent one when None."""
    (found,) = find_layers(model, None if name is None else [name])
    paths = [path for path, each in recurrent_modules(model).items() if each is found.module]
    if not paths:
        raise DataError(
            f"layer {found.name}: expected a recurrent module or cell of torch to ask the network, "
            f"got {type(found.module).__name__}; give the network `initial` and `step`, see "
            "markovlens.adapters.contract.Stepwise"
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
            f"{type(model).__name__} can begin again; got others"
        )
