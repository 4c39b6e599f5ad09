"""Splits as padded tensors, in batches of similar length; padding never reaches a loss or a score."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence

from markovlens.tasks.base import Split
from markovlens.trace import NO_TARGET

BUCKET_BATCHES = 8  # batches that are sorted by length together: less padding, still mixed
EVALUATION_BATCH = 256


@dataclass(frozen=True, slots=True)
class Padded:
    """Sequences of one split.

    Attributes:
        symbols: int64 (S, T), 0 beyond the end of a sequence.
        targets: int64 (S, T), -1 where no target is asked for and beyond the end.
        lengths: int64 (S,).
    """

    symbols: Tensor
    targets: Tensor
    lengths: Tensor

    def take(self, indices: Tensor) -> Padded:
        """Return the sequences at `indices`, cut to the longest of them."""
        lengths = self.lengths[indices]
        longest = int(lengths.max())
        return Padded(self.symbols[indices, :longest], self.targets[indices, :longest], lengths)

    def cut(self, horizon: int) -> Padded:
        """Return the first `horizon` steps of all sequences."""
        return Padded(
            self.symbols[:, :horizon], self.targets[:, :horizon], self.lengths.clamp(max=horizon)
        )


@dataclass(frozen=True, slots=True)
class Score:
    """How a network does on one split.

    Attributes:
        accuracy: share of the steps with a target at which the likeliest class is the right one.
        loss: mean cross-entropy over these steps, nats.
        margin: smallest probability given to the right class at any of them.
        n_targets: number of these steps.
    """

    accuracy: float
    loss: float
    margin: float
    n_targets: int


def pad(split: Split) -> Padded:
    """Return the split as padded tensors."""
    lengths = torch.from_numpy(split.inputs.lengths)
    symbols, targets = (
        torch.from_numpy(np.asarray(column, dtype=np.int64)).split(lengths.tolist())
        for column in (split.inputs.values, split.targets)
    )
    return Padded(
        pad_sequence(symbols, batch_first=True),
        pad_sequence(targets, batch_first=True, padding_value=NO_TARGET),
        lengths,
    )


def batches(data: Padded, size: int, generator: torch.Generator) -> Iterator[Padded]:
    """Yield batches without end; each pass over the data is shuffled anew."""
    while True:
        order = torch.randperm(len(data.lengths), generator=generator)
        chunks = []
        for bucket in order.split(size * BUCKET_BATCHES):
            chunks += bucket[data.lengths[bucket].argsort(stable=True)].split(size)
        for index in torch.randperm(len(chunks), generator=generator):
            yield data.take(chunks[index])


def evaluate(model: nn.Module, data: Padded) -> Score:
    """Return the score of a model in evaluation mode; the model's mode is left as it was."""
    was_training = model.training
    model.eval()
    rows = []
    with torch.no_grad():
        for indices in data.lengths.argsort(stable=True).split(EVALUATION_BATCH):
            batch = data.take(indices)
            asked = batch.targets != NO_TARGET
            rows.append(_right(model(batch.symbols)[asked], batch.targets[asked]))
    model.train(was_training)
    correct, log_probability = (torch.cat(column) for column in zip(*rows, strict=True))
    return Score(
        accuracy=correct.double().mean().item(),
        loss=-log_probability.double().mean().item(),
        margin=log_probability.min().exp().item(),
        n_targets=len(correct),
    )


def _right(logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return whether the likeliest class is right, and the right one's log-probability."""
    log_probability = -cross_entropy(logits, targets, reduction="none")
    return logits.argmax(-1) == targets, log_probability
