"""All cells by name, called like `nn.GRU(batch_first=True)`; MGU, minGRU and LRU are here."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from markovlens.errors import ConfigError
from markovlens.recurrence.base import Recurrent, Stacked
from markovlens.recurrence.mamba import Mamba
from markovlens.recurrence.rwkv import RWKV
from markovlens.recurrence.scans import linear_scan
from markovlens.recurrence.xlstm import MLSTM, SLSTM


class MGU(Stacked):
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


class MinGRU(Stacked):
    """Minimal GRU, whose gate reads the input alone (Feng et al. 2024, "Were RNNs All We Needed?").

    Given the inputs, the state moves linearly, each unit by itself::

        z_t = sigmoid(W_zx x_t + b_z)
        h_t = a_t * h_{t-1} + z_t * (W_hx x_t + b_h)      a_t = 1 - z_t

    With signed gates a_t = 1 - 2 z_t lies between -1 and 1, so that an input can turn a unit over,
    which no product of numbers between 0 and 1 does (Grazzi et al. 2024, "Unlocking State-Tracking
    in Linear RNNs Through Negative Eigenvalues"): one unit then holds a parity.

    `weight_ih_l{k}` (2D, E) stacks [W_zx; W_hx], `bias_l{k}` (2D,) stacks [b_z; b_h], for layer k.
    Layers above the first read tanh of the states below, or all were one linear map.
    """

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, *, signed: bool = False
    ) -> None:
        super().__init__(input_size, hidden_size, num_layers)
        self.turn = 2.0 if signed else 1.0
        _add_linear(self, 2 * hidden_size)

    def run_layer(self, layer: int, x: Tensor, h: Tensor) -> Tensor:
        """Return the states (B, T, D) of one layer that reads x (B, T, E) from h (B, D) on."""
        z, candidate = _read_linear(self, layer, x).chunk(2, dim=-1)
        z = z.sigmoid()
        return linear_scan(1 - self.turn * z, z * candidate, h)


class LRU(Stacked):
    """Linear recurrent unit (Orvieto et al. 2023, "Resurrecting Recurrent Neural Networks ...").

    D / 2 complex numbers, each turned and shrunk by a number of its own, whatever is read::

        h_t = lambda * h_{t-1} + gamma * (B x_t)    lambda = exp(-exp(nu) + i exp(theta))

    with gamma = sqrt(1 - |lambda|^2). A state is the real parts, then the imaginary ones, of which
    a linear readout makes whatever the real part of a complex one would.

    `weight_ih_l{k}` (D, E) and `bias_l{k}` (D,) are B's real and imaginary parts, `nu_l{k}` and
    `theta_l{k}` (D / 2,) as above, for layer k. Layers above the first read tanh of the states
    below, or all were one linear map.
    """

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1) -> None:
        if hidden_size % 2:
            raise ConfigError(
                f"expected an even hidden size of an LRU, two numbers a unit, got {hidden_size}",
                page="out-of-range",
            )
        super().__init__(input_size, hidden_size, num_layers)
        _add_linear(self, hidden_size)
        for layer in range(num_layers):
            # |lambda| between .5 and .99, angles up to a quarter turn.
            radius = torch.empty(hidden_size // 2).uniform_(0.5, 0.99)
            angle = torch.empty(hidden_size // 2).uniform_(1e-3, torch.pi / 2)
            self.register_parameter(f"nu_l{layer}", nn.Parameter((-radius.log()).log()))
            self.register_parameter(f"theta_l{layer}", nn.Parameter(angle.log()))

    def run_layer(self, layer: int, x: Tensor, h: Tensor) -> Tensor:
        """Return the states (B, T, D) of one layer that reads x (B, T, E) from h (B, D) on."""
        nu, theta = (getattr(self, f"{name}_l{layer}").exp() for name in ("nu", "theta"))
        turn = torch.polar((-nu).exp(), theta)
        gamma = (1 - (-2 * nu).exp()).sqrt()
        given = gamma * torch.complex(*_read_linear(self, layer, x).chunk(2, dim=-1))
        states = linear_scan(turn.expand_as(given), given, torch.complex(*h.chunk(2, dim=-1)))
        return torch.cat([states.real, states.imag], dim=-1)


def _add_linear(module: Recurrent, n_rows: int) -> None:
    """Give each layer `weight_ih` (n_rows, E) and `bias`, drawn uniformly from ±1/sqrt(D)."""
    bound = module.hidden_size**-0.5
    for layer in range(module.num_layers):
        width = module.hidden_size if layer else module.input_size
        for name, shape in (("weight_ih", (n_rows, width)), ("bias", (n_rows,))):
            values = torch.empty(shape).uniform_(-bound, bound)
            module.register_parameter(f"{name}_l{layer}", nn.Parameter(values))


def _read_linear(module: Recurrent, layer: int, x: Tensor) -> Tensor:
    """Return what a layer makes of the inputs of all steps (B, T, E) at once."""
    weight, bias = (getattr(module, f"{name}_l{layer}") for name in ("weight_ih", "bias"))
    return nn.functional.linear(x.tanh() if layer else x, weight, bias)


CELLS: dict[str, Any] = {
    "srn": partial(nn.RNN, nonlinearity="tanh", batch_first=True),
    "relu": partial(nn.RNN, nonlinearity="relu", batch_first=True),
    "mgu": MGU,
    "gru": partial(nn.GRU, batch_first=True),
    "lstm": partial(nn.LSTM, batch_first=True),
    "min_gru": MinGRU,
    "signed_min_gru": partial(MinGRU, signed=True),
    "lru": LRU,
    "mamba": Mamba,
    "slstm": SLSTM,
    "mlstm": MLSTM,
    "rwkv": RWKV,
}
