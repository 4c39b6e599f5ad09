"""The two cells of xLSTM (Beck et al. 2024, "xLSTM: Extended Long Short-Term Memory").

Both gate by exponentials, and carry the largest exponent m along, relative to which c and n are
kept: m is part of the state. They stand bare, without the blocks that the paper puts around them
(convolution, normalisation, projections up and down).
"""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd

import torch
from torch import Tensor
from torch.nn.functional import linear, logsigmoid

from markovlens.recurrence.base import Whole
from markovlens.recurrence.scans import held, linear_scan, stabilised

HEAD = 8  # entries of a query at most: a head's memory is a matrix of that size
OPEN = (3.0, 6.0)  # logits at which mLSTM's forget gates begin, as in the authors' code
FAR = 80.0  # exponents beyond it would over- or underflow in single precision, gradients first


class SLSTM(Whole):
    """sLSTM: scalar memories, mixed by h; equations 8 to 18, of one head.

    In words of the paper::

        z = tanh(W_z x + R_z h + b_z)       o = sigmoid(W_o x + R_o h + b_o)
        m_t = max(log f + m_{t-1}, i~)      f = sigmoid(W_f x + R_f h + b_f),  i = exp(i~)
        c_t = f' c_{t-1} + i' z             f' = f exp(m_{t-1} - m_t)
        n_t = f' n_{t-1} + i'               i' = exp(i~ - m_t)
        h_t = o c_t / n_t

    A state is h, c, n and m, D numbers each. `weight_ih_l{k}` (4D, E), `weight_hh_l{k}` (4D, D) and
    `bias_l{k}` (4D,) stack z, i, f and o, for layer k.
    """

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1) -> None:
        super().__init__(input_size, hidden_size, num_layers)
        for layer in range(num_layers):
            self.uniform("weight_ih", layer, 4 * hidden_size, self.width(layer))
            self.uniform("weight_hh", layer, 4 * hidden_size, hidden_size)
            self.uniform("bias", layer, 4 * hidden_size)

    @staticmethod
    def parts_of(hidden_size: int) -> Mapping[str, int]:
        """Return the width of each part of one layer's state."""
        return dict.fromkeys("hcnm", hidden_size)

    def shaken(self, parts: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the scale of noise: h lies in (-1, 1), and so does c / n."""
        return {"h": torch.ones_like(parts["h"]), "c": parts["n"]}

    def run_layer(self, layer: int, x: Tensor, h: Tensor) -> Tensor:
        """Return the states (B, T, 4D) of one layer that reads x (B, T, E) from h (B, 4D) on."""
        weight_ih, weight_hh, bias = self.weights(layer, "weight_ih", "weight_hh", "bias")
        recurrent = weight_hh.t()
        state, states = h.chunk(4, dim=-1), []
        for from_x in linear(self.read(layer, x), weight_ih, bias).unbind(1):
            state = _step(torch.addmm(from_x, state[0], recurrent), state)
            states.append(torch.cat(state, dim=-1))
        return torch.stack(states, dim=1)


def _step(gates: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Return h, c, n and m after one step, from what enters the gates (B, 4D)."""
    _, c, n, m = state
    z, i, f, o = gates.chunk(4, dim=-1)
    kept = logsigmoid(f) + held(m, n)
    m = torch.maximum(kept, i)
    forget, let_in = (kept - m).exp(), (i - m).exp()
    c = forget * c + let_in * z.tanh()
    n = forget * n + let_in
    return o.sigmoid() * c / n, c, n, m


class MLSTM(Whole):
    """mLSTM: a matrix memory in each head; equations 19 to 27, of all steps at once.

    In words of the paper::

        C_t = f' C_{t-1} + i' v k^T         q = W_q x,  k = W_k x / sqrt(d),  v = W_v x  (+ biases)
        n_t = f' n_{t-1} + i' k             i~ = w_i x + b_i,  f = sigmoid(w_f x + b_f), by head
        h_t = o * (C_t q) / max(|n_t^T q|, exp(-m_t))           o = sigmoid(W_o x + b_o)

    f', i' and m are as in `SLSTM`. No gate reads h: given the inputs, the state moves linearly.
    A head has d = gcd(D, 8) entries. A state is h (D), c (C of all heads, D d), n (D), m (D / d).
    `weight_ih_l{k}` (4D + 2D/d, E) and `bias_l{k}` stack q, k, v, o, i and f, for layer k.
    """

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1) -> None:
        super().__init__(input_size, hidden_size, num_layers)
        heads = self.parts["m"]
        rows = 4 * hidden_size + 2 * heads
        for layer in range(num_layers):
            self.uniform("weight_ih", layer, rows, self.width(layer))
            self.uniform("bias", layer, rows)
            (bias,) = self.weights(layer, "bias")
            bias.data[-heads:] = torch.linspace(*OPEN, heads)

    @staticmethod
    def parts_of(hidden_size: int) -> Mapping[str, int]:
        """Return the width of each part of one layer's state."""
        size = gcd(hidden_size, HEAD)
        sizes = (hidden_size, hidden_size * size, hidden_size, hidden_size // size)
        return dict(zip("hcnm", sizes, strict=True))

    def shaken(self, parts: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the scale of noise: what is written into C at most, in its units, is about 1."""
        return {"c": torch.ones_like(parts["c"])}

    def run_layer(self, layer: int, x: Tensor, h: Tensor) -> Tensor:
        """Return the states (B, T, S) of one layer that reads x (B, T, E) from h (B, S) on."""
        weight, bias = self.weights(layer, "weight_ih", "bias")
        size, heads = self.hidden_size, self.parts["m"]
        given = linear(self.read(layer, x), weight, bias)
        *wide, i, f = given.split([size] * 4 + [heads] * 2, dim=-1)
        query, key, value, o = (each.unflatten(-1, (heads, -1)) for each in wide)
        key = key * key.shape[-1] ** -0.5
        before = self.apart(h)
        kept, added, m = stabilised(logsigmoid(f), i, before["m"])
        c = linear_scan(
            kept[..., None, None],
            added[..., None, None] * value[..., None] * key[..., None, :],
            before["c"].unflatten(-1, (heads, value.shape[-1], -1)),
        )
        n = linear_scan(
            kept[..., None], added[..., None] * key, before["n"].unflatten(-1, (heads, -1))
        )
        least = (-m)[..., None].clamp(-FAR, FAR).exp()
        norm = torch.maximum((n * query).sum(-1, keepdim=True).abs(), least)
        out = o.sigmoid() * (c @ query[..., None]).squeeze(-1) / norm
        return torch.cat([out.flatten(2), c.flatten(2), n.flatten(2), m], dim=-1)
