"""The common shape: something before, recurrent layers of torch, something after."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from markovlens.networks.objectives import against

State = Mapping[str, Tensor]


class Layered(nn.Module):
    """Reads by `front`, moves by `rnn`, answers by `head`; its whole state is h, and c of an LSTM.

    It is `activations.contract.Stepwise`: each part of the state is (B, L, D), of all L layers.
    """

    def __init__(self, front: nn.Module, rnn: nn.GRU | nn.LSTM, head: nn.Module) -> None:
        """Keep the three.

        Args:
            front: makes vectors (B, T, E) of inputs (B, T, ...).
            rnn: one direction, `batch_first`.
            head: makes logits (B, T, C) of what the top layer says.
        """
        super().__init__()
        self.front, self.rnn, self.head = front, rnn, head

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the parts of the state."""
        return ("h", "c") if isinstance(self.rnn, nn.LSTM) else ("h",)

    def initial(self, batch: int) -> State:
        """Return the state of `batch` networks that have read nothing."""
        like = next(self.rnn.parameters())
        shape = (batch, self.rnn.num_layers, self.rnn.hidden_size)
        return {name: like.new_zeros(shape) for name in self.parts}

    def step(self, state: State, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the state after one more input (B, ...) and the logits (B, C)."""
        state, outputs = self.read(state, inputs[:, None])
        return state, outputs[:, 0]

    def read(self, state: State, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the state after inputs (B, T, ...), and the logits (B, T, C) on the way."""
        begun = [state[name].transpose(0, 1).contiguous() for name in self.parts]
        said, last = self.rnn(self.front(inputs), tuple(begun) if len(begun) > 1 else begun[0])
        ended = last if isinstance(last, tuple) else (last,)
        after = {name: part.transpose(0, 1) for name, part in zip(self.parts, ended, strict=True)}
        return after, self.head(said)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the logits (B, T, C) after each of the inputs (B, T, ...)."""
        return self.read(self.initial(len(inputs)), inputs)[1]


class Against(nn.Module):
    """Makes logits of two classes of the one logit of a sigmoid: the same probabilities."""

    def forward(self, logits: Tensor) -> Tensor:
        """Return logits (..., 2) of logits (..., 1): no, yes."""
        return against(logits)


class Grouped(nn.Module):
    """Adds up the probabilities of classes that are told apart too finely."""

    group: Tensor

    def __init__(self, n_classes: int, n_groups: int) -> None:
        """Put all classes into the first group, until others are loaded."""
        super().__init__()
        self.n_groups = n_groups
        self.register_buffer("group", torch.zeros(n_classes, dtype=torch.int64))

    def forward(self, logits: Tensor) -> Tensor:
        """Return logits (..., G) of logits (..., C): the logarithms of summed exponentials."""
        found = [logits[..., self.group == group] for group in range(self.n_groups)]
        return torch.stack([each.logsumexp(dim=-1) for each in found], dim=-1)
