"""Noise in training: states that must survive it become attractors, which do not drift."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from markovlens.networks.model import SequenceModel
from markovlens.recurrence.base import Whole

SEGMENTS = 4  # pieces of a sequence, with noise on the hidden state in between
EMBEDDING_NOISE = 0.5  # standard deviations, against about 1 of the embedding's own entries
STATE_NOISE = 0.3  # against entries of h in (-1, 1)
CELL_NOISE = 1.0  # against entries of an LSTM's c, which has no bounds


def noisy_logits(model: SequenceModel, inputs: Tensor) -> Tensor:
    """Return logits (B, T, C) with noise on embeddings and, now and then, on the hidden state.

    Rows have none of the former: symbols lie far apart, but noise would carry a row near a boundary
    to its other side, and what a network learned of the boundary would be blurred.
    """
    vectors = model.embedding(inputs)
    if not inputs.is_floating_point():
        vectors = vectors + EMBEDDING_NOISE * torch.randn_like(vectors)
    states, hidden = [], None
    for segment in _segments(vectors):
        part, hidden = model.rnn(segment, hidden)
        states.append(part)
        hidden = _shaken(model.rnn, hidden)
    return model.answer(torch.cat(states, dim=1))


def _segments(vectors: Tensor) -> tuple[Tensor, ...]:
    """Return the steps (B, T, E) in up to `SEGMENTS` pieces, cut at random."""
    n_steps = vectors.shape[1]
    cuts = torch.randint(1, max(2, n_steps), (SEGMENTS - 1,)).unique()  # sorted
    pieces = vectors.tensor_split(cuts.tolist(), dim=1)
    return tuple(piece for piece in pieces if piece.shape[1])


def _shaken(rnn: nn.Module, hidden: Tensor | tuple[Tensor, ...]) -> Tensor | tuple[Tensor, ...]:
    if isinstance(hidden, tuple):
        h, c = hidden
        return h + STATE_NOISE * torch.randn_like(h), c + CELL_NOISE * torch.randn_like(c)
    noise = STATE_NOISE * torch.randn_like(hidden)
    return hidden + (rnn.spread(hidden.detach()) * noise if isinstance(rnn, Whole) else noise)
