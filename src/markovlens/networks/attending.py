"""Additive attention of an answer over the states that led to it.

Bahdanau, Cho & Bengio ("Neural machine translation by jointly learning to align and translate",
2015): the energy of state i for the answer after step t is v . tanh(W q_t + U h_i), and the weights
are its softmax. The query q_t is here the state after step t, as no decoder has another, and no
state that is still to come has a weight, so that the network answers after every step.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class AdditiveAttention(nn.Module):
    """Gives weights to states, `width` being that of the layer in which they meet the query."""

    def __init__(self, hidden: int, width: int) -> None:
        super().__init__()
        self.query = nn.Linear(hidden, width, bias=False)
        self.key = nn.Linear(hidden, width)
        self.energy = nn.Linear(width, 1, bias=False)

    def forward(self, states: Tensor) -> Tensor:
        """Return the weights (B, T, T) of states (B, T, D), a row for each step that asks."""
        met = self.query(states)[:, :, None] + self.key(states)[:, None]
        energies = self.energy(torch.tanh(met)).squeeze(-1)
        size = states.shape[1]
        ahead = torch.ones(size, size, dtype=torch.bool, device=states.device).triu(diagonal=1)
        return energies.masked_fill(ahead, -torch.inf).softmax(dim=-1)
