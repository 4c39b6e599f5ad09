"""Scores of explanations: evidence found, what deleting and inserting does, what changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from markovlens.attention.curves import area_under, curves_of
from markovlens.attention.ranking import area_of, each_part, orders
from markovlens.attention.replacing import Ask, Marginal, changing_steps, put_at
from markovlens.faithfulness.scores.intervals import CORRELATION, SHARE
from markovlens.faithfulness.scores.tally import Bootstrap, Score, Tally
from markovlens.keyed import with_keys
from markovlens.sequences import Sequences

AUROC, DELETION, INSERTION, GAP, CHANGES, CONFIRMED = (
    "auroc", "deletion", "insertion", "gap", "changes", "confirmed",
)  # fmt: skip
MEASURES = (AUROC, DELETION, INSERTION, GAP, CHANGES, CONFIRMED)
RANDOM, TRUTH = "random", "truth"  # the controls beside all explanations


@dataclass(frozen=True, slots=True)
class Judge:
    """What explanations of one network's last answers are judged by.

    Attributes:
        inputs: S sequences, N steps.
        truth: bool (N,), the steps that decide; None where that is not known.
        ask: the network that is explained; None to compare with the truth alone.
        marginal: from which symbols are drawn that stand for others.
        symbols: (M,), tried at each step, alone, to change an answer.
        n_draws: sequences that are drawn for each point of a curve.
        bootstrap: over the sequences.
        seed: of all that is drawn, the same for all explanations.
    """

    inputs: Sequences
    truth: np.ndarray | None
    ask: Ask | None
    marginal: Marginal
    symbols: np.ndarray
    n_draws: int
    bootstrap: Bootstrap
    seed: int
    _kept: dict[str, np.ndarray] = field(default_factory=dict, repr=False)

    @property
    def answers(self) -> np.ndarray:
        """The class (S,) that the network answers after each sequence."""
        if "answers" not in self._kept:
            assert self.ask is not None, "asked only where there is a network"
            self._kept["answers"] = self.ask(self.inputs).argmax(axis=1)
        return self._kept["answers"]

    @property
    def changing(self) -> np.ndarray:
        """Bool (N,), the steps at which some symbol changes the network's answer."""
        if "changing" not in self._kept:
            assert self.ask is not None, "asked only where there is a network"
            found = changing_steps(self.ask, self.inputs, self.answers, self.symbols)
            self._kept["changing"] = found
        return self._kept["changing"]

    def controls(self) -> dict[str, np.ndarray]:
        """Return numbers (N,) at random, and the truth where it is known."""
        chance = np.random.default_rng([self.seed, 1]).random(self.inputs.n_steps)
        known = {} if self.truth is None else {TRUTH: self.truth.astype(float)}
        return {RANDOM: chance, **known}


@with_keys(scores="measures", curves="curves")
@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one explanation: scores by measure, and curves (S, 11) by kind."""

    scores: dict[str, Score]
    curves: dict[str, np.ndarray]


def judged(scores: np.ndarray, judge: Judge) -> Judged:
    """Return how good numbers (N,) at the steps of sequences are, larger ones mattering more."""
    found: dict[str, np.ndarray] = {}
    if judge.truth is not None:
        pairs = (each_part(judge.inputs, column) for column in (scores, judge.truth))
        found[AUROC] = np.array([area_of(*pair) for pair in zip(*pairs, strict=True)])
    curves: dict[str, np.ndarray] = {}
    if judge.ask is not None:
        ranked = orders(judge.inputs, scores, np.random.default_rng([judge.seed, 2]))
        curves = curves_of(
            judge.ask, judge.inputs, ranked, judge.answers, marginal=judge.marginal,
            n_draws=judge.n_draws, rng=np.random.default_rng([judge.seed, 3]),
        )  # fmt: skip
        found |= {name: area_under(curve) for name, curve in curves.items()}
        found[GAP] = found[INSERTION] - found[DELETION]
        found[CHANGES] = _at_the_top(judge, ranked)
    return Judged(_scored(found, judge.bootstrap), curves)


def confirmed(places: np.ndarray, symbols: np.ndarray, judge: Judge) -> dict[str, Score]:
    """Return how often the network's answer changes as said, by one symbol (S,) at a place (S,).

    Of the sequences of which some symbol at some step changes it; without such there is no score.
    """
    assert judge.ask is not None, "asked only where there is a network"
    said = judge.ask(put_at(judge.inputs, places, symbols)).argmax(axis=1)
    changed = np.where(_changeable(judge), said != judge.answers, np.nan)
    return _scored({CONFIRMED: changed}, judge.bootstrap)


def _at_the_top(judge: Judge, ranked: list[np.ndarray]) -> np.ndarray:
    parts = each_part(judge.inputs, judge.changing)
    first = [part[order[0]] for part, order in zip(parts, ranked, strict=True)]
    return np.where(_changeable(judge), first, np.nan)


def _changeable(judge: Judge) -> np.ndarray:
    return np.array([part.any() for part in each_part(judge.inputs, judge.changing)])


def _scored(found: Mapping[str, np.ndarray], bootstrap: Bootstrap) -> dict[str, Score]:
    """Return means over sequences (S,), those left out that have no number."""
    scores = {}
    for name, values in found.items():
        kept = np.flatnonzero(np.isfinite(values))
        if len(kept):
            scale = CORRELATION if name == GAP else SHARE
            each = np.asarray(values[kept], dtype=float)[:, None]
            scores[name] = bootstrap.select(kept).score(Tally(each, np.ones_like(each), scale))
    return scores
