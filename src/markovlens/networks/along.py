"""Training to a fixed number of steps, with the weights kept at steps on a logarithmic scale.

Unlike `training.train` it neither stops nor lowers the step size when a task is learned, does not
begin with short sequences, and disturbs states only if asked: what states a network has on its way,
and after it has learned all there is to learn, is then not of our making.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from markovlens.arguments import with_known_settings
from markovlens.networks.attempts import LOSS_MEMORY
from markovlens.networks.card import check_measurable, make_card
from markovlens.networks.data import batches, evaluate, pad
from markovlens.networks.determinism import deterministic
from markovlens.networks.model import SequenceModel, build, complete
from markovlens.networks.noise import noisy_logits
from markovlens.networks.objectives import Objective, Score
from markovlens.networks.shared import descend, make_orthogonal, weights_of
from markovlens.seeding import integer, seed_for
from markovlens.tasks.base import Task

FIRST_KEPT = 4  # gradient steps; before it nothing but a few of them has happened


@with_known_settings
@dataclass(frozen=True, slots=True)
class AlongOptions:
    """How a network is trained along; the meanings are those of `training.TrainingOptions`.

    Attributes:
        steps: gradient steps, all of which are taken.
        kept: moments at which the weights are kept, the first and the last step included.
        noise: whether states are disturbed in training, as `training` does for formal tasks.
        batch, learning_rate, clip: as in `TrainingOptions`.
    """

    steps: int = 1500
    kept: int = 16
    noise: bool = False
    batch: int = 64
    learning_rate: float = 0.003
    clip: float = 1.0


@dataclass(frozen=True, slots=True)
class Moment:
    """A network at one moment of its training.

    Attributes:
        step: gradient steps taken.
        loss: running mean of the loss of batches, nats; on validation sequences before any.
        valid: its score on the validation sequences.
        weights: the state dict.
    """

    step: int
    loss: float
    valid: Score
    weights: dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class TrainedAlong:
    """A network in evaluation mode at the end of its training, and what it was on the way.

    Attributes:
        model: the network after the last step.
        card: see `card.make_card`; `checkpoints` says step, loss, and score of each moment.
        moments: from the first to the last.
    """

    model: SequenceModel
    card: dict[str, Any]
    moments: tuple[Moment, ...]


def log_steps(last: int, count: int) -> list[int]:
    """Return 0, `last` and up to `count` steps in all, evenly spread on a logarithmic scale."""
    spread = np.geomspace(min(FIRST_KEPT, last), last, max(count - 1, 1))
    return sorted({0, last, *np.rint(spread).astype(int).tolist()})


def train_along(
    task: Task, spec: Mapping[str, Any], *, options: AlongOptions, seed: int
) -> TrainedAlong:
    """Return a network trained to the last step, and its weights on the way.

    Args:
        task: its `train` split is learned; its `valid` split is measured at each moment.
        spec: as for `model.build`.
        options: how.
        seed: of this network; each task and cell derives its own from it.

    Raises:
        DataError: a split has no targets by which an answer is better than another.
    """
    check_measurable(task)
    settings = complete(spec)
    sizes: dict[str, Any] = {"n_symbols": len(task.symbols), "n_classes": len(task.classes)}
    number = integer(seed_for(seed, "along", task.name, settings["cell"]))
    with deterministic(number):
        model = build(settings, **sizes)
        make_orthogonal(model.rnn, model.head.in_features)
        moments = tuple(_descended(model, task, options=options, seed=number))
    card = make_card(
        model.eval(),
        task,
        architecture=settings | sizes,
        seed=seed,
        training=asdict(options),
    )
    said = [{"step": m.step, "train_loss": m.loss, **m.valid.plain("accuracy")} for m in moments]
    return TrainedAlong(model, card | {"checkpoints": said}, moments)


def _descended(
    model: SequenceModel, task: Task, *, options: AlongOptions, seed: int
) -> list[Moment]:
    """Train a network and return its moments."""
    learn, valid = (pad(task.splits[name], task.output) for name in ("train", "valid"))
    objective = Objective.of(task)
    optimiser = torch.optim.Adam(model.train().parameters(), lr=options.learning_rate, fused=True)
    run = partial(noisy_logits, model) if options.noise else model
    marks, mean = set(log_steps(options.steps, options.kept)), np.nan
    moments: list[Moment] = []
    stream = batches(learn, options.batch, torch.Generator().manual_seed(seed))
    for step, batch in enumerate(stream):
        if step in marks:
            score = evaluate(model, valid, objective)
            told = score.loss if step == 0 else mean
            moments.append(Moment(step, told, score, weights_of(model)))
        if step == options.steps:
            break
        outputs = run(batch.inputs)
        loss = objective.loss(outputs.flatten(0, 1), batch.targets.flatten(0, 1))
        found = descend(loss, model, optimiser, options.clip)
        mean = found if step == 0 else LOSS_MEMORY * mean + (1 - LOSS_MEMORY) * found
    return moments
