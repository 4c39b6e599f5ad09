"""Training a generator to write like a hidden Markov source, from one batch of noise to the next.

Each step writes a batch of sequences, compares it with a batch of the source's, and follows the
gradient of the distance. Three additions to the published recipe (Torre et al. 2025) make it short:

- more recurrent gain at the start: with little, training stays long (or for good) on the plateau
  where symbols have no order. An attempt that does is followed by one with still more gain;
- most sequences go on from the states in which those of the batch before ended, so that the
  network learns its stationary course and not only its first steps;
- a small cost of activity, without which the states of trained networks grow beyond all bounds
  once they run for longer than they were trained.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict, astuple, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from markovlens.arguments import with_known_settings
from markovlens.networks.checkpoints import Checkpoint, checkpoint_of, go_on, learning
from markovlens.networks.determinism import deterministic
from markovlens.networks.generator import Generator, build_generator, draw_one_hot, initialise
from markovlens.networks.shared import n_parameters, until_passed, weights_of
from markovlens.networks.transport import LOSSES, Loss, order_of
from markovlens.seeding import integer, seed_for
from markovlens.tasks import EMULATED
from markovlens.tasks.base import Source, Task
from markovlens.tasks.markov import draw

log = logging.getLogger(__name__)

POOL = 10_000  # sequences of the source, as in the paper
BETAS = (0.9, 0.9)  # of Adam, as in the paper
LAST_RATE = 0.1  # of the learning rate, reached exponentially
MORE_GAIN = 1.4  # from one attempt to the next
BOUND = 1e3  # norm of a state from which it is taken to grow without end and starts anew at 0
LOOK = 0.25  # share of the steps by which an attempt must be ordered
ORDERED = 0.3  # order from which the plateau is left; chance and slow starts lie on both sides
GATE = 0.7  # order at which a network counts as trained
TEST_RUNS, TEST_STEPS, TEST_WARMUP = 200, 500, 100
KEPT_EVERY = 50  # steps between two states that a killed training can be taken up from


@with_known_settings
@dataclass(frozen=True, slots=True)
class EmulationOptions:
    """How a generator is trained; defaults, limits and meanings are those of the config's schema.

    `gain` is that of the first attempt; `checkpoints` is how many moments are kept, or their steps.
    """

    steps: int = 1000
    batch: int = 192
    learning_rate: float = 0.002
    clip: float = 0.9
    gain: float = 1.2
    carry: float = 0.95
    activity: float = 0.01
    attempts: int = 3
    checkpoints: int | tuple[int, ...] = 12


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The network at one moment of its training.

    Attributes:
        step: gradient steps taken.
        loss: the last batch's, steps per sequence.
        order: of that batch, see `transport.order_of`.
        weights: the state dict.
    """

    step: int
    loss: float
    order: float
    weights: dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class Emulator:
    """A trained generator in evaluation mode.

    Attributes:
        model: the network.
        card: plain values: architecture, training, attempts, gate.
        snapshots: the attempt that counts, from its start to its end.
    """

    model: Generator
    card: dict[str, Any]
    snapshots: tuple[Snapshot, ...]


def emulate(
    task: Task,
    spec: dict[str, Any],
    *,
    training: EmulationOptions,
    seed: int,
    checkpoint: str | Path | None = None,
) -> Emulator:
    """Return a generator that writes like the task's source, the same for the same arguments.

    An attempt that is still without order after a share of its steps, or misses the gate at its
    end, is followed by one from the next child seed with more gain. The one with most order is
    kept.

    Args:
        task: of the family `markov`; only its source is used.
        spec: `hidden`, `noise` and `loss`, a key of `LOSSES`.
        training: the options.
        seed: of this network.
        checkpoint: a file that a killed training is taken up from, to the same bytes. It is still
            there at the end, see `checkpoints.train_each`. None to keep nothing.
    """
    asked = {"task": task.name, "spec": dict(spec), "training": asdict(training), "seed": seed}
    saved = checkpoint_of(checkpoint, asked, data=astuple(_source(task)), code=__file__)
    children = seed_for(seed, "emulation", task.name, spec["loss"]).spawn(training.attempts)
    tried = until_passed(
        (
            _attempt(task, spec, training, child, number=number, checkpoint=saved)
            for number, child in enumerate(children)
        ),
        lambda attempt: attempt.order >= GATE,
    )
    best = max(tried, key=lambda attempt: attempt.order)
    return Emulator(
        best.model.eval(), _card(task, spec, tried, training=training, seed=seed), tuple(best.kept)
    )


def _attempt(
    task: Task,
    spec: Mapping[str, Any],
    training: EmulationOptions,
    child: np.random.SeedSequence,
    *,
    number: int,
    checkpoint: Checkpoint,
) -> _Attempt:
    """Return one training from one seed, as an earlier run ended it if one did."""
    gain = training.gain * MORE_GAIN**number
    with deterministic(integer(child)):
        model = build_generator(spec, n_classes=len(task.symbols), emulates=_source(task))
        attempt = _Attempt(task, model, LOSSES[spec["loss"]], training, gain)
        if (done := checkpoint.ended(number)) is None:
            attempt.fit(np.random.default_rng(child), checkpoint)
        else:
            attempt.restore(done)
    log.info("%s, %s: attempt %s", task.name, spec["loss"], attempt.summary())
    return attempt


@dataclass(slots=True)
class _Attempt:
    """One training, with what is kept of it along the way."""

    task: Task
    model: Generator
    loss: Loss
    training: EmulationOptions
    gain: float
    kept: list[Snapshot] = field(default_factory=list)
    order: float = -np.inf
    steps: int = 0

    @property
    def source(self) -> Source:
        return _source(self.task)

    def fit(self, rng: np.random.Generator, checkpoint: Checkpoint) -> None:
        """Train to the end, or until it is plain that no order comes."""
        initialise(self.model, self.gain)
        marks = checkpoint_steps(self.training.steps, self.training.checkpoints)
        for step, cost, order in self._steps(rng, checkpoint):
            hopeless = step == int(LOOK * self.training.steps) and order < ORDERED
            if step in marks or hopeless:
                self.kept.append(Snapshot(step, cost, order, weights_of(self.model)))
            self.steps = step
            if hopeless:
                break
        self.order = order_of(self._written(), self.source)
        checkpoint.finish(self._state())

    def _state(self) -> dict[str, Any]:
        kept = [asdict(snapshot) for snapshot in self.kept]
        model = self.model.state_dict()
        return {"model": model, "kept": kept, "order": self.order, "steps": self.steps}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Be again as when the checkpoint was given a state."""
        self.model.load_state_dict(state["model"])
        self.kept = [Snapshot(**snapshot) for snapshot in state["kept"]]
        self.order, self.steps = state["order"], state["steps"]

    def _steps(
        self, rng: np.random.Generator, checkpoint: Checkpoint
    ) -> Iterator[tuple[int, float, float]]:
        """Yield number, loss and order of each batch, before the gradient step that it leads to."""
        training, pool = self.training, self._pool(rng)
        parameters = list(self.model.parameters())
        optimiser = torch.optim.Adam(parameters, training.learning_rate, BETAS, fused=True)
        states = torch.zeros(training.batch, self.model.rnn.hidden_size)
        first = 0
        if (state := checkpoint.running) is not None:
            self.restore(state)
            go_on(self.model, optimiser, state)
            first, states, rng.bit_generator.state = state["step"], state["states"], state["rng"]
        for step in range(first, training.steps + 1):
            if step > first and step % KEPT_EVERY == 0:
                # A copy, else all of the `path` that it is a part of would be written.
                going = {"states": states.clone(), "rng": rng.bit_generator.state}
                checkpoint.keep(self._state() | learning(self.model, optimiser, step=step) | going)
            share = LAST_RATE ** (step / training.steps)
            optimiser.param_groups[0]["lr"] = training.learning_rate * share
            wanted = pool[torch.from_numpy(rng.integers(0, len(pool), training.batch))]
            noise = torch.randn(wanted.shape[1], training.batch, self.model.rnn.input_size)
            logits, path = self.model(noise, _starts(states, training.carry))
            if not bool(torch.isfinite(logits).all()):  # ran away within one sequence
                return
            written = draw_one_hot(logits).transpose(0, 1)
            cost = self.loss(written, wanted)
            yield step, cost.item(), order_of(written.detach(), self.source)
            optimiser.zero_grad()
            (cost + training.activity * path.square().mean()).backward()
            # A batch whose gradient is not finite teaches nothing and must not end the training.
            if torch.isfinite(clip_grad_norm_(parameters, training.clip)):
                optimiser.step()
            states = path[-1].detach()

    def _pool(self, rng: np.random.Generator) -> Tensor:
        _, symbols = draw(self.source, POOL, length=EMULATED[self.task.name], rng=rng)
        return torch.eye(len(self.task.symbols))[torch.from_numpy(symbols).long()]

    def _written(self) -> Tensor:
        """Return one-hot symbols (B, T, C) of long runs."""
        with torch.no_grad():
            shape = (TEST_WARMUP + TEST_STEPS, TEST_RUNS, self.model.rnn.input_size)
            return draw_one_hot(self.model(torch.randn(shape))[0])[TEST_WARMUP:].transpose(0, 1)

    def summary(self) -> dict[str, Any]:
        """Return what the card says of the attempt."""
        finite = bool(np.isfinite(self.order))
        return {
            "gain": self.gain,
            "steps": self.steps,
            "order": self.order if finite else None,
            "passed": self.order >= GATE,
        }


def _source(task: Task) -> Source:
    assert task.source is not None  # noqa: S101 - checked where configs are
    return task.source


def checkpoint_steps(steps: int, count: int | tuple[int, ...]) -> set[int]:
    """Return about `count` steps from 0 to `steps`, denser at the start, where order comes.

    Where the steps themselves are given, it is these.
    """
    if isinstance(count, tuple):
        return set(count)
    return {0, *(int(round(steps * (k / (count - 1)) ** 2)) for k in range(1, count)), steps}


def _starts(states: Tensor, carry: float) -> Tensor:
    """Return the states to go on from: those of before, but 0 for a share of them and runaways."""
    stays = (torch.rand(len(states), 1) < carry) & (states.norm(dim=1, keepdim=True) < BOUND)
    return torch.where(stays, states, 0.0)


def _card(
    task: Task,
    spec: dict[str, Any],
    tried: list[_Attempt],
    *,
    training: EmulationOptions,
    seed: int,
) -> dict[str, Any]:
    best = max(tried, key=lambda attempt: attempt.order)
    return {
        "task": task.name,
        "architecture": dict(spec) | {"n_classes": len(task.symbols)},
        "n_parameters": n_parameters(best.model),
        "seed": seed,
        "training": asdict(training) | {"length": EMULATED[task.name]},
        "attempts": [attempt.summary() for attempt in tried],
        "checkpoints": [{"step": at.step, "loss": at.loss, "order": at.order} for at in best.kept],
        "gate": {"threshold": GATE, "value": best.summary()["order"], "passed": best.order >= GATE},
    }
