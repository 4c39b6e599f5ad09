"""A network that writes symbols out of noise: one rectified layer, no biases.

Torre et al., "Recurrent neural networks emulating hidden Markov models", 2025.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from markovlens.tasks.base import Source

DEFAULTS = {"hidden": 64, "noise": 3}
DRIVE_SPREAD = 0.5  # standard deviation of what noise adds to a unit at the start


class Generator(nn.Module):
    """h_t = relu(W h_{t-1} + U x_t), logits A h_t; x_t is unit noise, symbols are drawn from A h_t.

    The symbols do not come back as inputs: all memory is in the hidden state.
    """

    def __init__(
        self, n_classes: int, *, hidden: int, noise: int, emulates: Source | None = None
    ) -> None:
        super().__init__()
        self.rnn = nn.RNN(noise, hidden, nonlinearity="relu", bias=False)
        self.head = nn.Linear(hidden, n_classes, bias=False)
        self.emulates = emulates

    def forward(self, noise: Tensor, start: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return logits (T, B, C) and states (T, B, H) under noise (T, B, d), from `start` (B, H).

        Time comes first, as torch's kernels have it.
        """
        states, _ = self.rnn(noise, None if start is None else start[None])
        return self.head(states), states


def build_generator(
    spec: Mapping[str, Any], *, n_classes: int, emulates: Source | None = None
) -> Generator:
    """Return an untrained generator, its weights drawn from torch's global generator.

    Args:
        spec: `hidden` units H and dimensions `noise` d of its input; missing keys take `DEFAULTS`.
        n_classes: symbols it writes.
        emulates: the source that it is to learn to write like, where that is known.
    """
    sizes = {key: spec.get(key, value) for key, value in DEFAULTS.items()}
    return Generator(n_classes, emulates=emulates, **sizes)


def initialise(model: Generator, gain: float) -> None:
    """Draw the recurrent weights from N(0, gain²/H) and those of the noise from N(0, 1/(4 d)).

    A rectified network of random weights keeps its activity at a gain of sqrt 2; torch's own start
    (a gain of .58) dies out within steps, and training then stays long with independent symbols.
    """
    spreads = {
        "weight_hh_l0": gain / model.rnn.hidden_size**0.5,
        "weight_ih_l0": DRIVE_SPREAD / model.rnn.input_size**0.5,
    }
    for name, spread in spreads.items():
        nn.init.normal_(model.rnn.get_parameter(name), 0, spread)


def draw_one_hot(logits: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Return one-hot symbols drawn from softmax(logits), with the gradient of the softmax.

    The straight-through Gumbel trick at temperature 1 (Jang, Gu & Poole 2017).
    """
    uniform = torch.rand(logits.shape, generator=generator).clamp_min(1e-12)
    soft = (logits - (-uniform.log()).log()).softmax(-1)
    hard = torch.zeros_like(soft).scatter_(-1, soft.argmax(-1, keepdim=True), 1.0)
    return hard + soft - soft.detach()
