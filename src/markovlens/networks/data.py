"""Splits as padded tensors, and scores of networks on them; padding never reaches either."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from markovlens.errors import DataError
from markovlens.networks.objectives import Objective, Score, against
from markovlens.outputs import Output, check_targets, numbers_of
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
        targets: of classes int64 (S, T), -1 where no target is asked for and beyond the end; of
            other outputs float64 (S, T, C), NaN there.
        lengths: int64 (S,).
    """

    inputs: Tensor
    targets: Tensor
    lengths: Tensor

    @property
    def asks_always(self) -> bool:
        """Whether every step has a target, so that sequences may be cut anywhere."""
        return int(asked(self.targets).sum()) == int(self.lengths.sum())

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


def asked(targets: Tensor) -> Tensor:
    """Return at which steps (S, T) something is asked for."""
    if targets.is_floating_point():
        return ~targets.isnan().all(dim=-1)
    return targets != NO_TARGET


def pad(split: Split, output: Output = Output.DISTRIBUTION) -> Padded:
    """Return the split as padded tensors.

    Raises:
        DataError: targets are not what outputs of this kind are asked for.
    """
    lengths = torch.from_numpy(split.inputs.lengths)
    kind = np.int64 if split.inputs.are_symbols else np.float32
    of_classes = output == Output.DISTRIBUTION
    wanted = check_targets(split.targets, None, output)
    wanted = wanted if of_classes else numbers_of(wanted)
    inputs, targets = (
        torch.from_numpy(np.array(column, dtype=dtype)).split(lengths.tolist())
        for column, dtype in (
            (split.inputs.values, kind),
            (wanted, np.int64 if of_classes else np.float64),
        )
    )
    nothing = NO_TARGET if of_classes else np.nan
    return Padded(
        pad_sequence(inputs, batch_first=True),
        pad_sequence(targets, batch_first=True, padding_value=nothing),
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


def evaluate(model: nn.Module, data: Padded, objective: Objective) -> Score:
    """Return the score of a model, in evaluation mode, on batches of equal length.

    Raises:
        DataError: no step of the data has a target, or outputs are not as wide as the task's.
    """
    return objective.score(*answered(model, data, objective))


def confusion(model: nn.Module, data: Padded, objective: Objective) -> np.ndarray:
    """Return how often (C, C) a network of classes decides for each, and which one was right.

    Raises:
        DataError: as `evaluate`.
    """
    outputs, targets = answered(model, data, objective)
    n_classes = len(objective.names)
    cells = against(outputs).argmax(dim=-1) * n_classes + targets
    return torch.bincount(cells, minlength=n_classes**2).reshape(n_classes, -1).numpy()


def answered(model: nn.Module, data: Padded, objective: Objective) -> tuple[Tensor, Tensor]:
    """Return outputs (M, C) and targets (M, ...) at all steps with a target, as `evaluate`."""
    was_training = model.training
    model.eval()
    with torch.no_grad():
        rows = [
            _answered(model, data.take(batch), objective)
            for group in groups_of_one_length(data.lengths.numpy())
            for batch in torch.from_numpy(group).split(EVALUATION_BATCH)
        ]
    model.train(was_training)
    outputs, targets = (torch.cat(column) for column in zip(*rows, strict=True))
    if not len(targets):
        raise DataError(
            f"expected steps with a target to measure {objective.measure} at, got none",
            page="nothing-to-learn",
        )
    return outputs, targets


def _as_read(model: nn.Module, inputs: Tensor) -> Tensor:
    """Return rows in the precision of the network, symbols as they are."""
    like = next(model.parameters(), inputs)
    return inputs.to(like.dtype) if inputs.is_floating_point() else inputs


def _answered(model: nn.Module, batch: Padded, objective: Objective) -> tuple[Tensor, Tensor]:
    """Return outputs (M, C) and targets (M, ...) at the steps with a target."""
    read = _as_read(model, batch.inputs)
    found = _raw(model, read)
    if objective.takes_one and _lacks_columns(model, read, found, len(objective.names)):
        found = found[..., None]
    objective.check_width(found.shape[-1])
    # Outputs (B, C) belong to the last step.
    targets = batch.targets if found.ndim == 3 else batch.targets[:, -1]
    rows = asked(targets)
    return found[rows], targets[rows]


def _raw(model: nn.Module, inputs: Tensor) -> Tensor:
    output = model(inputs)
    return output[0] if isinstance(output, tuple) else output


def _lacks_columns(model: nn.Module, inputs: Tensor, output: Tensor, n_names: int) -> bool:
    """Return whether outputs (B, T) or (B,) are one number a step, without an axis for it."""
    if output.shape not in (inputs.shape[:2], inputs.shape[:1]):
        return False
    if n_names == 1 or output.shape != (len(inputs), n_names):
        return True
    # As many steps as classes: a step alone tells which of them the axis is.
    return _raw(model, inputs[:, :1]).shape[-1] == 1
