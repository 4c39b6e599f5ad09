"""How each of the models is made: HMMs by EM, then what learns by gradient."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from torch import nn

from markovlens.arguments import with_known_settings
from markovlens.errors import DataError
from markovlens.hmm.categorical import CategoricalHMM
from markovlens.hybrids.law import HiddenMarkov
from markovlens.hybrids.models import Foretelling, Network
from markovlens.hybrids.sizes import Alphabet, Sizes
from markovlens.networks.data import Padded, batches, evaluate, pad
from markovlens.networks.determinism import deterministic
from markovlens.networks.objectives import Objective
from markovlens.networks.shared import descend, make_orthogonal, weights_of
from markovlens.networks.training import TrainingOptions
from markovlens.seeding import integer
from markovlens.tasks.base import Task

LSTM, FIRST, JOINT, HMM = "lstm", "hybrid_first", "hybrid_joint", "hmm"
VARIANTS = (LSTM, FIRST, JOINT, HMM)


@with_known_settings
@dataclass(frozen=True, slots=True)
class Learning:
    """How models are trained.

    Attributes:
        training: steps, batch, learning rate, clip, how often it is looked and how patiently;
            `attempts` from other seeds are all made, and the best by validation loss is kept.
        hmm_weight: of the symbols' own likelihood (nats a symbol) in the loss of an HMM that learns
            by gradient, so that it stays a model of what is read.
        em_iterations: bound on the iterations of EM.
        em_starts: of which the likeliest is kept: from one start, EM misses a source of three
            states that are far apart.
    """

    training: TrainingOptions
    hmm_weight: float = 0.1
    em_iterations: int = 100
    em_starts: int = 5


def learned(
    variant: str, task: Task, sizes: Sizes, learning: Learning, *, seed: np.random.SeedSequence
) -> nn.Module:
    """Return one of `VARIANTS`, trained: the best of its attempts by validation loss.

    Raises:
        DataError: no attempt ever had a finite loss on validation data.
    """
    attempts = [
        _attempt(variant, task, sizes, learning, integer(child))
        for child in seed.spawn(learning.training.attempts)
    ]
    loss, model = min(attempts, key=lambda one: one[0])
    if not math.isfinite(loss):
        raise DataError(
            f"{task.name}: training of {variant} diverged in all {len(attempts)} attempts; lower "
            "networks.training.*.learning_rate",
            page="training-diverged",
        )
    return model.eval()


def alphabet_of(task: Task) -> Alphabet:
    """Return what a task reads and answers; it foretells where its classes are its symbols."""
    foretells = tuple(task.classes) == tuple(task.symbols)
    return Alphabet(len(task.symbols), len(task.classes), foretells)


def law_of(task: Task, n_states: int, *, n_iter: int, starts: int, seed: int) -> HiddenMarkov:
    """Return the hidden Markov model that EM makes of the training symbols, best of some starts."""
    read = task.splits["train"].inputs
    models = [
        CategoricalHMM(
            n_states, n_features=len(task.symbols), n_iter=n_iter, random_state=seed + start
        ).fit(read.values, read.lengths)
        for start in range(starts)
    ]
    best = max(models, key=lambda model: model.score(read.values, read.lengths))
    return HiddenMarkov(best.startprob_, best.transmat_, best.emissionprob_)


def _attempt(
    variant: str, task: Task, sizes: Sizes, learning: Learning, seed: int
) -> tuple[float, nn.Module]:
    """Return the validation loss and the model of one seed."""
    with deterministic(seed):
        model = _begun(variant, task, sizes, learning, seed)
        if isinstance(model, Foretelling):  # EM is all there is to learn
            valid = pad(task.splits["valid"])
            return evaluate(model, valid, Objective.of(task)).loss, model
        return _descended(model, task, learning, seed), model


def _begun(
    variant: str, task: Task, sizes: Sizes, learning: Learning, seed: int
) -> Network | Foretelling:
    """Return a model that has not learned by gradient yet."""
    kind = alphabet_of(task)
    n_states = {LSTM: 0, HMM: sizes.alone}.get(variant, sizes.states)
    law = None
    if n_states:
        em = {"n_iter": learning.em_iterations, "starts": learning.em_starts}
        law = law_of(task, n_states, **em, seed=seed)
    if variant == HMM and law is not None and kind.foretells:
        return Foretelling(law)
    widths = {LSTM: sizes.lstm, HMM: None}.get(variant, sizes.hybrid)
    model = Network(kind.n_symbols, kind.n_classes, widths=widths, law=law)
    if model.rnn is not None:
        make_orthogonal(model.rnn, model.rnn.hidden_size)
    if variant == FIRST and law is not None:
        law.requires_grad_(False)
    return model


def _descended(model: Network, task: Task, learning: Learning, seed: int) -> float:
    """Train a model, put its best weights back and return their validation loss."""
    valid, objective = pad(task.splits["valid"]), Objective.of(task)
    training, loss_of = learning.training, _loss(objective, learning.hmm_weight)
    weights = [each for each in model.parameters() if each.requires_grad]
    optimiser = torch.optim.Adam(weights, lr=training.learning_rate, fused=True)
    stream = batches(pad(task.splits["train"]), training.batch, _generator(seed))
    best, kept, stale = math.inf, weights_of(model), 0
    for step, batch in enumerate(islice(stream, training.steps), start=1):
        descend(loss_of(model, batch), model, optimiser, training.clip)
        if step % training.evaluate_every and step < training.steps:
            continue
        loss = evaluate(model, valid, objective).loss
        stale += 1
        if loss < best:
            best, kept, stale = loss, weights_of(model), 0
        if stale >= training.patience:
            break
    model.load_state_dict(kept)
    return best


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _loss(objective: Objective, weight: float) -> Callable[[Network, Padded], torch.Tensor]:
    """Return the loss of a batch: of the answers, and of the symbols where an HMM learns them."""

    def of_batch(model: Network, batch: Padded) -> torch.Tensor:
        known, evidence = (None, None) if model.law is None else model.law.filter(batch.inputs)
        beliefs = None if known is None else known.exp()
        logits = model.scored(model.units(batch.inputs), beliefs)
        loss = objective.loss(logits.flatten(0, 1), batch.targets.flatten(0, 1))
        if evidence is None or not evidence.requires_grad:
            return loss
        read = torch.arange(batch.inputs.shape[1]) < batch.lengths[:, None]
        return loss - weight * evidence[read].mean()

    return of_batch
