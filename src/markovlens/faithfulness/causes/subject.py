"""One network with its abstractions, and the rule by which one of their machines is picked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from markovlens.abstractions.coded import coded
from markovlens.abstractions.exemplars import CodedOracle, draw_exemplars
from markovlens.abstractions.study import Kept
from markovlens.codebooks.base import Codebook
from markovlens.faithfulness.scores.evaluate import FLOORS, Scoring
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.faithfulness.verdict.answers import judge_answers
from markovlens.faithfulness.verdict.verdict import (
    Standard,
    Verdict,
    draw_probe,
    judge_network,
)
from markovlens.machines.machine import Machine
from markovlens.outputs import Output
from markovlens.trace import Trace

if TYPE_CHECKING:
    from markovlens.activations.oracle import Askable, Oracle

UNASKABLE = "the network cannot be asked step by step; give it `initial` and `step`"


@dataclass(frozen=True, slots=True)
class Subject:
    """One network with its abstractions.

    Attributes:
        valid, test: traces.
        oracle: the network, None if it cannot be asked.
        studies: its abstractions, by method.
        train: a trace of rows by which it is asked about codes, or on which floors are fitted; None
            where it reads symbols and decides.
        lag: steps after which a target is known.
        taught: the training trace whose steps the machines were made of; None where it is not at
            hand, so that the network cannot be steered by them.
    """

    valid: Trace
    test: Trace
    oracle: Oracle | None
    studies: Mapping[str, Kept]
    train: Trace | None = None
    lag: int = 1
    taught: Trace | None = None
    chosen: dict[str, tuple[int, Machine]] = field(init=False)

    def __post_init__(self) -> None:
        """Look up the machine of the chosen size of each method that has one."""
        chosen = {
            method: (kept.chosen, kept.machines[kept.chosen])
            for method, kept in self.studies.items()
            if kept.chosen is not None
        }
        object.__setattr__(self, "chosen", chosen)

    @property
    def decides(self) -> bool:
        """Whether the network decides between classes, as automata do."""
        return self.test.output == Output.DISTRIBUTION

    @property
    def codebook(self) -> Codebook | None:
        """The codebook that its abstractions share; None where they read symbols."""
        found = (kept.codebook for kept in self.studies.values())
        return next((each for each in found if each is not None), None)

    def by_codes(self, seed: int) -> tuple[Trace, Askable | None]:
        """Return test sequences in the symbols of the machines, and a network asked by them."""
        if self.codebook is None or self.train is None:
            return self.test, self.oracle
        asked: Askable | None = None
        if self.oracle is not None:
            exemplars = draw_exemplars(self.train, self.codebook, seed=seed)
            asked = CodedOracle(self.oracle, exemplars, self.train.output)
        return coded(self.test, self.codebook), asked


def judge_subject(
    subject: Subject, bootstrap: Bootstrap, *, scoring: Scoring, rng: np.random.Generator
) -> Verdict:
    """Return the verdict on a network: the one rule by which its machine is picked."""
    if not subject.decides:
        return _without_decisions(subject, bootstrap)
    standard = Standard(scoring.adequate, level=scoring.level)
    return _verdict(subject, standard, scoring.interventions, rng)


def _verdict(
    subject: Subject, standard: Standard, n_strings: int, rng: np.random.Generator
) -> Verdict:
    valid, test = (
        draw_probe(trace, subject.oracle, n_strings=n_strings, rng=rng)
        for trace in (subject.valid, subject.test)
    )
    # No verdict rests on a floor.
    studies = {name: kept for name, kept in subject.studies.items() if name not in FLOORS}
    return judge_network(studies, valid, test, standard=standard, rng=rng)


def _without_decisions(subject: Subject, bootstrap: Bootstrap) -> Verdict:
    train = subject.train
    assert train is not None, "floors are fitted on it"
    traces = {"train": train, "valid": subject.valid, "test": subject.test}
    return judge_answers(subject.studies, traces, bootstrap, lag=subject.lag)
