"""What only asking the network can tell: interventions, counterexamples and the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from markovlens.abstractions.comparing import Comparison
from markovlens.errors import DataError
from markovlens.faithfulness.causes.codes import code_rows
from markovlens.faithfulness.causes.continuing import Points, draw_points
from markovlens.faithfulness.causes.effects import EXPLAINED
from markovlens.faithfulness.causes.intervention import (
    SWAPS,
    Explained,
    intervene,
)
from markovlens.faithfulness.causes.steering import STEERS, Steered, steer
from markovlens.faithfulness.causes.subject import UNASKABLE, Subject, judge_subject
from markovlens.faithfulness.scores.evaluate import Missing, Row, Scoring, score_row
from markovlens.faithfulness.scores.falsify import STRATEGIES, Falsification, draw_suite, falsify
from markovlens.faithfulness.scores.intervals import POSITIVE, SHARE
from markovlens.faithfulness.scores.tally import Bootstrap, Score, exactly
from markovlens.faithfulness.verdict.verdict import (
    Verdict,
)
from markovlens.machines.machine import Machine
from markovlens.status import Status
from markovlens.trace import Trace

if TYPE_CHECKING:
    from markovlens.activations.oracle import Askable

NO_REST = "no sequence goes on after a swap"
UNTAUGHT = "the training trace, of whose steps the means are, is not at hand"
SWAP, FREE = "swap", "closed"  # modes of the scores


@dataclass(frozen=True, slots=True)
class Probed:
    """All that asking one network told.

    Attributes:
        rows: scores, in the form of `evaluate`.
        verdict: of the network, as plain values.
        falsification: one record a method, with its counterexample.
    """

    rows: pd.DataFrame
    verdict: dict[str, Any]
    falsification: list[dict[str, Any]]


def probe_network(subject: Subject, *, scoring: Scoring, seed: int, draws: int) -> Probed:
    """Return interventions, falsification and verdict of one network, at each method's chosen K.

    Args:
        subject: the network and its abstractions.
        scoring: budgets of interventions and tests, and the standard of the verdict.
        seed: of the bootstrap, that of `evaluate`, so that all scores of a task are paired.
        draws: seed of places and strings; the same for all networks of a task.
    """
    streams = np.random.default_rng(draws).spawn(4)
    bootstrap = scoring.bootstrap(len(subject.test), seed=seed)
    changed = (streams[0], streams[3])
    rows = [*_changed_rows(subject, bootstrap, scoring.interventions, changed)]
    verdict = judge_subject(subject, bootstrap, scoring=scoring, rng=streams[1])
    test, asked = subject.by_codes(draws)
    hunts = _hunt(subject, verdict, test, asked, scoring=scoring, rng=streams[2])
    # The machine behind the verdict is tried as well; it need not be any method's own choice.
    own = hunts.pop("verdict", None)
    rows += _hunt_rows(subject, hunts, bootstrap)
    records = [
        {"method": method, "n_states": subject.chosen[method][0], **_record(hunt, test)}
        for method, hunt in hunts.items()
    ]
    plain = _plain(verdict) | {"falsification": {} if own is None else _record(own, test)}
    book, train = subject.codebook, subject.train
    if book is not None and train is not None and subject.oracle is not None:
        scored, plain["codes"] = code_rows(
            subject.oracle,
            book,
            {"train": train, "test": subject.test},
            bootstrap=bootstrap,
            seed=draws,
            tolerance=scoring.tolerance,
        )
        rows += scored
    return Probed(pd.DataFrame(rows), plain, records)


def _changed_rows(
    subject: Subject, bootstrap: Bootstrap, n_points: int, streams: Sequence[np.random.Generator]
) -> Iterator[Row]:
    """Yield the rows of swaps, then those of steering, at the same places."""
    graded = Comparison.of(subject.test).graded
    points: Points | str = UNASKABLE
    if subject.oracle is not None:
        drawn = draw_points(subject.test, subject.oracle, n_points=n_points, rng=streams[0])
        points = NO_REST if drawn is None else drawn
    swapped = _intervened(subject, points, bootstrap)
    yield from _rows_of(subject, swapped, EXPLAINED[0] if graded else SWAPS[0])
    yield from _rows_of(subject, _steered(subject, points, bootstrap, streams[1]), STEERS[0])


def _intervened(
    subject: Subject, points: Points | str, bootstrap: Bootstrap
) -> dict[str, dict[str, Score] | str]:
    explained = {
        method: Explained(machine, decoded)
        for method, machine, decoded in _read_off(subject, "test")
    }
    if isinstance(points, str) or subject.oracle is None:
        return dict.fromkeys(explained, str(points))
    return intervene(explained, subject.test, subject.oracle, points, bootstrap)


def _steered(
    subject: Subject, points: Points | str, bootstrap: Bootstrap, rng: np.random.Generator
) -> dict[str, dict[str, Score] | str]:
    known = {method: states for method, _, states in _read_off(subject, "train")}
    read = {method: (machine, states) for method, machine, states in _read_off(subject, "test")}
    if isinstance(points, str) or subject.oracle is None:
        return dict.fromkeys(read, str(points))
    if subject.taught is None:
        return dict.fromkeys(read, UNTAUGHT)
    steered = {
        method: Steered(*each, known[method]) for method, each in read.items() if method in known
    }
    traces = (subject.test, subject.taught)
    found = steer(steered, *traces, subject.oracle, points, bootstrap=bootstrap, rng=rng)
    return {method: found.get(method, UNTAUGHT) for method in read}


def _read_off(subject: Subject, split: str) -> Iterator[tuple[str, Machine, np.ndarray]]:
    """Yield each method whose states are read off the network, its machine and the states."""
    for method, (size, machine) in subject.chosen.items():
        decoded = subject.studies[method].decoded.get(split, {})
        if size in decoded:
            yield method, machine, decoded[size]


def _rows_of(
    subject: Subject, results: Mapping[str, dict[str, Score] | str], first: str
) -> Iterator[Row]:
    """Yield the rows of scores by method; one of the name `first` that says why there are none."""
    for method, result in results.items():
        size, _ = subject.chosen[method]
        if isinstance(result, str):
            yield score_row(method, size, SWAP, first, Missing(Status.SKIPPED, result))
            continue
        for name, score in result.items():
            yield score_row(method, size, SWAP, name, score)


def _hunt(
    subject: Subject,
    verdict: Verdict,
    test: Trace,
    asked: Askable | None,
    *,
    scoring: Scoring,
    rng: np.random.Generator,
) -> dict[str, Falsification | str]:
    """Return what the falsifier found against each method and the verdict's own machine."""
    machines = {method: machine for method, (_, machine) in subject.chosen.items()}
    if verdict.machine is not None:
        machines["verdict"] = verdict.machine
    if asked is None:
        return dict.fromkeys(machines, UNASKABLE)
    n_tests = max(1, scoring.tests // len(STRATEGIES))
    try:
        suite = draw_suite(test, asked, n_tests=n_tests, rng=rng, tolerance=scoring.tolerance)
    except DataError as error:
        return dict.fromkeys(machines, str(error))
    children = rng.spawn(len(machines))
    return {  # words of codes are tried, as the network is asked by them
        name: falsify(
            replace(machine, codebook=None), suite, asked, confidence=scoring.level, rng=child
        )
        for (name, machine), child in zip(machines.items(), children, strict=True)
    }


def _hunt_rows(
    subject: Subject, hunts: Mapping[str, Falsification | str], bootstrap: Bootstrap
) -> Iterator[Row]:
    """Yield `tests_to_disagreement`, the whole budget where there was none, and `falsified`.

    They come of one search, so that only seeds widen their intervals.
    """
    for method, hunt in hunts.items():
        size, _ = subject.chosen[method]
        if isinstance(hunt, str):
            missing = Missing(Status.SKIPPED, hunt)
            yield score_row(method, size, FREE, "tests_to_disagreement", missing)
            continue
        first = hunt.tests_to_disagreement
        tried = hunt.n_tests if first is None else first
        scores = {
            "tests_to_disagreement": exactly(tried, bootstrap, POSITIVE),
            "falsified": exactly(first is not None, bootstrap, SHARE),
        }
        for name, score in scores.items():
            yield score_row(method, size, FREE, name, score)


def _record(hunt: Falsification | str, trace: Trace) -> dict[str, Any]:
    """Return a search as plain values, its counterexample in the names of the symbols."""
    if isinstance(hunt, str):
        return {"status": Status.SKIPPED, "reason": hunt}
    word = hunt.counterexample
    firsts = {f"first_{name}": found.first for name, found in hunt.by_strategy.items()}
    shares = {
        f"rate_{name}": found.n_disagreements / found.n_tests
        for name, found in hunt.by_strategy.items()
    }
    return {
        "status": Status.OK,
        "reason": hunt.note,
        "n_tests": hunt.n_tests,
        "n_queries": hunt.n_queries,
        "tests_to_disagreement": hunt.tests_to_disagreement,
        **firsts,
        **shares,
        "counterexample_length": None if word is None else len(word),
        "counterexample": None if word is None else _spell(word, trace.symbols),
        "epsilon": hunt.epsilon,
    }


def _spell(word: Sequence[int], symbols: Sequence[str]) -> str:
    names = [symbols[symbol] for symbol in word]
    return ("; " if any(" " in name for name in names) else " ").join(names)  # rules have spaces


def _plain(verdict: Verdict) -> dict[str, Any]:
    scores = {"fidelity": verdict.fidelity, "fidelity_long": verdict.stretched}
    return {
        "verdict": verdict.verdict,
        "n_states": verdict.n_states,
        "n_states_judged": verdict.n_states_judged,
        "method": verdict.method,
        "carries": verdict.carries,
        **{
            f"{name}{end}": None if score is None else getattr(score, part)
            for name, score in scores.items()
            for end, part in (("", "value"), ("_low", "low"), ("_high", "high"))
        },
        "evidence": verdict.evidence,
    }
