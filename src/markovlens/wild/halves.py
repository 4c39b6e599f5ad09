"""One direction of a network that reads in both: the other says what it says on average.

A network of bidirectional layers is no state machine: what it answers at a step depends on what
comes later. Each direction by itself is one. What a layer gets from the other direction is set to
its mean over the steps of sample inputs (mean ablation), in every layer and before the head, which
only changes biases; what is left is a plain network of one direction. How often its answer is that
of the whole network, its card says.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


def half(
    rnn: nn.LSTM | nn.GRU, samples: Tensor, counted: Tensor, *, backward: bool
) -> tuple[nn.LSTM | nn.GRU, Tensor]:
    """Return one direction of a network, and the mean (D,) of what the other says at the top.

    Args:
        rnn: bidirectional layers, `batch_first`.
        samples: vectors (B, T, E) in the order in which the forward direction reads.
        counted: (B, T), the steps over which means are taken: not what is filled up with.
        backward: which direction is left; the backward one is to be read from the end.
    """
    kind, size = type(rnn), rnn.hidden_size
    found = kind(rnn.input_size, size, rnn.num_layers, batch_first=True)
    means = _means(rnn, samples, counted, backward=backward)
    own = slice(size, 2 * size) if backward else slice(0, size)
    others = slice(0, size) if backward else slice(size, 2 * size)
    state = rnn.state_dict()
    with torch.no_grad():
        for layer in range(rnn.num_layers):
            suffix = f"l{layer}_reverse" if backward else f"l{layer}"
            weight = state[f"weight_ih_{suffix}"]
            bias = state[f"bias_ih_{suffix}"]
            if layer:
                bias = bias + weight[:, others] @ means[layer - 1]
                weight = weight[:, own]
            _put(found, layer, {"weight_ih": weight, "bias_ih": bias}, state, suffix=suffix)
    return found.eval(), means[-1]


def half_of_linear(linear: nn.Linear, mean: Tensor, *, backward: bool) -> nn.Linear:
    """Return what a head reads of one direction, the other being at its mean (D,)."""
    size = len(mean)
    own, others = linear.weight[:, :size], linear.weight[:, size:]
    if backward:
        own, others = others, own
    found = nn.Linear(size, linear.out_features)
    with torch.no_grad():
        found.weight.copy_(own)
        found.bias.copy_(linear.bias + others @ mean)
    return found


def _put(
    found: nn.Module,
    layer: int,
    changed: Mapping[str, Tensor],
    state: Mapping[str, Tensor],
    *,
    suffix: str,
) -> None:
    same = {name: state[f"{name}_{suffix}"] for name in ("weight_hh", "bias_hh")}
    for name, value in {**changed, **same}.items():
        getattr(found, f"{name}_l{layer}").copy_(value)


def _means(
    rnn: nn.LSTM | nn.GRU, samples: Tensor, counted: Tensor, *, backward: bool
) -> list[Tensor]:
    """Return for each layer the mean (D,) of what the other direction says over all steps."""
    size = rnn.hidden_size
    others = slice(0, size) if backward else slice(size, 2 * size)
    means = []
    with torch.no_grad():
        for n_layers in range(1, rnn.num_layers + 1):
            said = _first_layers(rnn, n_layers)(samples)[0]
            means.append(said[counted][:, others].mean(dim=0))
    return means


def _first_layers(rnn: nn.LSTM | nn.GRU, n_layers: int) -> nn.LSTM | nn.GRU:
    found = type(rnn)(
        rnn.input_size, rnn.hidden_size, n_layers, batch_first=True, bidirectional=True
    )
    found.load_state_dict({key: rnn.state_dict()[key] for key in found.state_dict()})
    return found.eval()
