"""One training from one seed: its best weights so far, how far it is, and when it is over."""

from __future__ import annotations

import logging
import math
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np
from torch import Tensor

from markovlens.networks.data import Padded, evaluate
from markovlens.networks.model import SequenceModel
from markovlens.networks.objectives import Objective, Score
from markovlens.networks.shared import weights_of

log = logging.getLogger(__name__)

MASTERED_LOSS = 0.05  # nats; the horizon doubles below it
GIVEN = ("model", "objective")  # what an attempt has from its beginning
LOSS_MEMORY = 0.8  # of the running mean of the loss, a step


@dataclass(slots=True)
class Attempt:
    """One training and its best weights so far; `exact` says by what they are the best.

    Until an evaluation gives a finite loss there are no weights.
    """

    model: SequenceModel
    objective: Objective
    exact: bool
    best: Score = field(default_factory=lambda: Score(value=-np.inf, loss=np.inf, n_targets=0))
    weights: dict[str, Tensor] = field(default_factory=dict)
    step: int = 0
    best_step: int = 0
    held: int = 0
    stale: int = 0

    @property
    def diverged(self) -> bool:
        """Whether no evaluation has given a finite loss."""
        return not self.weights

    @property
    def merit(self) -> tuple[float, float]:
        """What attempts are compared by; more is better."""
        return self._merit(self.best)

    def _merit(self, score: Score) -> tuple[float, float]:
        return (score.value, -score.loss) if self.exact else (-score.loss, score.value)

    def look(self, valid: Padded, gate: float) -> None:
        """Evaluate, keep the weights if they are the best so far, and count what stopping needs."""
        score = evaluate(self.model, valid, self.objective)
        finite = math.isfinite(score.loss)
        self.held = self.held + 1 if finite and score.value >= gate else 0
        self.stale += 1
        log.info(
            "step %d: %s %.4f, loss %.4f",
            self.step,
            self.objective.measure,
            score.value,
            score.loss,
        )
        if finite and self._merit(score) > self.merit:
            self.best, self.best_step, self.stale = score, self.step, 0
            self.weights = weights_of(self.model)

    def summary(self, gate: float) -> dict[str, Any]:
        """Return what the card says; the scores of a diverged attempt are null: JSON has no NaN."""
        return {
            "steps": self.step,
            "best_step": self.best_step,
            f"valid_{self.objective.measure}": None if self.diverged else self.best.value,
            f"valid_{self.objective.loss_learned}": None if self.diverged else self.best.loss,
            "passed": self.best.value >= gate,
        }

    def state(self) -> dict[str, Any]:
        """Return all but the model as plain values and tensors."""
        kept = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in GIVEN}
        return kept | {"best": asdict(self.best)}

    def restore(self, state: dict[str, Any]) -> None:
        """Be again as when `state` was taken, but for the model."""
        for name, value in state.items():
            setattr(self, name, Score(**value) if name == "best" else value)


@dataclass(slots=True)
class Course:
    """How an attempt goes on.

    Attributes:
        horizon: steps of each sequence that are learned from, doubled whenever they are mastered.
        longest: steps of the longest sequence.
        end: training steps after which the attempt is over.
        settling: whether the gate held and the step size falls.
        loss: running mean, nats.
    """

    horizon: int
    longest: int
    end: int
    settling: bool = False
    loss: float = 1.0

    def update(self, loss: float) -> None:
        """Take in the loss of one training step, nats."""
        self.loss = LOSS_MEMORY * self.loss + (1 - LOSS_MEMORY) * loss
        if self.horizon < self.longest and self.loss < MASTERED_LOSS:
            self.horizon, self.loss = min(self.longest, 2 * self.horizon), 1.0
