"""Every score of every abstraction of one network, on the same held-out sequences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from markovlens.abstractions.comparing import TOLERANCE
from markovlens.abstractions.study import Kept
from markovlens.faithfulness.scores.answers import EXPLAINED as EXPLAINED
from markovlens.faithfulness.scores.answers import UNITS as UNITS
from markovlens.faithfulness.scores.answers import answer_scores
from markovlens.faithfulness.scores.bayes import belief_r2, filter_trace
from markovlens.faithfulness.scores.complexity import (
    description_bits,
    determinism,
    move_scores,
    n_edges,
)
from markovlens.faithfulness.scores.exactness import EXACT, PURITY, exactness, minimal_states
from markovlens.faithfulness.scores.floors import OUTPUT_FLOORS, floors_of
from markovlens.faithfulness.scores.hardness import (
    CARRIES,
    NETWORKS_OWN,
    hard_agreement,
    nature_of,
    note_of,
)
from markovlens.faithfulness.scores.intervals import POSITIVE, SHARE
from markovlens.faithfulness.scores.judge import Judge
from markovlens.faithfulness.scores.recovery import recovery, transition_distance
from markovlens.faithfulness.scores.semantics import semantic_agreement
from markovlens.faithfulness.scores.tally import (
    NO_SCORE,
    Bootstrap,
    Score,
    Tally,
    exactly,
    hits_and_steps,
)
from markovlens.machines.machine import BELIEF, Machine
from markovlens.outputs import Output
from markovlens.status import Status
from markovlens.tasks.base import Task
from markovlens.trace import Trace

NO_STATES = 0
RARE, RARE_JOIN = "rare_classes", "; "  # names of classes may hold spaces
FIT = "fit"  # the "score" of a fit that failed: a row that has only a status and a reason
# Scores of the chosen machine alone: at a fixed size they would be of the seeds that chose it.
OF_CHOICE = (
    "iia", "iia_centroid", "iia_same_state", "iia_random", "iia_informative", "falsified",
    "tests_to_disagreement", "accuracy_stretched", "edit_accuracy", "seed_agreement", "stability",
    "word_valence", "swap_explained", "swap_explained_centroid", "swap_explained_random",
    "swap_effect", "swap_effect_same_state", "swap_effect_random", "steer", "steer_half",
    "steer_beyond", "steer_exemplar", "steer_random", "steer_other",
)  # fmt: skip
LUMPED = "lumped"  # the mode of a method's second reading, in closed loop too
# Not abstractions: ceilings, known truths, and what says a value without any state.
REFERENCES = ("network", "truth", "bayes", *OUTPUT_FLOORS)
FLOORS = ("ngram", "majority", *OUTPUT_FLOORS)  # nobody takes them for an explanation

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Missing:
    """Why there is no score.

    Attributes:
        status: `FAILED` or `SKIPPED`.
        reason: in words.
    """

    status: Status
    reason: str


@dataclass(frozen=True, slots=True)
class Scoring:
    """Settings of the scores, as in the config section `faithfulness`.

    Attributes:
        bootstraps: resamples of sequences.
        level: coverage of the intervals.
        smoothing: weight of the uniform distribution in the divergence.
        interventions: sequences in which the network's state is exchanged.
        tests: strings on which a machine is tried, a third of each strategy.
        adequate: least fidelity at which a network is called finite-state.
        tolerance: standard deviations of the network's output by which a value or a risk may be
            off before it is another answer.
    """

    bootstraps: int = 500
    level: float = 0.95
    smoothing: float = 1e-3
    interventions: int = 200
    tests: int = 2000
    adequate: float = 0.97
    tolerance: float = TOLERANCE

    def bootstrap(self, n_sequences: int, *, seed: int) -> Bootstrap:
        """Return the resamples; the same for all scores of a task, so that they are paired."""
        rng = np.random.default_rng(seed)
        return Bootstrap.draw(n_sequences, n_resamples=self.bootstraps, rng=rng, level=self.level)


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
    what the true machine or the exact filter would get; where outputs are no distributions, those
    of `mean`, `last_value` and `linear` are floors.
    """
    bootstrap = scoring.bootstrap(len(test), seed=seed)
    judge = Judge(task, task.machine, train, test, bootstrap, scoring.smoothing)
    rows = [*_references(judge, train)]
    for method, kept in studies.items():
        rows += _method_rows(judge.reading(kept.codebook), method, kept)
    return pd.DataFrame(rows)


def _references(judge: Judge, train: Trace) -> Iterator[Row]:
    trace = judge.trace
    outputs = np.nan_to_num(trace.outputs, nan=0.0)
    yield from _rows("network", NO_STATES, "-", answer_scores(judge, outputs))
    if trace.output != Output.DISTRIBUTION:
        lag = max(judge.task.horizon, 1)
        for name, said in floors_of(train, trace, lag=lag).items():
            yield from _rows(name, NO_STATES, "-", answer_scores(judge, said))
    if judge.truth is not None and judge.truth.output == trace.output:
        truth = judge.truth
        scores = answer_scores(judge, truth.predict(trace.sequences))
        nature = nature_of(truth, trace)
        # Counted as everywhere: a start to which nothing leads back is no state of a machine.
        yield from _rows("truth", minimal_states(truth), "closed", scores, nature=nature)
    if judge.task.source is not None:
        _, predicted = filter_trace(judge.task.source, trace)
        scores = answer_scores(judge, predicted)
        size = len(judge.task.source.initial)
        yield from _rows("bayes", size, "closed", scores, nature={**NETWORKS_OWN, CARRIES: BELIEF})
        score = belief_r2(judge.task.source, train, trace, judge.bootstrap)
        yield from _rows("network", NO_STATES, "-", {"belief_r2": score})


def _method_rows(judge: Judge, method: str, kept: Kept) -> Iterator[Row]:
    decoded = kept.decoded.get("test", {})
    for n_states, machine in kept.machines.items():
        chosen = n_states == kept.chosen
        lumped = kept.lumped.machine if chosen and kept.lumped is not None else None
        nature = nature_of(machine, judge.trace, lumped)
        scores = _closed_scores(judge, machine)
        if chosen and judge.task.family == "sentiment":
            scores |= _meaning(judge, machine)
        yield from _rows(method, n_states, "closed", scores, chosen=chosen, nature=nature)
        if n_states in decoded:
            opened = machine.readout[decoded[n_states]]
            scores = _machine_scores(judge, opened, decoded[n_states])
            scores |= determinism(decoded[n_states], judge.trace, judge.bootstrap)
            yield from _rows(method, n_states, "open", scores, chosen=chosen, nature=nature)
        if lumped is not None:
            nature = nature_of(lumped, judge.trace, lumped)
            yield from _rows(method, n_states, LUMPED, _closed_scores(judge, lumped), nature=nature)
    for n_states, reason in kept.failures.items():
        missing = Missing(Status.FAILED, reason)
        yield score_row(method, n_states, "-", FIT, missing, chosen=False)


def _closed_scores(judge: Judge, machine: Machine) -> dict[str, Score]:
    """Return the scores of a machine that runs on the inputs alone."""
    belief = machine.run(judge.inputs)
    states, outputs = belief.argmax(axis=1), belief @ machine.readout
    scores = _machine_scores(judge, outputs, states)
    decides = judge.trace.output == Output.DISTRIBUTION
    if machine.carries == BELIEF and decides:
        scores["hard_agreement"] = hard_agreement(machine, outputs, judge.trace, judge.bootstrap)
    size = {"description_bits": description_bits(machine), "n_edges": n_edges(machine)}
    scores |= {name: exactly(value, judge.bootstrap, POSITIVE) for name, value in size.items()}
    scores |= move_scores(machine, states, judge.trace, judge.bootstrap)
    if judge.truth is not None and decides:
        exact = exactness(machine, judge.truth)
        scores |= {
            name: exactly(value, judge.bootstrap, SHARE if name == EXACT else POSITIVE)
            for name, value in exact.items()
        }
    if judge.pure is not None:
        steps = np.zeros(len(judge.pure), dtype=int)
        counts = hits_and_steps(judge.pure, steps, judge.trace.lengths, 1)
        scores[PURITY] = judge.bootstrap.score(Tally(*counts))
    note = note_of(machine)
    return {name: replace(score, note=note) for name, score in scores.items()} if note else scores


def _meaning(judge: Judge, machine: Machine) -> dict[str, Score]:
    score = semantic_agreement(machine, judge.train, judge.trace, judge.bootstrap)
    return {} if score is None else {"word_valence": score}


def _machine_scores(judge: Judge, outputs: np.ndarray, states: np.ndarray) -> dict[str, Score]:
    scores = answer_scores(judge, outputs)
    if not judge.trace.knows_truth:
        return scores
    scores |= recovery(states, judge.trace, judge.bootstrap)
    true = _true_transition(judge)
    if true is None:
        return scores
    distance = transition_distance(states, judge.trace, true, judge.bootstrap)
    return scores if distance is None else scores | {"transition_distance": distance}


def _true_transition(judge: Judge) -> np.ndarray | None:
    """Return how true states follow one another; None where rows of values move them."""
    if judge.truth is not None:
        return judge.truth.transition
    source = judge.task.source
    return None if source is None else source.transition[None]


def _rows(
    method: str,
    n_states: int,
    mode: str,
    scores: Mapping[str, Score],
    *,
    chosen: bool = True,
    nature: Mapping[str, Any] = NETWORKS_OWN,
) -> Iterator[Row]:
    for name, score in scores.items():
        yield score_row(method, n_states, mode, name, score, chosen=chosen) | dict(nature)


def score_row(
    method: str,
    n_states: int,
    mode: str,
    name: str,
    score: Score | Missing,
    *,
    chosen: bool = True,
) -> Row:
    """Return one row of the table of scores; without a score it says why."""
    row: Row = {
        "method": method,
        "n_states": n_states,
        "chosen": chosen,
        "mode": mode,
        "score": name,
    }
    if isinstance(score, Missing):
        row |= {"status": score.status, "reason": score.reason}
        return row | NO_SCORE | {"n_sequences": 0, RARE: None}
    rare = RARE_JOIN.join(score.rare) or None
    row |= {"status": Status.OK, "reason": score.note, "n_sequences": score.n_sequences, RARE: rare}
    return row | score.columns()
