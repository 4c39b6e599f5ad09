"""Running single layers of a recurrent module again, for the states that it does not hand out.

A module returns h of its top layer at every step. What is below, and an LSTM's cell state c, are
computed here from what the module was given, with the weights that it has just used: pruned,
normalised or parametrised ones are the effective ones, and no module is built. Where it can, c
comes from the h that the module returned: gates of all steps at once, then one product a step.

Whether that is what the module did is not taken on trust. Every module returns each layer's state
after the last step too, and what was run again must end there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import linear
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from markovlens.errors import DataError
from markovlens.recurrence.base import Recurrent
from markovlens.recurrence.kinds import has_cell_state, is_quantised, n_directions, n_layers

INPUTS, STATES = ("input", "x"), ("hx", "h0")  # what torch's modules and ours call them
# Torch's kernels by the `mode` of a module.
KERNELS: dict[str, Callable[..., Any]] = {
    "LSTM": torch.lstm,
    "GRU": torch.gru,
    "RNN_TANH": torch.rnn_tanh,
    "RNN_RELU": torch.rnn_relu,
}
# How far from the module's own end is still rounding, by the type of the numbers, relative beyond
# 1; single precision is that of tensor cores (TF32). Other inputs or weights are off by far more.
TOLERANCES = {torch.float64: 1e-7, torch.float32: 5e-3, torch.float16: 2e-2, torch.bfloat16: 5e-2}

State = tuple[Tensor, ...]  # (h,), or (h, c) of an LSTM


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a recurrent module, laid out alike however it was called: time first.

    Attributes:
        name: of the layer that is wanted, for messages.
        x: (T, B, E), what was read, padded at the end.
        lengths: int (B,), steps of each sequence: T where it was not packed.
        start: each part of the state before the first step, (L * directions, B, ...).
        end: the same after the last step, as the module returned it.
    """

    name: str
    x: Tensor
    lengths: Tensor
    start: State
    end: State

    @classmethod
    def of(
        cls, module: Any, args: tuple, kwargs: Mapping[str, Any], output: Any, *, name: str
    ) -> Call:
        """Return what a module was called with and gave; `DataError` if it gave no last state."""
        x, lengths = _time_first(module, argument(0, INPUTS, args, kwargs))
        n_parts = 2 if has_cell_state(module) else 1
        end = _parts(output[1]) if isinstance(output, tuple) and len(output) == 2 else ()
        if len(end) != n_parts:
            raise DataError(
                f"layer {name}: expected {type(module).__name__} to return its outputs and its "
                f"last state, as torch's modules do; {_instead(name)}",
                page="closed-network",
            )
        given = argument(1, STATES, args, kwargs)
        start = tuple(map(torch.zeros_like, end)) if given is None else _parts(given)
        return cls(name, x, lengths, start, end)

    def in_reading_order(self, values: Tensor, direction: int) -> Tensor:
        """Return values (T, B, ...) in the order in which a direction reads them, or back again."""
        if direction == 0:
            return values
        steps = torch.arange(len(values), device=values.device)[:, None]
        order = torch.where(steps < self.lengths, self.lengths - 1 - steps, steps)
        return values.gather(0, order[..., None].expand(values.shape))

    def check_end(self, values: Tensor, part: int, index: int) -> None:
        """Check that values (T, B, ...), in reading order, end where the module's state did."""
        ends = self.lengths - 1
        found = values[ends, torch.arange(values.shape[1], device=values.device)]
        wanted = self.end[part][index]
        tolerance = TOLERANCES.get(wanted.dtype, TOLERANCES[torch.bfloat16])
        same = torch.isclose(found.to(wanted.dtype), wanted, tolerance, tolerance, equal_nan=True)
        if not same.all():
            raise DataError(
                f"layer {self.name}: its states cannot be computed from its inputs and weights: "
                "run again, it ends in another state than it did. Does its forward do more than "
                "torch's, or drop units out in training mode? Put it into evaluation mode, or "
                f"{_instead(self.name)}",
                page="closed-network",
            )


def read_by(module: nn.Module, call: Call, index: int) -> Tensor:
    """Return what layer `index` of a call read (T, B, E): h of the layer below, or the inputs."""
    x = call.x
    for below in range(index):
        x = run_layer(module, call, below, x)
    return x


def run_layer(module: Any, call: Call, index: int, x: Tensor) -> Tensor:
    """Return h (T, B, D) of layer `index`, which reads x (T, B, E)."""
    directions = n_directions(module)
    parts = []
    for direction in range(directions):
        which = index * directions + direction
        start = tuple(part[which] for part in call.start)
        read = call.in_reading_order(x, direction)
        h = _run(module, which, read, start)[0]
        call.check_end(h, 0, which)
        parts.append(call.in_reading_order(h, direction))
    return torch.cat(parts, dim=-1)


def cells_of(module: Any, call: Call, index: int, below: Tensor, hidden: Tensor) -> Tensor:
    """Return the cell states c (T, B, directions * H) of one layer of an LSTM.

    Args:
        module: the LSTM.
        call: of it.
        index: the layer.
        below: (T, B, E), what the layer read.
        hidden: (T, B, directions * P), its h.
    """
    directions = n_directions(module)
    parts = []
    for direction, h in enumerate(hidden.chunk(directions, dim=-1)):
        which = index * directions + direction
        x, h = (call.in_reading_order(values, direction) for values in (below, h))
        h_before = torch.cat([call.start[0][which][None].to(h.dtype), h[:-1]])
        start = tuple(part[which] for part in call.start)
        if is_quantised(module):
            c = _scan(_quantised_gates(module, which, x, h_before), start[1])
        elif _is_exact(h):
            c = _scan(_gates(_weights(module, which), x, h_before), start[1])
        else:
            c = _stepwise(module, which, x, start)
        call.check_end(c, 1, which)
        parts.append(call.in_reading_order(c, direction))
    return torch.cat(parts, dim=-1)


def _run(module: Any, which: int, x: Tensor, start: State) -> tuple[Tensor, State]:
    """Return h (T, B, P) of one direction of one layer from x (T, B, E) on, and its last state."""
    if isinstance(module, Recurrent):
        states = module.run_layer(which, x.transpose(0, 1), start[0]).transpose(0, 1)
        return states, (states[-1],)
    parts = tuple(part[None] for part in start)
    state: Any = parts if len(parts) > 1 else parts[0]
    # One layer, with biases or without, no dropout, as in evaluation, one direction, time first.
    if is_quantised(module):
        weights, how = [module._all_weight_values[which].param], (True, 1, 0.0, False, False, False)
        if module.mode == "LSTM":
            kinds = {"dtype": module.dtype, "use_dynamic": True}
            output, *end = torch.quantized_lstm(x, state, weights, *how, **kinds)
        else:
            output, *end = torch.quantized_gru(x, state, weights, *how)
    else:
        how = (module.bias, 1, 0.0, False, False, False)
        output, *end = KERNELS[module.mode](x, state, _weights(module, which), *how)
    return output, tuple(part[0] for part in end)


def _weights(module: Any, which: int) -> list[Tensor]:
    """Return the weights of one direction of one layer that the module used last.

    They are kept in one list, filled anew when parametrisations or pruning change them; asking for
    the parameters by name would let a spectral norm in training mode take another step.
    """
    weights: list[Tensor] = module._flat_weights
    count = len(weights) // (n_layers(module) * n_directions(module))
    return weights[which * count : (which + 1) * count]


def _gates(weights: list[Tensor], x: Tensor, h_before: Tensor) -> Tensor:
    """Return what enters the gates i, f and the candidate g (T, B, 3 H) at all steps."""
    rows = len(weights[0]) // 4 * 3
    from_x, from_h, *biases = (weight[:rows] for weight in weights)
    biases = [bias for bias in biases if bias.ndim == 1]  # the matrix there projects h
    return linear(x, from_x, *biases[:1]).add_(linear(h_before, from_h, *biases[1:]))


def _quantised_gates(module: Any, which: int, x: Tensor, h_before: Tensor) -> Tensor:
    """Return what enters all gates (T, B, 4 H), rounded as the module rounds.

    It takes one step of rounding for all inputs and one for the h of each time step.
    """
    (_, _, _, options, (from_x, from_h)), _ = module._all_weight_values[which].param.__getstate__()
    if module.dtype == torch.float16:
        times: Any = torch.ops.quantized.linear_dynamic_fp16
    else:
        times = partial(torch.ops.quantized.linear_dynamic, reduce_range=bool(options[0]))
    return times(x, from_x) + torch.stack([times(h, from_h) for h in h_before])


def _is_exact(values: Tensor) -> bool:
    """Return whether sums of the same numbers in another order are the same but for rounding."""
    precise = values.dtype in (torch.float32, torch.float64)
    return precise and not torch.is_autocast_enabled(values.device.type)


def _scan(gates: Tensor, c: Tensor) -> Tensor:
    """Return c (T, B, H) after each step: c = sigmoid(f) c + sigmoid(i) tanh(g)."""
    i, f, g = gates.split(c.shape[-1], dim=-1)[:3]
    cells = i.sigmoid() * g.tanh()
    for added, kept in zip(cells.unbind(0), f.sigmoid().unbind(0), strict=True):
        c = added.addcmul_(kept, c)
    return cells


def _stepwise(module: Any, which: int, x: Tensor, state: State) -> Tensor:
    """Return c (T, B, H) after each step, by the module's own kernel, a step a call.

    In half precision c is rounded at every step, and how is the kernel's affair.
    """
    cells = []
    for step in x.split(1):
        _, state = _run(module, which, step, state)
        cells.append(state[1])
    return torch.stack(cells)


def _time_first(module: Any, inputs: Any) -> tuple[Tensor, Tensor]:
    """Return inputs (T, B, E) and the steps (B,) of each sequence."""
    if isinstance(inputs, PackedSequence):
        x, lengths = pad_packed_sequence(inputs)
        return x, lengths.to(x.device)
    if inputs.ndim == 2:
        inputs = inputs[:, None]
    elif module.batch_first:
        inputs = inputs.transpose(0, 1)
    return inputs, torch.full((inputs.shape[1],), len(inputs), device=inputs.device)


def _parts(state: Any) -> State:
    """Return the parts of a state, each (L * directions, B, ...) also where there was no batch."""
    parts = state if isinstance(state, tuple | list) else (state,)
    return tuple(part if part.ndim == 3 else part[:, None] for part in parts)


def argument(position: int, names: tuple[str, ...], args: tuple, kwargs: Mapping[str, Any]) -> Any:
    """Return the argument that a call gave by position or under one of the names, else None."""
    if position < len(args):
        return args[position]
    return next((kwargs[name] for name in names if name in kwargs), None)


def _instead(name: str) -> str:
    path = re.sub(r"(^|\.)l\d+$", "", name)
    return f"record what {path or 'the module'} returns, with state='h'"
