"""Training: Adam on the steps that have a target, until the task's gate holds on validation data.

Three things make small networks learn regular languages exactly, and keep them right on strings
far longer than those they learned from:

- a curriculum: where every step has a target, training sees the first few steps of each sequence
  and doubles that horizon whenever it has mastered it (parity is learned in seconds, not never);
- noise on embeddings and, between segments of a sequence, on hidden states (formal tasks only):
  states that must survive it become attractors, which do not drift;
- a last stretch with a falling step size once the gate holds.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_

from markovlens.errors import DataError
from markovlens.networks.card import Trained, make_card
from markovlens.networks.data import Padded, Score, batches, evaluate, pad
from markovlens.networks.model import SequenceModel, build, complete
from markovlens.networks.noise import noisy_logits
from markovlens.seeding import integer, seed_for
from markovlens.tasks.base import Task
from markovlens.trace import NO_TARGET

log = logging.getLogger(__name__)

FIRST_HORIZON = 4  # steps
MASTERED_LOSS = 0.05  # nats; the horizon doubles below it
LOSS_MEMORY = 0.8  # of the running mean of the loss, a step
HOLDS = 2  # evaluations in a row at which the gate must hold
SETTLE_STEPS = 300


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """How a network is trained; defaults, limits and meanings are those of the config's schema.

    An attempt at a formal task takes up to `SETTLE_STEPS` (300) steps more than `steps` to settle:
    they begin when the gate holds, however late that is.
    """

    steps: int = 3000
    batch: int = 128
    learning_rate: float = 0.005
    clip: float = 1.0
    evaluate_every: int = 50
    patience: int = 10
    attempts: int = 3


def train(task: Task, spec: dict[str, Any], *, training: TrainingOptions, seed: int) -> Trained:
    """Return the best network of at most `training.attempts`, the same for the same arguments.

    An attempt that misses the task's gate is followed by one from the next child seed. The best
    weights by validation are kept: by accuracy, then loss, where the task is exact (formal), and by
    loss alone elsewhere, where accuracy is noisy.

    Args:
        task: its `train` split is learned, its `valid` split decides, its `test` split is only
            measured, at the end.
        spec: as for `model.build`.
        training: the options.
        seed: of this network; each task and cell derives its own from it.

    Raises:
        DataError: no attempt ever had a finite loss on validation data.
    """
    settings = complete(spec)
    tried: list[_Attempt] = []
    for child in seed_for(seed, "network", task.name, settings["cell"]).spawn(training.attempts):
        tried.append(_attempt(task, settings, training, child))
        log.info("%s, %s: attempt %s", task.name, settings["cell"], tried[-1].summary(task.gate))
        if tried[-1].best.accuracy >= task.gate:
            break
    if all(attempt.diverged for attempt in tried):
        raise DataError(
            f"{task.name}: training diverged in all {len(tried)} attempts; "
            "lower networks.training.*.learning_rate"
        )
    best = max(tried, key=lambda attempt: (attempt.best.accuracy >= task.gate, attempt.merit))
    sizes = {"n_symbols": len(task.symbols), "n_classes": len(task.classes)}
    card = make_card(
        best.model.eval(),
        task,
        architecture=settings | sizes,
        seed=seed,
        training=asdict(training),
        attempts=[attempt.summary(task.gate) for attempt in tried],
    )
    return Trained(best.model, card)


@dataclass(slots=True)
class _Attempt:
    """One training and its best weights so far; `exact` says by what they are the best.

    Until an evaluation gives a finite loss there are no weights.
    """

    model: SequenceModel
    exact: bool
    best: Score = field(default_factory=lambda: Score(accuracy=-1.0, loss=np.inf, n_targets=0))
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
        return self._merit(self.best)

    def _merit(self, score: Score) -> tuple[float, float]:
        return (score.accuracy, -score.loss) if self.exact else (-score.loss, score.accuracy)

    def look(self, valid: Padded, gate: float) -> None:
        """Evaluate, keep the weights if they are the best so far, and count what stopping needs."""
        score = evaluate(self.model, valid)
        finite = math.isfinite(score.loss)
        self.held = self.held + 1 if finite and score.accuracy >= gate else 0
        self.stale += 1
        log.info("step %d: accuracy %.4f, loss %.4f", self.step, score.accuracy, score.loss)
        if finite and self._merit(score) > self.merit:
            self.best, self.best_step, self.stale = score, self.step, 0
            self.weights = {k: v.clone() for k, v in self.model.state_dict().items()}

    def summary(self, gate: float) -> dict[str, Any]:
        """Return what the card says; the scores of a diverged attempt are null: JSON has no NaN."""
        return {
            "steps": self.step,
            "best_step": self.best_step,
            "valid_accuracy": None if self.diverged else self.best.accuracy,
            "valid_loss": None if self.diverged else self.best.loss,
            "passed": self.best.accuracy >= gate,
        }


@dataclass(slots=True)
class _Curriculum:
    """How many steps of each sequence are learned from, doubled whenever they are mastered."""

    horizon: int
    longest: int
    loss: float = 1.0

    def update(self, loss: float) -> None:
        self.loss = LOSS_MEMORY * self.loss + (1 - LOSS_MEMORY) * loss
        if self.horizon < self.longest and self.loss < MASTERED_LOSS:
            self.horizon, self.loss = min(self.longest, 2 * self.horizon), 1.0


def _attempt(
    task: Task, settings: dict[str, Any], training: TrainingOptions, child: np.random.SeedSequence
) -> _Attempt:
    """Return one training from one seed, its best weights loaded if it has any."""
    seed = integer(child)
    learn, valid = (pad(task.splits[name]) for name in ("train", "valid"))
    with deterministic(seed):
        model = build(settings, n_symbols=len(task.symbols), n_classes=len(task.classes))
        _initialise(model)
        attempt = _Attempt(model, exact=task.family == "formal")
        _fit(attempt, learn, valid, training=training, gate=task.gate, seed=seed)
    if not attempt.diverged:
        model.load_state_dict(attempt.weights)
    return attempt


def _fit(
    attempt: _Attempt,
    learn: Padded,
    valid: Padded,
    *,
    training: TrainingOptions,
    gate: float,
    seed: int,
) -> None:
    """Train until the gate holds and the network has settled, or nothing improves any more."""
    model = attempt.model.train()
    optimiser = torch.optim.Adam(model.parameters(), lr=training.learning_rate, fused=True)
    longest = learn.symbols.shape[1]
    first = min(FIRST_HORIZON, longest) if learn.asks_always else longest
    curriculum = _Curriculum(first, longest)
    end = training.steps
    settling = False
    for batch in batches(learn, training.batch, torch.Generator().manual_seed(seed)):
        attempt.step += 1
        if settling:
            left = (end - attempt.step + 1) / SETTLE_STEPS
            optimiser.param_groups[0]["lr"] = training.learning_rate * left
        loss = _step(attempt, batch.cut(curriculum.horizon), optimiser, training.clip)
        curriculum.update(loss)
        if attempt.step % training.evaluate_every == 0 or attempt.step >= end:
            attempt.look(valid, gate)
            if attempt.exact and attempt.held == HOLDS and not settling:
                settling, end = True, attempt.step + SETTLE_STEPS
        if attempt.step >= end or (attempt.stale >= training.patience and not settling):
            return


def _step(attempt: _Attempt, batch: Padded, optimiser: torch.optim.Optimizer, clip: float) -> float:
    """Take one gradient step and return the loss, nats."""
    optimiser.zero_grad()
    run = partial(noisy_logits, attempt.model) if attempt.exact else attempt.model
    logits = run(batch.symbols)
    loss = cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), ignore_index=NO_TARGET)
    loss.backward()
    clip_grad_norm_(attempt.model.parameters(), clip)
    optimiser.step()
    return loss.item()


def _initialise(model: SequenceModel) -> None:
    """Make each recurrent D x D block orthogonal: gradients neither die nor explode at first.

    The usual forget bias of 1 is left out: an LSTM that starts with open gates learns to count, and
    counts drift on strings longer than those of training.
    """
    hidden = model.head.in_features
    for name, parameter in model.rnn.named_parameters():
        if name.startswith("weight_hh"):
            for block in parameter.data.split(hidden):
                nn.init.orthogonal_(block)


@contextmanager
def deterministic(seed: int) -> Iterator[None]:
    """Seed torch and allow only deterministic algorithms; both are put back afterwards."""
    was = torch.are_deterministic_algorithms_enabled()
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            torch.use_deterministic_algorithms(True)
            yield
    finally:
        torch.use_deterministic_algorithms(was)
