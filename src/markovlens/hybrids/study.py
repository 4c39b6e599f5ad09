"""One task, one seed: all models of as many parameters, and how faithful their parts are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from markovlens.abstractions.base import Options
from markovlens.abstractions.closeness import closeness
from markovlens.abstractions.study import study
from markovlens.activations.recorder import record
from markovlens.arguments import with_known_settings
from markovlens.faithfulness.scores.agreement import (
    Unit,
    agreement,
    at_unit,
    explained_divergence,
)
from markovlens.faithfulness.scores.intervals import POSITIVE
from markovlens.faithfulness.scores.tally import Bootstrap, Score, Tally, hits_and_steps
from markovlens.hybrids.learning import (
    FIRST,
    HMM,
    JOINT,
    LSTM,
    VARIANTS,
    Learning,
    alphabet_of,
    learned,
)
from markovlens.hybrids.models import Network, Widths
from markovlens.hybrids.parts import Said, best_part, own_part, said
from markovlens.hybrids.sizes import Sizes, equal_sizes, of_alone, of_hybrid, of_lstm
from markovlens.machines.machine import Machine
from markovlens.seeding import integer, seed_for
from markovlens.tasks.base import Split, Task
from markovlens.tasks.markov import filter_beliefs, predict_next
from markovlens.trace import NO_TARGET, Trace

WHOLE, OWN, BEST, MACHINE, CONSTANT = "whole", "hmm", "hmm_anew", "machine", "constant"
BAYES = "bayes"  # the exact filter of a source: what can be known
LOSS, ACCURACY, AGREEMENT, EXPLAINED = (
    "loss",
    "accuracy",
    "balanced_agreement",
    "explained_divergence",
)
LAYER = "rnn.l0"
LEAST = 1e-9  # probability, of which the loss is no more than 21 nats
SMOOTHING = 1e-3  # as `faithfulness.scores` has it
Row = dict[str, Any]


@with_known_settings
@dataclass(frozen=True, slots=True)
class Settings:
    """What the study is made of.

    Attributes:
        learning: how models are trained.
        widths: of the LSTM alone.
        states: of the HMM beside an LSTM.
        methods: of which the LSTM's machine is the one closest to it on validation sequences.
        n_states: sizes of which each chooses its own.
        options: settings of the fits.
        bootstraps, level: of the intervals.
        seed: the benchmark's.
    """

    learning: Learning
    widths: Widths
    states: int
    methods: Sequence[str]
    n_states: Sequence[int]
    options: Options
    bootstraps: int = 500
    level: float = 0.95
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Judge:
    """What answers are held against.

    Attributes:
        task: gives what is right.
        unit: what counts, a step or the end of a sequence.
        bootstrap: one set of resamples for all scores, so that differences are paired.
    """

    task: Task
    unit: Unit
    bootstrap: Bootstrap

    def scores(self, answers: np.ndarray, whole: Trace | None) -> dict[str, Score]:
        """Return what answers (N, C) on test sequences are worth.

        Args:
            answers: distributions after each step.
            whole: the model whose part they are of, None of a whole.
        """
        split = self.task.splits["test"]
        right = whole or trace_of(answers, split, self.task)
        targets = at_unit(right.targets, right, self.unit)
        rows = np.where(targets >= 0, 0, NO_TARGET)
        given = answers[np.arange(len(answers)), np.maximum(targets, 0)]
        cost = -np.log(np.maximum(given, LEAST))
        decided = answers.argmax(axis=1)
        tallies = {
            LOSS: Tally(*hits_and_steps(cost, rows, split.inputs.lengths, 1), POSITIVE),
            ACCURACY: agreement(decided, targets, right),
        }
        if whole is not None:
            decisions = at_unit(whole.decisions, whole, self.unit)
            tallies |= {
                AGREEMENT: agreement(decided, decisions, whole, balanced=True),
                EXPLAINED: explained_divergence(answers, whole, smoothing=SMOOTHING),
            }
        return {name: self.bootstrap.score(tally) for name, tally in tallies.items()}


def trace_of(answers: np.ndarray, split: Split, task: Task) -> Trace:
    """Return what was said of a split as a trace; its states are the answers."""
    read = split.inputs
    return Trace(
        answers, read.values, answers, split.targets, split.truth, read.lengths,
        tuple(task.symbols), tuple(task.classes),
    )  # fmt: skip


def studied(task: Task, settings: Settings, *, seed: int) -> Iterator[Row]:
    """Yield a row for each model, part and measure on the test sequences of a task.

    Args:
        task: of symbols, that asks for one of several classes.
        settings: what the study is made of.
        seed: of these models; all draw from children of their own.
    """
    sizes = equal_sizes(settings.widths, settings.states, alphabet_of(task))
    rng = np.random.default_rng(seed_for(settings.seed, task.name, "hybrids"))
    n_test = len(task.splits["test"].inputs)
    bootstrap = Bootstrap.draw(
        n_test, n_resamples=settings.bootstraps, rng=rng, level=settings.level
    )
    judge = Judge(task, "string" if task.family == "sentiment" else "step", bootstrap)
    for variant in VARIANTS:
        child = seed_for(settings.seed, task.name, seed, "hybrids", variant)
        model = learned(variant, task, sizes, settings.learning, seed=child)
        place = {"variant": variant, "n_parameters": count_of(variant, task, sizes)}
        made = Made(variant, model, {LSTM: None, HMM: sizes.alone}.get(variant, sizes.states))
        for part, answers, n_states, whole in _parts(made, task, settings, seed):
            scores = judge.scores(answers, whole)
            yield from _rows(place | {"part": part, "n_states": n_states}, scores)
    if task.source is not None:
        beliefs = filter_beliefs(task.source, task.splits["test"].inputs)
        scores = judge.scores(predict_next(task.source, beliefs), None)
        place = {"variant": BAYES, "part": WHOLE, "n_parameters": None}
        yield from _rows(place | {"n_states": len(task.source.initial)}, scores)


def count_of(variant: str, task: Task, sizes: Sizes) -> int:
    """Return the parameters of a model, as `sizes` counts them."""
    alphabet = alphabet_of(task)
    if variant == LSTM:
        return of_lstm(sizes.lstm, alphabet)
    if variant == HMM:
        return of_alone(sizes.alone, alphabet)
    return of_hybrid(sizes.hybrid, sizes.states, alphabet)


@dataclass(frozen=True, slots=True)
class Made:
    """A trained model.

    Attributes:
        variant: which of `VARIANTS` it is.
        model: the network.
        n_states: hidden states of its HMM, None without one.
    """

    variant: str
    model: Any
    n_states: int | None


Part = tuple[str, np.ndarray, int | None, Trace | None]


def _parts(made: Made, task: Task, settings: Settings, seed: int) -> Iterator[Part]:
    """Yield the parts of a model: name, answers (N, C), states and the whole that they are of."""
    model = made.model
    heard = {name: said(model, task.splits[name].inputs) for name in ("train", "test")}
    train, test = heard["train"], heard["test"]
    yield WHOLE, test.whole, made.n_states, None
    whole = trace_of(test.whole, task.splits["test"], task)
    if made.variant == LSTM:
        machine = machine_of(model, task, settings, seed=seed)
        yield MACHINE, machine.predict(whole.sequences), machine.n_states, whole
        yield CONSTANT, np.broadcast_to(train.whole.mean(axis=0), test.whole.shape), 1, whole
    elif made.variant in (FIRST, JOINT):
        yield from _own_parts(model, train, test, whole)


def _own_parts(model: Network, train: Said, test: Said, whole: Trace) -> Iterator[Part]:
    n_states = test.beliefs.shape[1]
    yield OWN, own_part(model, train, test), n_states, whole
    yield BEST, best_part(train, test), n_states, whole


def machine_of(model: Any, task: Task, settings: Settings, *, seed: int) -> Machine:
    """Return the machine that is closest to an LSTM on validation sequences, of all methods."""
    names: Any = {"symbols": tuple(task.symbols), "classes": tuple(task.classes)}
    traces = [
        record(model, task.splits[split], layers=LAYER, **names) for split in ("train", "valid")
    ]
    child = integer(seed_for(settings.seed, task.name, seed, "hybrids", MACHINE))
    found = [
        study(method, *traces, n_states=settings.n_states, seed=child, options=settings.options)
        for method in settings.methods
    ]
    machines = [each.best for each in found if each.chosen is not None]
    return max(machines, key=lambda machine: closeness(machine, traces[1]).mean())


def _rows(place: Mapping[str, Any], scores: Mapping[str, Score]) -> Iterator[Row]:
    for measure, score in scores.items():
        yield {**place, "measure": measure, "n_sequences": score.n_sequences, **score.columns()}
