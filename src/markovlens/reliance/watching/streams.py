"""Streams on which a monitor is tried: does it ever cry wolf, and how soon is it right?

Sequences are drawn anew, each with equal chance, from recorded ones: those of the calibration, and
those that come. Such a stream is exchangeable exactly, whatever the recordings are, and endless.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from markovlens.reliance.watching.calibration import Calibration, Scores, counted
from markovlens.reliance.watching.testing import Evidence


@dataclass(frozen=True, slots=True)
class Trial:
    """When a monitor raised alarms in streams of one kind.

    Attributes:
        first: (R,), sequences until the first alarm of any test in each of R streams, counted from
            the change on (1: in the first changed sequence); 0 where there was none.
        early: (R,), whether an alarm came before the change.
        tests: which test was first in each stream, "" of none.
        length: sequences after the change in each.
    """

    first: np.ndarray
    early: np.ndarray
    tests: tuple[str, ...]
    length: int

    @property
    def ever(self) -> np.ndarray:
        """Bool (R,), whether an alarm came, early ones included."""
        return self.early | (self.first > 0)


@dataclass(frozen=True, slots=True)
class Plan:
    """How streams are drawn.

    Attributes:
        n_streams: R.
        n_ranked: sequences of the calibration, drawn anew for each stream.
        before, after: sequences before a change and after it.
        alpha: of the monitor.
    """

    n_streams: int
    n_ranked: int
    before: int
    after: int
    alpha: float


def trial(
    calibration: Calibration,
    usual: Sequence[Scores],
    changed: Sequence[Scores],
    plan: Plan,
    seed: np.random.SeedSequence,
) -> Trial:
    """Return what a monitor does in streams of usual sequences, then changed ones.

    Args:
        calibration: what is usual; its ranks are replaced by those drawn for each stream.
        usual: scores of sequences as they are usually, none of which the calibration's scores were
            made on.
        changed: of sequences after the change; `usual` again for streams without one.
        plan: how streams are drawn.
        seed: of what is drawn.
    """
    found = [
        _stream(calibration, usual, changed, plan, each) for each in seed.spawn(plan.n_streams)
    ]
    firsts, tests = zip(*found, strict=True)
    first = np.array(firsts)
    since = np.where(first > plan.before, first - plan.before, 0)
    return Trial(since, (first > 0) & (first <= plan.before), tests, plan.after)


def path(
    calibration: Calibration,
    usual: Sequence[Scores],
    changed: Sequence[Scores],
    plan: Plan,
    seed: np.random.SeedSequence,
) -> dict[str, np.ndarray]:
    """Return the evidence (before + after,) of each test after every sequence of one stream."""
    evidence, live = _begun(calibration, usual, changed, plan, seed)
    rows = [_take(evidence, scores) for scores in live]
    return {name: np.array([row[name] for row in rows]) for name in evidence.tests}


def _stream(
    calibration: Calibration,
    usual: Sequence[Scores],
    changed: Sequence[Scores],
    plan: Plan,
    seed: np.random.SeedSequence,
) -> tuple[int, str]:
    """Return at which sequence, from 1, the first alarm came, and by what; 0 and "" for none."""
    evidence, live = _begun(calibration, usual, changed, plan, seed)
    for number, scores in enumerate(live, start=1):
        _take(evidence, scores)
        if evidence.alarms:
            return number, evidence.alarms[0].test
    return 0, ""


def _begun(
    calibration: Calibration,
    usual: Sequence[Scores],
    changed: Sequence[Scores],
    plan: Plan,
    seed: np.random.SeedSequence,
) -> tuple[Evidence, Iterator[Scores]]:
    """Return a monitor's evidence before the first sequence, and what will come."""
    rng = np.random.default_rng(seed)
    ranked = [usual[at] for at in rng.integers(len(usual), size=plan.n_ranked)]
    fresh = replace(calibration, counts=counted(calibration.edges, ranked))
    before, after = (
        rng.integers(len(pool), size=size)
        for pool, size in ((usual, plan.before), (changed, plan.after))
    )
    live = [usual[at] for at in before] + [changed[at] for at in after]
    return Evidence(fresh, plan.alpha, int(rng.integers(2**31))), iter(live)


def _take(evidence: Evidence, scores: Scores) -> dict[str, float]:
    evidence.look(scores, 0)
    evidence.end()
    return evidence.settled
