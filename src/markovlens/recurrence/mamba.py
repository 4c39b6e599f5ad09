"""A Mamba layer.

Gu & Dao 2023, "Mamba: Linear-Time Sequence Modeling with Selective State Spaces": the
mixer alone, as wide inside as outside, without the residual stream and the normalisation of the
paper's block.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import linear, silu, softplus

from markovlens.recurrence.base import Whole
from markovlens.recurrence.scans import linear_scan

WINDOW = 4  # steps that the convolution sees
STATES = 4  # of each channel
STEPS = (1e-3, 0.1)  # between which the step sizes of the channels begin, as in the authors' code


class Mamba(Whole):
    """A short causal convolution, then the selective state space S6 (algorithm 2).

    As the paper has them::

        u, g = W_in x                        a_t = silu(conv(u_{t-3} ... u_t))
        delta, B, C = W_delta(W_x a), W_x a  delta = softplus(delta + b)
        s_t = exp(delta A) s_{t-1} + delta B a_t    A = -exp(A_log), N numbers a channel
        h_t = W_out ((C s_t + D a_t) * silu(g_t))

    exp(delta A) lies between 0 and 1: no input turns a state over. The whole state is h (D), the
    window of the convolution (3 D) and s (4 D).
    """

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1) -> None:
        super().__init__(input_size, hidden_size, num_layers)
        self.rank = -(-hidden_size // 16)
        for layer in range(num_layers):
            self.uniform("weight_ih", layer, 2 * hidden_size, self.width(layer))
            self.weight("conv", layer, torch.empty(hidden_size, WINDOW).uniform_(-0.5, 0.5))
            self.uniform("conv_bias", layer, hidden_size)
            self.uniform("weight_x", layer, self.rank + 2 * STATES, hidden_size)
            bound = self.rank**-0.5
            widened = torch.empty(hidden_size, self.rank).uniform_(-bound, bound)
            self.weight("weight_delta", layer, widened)
            self.weight("bias_delta", layer, _steps(hidden_size))
            decay = torch.arange(1.0, STATES + 1).log().expand(hidden_size, -1).clone()
            self.weight("a_log", layer, decay)
            self.weight("skip", layer, torch.ones(hidden_size))
            self.uniform("weight_out", layer, hidden_size, hidden_size)

    @staticmethod
    def parts_of(hidden_size: int) -> Mapping[str, int]:
        """Return the width of each part of one layer's state."""
        return {"h": hidden_size, "conv": (WINDOW - 1) * hidden_size, "ssm": STATES * hidden_size}

    def shaken(self, parts: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the scale of noise: that of h of other cells."""
        return {"ssm": torch.ones_like(parts["ssm"])}

    def run_layer(self, layer: int, x: Tensor, h: Tensor) -> Tensor:
        """Return the states (B, T, S) of one layer that reads x (B, T, E) from h (B, S) on."""
        weight_ih, skip, weight_out = self.weights(layer, "weight_ih", "skip", "weight_out")
        before = self.apart(h)
        u, gate = linear(self.read(layer, x), weight_ih).chunk(2, dim=-1)
        held = before["conv"].unflatten(-1, (WINDOW - 1, -1))
        windows = torch.cat([held, u], dim=1).unfold(1, WINDOW, 1)  # (B, T, D, 4)
        conv, bias = self.weights(layer, "conv", "conv_bias")
        a = silu((windows * conv).sum(-1) + bias)
        ssm, read = self._select(layer, a, before["ssm"].unflatten(-1, (-1, STATES)))
        y = (ssm @ read[..., None]).squeeze(-1) + skip * a
        out = linear(y * silu(gate), weight_out)
        window = windows[..., 1:].transpose(-1, -2)
        return torch.cat([out, window.flatten(2), ssm.flatten(2)], dim=-1)

    def _select(self, layer: int, a: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
        """Return s (B, T, D, N) and what reads it, C (B, T, N)."""
        weight_x, a_log = self.weights(layer, "weight_x", "a_log")
        narrow, write, read = linear(a, weight_x).split([self.rank, STATES, STATES], dim=-1)
        delta = softplus(linear(narrow, *self.weights(layer, "weight_delta", "bias_delta")))
        kept = (delta[..., None] * -a_log.exp()).exp()
        added = (delta * a)[..., None] * write[..., None, :]
        return linear_scan(kept, added, before), read


def _steps(size: int) -> Tensor:
    """Return the biases (D,) at which softplus gives step sizes log-uniform in `STEPS`."""
    low, high = torch.tensor(STEPS).log()
    delta = (low + torch.rand(size) * (high - low)).exp()
    return delta + (-torch.expm1(-delta)).log()
