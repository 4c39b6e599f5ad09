"""How a network, its machine and its repaired copy stand disturbances, against what is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from markovlens.arguments import check_level, check_seed, check_whole, with_known_arguments
from markovlens.errors import DataError
from markovlens.faithfulness.claims.trust import final_truth
from markovlens.faithfulness.scores.tally import Bootstrap, Tally
from markovlens.keyed import with_keys
from markovlens.listed import Listed
from markovlens.machines.machine import Machine
from markovlens.machines.words import sequences_for
from markovlens.places import MACHINE, SEQUENCES, check_places
from markovlens.reliance.repairing.specification import Specification
from markovlens.reliance.trust.disturbances import (
    FLIPS,
    USUAL,
    Trial,
    Words,
    check_disturbances,
)
from markovlens.reliance.trust.flipping import Given, Subject, subject_of
from markovlens.reliance.trust.verdicts import verdicts_of
from markovlens.seeding import seed_for

CEILING = "specification"
ACCURACY, KEPT = "accuracy", "kept"
Row = dict[str, Any]


@with_keys(verdicts="disturbances")
@dataclass(frozen=True, slots=True, repr=False)
class Stand:
    """What was found.

    Attributes:
        table: a row for each disturbance, size, subject (`who`) and score. `accuracy` is the share
            of words with the right answer at their end, averaged over the right answers; `kept` the
            same among words that the specification, reading the same, gets right. `value` with
            `low` and `high`; `ceiling` is the accuracy of the specification and `chance` that of
            one answer to all; `n_flipped` the mean number of bits that flipped in a draw.
        verdicts: for each disturbance, who can be trusted how far, in words.
    """

    table: pd.DataFrame
    verdicts: dict[str, str]

    def __repr__(self) -> str:
        """Return the accuracies as a table, and the verdicts."""
        rows = self.table[self.table["score"] == ACCURACY]
        wide = rows.pivot_table(
            index=["disturbance", "size"], columns="who", values="value", sort=False
        )
        said = "".join(f"\n{name}: {words}" for name, words in self.verdicts.items())
        return f"Stand: accuracy\n{wide.to_string(float_format='{:.3f}'.format)}{said}"

    def draw(self, path: str | Path | None = None) -> Figure:
        """Return a panel for each disturbance: accuracy by size, with intervals.

        Args:
            path: where to write it as well; ends in .svg or .png.

        Raises:
            ConfigError: another ending of `path`.
            DataError: `path` is no path.
        """
        from markovlens.figures.save import drawn
        from markovlens.reliance.trust.drawing import draw_stand

        return drawn(partial(draw_stand, self.table), path)


@with_known_arguments
def withstand(
    subjects: Mapping[str, Given],
    specification: Machine,
    sequences: Listed,
    *,
    disturbances: Mapping[str, Sequence[float]] = USUAL,
    n_words: int = 500,
    n_draws: int = 100,
    bootstraps: int = 300,
    level: float = 0.95,
    seed: int = 0,
) -> Stand:
    """Return how often subjects are right when words, or the bits that they are made of, change.

    The unit of intervals is the word. Of bit flips it is the draw: words are dealt out to so many
    draws of flips, and those of one draw count as one share, its mean over the right answers. Fewer
    than 76 draws prove no 0.95, even if all of them are right.

    Args:
        subjects: by name: networks that read symbols, machines.
        specification: the automaton of what is right.
        sequences: words of symbols such as the subjects read, as `explain` takes them; of texts the
            symbols are the specification's.
        disturbances: sizes of `length`, `edits`, `noise` and `bit_flips`, see `disturbances`.
        n_words: words of each trial, at least one for each right answer.
        n_draws: draws of bit flips at most, each with other words, one of each right answer.
        bootstraps: resamples of words, for merging over networks.
        level: coverage of intervals.
        seed: of words, flips and resamples.

    Raises:
        ConfigError: an unknown disturbance, or a size or number that means nothing.
        DataError: the specification is no automaton, a subject reads or answers something else.
    """
    check_places(
        "withstand(subjects, specification, sequences)",
        subjects=(subjects, ("networks and machines by name",)),
        specification=(specification, (MACHINE,)),
        sequences=(sequences, (SEQUENCES,)),
    )
    right = Specification.of(specification, None, None).machine
    assert right is not None, "a machine is one"
    read = sequences_for(right, sequences)
    check_disturbances(disturbances)
    check_level(level)
    check_seed(seed)
    check_whole("n_words", n_words, least=len(right.classes))
    for name, number in (("n_draws", n_draws), ("bootstraps", bootstraps)):
        check_whole(name, number, least=1)
    _check_subjects(subjects, right)
    asked = {name: subject_of(one, read) for name, one in subjects.items()}
    judge = _Judge(right, asked, n_draws, bootstraps, level, seed)
    words = Words(right, read, n_words, seed_for(seed, "stand", "words"))
    rows = [row for trial in words.trials(disturbances) for row in judge.rows(trial)]
    table = pd.DataFrame(rows)
    return Stand(table, verdicts_of(table))


def _check_subjects(subjects: Mapping[str, Given], right: Machine) -> None:
    if not subjects or CEILING in subjects:
        raise DataError(
            f"subjects: expected networks and machines by name, none of them {CEILING!r}, got "
            f"{list(subjects)}",
            page="wrong-names",
        )
    for name, one in subjects.items():
        same = not isinstance(one, Machine) or (
            (one.n_symbols, one.classes) == (right.n_symbols, right.classes)
        )
        if not same:
            raise DataError(
                f"{name}: expected a machine over {right.n_symbols} symbols that answers "
                f"{', '.join(right.classes)}, got {one!r}",
                page="alphabets-differ",
            )


@dataclass(frozen=True, slots=True)
class _Judge:
    specification: Machine
    subjects: Mapping[str, Subject]
    n_draws: int
    bootstraps: int
    level: float
    seed: int

    def rows(self, trial: Trial) -> Iterator[Row]:
        """Yield the scores of every subject on one trial."""
        ceiling = final_truth(self.specification, trial.read) == trial.right
        draw = self._draw_of(trial) if trial.disturbance == FLIPS else None
        n_units = len(trial.right) if draw is None else int(draw.max()) + 1
        bootstrap = self._bootstrap(trial, n_units)
        of_trial = {
            "disturbance": trial.disturbance,
            "size": float(trial.size),
            "chance": 1 / len(np.unique(trial.right)),
            "ceiling": bootstrap.score(_tally(ceiling, trial.right, draw)).value,
            "n_sequences": len(trial.right),
            "n_draws": n_units if trial.rate else 0,
        }
        for who, subject in self.subjects.items():
            hits = self._answers(subject, trial) == trial.right
            flipped = {"who": who, "n_flipped": trial.rate * subject.n_bits}
            for score, counted in ((ACCURACY, np.ones_like(ceiling)), (KEPT, ceiling)):
                found = bootstrap.score(_tally(hits, trial.right, draw, counted))
                yield of_trial | flipped | {"score": score} | found.columns()

    def _answers(self, subject: Subject, trial: Trial) -> np.ndarray:
        if trial.disturbance != FLIPS:
            return subject.answers(trial.read)
        found, draw = np.empty(len(trial.right), dtype=int), self._draw_of(trial)
        rng = np.random.default_rng(seed_for(self.seed, "stand", "flips", str(trial.size)))
        for at, stream in enumerate(rng.spawn(int(draw.max()) + 1)):
            mine = np.flatnonzero(draw == at)
            found[mine] = subject.flipped(trial.read.select(mine), trial.rate, stream)
        return found

    def _draw_of(self, trial: Trial) -> np.ndarray:
        """Return the draw (S,) that each word is dealt to, each right answer's in turn."""
        _, counts = np.unique(trial.right, return_counts=True)
        place = np.empty(len(trial.right), dtype=int)
        place[np.argsort(trial.right, kind="stable")] = np.concatenate(
            [np.arange(count) for count in counts]
        )
        return place % min(self.n_draws, int(counts.max()))

    def _bootstrap(self, trial: Trial, n_units: int) -> Bootstrap:
        names = ("stand", "resamples", trial.disturbance, str(trial.size))
        rng = np.random.default_rng(seed_for(self.seed, *names))
        return Bootstrap.draw(n_units, n_resamples=self.bootstraps, rng=rng, level=self.level)


def _tally(
    hits: np.ndarray,
    right: np.ndarray,
    draw: np.ndarray | None,
    counted: np.ndarray | None = None,
) -> Tally:
    """Return hits (S,) of words that count by right answer, or as one share of each draw (S,)."""
    weight = np.eye(int(right.max()) + 1)[right]
    weight = weight if counted is None else weight * counted[:, None]
    tally = Tally(weight * hits[:, None], weight)
    return tally if draw is None else _of_draws(tally.summed(draw, int(draw.max()) + 1))


def _of_draws(tally: Tally) -> Tally:
    """Return a share of each draw: right answers share the flips and are not apart from each other.

    Counted by right answer, as many draws would be taken for twice as many.
    """
    known = tally.weight > 0
    shares = np.where(known, tally.numerator / np.where(known, tally.weight, 1), 0)
    counted = known.any(axis=1, keepdims=True)
    mean = shares.sum(axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1)
    return Tally(mean, counted.astype(float))
