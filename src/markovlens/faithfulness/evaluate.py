"""Every score of every abstraction of one network, on the same held-out sequences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from markovlens.abstractions.study import Kept
from markovlens.arena import FAMILY
from markovlens.faithfulness.agreement import (
    Mode,
    Unit,
    agreement,
    at_unit,
    divergence,
    predict,
)
from markovlens.faithfulness.bayes import belief_r2, filter_trace
from markovlens.faithfulness.recovery import recovery, transition_distance
from markovlens.faithfulness.tally import Bootstrap, Score
from markovlens.faithfulness.words import word_tallies
from markovlens.machine import Machine
from markovlens.tasks.base import Task
from markovlens.trace import Trace

STEP_AND_STRING: tuple[Unit, ...] = ("step", "string")
UNITS: dict[str, tuple[Unit, ...]] = {
    # A family whose sequences end in a decision is also judged by that decision alone.
    "formal": STEP_AND_STRING,
    "sentiment": STEP_AND_STRING,
}
NO_STATES = 0
FIT = "fit"  # the "score" of a fit that failed: a row that has only a status
REFERENCES = ("network", "truth", "bayes")  # not abstractions: ceilings and known truths

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scoring:
    """Settings of the scores, as in the config section `faithfulness`.

    Attributes:
        bootstraps: resamples of sequences.
        level: coverage of the intervals.
        smoothing: weight of the uniform distribution in the divergence.
    """

    bootstraps: int = 500
    level: float = 0.95
    smoothing: float = 1e-3


@dataclass(frozen=True, slots=True)
class Judge:
    """What all abstractions of one network are held against.

    Attributes:
        task: with the true machine or source where there is one.
        trace: the network on the test sequences.
        bootstrap: one set of resamples for every score, so that differences are paired.
        smoothing: see `Scoring`.
    """

    task: Task
    trace: Trace
    bootstrap: Bootstrap
    smoothing: float


def evaluate(
    task: Task,
    train: Trace,
    test: Trace,
    studies: Mapping[str, Kept],
    *,
    scoring: Scoring,
    seed: int,
) -> pd.DataFrame:
    """Return one row a score: method, n_states, chosen, mode, score, value, low, high, ...

    The rows of method `network` are the ceiling (the network itself), those of `truth` and `bayes`
    what the true machine or the exact filter would get.
    """
    rng = np.random.default_rng(seed)
    bootstrap = Bootstrap.draw(
        len(test), n_resamples=scoring.bootstraps, rng=rng, level=scoring.level
    )
    judge = Judge(task, test, bootstrap, scoring.smoothing)
    rows = [*_references(judge, train)]
    for method, kept in studies.items():
        rows += _method_rows(judge, method, kept)
    return pd.DataFrame(rows)


def _references(judge: Judge, train: Trace) -> Iterator[Row]:
    trace = judge.trace
    outputs = np.nan_to_num(trace.outputs, nan=0.0)
    yield from _rows("network", NO_STATES, "-", _answer_scores(judge, outputs))
    if judge.task.machine is not None:
        truth = judge.task.machine
        scores = _answer_scores(judge, truth.predict(trace.sequences))
        yield from _rows("truth", truth.n_states, "closed", scores)
    if judge.task.source is not None:
        _, predicted = filter_trace(judge.task.source, trace)
        scores = _answer_scores(judge, predicted)
        yield from _rows("bayes", len(judge.task.source.initial), "closed", scores)
        score = belief_r2(judge.task.source, train, trace, judge.bootstrap)
        yield from _rows("network", NO_STATES, "-", {"belief_r2": score})


def _method_rows(judge: Judge, method: str, kept: Kept) -> Iterator[Row]:
    decoded = kept.decoded.get("test", {})
    for n_states, machine in kept.machines.items():
        chosen = n_states == kept.chosen
        scores = _machine_scores(
            judge, machine, "closed", machine.run(judge.trace.sequences).argmax(1)
        )
        yield from _rows(method, n_states, "closed", scores, chosen=chosen)
        if n_states in decoded:
            scores = _machine_scores(judge, machine, "open", decoded[n_states])
            yield from _rows(method, n_states, "open", scores, chosen=chosen)
    for n_states, reason in kept.failures.items():
        chosen = kept.chosen is None and n_states == min(kept.failures)
        yield _row(method, n_states, "-", FIT, None, status=f"failed: {reason}", chosen=chosen)


def _machine_scores(
    judge: Judge, machine: Machine, mode: Mode, states: np.ndarray
) -> dict[str, Score]:
    scores = _answer_scores(judge, predict(machine, judge.trace, mode=mode, decoded=states))
    if not judge.trace.knows_truth:
        return scores
    scores |= recovery(states, judge.trace, judge.bootstrap)
    distance = transition_distance(
        states, judge.trace, _true_transition(judge.task), judge.bootstrap
    )
    return scores if distance is None else scores | {"transition_distance": distance}


def _answer_scores(judge: Judge, outputs: np.ndarray) -> dict[str, Score]:
    """Return accuracy against the task and agreement with the network, per unit, and divergence."""
    trace, score = judge.trace, judge.bootstrap.score
    answers = outputs.argmax(axis=1)
    scores = {
        "divergence": score(divergence(outputs, trace, smoothing=judge.smoothing)),
    }
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


def _units(task: Task) -> tuple[Unit, ...]:
    decides = task.family == FAMILY and task.classes != task.symbols
    return STEP_AND_STRING if decides else UNITS.get(task.family, ("step",))


def _true_transition(task: Task) -> np.ndarray:
    if task.machine is not None:
        return task.machine.transition
    assert task.source is not None, "a task that knows its latent state has a machine or a source"
    return task.source.transition[None]


def _rows(
    method: str, n_states: int, mode: str, scores: Mapping[str, Score], *, chosen: bool = True
) -> Iterator[Row]:
    for name, score in scores.items():
        yield _row(method, n_states, mode, name, score, chosen=chosen)


def _row(
    method: str,
    n_states: int,
    mode: str,
    name: str,
    score: Score | None,
    *,
    status: str = "ok",
    chosen: bool = True,
) -> Row:
    row: Row = {
        "method": method,
        "n_states": n_states,
        "chosen": chosen,
        "mode": mode,
        "score": name,
        "status": status,
    }
    if score is None:
        return row | {"value": None, "low": None, "high": None, "n_sequences": 0, "replicates": []}
    return row | {
        "value": score.value,
        "low": score.low,
        "high": score.high,
        "n_sequences": score.n_sequences,
        "replicates": score.replicates,
    }
