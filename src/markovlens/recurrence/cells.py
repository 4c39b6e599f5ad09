"""Recurrent cells with 0, 1, 2 and 3 gates, all called like `nn.GRU(batch_first=True)`."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn


class Recurrent(nn.Module):
    """Base of our own recurrent modules; `activations.record` knows them by it.

    A subclass keeps the names that `nn.GRU` gives to attributes (`input_size`, `hidden_size`,
    `num_layers`) and parameters (`weight_ih_l0`, ...), and returns (outputs (B, T, D), h_n). One of
    several layers runs a single one of them in `run_layer`. Of the D columns the last `n_cells` may
    be cell states.
    """

    batch_first = True
    bidirectional = False
    n_cells = 0

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers

    def run_layer(self, layer: int, x: Tensor, h: Tensor) -> Tensor:
        """Return the states (B, T, D) of one layer that reads x (B, T, E) from h (B, D) on."""
        raise NotImplementedError(f"{type(self).__name__} has one layer")

    def extra_repr(self) -> str:
        """Return what `print(model)` shows between the brackets."""
        return f"{self.input_size}, {self.hidden_size}, num_layers={self.num_layers}"


class MGU(Recurrent):
    """Minimal gated unit (Zhou et al. 2016, "Minimal Gated Unit for Recurrent Neural Networks").

    One gate f both forgets and updates::

        f_t  = sigmoid(W_fx x_t + W_fh h_{t-1} + b_f)
        h~_t = tanh(W_hx x_t + W_hh (f_t * h_{t-1}) + b_h)
        h_t  = (1 - f_t) * h_{t-1} + f_t * h~_t

    `weight_ih_l{k}` (2D, E) stacks [W_fx; W_hx], `weight_hh_l{k}` (2D, D) stacks [W_fh; W_hh] and
    `bias_l{k}` (2D,) stacks [b_f; b_h], for layer k.
    """

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1) -> None:
        super().__init__(input_size, hidden_size, num_layers)
        for layer in range(num_layers):
            width = hidden_size if layer else input_size
            for name, shape in (
                ("weight_ih", (width,)),
                ("weight_hh", (hidden_size,)),
                ("bias", ()),
            ):
                values = torch.empty(2 * hidden_size, *shape)
                self.register_parameter(f"{name}_l{layer}", nn.Parameter(values))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all parameters uniformly from ±1/sqrt(D), as torch does for its cells."""
        bound = self.hidden_size**-0.5
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(self, x: Tensor, h0: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the top layer's states (B, T, D) and each layer's last state (L, B, D)."""
        if h0 is None:
            h0 = x.new_zeros(self.num_layers, len(x), self.hidden_size)
        last = []
        for layer in range(self.num_layers):
            x = self.run_layer(layer, x, h0[layer])
            last.append(x[:, -1])
        return x, torch.stack(last)

    def run_layer(self, layer: int, x: Tensor, h: Tensor) -> Tensor:
        """Return the states (B, T, D) of one layer that reads x (B, T, E) from h (B, D) on."""
        weight_ih, weight_hh, bias = (
            getattr(self, f"{name}_l{layer}") for name in ("weight_ih", "weight_hh", "bias")
        )
        # The inputs of all steps are projected at once: only the recursion needs a loop.
        from_x = nn.functional.linear(x, weight_ih, bias)  # (B, T, 2D)
        gate_x, candidate_x = (part.unbind(1) for part in from_x.chunk(2, dim=-1))
        gate_h, candidate_h = (part.t() for part in weight_hh.chunk(2))
        states = []
        for step_gate, step_candidate in zip(gate_x, candidate_x, strict=True):
            f = torch.addmm(step_gate, h, gate_h).sigmoid()
            candidate = torch.addmm(step_candidate, f * h, candidate_h).tanh()
            h = torch.lerp(h, candidate, f)
            states.append(h)
        return torch.stack(states, dim=1)


CELLS: dict[str, Any] = {
    "srn": partial(nn.RNN, nonlinearity="tanh", batch_first=True),
    "mgu": MGU,
    "gru": partial(nn.GRU, batch_first=True),
    "lstm": partial(nn.LSTM, batch_first=True),
}
