"""What a network is trained on and measured by, for each kind of output.

| output | loss | measure |
| --- | --- | --- |
| distribution | cross-entropy; of a single logit binary cross-entropy | accuracy |
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

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from markovlens.errors import DataError
from markovlens.measures import how_right
from markovlens.outputs import ACCURACY, MEASURE_OF, NO_TARGET, TIME_AND_EVENT, Output
from markovlens.tasks.base import Task

TWO = 2  # classes, between which a single logit decides


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

    @property
    def loss_learned(self) -> str:
        """The name of the loss in training: of values its unit is not that of the scores."""
        return "loss_in_variances" if self.output == Output.VALUES else "loss"

    def check_width(self, width: int) -> None:
        """Raise `DataError` for outputs of another number of columns than the task has names.

        For two classes one column will do, the logit of the second.
        """
        if width != len(self.names) and not (width == 1 and self.takes_one):
            raise DataError(
                f"expected {len(self.names)} outputs a step, one for each of "
                f"{', '.join(self.names)} ({self.output}), got {width}; give the network as many, "
                "or the task another `output` or target",
                page="wrong-outputs",
            )

    @property
    def takes_one(self) -> bool:
        """Whether outputs may be one number a step: a single value or risk, or a single logit."""
        of_two = self.output == Output.DISTRIBUTION and len(self.names) == TWO
        return of_two or len(self.names) == 1

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean loss of outputs (M, C) that are no probabilities yet.

        Args:
            outputs: logits, values or log hazards.
            targets: classes (M,); of other kinds (M, C), of a risk also (M, 2).

        Raises:
            DataError: targets without an axis of columns, which outputs would be paired with all.
        """
        if self.output == Output.DISTRIBUTION:
            return cross_entropy(against(outputs), targets, ignore_index=NO_TARGET)
        if targets.ndim != outputs.ndim:
            raise DataError(
                f"expected targets with columns, as outputs of {self.output} have, "
                f"{tuple(outputs.shape)}, got {tuple(targets.shape)}; pad them by `data.pad`",
                page="wrong-outputs",
            )
        return LOSSES[self.output](outputs, targets.to(outputs.dtype))

    def score(self, outputs: Tensor, targets: Tensor) -> Score:
        """Return what outputs (M, C) at steps that all have a target are worth."""
        if self.output == Output.DISTRIBUTION:
            outputs = against(outputs)
            nats = cross_entropy(outputs, targets, reduction="none").double().mean().item()
            value = (outputs.argmax(-1) == targets).double().mean().item()
            return Score(value, nats, len(targets))
        outputs = outputs.double()
        loss = self.loss(outputs, targets).item()
        said = outputs.sigmoid() if self.output == Output.LABELS else outputs
        value = how_right(said.cpu().numpy(), targets.cpu().numpy(), self.output)
        return Score(value, loss, len(targets))


def against(logits: Tensor) -> Tensor:
    """Return logits (..., 2), no and yes, of a single one (..., 1); of several as they are.

    Softmax and cross-entropy of both are sigmoid and binary cross-entropy of the one.
    """
    if logits.shape[-1] > 1:
        return logits
    return torch.cat([torch.zeros_like(logits), logits], dim=-1)


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


LOSSES: Mapping[Output, Callable[[Tensor, Tensor], Tensor]] = {
    Output.LABELS: binary_error,
    Output.VALUES: squared_error,
    Output.RISK: partial_likelihood,
}
