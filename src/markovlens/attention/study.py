"""One network with attention and its plain twin: who finds the evidence, and who is faithful?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from markovlens.attention.asking import WholeWords
from markovlens.attention.explained import MACHINE, Explained, Fits, explained
from markovlens.attention.machines import best_change
from markovlens.attention.replacing import Marginal
from markovlens.attention.scoring import Judge, Judged, confirmed, judged
from markovlens.faithfulness.scores.tally import Bootstrap, Score
from markovlens.networks.model import SequenceModel
from markovlens.tasks.base import Task
from markovlens.tasks.evidence import evidence_of

PLAIN, ATTENTIVE = "plain", "attention"  # networks


@dataclass(frozen=True, slots=True)
class Judging:
    """How explanations are judged.

    Attributes:
        n_sequences: test sequences, at most, drawn.
        n_symbols: tried at each step, at most.
        n_draws: sequences that are drawn for each point of a curve.
        bootstraps, level: of the intervals.
        gradients: whether integrated gradients are among the explanations.
        seed: of what is drawn, the same for all networks of a task.
    """

    n_sequences: int
    n_symbols: int
    n_draws: int
    bootstraps: int
    level: float
    gradients: bool
    seed: int


@dataclass(frozen=True, slots=True)
class Result:
    """One explanation of one network, judged."""

    network: str
    explanation: str
    judged: Judged
    made: Explained


def studied(
    models: dict[str, SequenceModel], task: Task, fits: Fits, judging: Judging
) -> Iterator[Result]:
    """Yield each explanation of each network of a task, judged on the same test sequences.

    Args:
        models: the networks by name.
        task: that they learned.
        fits: how their machines are made.
        judging: how explanations are judged.
    """
    for name, model in models.items():
        made = explained(model, task, fits)
        judge = judge_of(model, task, judging)
        found = dict(made.evidence(judge, gradients=judging.gradients)) | judge.controls()
        for explanation, numbers in found.items():
            one = judged(numbers, judge)
            if explanation == MACHINE:
                one.scores.update(_confirmed(made, judge))
            yield Result(name, explanation, one, made)


def judge_of(model: SequenceModel, task: Task, judging: Judging) -> Judge:
    """Return what explanations of a network are judged by."""
    rng = np.random.default_rng(judging.seed)
    test = task.splits["test"].inputs
    drawn = np.sort(rng.permutation(len(test))[: judging.n_sequences])
    inputs = test.select(drawn)
    marginal = Marginal.of(task.splits["train"].inputs, len(task.symbols))
    bootstrap = Bootstrap.draw(
        len(inputs), n_resamples=judging.bootstraps, rng=rng, level=judging.level
    )
    return Judge(
        inputs,
        evidence_of(task.name, inputs),
        WholeWords(model).ends,
        marginal,
        marginal.distinct(judging.n_symbols, rng),
        judging.n_draws,
        bootstrap,
        judging.seed,
    )


def _confirmed(made: Explained, judge: Judge) -> dict[str, Score]:
    symbols = judge.symbols
    places, chosen = best_change(made.machine, judge.inputs, judge.answers, symbols)
    return confirmed(places, chosen, judge)
