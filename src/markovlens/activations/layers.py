"""The recurrent layers of a network: their names, and how to get the states of each.

torch's modules hand out the states of their top layer only. A lower layer is run again, as a
one-layer module with the same weights, on the very input that the network gave it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from markovlens.errors import DataError
from markovlens.networks.cells import Recurrent

INPUTS, STATES = ("input", "x"), ("hx", "h0")  # what torch's modules and ours call them
OPTIONS = ("batch_first", "bidirectional", "proj_size", "nonlinearity")  # of torch's modules

Hidden = Tensor | tuple[Tensor, Tensor] | None


@dataclass(frozen=True, slots=True)
class Layer:
    """One place at which states can be recorded.

    Attributes:
        name: `<module path>.l<k>`, or the path itself for a module that was named explicitly.
        module: the module whose calls are watched.
        index: k, the layer within the module.
    """

    name: str
    module: nn.Module
    index: int = 0


def recurrent_layers(model: nn.Module) -> dict[str, Layer]:
    """Return the layers of torch's recurrent modules and cells, and of our own, by name."""
    layers = {}
    for path, module in model.named_modules():
        if isinstance(module, nn.RNNBase | nn.RNNCellBase | Recurrent):
            for index in range(getattr(module, "num_layers", 1)):
                name = f"{path}.l{index}".lstrip(".")
                layers[name] = Layer(name, module, index)
    return layers


def find_layers(model: nn.Module, names: list[str] | None) -> list[Layer]:
    """Return the named layers; the last one when `names` is None.

    A name may also be the path of any other module that returns states (B, T, D), alone or as the
    first of a tuple.

    Raises:
        DataError: the model has no such layer, or no recurrent layer at all.
    """
    known = recurrent_layers(model)
    if names is None:
        if not known:
            raise DataError("expected a network with a recurrent layer, found none; name a module")
        return [list(known.values())[-1]]
    modules = dict(model.named_modules())
    missing = [name for name in names if name not in known and name not in modules]
    if missing:
        raise DataError(f"the network has no layer {missing[0]!r}; it has {', '.join(known)}")
    return [known.get(name) or Layer(name, modules[name]) for name in names]


def states_of_call(layer: Layer, args: tuple, kwargs: Mapping[str, Any], output: Any) -> Tensor:
    """Return the states (B, T, D) that one call of a layer's module produced, padded at the end."""
    module = layer.module
    if isinstance(module, nn.RNNCellBase):
        state = output[0] if isinstance(output, tuple) else output
        return torch.atleast_2d(state)[:, None]
    if getattr(module, "num_layers", 1) > layer.index + 1:
        output = _replay(layer, args, kwargs)
    states = output[0] if isinstance(output, tuple) and not _packed(output) else output
    if _packed(states):
        return pad_packed_sequence(states, batch_first=True)[0]
    if not isinstance(states, Tensor) or states.ndim not in (2, 3):
        raise DataError(
            f"layer {layer.name}: expected states (B, T, D), got {type(states).__name__}"
        )
    batched = states if states.ndim == 3 else states[None]
    time_first = states.ndim == 3 and not getattr(module, "batch_first", True)
    return batched.transpose(0, 1) if time_first else batched


def input_of_call(layer: Layer, args: tuple, kwargs: Mapping[str, Any]) -> Any:
    """Return what one call of a layer's module read: (B, T, E) if it is a tensor, or packed."""
    read = _argument(0, INPUTS, args, kwargs)
    if not isinstance(read, Tensor):
        return read
    read = read.detach()
    if isinstance(layer.module, nn.RNNCellBase):
        return torch.atleast_2d(read)[:, None]
    time_first = read.ndim == 3 and not getattr(layer.module, "batch_first", True)
    return read.transpose(0, 1) if time_first else read


def _packed(value: Any) -> bool:
    return isinstance(value, PackedSequence)


def _replay(layer: Layer, args: tuple, kwargs: Mapping[str, Any]) -> Any:
    """Return the output of the module's first `index + 1` layers on the input of the call."""
    inputs = _argument(0, INPUTS, args, kwargs)
    hidden = _argument(1, STATES, args, kwargs)
    for index in range(layer.index + 1):
        inputs, _ = _single_layer(layer.module, index)(inputs, _hidden_of(layer, hidden, index))
    return inputs


def _argument(position: int, names: tuple[str, ...], args: tuple, kwargs: Mapping[str, Any]) -> Any:
    """Return the argument that a call gave by position or under one of the names, else None."""
    if position < len(args):
        return args[position]
    return next((kwargs[name] for name in names if name in kwargs), None)


def _single_layer(module: Any, index: int) -> nn.Module:
    """Return a one-layer module with the weights of layer `index`."""
    options: dict[str, Any] = {}
    if isinstance(module, nn.RNNBase):
        set_ones = {name: getattr(module, name, None) for name in OPTIONS}
        options = {"bias": module.bias} | {name: value for name, value in set_ones.items() if value}
    parameters = dict(module.named_parameters())
    like = parameters[f"weight_ih_l{index}"]
    with torch.random.fork_rng(devices=[]):  # building draws weights that are thrown away at once
        single = type(module)(like.shape[1], module.hidden_size, **options)
    single.load_state_dict(
        {name: parameters[name.replace("_l0", f"_l{index}")] for name in single.state_dict()}
    )
    return single.to(like.device, like.dtype).eval()


def _hidden_of(layer: Layer, hidden: Hidden, index: int) -> Hidden:
    """Return the part of the initial state that belongs to layer `index`."""
    if hidden is None:
        return None
    directions = 2 if getattr(layer.module, "bidirectional", False) else 1
    part = slice(index * directions, (index + 1) * directions)
    return (hidden[0][part], hidden[1][part]) if isinstance(hidden, tuple) else hidden[part]
