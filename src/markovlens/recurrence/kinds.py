"""Kinds of recurrent modules that are known: stacks of layers, and cells that are called in a loop.

torch's own, their dynamically quantised twins, and the ones of this package.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from markovlens.errors import RecordingWarning, warn
from markovlens.recurrence.base import Recurrent, Whole

# Known by name: importing it warns that it will go (torch 2.13), and nobody needs it without such
# a module.
DYNAMIC = "torch.ao.nn.quantized.dynamic"
QUANTISED = f"{DYNAMIC}.modules.rnn"


def is_stack(module: nn.Module) -> bool:
    """Return whether a module runs whole sequences through one or more recurrent layers."""
    return isinstance(module, nn.RNNBase | Recurrent) or "RNNBase" in _quantised(module)


def is_cell(module: nn.Module) -> bool:
    """Return whether a module is called once a step and returns the state after it."""
    return isinstance(module, nn.RNNCellBase) or "RNNCellBase" in _quantised(module)


def is_quantised(module: nn.Module) -> bool:
    """Return whether a module computes with weights of few bits."""
    return bool(_quantised(module))


def has_cell_state(module: nn.Module) -> bool:
    """Return whether the state of a module is a pair (h, c), as that of torch's LSTMs is."""
    mode: Any = getattr(module, "mode", None)
    return (is_stack(module) and mode == "LSTM") or _is_lstm_cell(module)


def n_cells(module: Any) -> int:
    """Return how many numbers the cell state c of one layer has, both directions together."""
    if isinstance(module, Recurrent):
        return module.n_cells
    return int(module.hidden_size) * n_directions(module) if has_cell_state(module) else 0


def parts_of(module: Any) -> tuple[str, ...]:
    """Return the names of the tensors that the state of one layer is made of, h first."""
    if isinstance(module, Whole):
        return tuple(module.parts)
    return ("h", "c") if has_cell_state(module) else ("h",)


def n_layers(module: nn.Module) -> int:
    """Return how many recurrent layers a module stacks; only those of known kinds have several."""
    return int(module.num_layers) if is_stack(module) else 1  # type: ignore[arg-type]


def n_directions(module: nn.Module) -> int:
    """Return 2 for a bidirectional module, else 1."""
    return 2 if is_stack(module) and module.bidirectional else 1


def scaled_by_content(model: nn.Module) -> str | None:
    """Return the path of a module that rounds activations to steps that a whole batch decides.

    Dynamic quantisation to eight bits takes the step from the least and the largest number of the
    whole tensor (torch 2.13): what comes later in a sequence, and the sequences beside it, change
    the states before. Weights of sixteen bits leave activations as they are.
    """
    for path, module in model.named_modules():
        dynamic = any(kind.__module__.startswith(DYNAMIC) for kind in type(module).__mro__)
        if dynamic and torch.qint8 in _weight_types(module):
            return path
    return None


def warn_if_scaled(model: nn.Module) -> None:
    """Warn that states are no function of what was read so far, where `scaled_by_content`."""
    path = scaled_by_content(model)
    if path is not None:
        warn(
            f"{path or 'the network'} is dynamically quantised: activations are rounded to steps "
            "that the largest of a whole batch decides, so that states depend on what comes later "
            "and on the sequences beside (`record` runs one at a time); record the network as it "
            "was before",
            RecordingWarning,
        )


def _weight_types(module: nn.Module) -> list[Any]:
    """Return the types of weights; stacks, cells and linear layers have them at other places."""
    packed = getattr(module, "_packed_params", None)
    places = ((module, "dtype"), (module, "weight_dtype"), (packed, "dtype"))
    return [getattr(holder, name, None) for holder, name in places]


def _is_lstm_cell(module: nn.Module) -> bool:
    return isinstance(module, nn.LSTMCell) or "LSTMCell" in _quantised(module)


def _quantised(module: nn.Module) -> set[str]:
    """Return the names of the quantised classes that a module is of."""
    return {kind.__name__ for kind in type(module).__mro__ if kind.__module__ == QUANTISED}
