"""Training: Adam on the steps that have a target, until the task's gate holds on validation data.

Three things make small networks learn regular languages exactly, and keep them right on strings
far longer than those they learned from:

- a curriculum (formal tasks only, as noise is never mastered): where every step has a target,
  training sees the first few steps of each sequence and doubles that horizon whenever it has
  mastered it (parity is learned in seconds, not never);
- noise on embeddings and, between segments of a sequence, on hidden states (formal tasks only):
  states that must survive it become attractors, which do not drift;
- a last stretch with a falling step size once the gate holds.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from markovlens.arguments import with_known_settings
from markovlens.errors import ConfigError, DataError
from markovlens.networks.attempts import Attempt, Course
from markovlens.networks.card import Trained, check_measurable, make_card
from markovlens.networks.checkpoints import Checkpoint, checkpoint_of, go_on, learning
from markovlens.networks.data import Padded, batches, pad
from markovlens.networks.determinism import deterministic
from markovlens.networks.model import SINGLE, build, complete
from markovlens.networks.noise import noisy_logits
from markovlens.networks.objectives import TWO, Objective
from markovlens.networks.rows import RowInput
from markovlens.networks.scaling import in_units, standardised
from markovlens.networks.shared import descend, make_orthogonal, until_passed
from markovlens.outputs import Output
from markovlens.seeding import integer, seed_for
from markovlens.tasks.base import Task

log = logging.getLogger(__name__)

FIRST_HORIZON = 4  # steps
STEP_BY_STEP = ("formal", "markov")  # families whose first steps can be mastered alone
HOLDS = 2  # evaluations in a row at which the gate must hold
SETTLE_STEPS = 300


@with_known_settings
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


def train(
    task: Task,
    spec: dict[str, Any],
    *,
    training: TrainingOptions,
    seed: int,
    checkpoint: str | Path | None = None,
) -> Trained:
    """Return the best network of at most `training.attempts`, the same for the same arguments.

    An attempt that misses the task's gate is followed by one from the next child seed. The best
    weights by validation are kept: by accuracy, then loss, where the task is exact (formal), and by
    loss alone elsewhere, where accuracy is noisy. Values are learned as `scaling` says.

    Args:
        task: its `train` split is learned, its `valid` split decides, its `test` split is only
            measured, at the end.
        spec: as for `model.build`.
        training: the options.
        seed: of this network; each task and cell derives its own from it.
        checkpoint: a file that a killed training is taken up from, to the same bytes. It is still
            there at the end, see `checkpoints.train_each`. None to keep nothing.

    Raises:
        ConfigError: a single logit where the task asks for something else than two classes.
        DataError: no attempt ever had a finite loss on validation data, or a split has no targets
            by which an answer is better than another.
    """
    check_measurable(task)
    settings = complete(spec)
    _check_single(task, settings)
    asked = _asked(task) | {"spec": settings, "training": asdict(training), "seed": seed}
    saved = checkpoint_of(checkpoint, asked, data=_columns(task), code=__file__)
    children = seed_for(seed, "network", task.name, settings["cell"]).spawn(training.attempts)
    learned = standardised(task)
    tried = until_passed(
        (
            _attempt(learned, settings, training, child, checkpoint=saved, done=saved.ended(number))
            for number, child in enumerate(children)
        ),
        lambda attempt: attempt.best.value >= task.gate,
    )
    if all(attempt.diverged for attempt in tried):
        raise DataError(
            f"{task.name}: training diverged in all {len(tried)} attempts; "
            "lower networks.training.*.learning_rate",
            page="training-diverged",
        )
    best = max(tried, key=lambda attempt: (attempt.best.value >= task.gate, attempt.merit))
    card = make_card(
        in_units(best.model, task).eval(),
        task,
        architecture=settings | _sizes(task),
        seed=seed,
        training=asdict(training),
        attempts=[attempt.summary(task.gate) for attempt in tried],
    )
    return Trained(best.model, card)


def _asked(task: Task) -> dict[str, Any]:
    """Return what of a task, beside its data, a training depends on."""
    return {
        "task": task.name,
        "gate": task.gate,
        "family": task.family,
        "output": task.output.value,
        "classes": task.classes,
        **_sizes(task),
    }


def _check_single(task: Task, settings: dict[str, Any]) -> None:
    if SINGLE in settings and not (task.output == Output.DISTRIBUTION and len(task.classes) == TWO):
        raise ConfigError(
            f"networks.models: {SINGLE} is for two classes, and task {task.name} asks for "
            f"{len(task.classes)} of {task.output} ({', '.join(task.classes[:4])}); leave it out",
            page="bad-config",
        )


def _sizes(task: Task) -> dict[str, Any]:
    """Return what `build` needs to know of a task, as the card keeps it."""
    if task.channels:
        n_levels = [len(channel.levels) for channel in task.channels]
        return {"n_levels": n_levels, "n_classes": len(task.classes)}
    return {"n_symbols": len(task.symbols), "n_classes": len(task.classes)}


def _columns(task: Task) -> Iterator[np.ndarray]:
    for split in task.splits.values():
        yield from (split.inputs.values, split.inputs.lengths, split.targets)


def _attempt(
    task: Task,
    settings: dict[str, Any],
    training: TrainingOptions,
    child: np.random.SeedSequence,
    *,
    checkpoint: Checkpoint,
    done: dict[str, Any] | None,
) -> Attempt:
    """Return one training from one seed, its best weights loaded if it has any.

    `done` is its state at the end if an earlier run brought it there.
    """
    seed = integer(child)
    with deterministic(seed):
        model = build(settings, **_sizes(task))
        if isinstance(model.embedding, RowInput):
            model.embedding.standardise(task.splits["train"].inputs)
        # The usual forget bias of 1 is left out: an LSTM that starts with open gates learns to
        # count, and counts drift on strings longer than those of training.
        make_orthogonal(model.rnn, model.head.in_features)
        attempt = Attempt(model, Objective.of(task), exact=task.family == "formal")
        if done is None:
            _fit(attempt, task, training=training, seed=seed, checkpoint=checkpoint)
            checkpoint.finish(attempt.state())
        else:
            attempt.restore(done)
    if not attempt.diverged:
        model.load_state_dict(attempt.weights)
    log.info("%s, %s: attempt %s", task.name, settings["cell"], attempt.summary(task.gate))
    return attempt


def _fit(
    attempt: Attempt, task: Task, *, training: TrainingOptions, seed: int, checkpoint: Checkpoint
) -> None:
    """Train until the gate holds and the network has settled, or nothing improves any more."""
    learn, valid = (pad(task.splits[name], task.output) for name in ("train", "valid"))
    model = attempt.model.train()
    optimiser = torch.optim.Adam(model.parameters(), lr=training.learning_rate, fused=True)
    longest = learn.inputs.shape[1]
    gradual = task.family in STEP_BY_STEP and learn.asks_always
    first = min(FIRST_HORIZON, longest) if gradual else longest
    course = Course(first, longest, end=training.steps)
    if checkpoint.running is not None:
        course = _resume(attempt, optimiser, checkpoint.running)
    stream = batches(learn, training.batch, torch.Generator().manual_seed(seed))
    for batch in islice(stream, attempt.step, None):
        attempt.step += 1
        if course.settling:
            left = (course.end - attempt.step + 1) / SETTLE_STEPS
            optimiser.param_groups[0]["lr"] = training.learning_rate * left
        course.update(_step(attempt, batch.cut(course.horizon), optimiser, training.clip))
        looked = attempt.step % training.evaluate_every == 0 or attempt.step >= course.end
        if looked:
            attempt.look(valid, task.gate)
            if attempt.exact and attempt.held == HOLDS and not course.settling:
                course.settling, course.end = True, attempt.step + SETTLE_STEPS
        stale = attempt.stale >= training.patience and not course.settling
        if attempt.step >= course.end or stale:
            return
        if looked:
            checkpoint.keep(_state(attempt, optimiser, course))


def _state(attempt: Attempt, optimiser: torch.optim.Optimizer, course: Course) -> dict[str, Any]:
    """Return what an attempt under way needs to go on to the same bytes."""
    return {
        **learning(attempt.model, optimiser, step=attempt.step),
        "attempt": attempt.state(),
        "course": asdict(course),
    }


def _resume(attempt: Attempt, optimiser: torch.optim.Optimizer, state: dict[str, Any]) -> Course:
    """Put attempt, optimiser and torch's generator back to where `_state` was taken."""
    attempt.restore(state["attempt"])
    go_on(attempt.model, optimiser, state)
    return Course(**state["course"])


def _step(attempt: Attempt, batch: Padded, optimiser: torch.optim.Optimizer, clip: float) -> float:
    """Take one gradient step and return the loss."""
    run = partial(noisy_logits, attempt.model) if attempt.exact else attempt.model
    outputs = run(batch.inputs)
    loss = attempt.objective.loss(outputs.flatten(0, 1), batch.targets.flatten(0, 1))
    return descend(loss, attempt.model, optimiser, clip)
