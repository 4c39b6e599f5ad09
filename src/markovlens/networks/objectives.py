"""What a network is trained on and measured by, for each kind of output.

| output | loss | measure |
| --- | --- | --- |
| distribution | cross-entropy | accuracy |
| labels | binary cross-entropy of each label | balanced agreement of labels |
| values | squared error | variance explained, R² |
| risk | partial likelihood | concordance |

The loss of a risk is the partial likelihood of Cox ("Regression models and life-tables", 1972; with
Breslow's ties): of those whose time is not over, the one whose event comes has the higher risk. It
asks for an order alone, as `concordance` does, takes censored times as they are, and costs no more
than sorting; squared error would ask for a number that nobody has told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from markovlens.arrays import variances
from markovlens.errors import DataError
from markovlens.ordering import ordered_pairs
from markovlens.outputs import ACCURACY, HALF, MEASURE_OF, NO_TARGET, TIME_AND_EVENT, Output
from markovlens.tasks.base import Task

CHANCE = {Output.LABELS: HALF, Output.VALUES: 0.0, Output.RISK: HALF}
"""What a constant answer gets by the measure of each kind; of classes it depends on the data."""


@dataclass(frozen=True, slots=True)
class Score:
    """How a network does on one split.

    Attributes:
        value: by the measure of its kind of output, the higher the better; of classes the share of
            the steps with a target at which the likeliest class is the right one.
        loss: mean over these steps; of classes and labels in nats, of values in the squares of
            their units, of a risk in nats an event.
        n_targets: number of these steps.
    """

    value: float
    loss: float
    n_targets: int

    def plain(self, measure: str) -> dict[str, float]:
        """Return the score as a card has it, its value under the name of the measure."""
        return {measure: self.value, "loss": self.loss, "n_targets": self.n_targets}


@dataclass(frozen=True, slots=True)
class Objective:
    """What one task asks of a network.

    Attributes:
        output: the kind.
        names: of the C columns of an output.
    """

    output: Output
    names: tuple[str, ...]

    @classmethod
    def of(cls, task: Task) -> Objective:
        """Return what a task asks."""
        return cls(task.output, task.classes)

    @property
    def measure(self) -> str:
        """The name of the measure."""
        return MEASURE_OF.get(self.output, ACCURACY)

    def check_width(self, width: int) -> None:
        """Raise `DataError` for outputs of another number of columns than the task has names."""
        if width != len(self.names):
            raise DataError(
                f"expected {len(self.names)} outputs a step, one for each of "
                f"{', '.join(self.names)} ({self.output}), got {width}; give the network as many, "
                "or the task another `output` or target"
            )

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean loss of outputs (M, C) that are no probabilities yet."""
        if self.output == Output.DISTRIBUTION:
            return cross_entropy(outputs, targets, ignore_index=NO_TARGET)
        return LOSSES[self.output](outputs, targets.to(outputs.dtype))

    def score(self, outputs: Tensor, targets: Tensor) -> Score:
        """Return what outputs (M, C) at steps that all have a target are worth."""
        if self.output == Output.DISTRIBUTION:
            nats = cross_entropy(outputs, targets, reduction="none").double().mean().item()
            value = (outputs.argmax(-1) == targets).double().mean().item()
            return Score(value, nats, len(targets))
        outputs = outputs.double()
        loss = self.loss(outputs, targets).item()
        value = MEASURES[self.output](outputs.cpu().numpy(), targets.cpu().numpy())
        return Score(value, loss, len(targets))


def binary_error(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the binary cross-entropy, nats a label, of logits (M, C); NaN is not asked for."""
    known = ~targets.isnan()
    total = binary_cross_entropy_with_logits(outputs[known], targets[known], reduction="sum")
    return total / known.sum().clamp(min=1)


def squared_error(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the mean squared error of values (M, C); NaN is not asked for."""
    known = ~targets.isnan()
    return (outputs[known] - targets[known]).square().sum() / known.sum().clamp(min=1)


def partial_likelihood(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return minus Cox's log partial likelihood, nats an event, of log hazards (M, 1).

    Args:
        outputs: the risks.
        targets: (M, 1), the higher the sooner, or (M, 2), time and whether the event came then;
            rows with NaN are not asked for.
    """
    known = ~targets.isnan().any(dim=1)
    risk, time, event = outputs[known, 0], *_time_and_event(targets[known])
    order = time.argsort(descending=True, stable=True)
    risk, time, event = risk[order], time[order], event[order]
    # Equal times are at risk together: each takes the sum up to the last of its equals.
    _, count = time.unique_consecutive(return_counts=True)
    last = (count.cumsum(0) - 1).repeat_interleave(count)
    at_risk = risk.logcumsumexp(0)[last]
    return ((at_risk - risk) * event).sum() / event.sum().clamp(min=1)


def _time_and_event(targets: Tensor) -> tuple[Tensor, Tensor]:
    if targets.shape[1] == TIME_AND_EVENT:
        return targets[:, 0], targets[:, 1]
    return -targets[:, 0], torch.ones_like(targets[:, 0])


def explained_variance(said: np.ndarray, wanted: np.ndarray) -> float:
    """Return R²: 1 less squared error over variance, on average over columns that vary.

    Args:
        said: (M, C).
        wanted: (M, C), NaN where nothing is asked for.
    """
    found = []
    for column, known in enumerate((~np.isnan(wanted)).T):
        right, given = wanted[known, column], said[known, column]
        variance = float(variances(right[:, None])[0])
        if variance > 0:
            found.append(1 - np.square(right - given).mean() / variance)
    return float(np.mean(found)) if found else float("nan")


def label_agreement(said: np.ndarray, wanted: np.ndarray) -> float:
    """Return the share of steps with the right label on or off, averaged over both and labels.

    Args:
        said: logits (M, C), on above 0.
        wanted: (M, C), 1 or 0, NaN where nothing is asked for.
    """
    same = (said > 0) == (wanted > HALF)
    groups = [
        same[wanted[:, column] == value, column]
        for column in range(wanted.shape[1])
        for value in (0, 1)
    ]
    return float(np.mean([group.mean() for group in groups if len(group)]))


def concordance(said: np.ndarray, wanted: np.ndarray) -> float:
    """Return Harrell's C of risks (M, 1): the share of pairs of steps in the right order.

    Args:
        said: the risks.
        wanted: as for `partial_likelihood`.
    """
    known = ~np.isnan(wanted).any(axis=1)
    time, event = (part.numpy() for part in _time_and_event(torch.as_tensor(wanted[known])))
    hits, pairs = ordered_pairs(said[known, 0], time, event > 0)
    return float(hits.sum() / pairs.sum()) if pairs.sum() else float("nan")


LOSSES: Mapping[Output, Callable[[Tensor, Tensor], Tensor]] = {
    Output.LABELS: binary_error,
    Output.VALUES: squared_error,
    Output.RISK: partial_likelihood,
}
MEASURES: Mapping[Output, Callable[[np.ndarray, np.ndarray], float]] = {
    Output.LABELS: label_agreement,
    Output.VALUES: explained_variance,
    Output.RISK: concordance,
}
