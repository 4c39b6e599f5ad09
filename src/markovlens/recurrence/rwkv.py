"""An RWKV-4 layer (Peng et al. 2023, "RWKV: Reinventing RNNs for the Transformer Era")."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import layer_norm, linear, relu

from markovlens.recurrence.base import Whole
from markovlens.recurrence.scans import held, linear_scan, stabilised

MIXES = ("mix_key", "mix_value", "mix_receive")


class RWKV(Whole):
    """Time mixing, then channel mixing, each added to what it read; equations 11 to 18.

    As the paper has them::

        r, k, v = W_. (mu_. * x_t + (1 - mu_.) * x_{t-1})
        wkv_t = (sum_{s<t} e^{-(t-1-s) w + k_s} v_s + e^{u + k_t} v_t) / (the same without v)
        x <- x + W_o (sigmoid(r) * wkv)
        x <- x + sigmoid(r') * W_v' max(k', 0)^2,   r', k' mixed alike of this x and the last

    Each part reads its x normalised (LayerNorm, without a scale of its own); the first x is the
    input, projected. w = exp(decay) > 0: what was read fades, and is never turned over.

    The whole state has six parts of D numbers: h, what either part read last (`shift_time`,
    `shift_channel`), numerator and denominator of the average before t, and the exponent m
    relative to which both are kept.
    """

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1) -> None:
        super().__init__(input_size, hidden_size, num_layers)
        size = hidden_size
        for layer in range(num_layers):
            self.uniform("weight_ih", layer, size, self.width(layer))
            for name in ("key", "value", "receive", "out", "key_in", "receive_in", "value_in"):
                self.uniform(f"weight_{name}", layer, size, size)
            for name in (*MIXES, "mix_key_in", "mix_receive_in"):
                self.weight(name, layer, torch.rand(size))
            # Memories of all lengths, from less than a step to about a hundred and fifty.
            self.weight("decay", layer, torch.linspace(-5.0, 1.0, size))
            self.weight("bonus", layer, torch.zeros(size))

    @staticmethod
    def parts_of(hidden_size: int) -> Mapping[str, int]:
        """Return the width of each part of one layer's state."""
        names = ("h", "shift_time", "shift_channel", "numerator", "denominator", "m")
        return dict.fromkeys(names, hidden_size)

    def shaken(self, parts: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the scale of noise: that of an average of values."""
        return {"numerator": parts["denominator"]}

    def run_layer(self, layer: int, x: Tensor, h: Tensor) -> Tensor:
        """Return the states (B, T, 6D) of one layer that reads x (B, T, E) from h (B, 6D) on."""
        before = self.apart(h)
        x = linear(self.read(layer, x), *self.weights(layer, "weight_ih"))
        mixed, time = self._time(layer, _normal(x), before)
        x = x + mixed
        seen = _normal(x)
        x = x + self._channel(layer, seen, before["shift_channel"])
        return torch.cat([x, time[0], seen, *time[1:]], dim=-1)

    def _time(
        self, layer: int, x: Tensor, before: Mapping[str, Tensor]
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return what time mixing adds (B, T, D), and what it keeps."""
        last = _delayed(x, before["shift_time"])
        key, value, receive = (
            linear(torch.lerp(last, x, mix), weight)
            for mix, weight in zip(
                self.weights(layer, *MIXES),
                self.weights(layer, "weight_key", "weight_value", "weight_receive"),
                strict=True,
            )
        )
        decay, bonus, weight_out = self.weights(layer, "decay", "bonus", "weight_out")
        begun = held(before["m"], before["denominator"])
        kept, added, m = stabilised((-decay.exp()).expand_as(key), key, begun)
        numerator = linear_scan(kept, added * value, before["numerator"])
        denominator = linear_scan(kept, added, before["denominator"])
        # The present counts by another weight than it will have once it is past.
        m_before = _delayed(m, begun)
        top = torch.maximum(m_before, bonus + key)
        past, now = (m_before - top).exp(), (bonus + key - top).exp()
        above = past * _delayed(numerator, before["numerator"]) + now * value
        below = past * _delayed(denominator, before["denominator"]) + now
        added_to_x = linear(receive.sigmoid() * above / below, weight_out)
        return added_to_x, (x, numerator, denominator, m)

    def _channel(self, layer: int, x: Tensor, before: Tensor) -> Tensor:
        """Return what channel mixing adds (B, T, D)."""
        last = _delayed(x, before)
        key_in, receive_in, value_in = self.weights(
            layer, "weight_key_in", "weight_receive_in", "weight_value_in"
        )
        mix_key, mix_receive = self.weights(layer, "mix_key_in", "mix_receive_in")
        key = relu(linear(torch.lerp(last, x, mix_key), key_in)).square()
        receive = linear(torch.lerp(last, x, mix_receive), receive_in).sigmoid()
        return receive * linear(key, value_in)


def _normal(x: Tensor) -> Tensor:
    return layer_norm(x, x.shape[-1:])


def _delayed(x: Tensor, before: Tensor) -> Tensor:
    """Return x (B, T, D) of the step before, which is `before` (B, D) at the first."""
    return torch.cat([before[:, None], x[:, :-1]], dim=1)
