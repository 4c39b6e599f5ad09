"""Scores of answers, whoever gives them: against the network and against the task."""

from __future__ import annotations

import numpy as np

from markovlens.abstractions.kinds import PREDICTS, output_kind
from markovlens.config.arena import FAMILY
from markovlens.faithfulness.scores.agreement import (
    Unit,
    agreement,
    at_unit,
    divergence,
    explained_divergence,
)
from markovlens.faithfulness.scores.judge import Judge
from markovlens.faithfulness.scores.measures import OF_TARGET, measured
from markovlens.faithfulness.scores.tally import Score
from markovlens.faithfulness.scores.words import word_tallies
from markovlens.outputs import MEASURE_OF, Output, numbers_of
from markovlens.tasks.base import Task

STEP_AND_STRING: tuple[Unit, ...] = ("step", "string")
UNITS: dict[str, tuple[Unit, ...]] = {
    # A family whose sequences end in a decision is also judged by that decision alone.
    "formal": STEP_AND_STRING,
    "sentiment": STEP_AND_STRING,
}
EXPLAINED = "explained_divergence"


def answer_scores(judge: Judge, outputs: np.ndarray) -> dict[str, Score]:
    """Return what answers (N, C) are worth, by the name of each score.

    Of distributions it is accuracy against the task and agreement with the network, per unit, and
    the divergence; of labels, values and a risk their measure against the network and, with
    `OF_TARGET` before its name, against the task.
    """
    trace, score = judge.trace, judge.bootstrap.score
    if trace.output != Output.DISTRIBUTION:
        return _beside_decisions(judge, outputs)
    answers = outputs.argmax(axis=1)
    scores = {
        "divergence": score(divergence(outputs, trace, smoothing=judge.smoothing)),
    }
    if output_kind(trace).name == PREDICTS:
        explained = explained_divergence(outputs, trace, smoothing=judge.smoothing)
        scores[EXPLAINED] = score(explained)
    for name, tally in word_tallies(outputs, trace, judge.task).items():
        scores[name] = score(tally)
    for unit in _units(judge.task):
        targets = at_unit(trace.targets, trace, unit)
        decisions = at_unit(trace.decisions, trace, unit)
        scores[f"accuracy_{unit}"] = score(agreement(answers, targets, trace))
        scores[f"fidelity_{unit}"] = score(agreement(answers, decisions, trace))
        balanced = agreement(answers, decisions, trace, balanced=True)
        scores[f"balanced_fidelity_{unit}"] = score(balanced)
    return scores


def _beside_decisions(judge: Judge, outputs: np.ndarray) -> dict[str, Score]:
    trace = judge.trace
    name = MEASURE_OF[trace.output]
    scores = {name: measured(outputs, trace.outputs, trace, judge.bootstrap)}
    asked = np.where(trace.has_output[:, None], numbers_of(trace.targets), np.nan)
    if not np.isnan(asked).all():
        scores[OF_TARGET + name] = measured(outputs, asked, trace, judge.bootstrap)
    return scores


def _units(task: Task) -> tuple[Unit, ...]:
    decides = task.family == FAMILY and task.classes != task.symbols
    return STEP_AND_STRING if decides else UNITS.get(task.family, ("step",))
