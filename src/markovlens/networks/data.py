"""Splits as padded tensors, and scores of networks on them; padding never reaches either."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence

from markovlens.errors import DataError
from markovlens.sequences import groups_of_one_length
from markovlens.tasks.base import Split
from markovlens.trace import NO_TARGET

BUCKET_BATCHES = 8  # batches that are sorted by length together: less padding, still mixed
EVALUATION_BATCH = 256


@dataclass(frozen=True, slots=True)
class Padded:
    """Sequences of one split.

    Attributes:
        inputs: symbols, int64 (S, T), or rows, float32 (S, T, D); 0 beyond a sequence's end.
        targets: int64 (S, T), -1 where no target is asked for and beyond the end.
        lengths: int64 (S,).
    """

    inputs: Tensor
    targets: Tensor
    lengths: Tensor

    @property
    def asks_always(self) -> bool:
        """Whether every step has a target, so that sequences may be cut anywhere."""
        return int((self.targets != NO_TARGET).sum()) == int(self.lengths.sum())

    def take(self, indices: Tensor) -> Padded:
        """Return the sequences at `indices`, cut to the longest of them."""
        lengths = self.lengths[indices]
        longest = int(lengths.max())
        return Padded(self.inputs[indices, :longest], self.targets[indices, :longest], lengths)

    def cut(self, horizon: int) -> Padded:
        """Return the first `horizon` steps of all sequences."""
        return Padded(
            self.inputs[:, :horizon], self.targets[:, :horizon], self.lengths.clamp(max=horizon)
        )


@dataclass(frozen=True, slots=True)
class Score:
    """How a network does on one split.

    Attributes:
        accuracy: share of the steps with a target at which the likeliest class is the right one.
        loss: mean cross-entropy over these steps, nats.
        n_targets: number of these steps.
    """

    accuracy: float
    loss: float
    n_targets: int


def pad(split: Split) -> Padded:
    """Return the split as padded tensors."""
    lengths = torch.from_numpy(split.inputs.lengths)
    kind = np.int64 if split.inputs.are_symbols else np.float32
    inputs, targets = (
        torch.from_numpy(np.array(column, dtype=dtype)).split(lengths.tolist())
        for column, dtype in ((split.inputs.values, kind), (split.targets, np.int64))
    )
    return Padded(
        pad_sequence(inputs, batch_first=True),
        pad_sequence(targets, batch_first=True, padding_value=NO_TARGET),
        lengths,
    )


def batches(data: Padded, size: int, generator: torch.Generator) -> Iterator[Padded]:
    """Yield batches without end; each pass over the data is shuffled anew."""
    while True:
        order = torch.randperm(len(data.lengths), generator=generator)
        chunks: list[Tensor] = []
        for bucket in order.split(size * BUCKET_BATCHES):
            chunks += bucket[data.lengths[bucket].argsort(stable=True)].split(size)
        for index in torch.randperm(len(chunks), generator=generator).tolist():
            yield data.take(chunks[index])


def evaluate(model: nn.Module, data: Padded) -> Score:
    """Return the score of a model, in evaluation mode, on batches of equal length.

    Raises:
        DataError: no step of the data has a target.
    """
    was_training = model.training
    model.eval()
    with torch.no_grad():
        rows = [
            _right(model, data.take(batch))
            for group in groups_of_one_length(data.lengths.numpy())
            for batch in torch.from_numpy(group).split(EVALUATION_BATCH)
        ]
    model.train(was_training)
    correct, log_probability = (torch.cat(column) for column in zip(*rows, strict=True))
    if not len(correct):
        raise DataError("expected steps with a target to measure accuracy at, got none")
    return Score(
        accuracy=correct.double().mean().item(),
        loss=-log_probability.double().mean().item(),
        n_targets=len(correct),
    )


def _as_read(model: nn.Module, inputs: Tensor) -> Tensor:
    """Return rows in the precision of the network, symbols as they are."""
    like = next(model.parameters(), inputs)
    return inputs.to(like.dtype) if inputs.is_floating_point() else inputs


def _right(model: nn.Module, batch: Padded) -> tuple[Tensor, Tensor]:
    """Return whether the likeliest class is right, and log p(right), at steps with a target."""
    output = model(_as_read(model, batch.inputs))
    logits = output[0] if isinstance(output, tuple) else output
    # Logits (B, C) belong to the last step.
    targets = batch.targets if logits.ndim == 3 else batch.targets[:, -1]
    asked = targets != NO_TARGET
    logits, targets = logits[asked], targets[asked]
    return logits.argmax(-1) == targets, -cross_entropy(logits, targets, reduction="none")
