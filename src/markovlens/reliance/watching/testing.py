"""The evidence of all tests over sequences, and the alarms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from markovlens.reliance.watching.betting import Ranks, Wager
from markovlens.reliance.watching.calibration import Calibration


@dataclass(frozen=True, slots=True)
class Alarm:
    """That a test's evidence reached the threshold.

    Attributes:
        test: which one, of `reading.TESTS`.
        sequence, step: when, from 0.
        evidence: what 1 had become there that was bet against "nothing has changed".
    """

    test: str
    sequence: int
    step: int
    evidence: float

    def __str__(self) -> str:
        """Return it in words."""
        return (
            f"{self.test}: changed, by sequence {self.sequence}, step {self.step} (evidence "
            f"{self.evidence:.3g})"
        )


class Evidence:
    """The capital of each test, and the ranks on which it bets.

    Attributes:
        threshold: at which a test raises an alarm: with J tests J / alpha, so that all of them
            together ever raise a false one with chance alpha at most.
        n_sequences: sequences so far.
        alarms: the first alarm of each test.
    """

    def __init__(self, calibration: Calibration, alpha: float, seed: int) -> None:
        """Begin before the first sequence."""
        self.tests = calibration.tests
        self.threshold = len(self.tests) / alpha
        self.ranks = {
            name: Ranks(calibration.edges[name], calibration.counts[name]) for name in self.tests
        }
        self.wagers = {name: Wager() for name in self.tests}
        self.alarms: tuple[Alarm, ...] = ()
        self.n_sequences = 0
        self._seed = seed
        self._begin()

    def look(self, scores: Mapping[str, float], step: int) -> dict[str, float]:
        """Return the evidence of each test if the running sequence ended here with these scores."""
        for name, score in scores.items():
            if name in self.ranks:
                self._look_at(name, score, step)
        return dict(self._worth)

    def end(self) -> None:
        """End the running sequence."""
        for name, place in self._place.items():
            self.wagers[name].settle(self.ranks[name].p_value(place, self._tie))
            self.ranks[name].add(place)
        self.n_sequences += 1
        self._begin()

    @property
    def settled(self) -> dict[str, float]:
        """What each test's capital is worth between two sequences."""
        return {name: wager.worth(settled=True) for name, wager in self.wagers.items()}

    def _begin(self) -> None:
        seed = np.random.SeedSequence([self._seed, self.n_sequences])
        self._tie = 1 - float(np.random.default_rng(seed).random())  # in (0, 1]
        self._place: dict[str, int] = {}
        self._worth = self.settled

    def _look_at(self, name: str, score: float, step: int) -> None:
        ranks = self.ranks[name]
        place = ranks.bin_of(score)
        if place == self._place.get(name):
            return
        self._place[name] = place
        worth = self.wagers[name].worth(ranks.p_value(place, self._tie))
        self._worth[name] = worth
        if worth >= self.threshold and all(alarm.test != name for alarm in self.alarms):
            self.alarms += (Alarm(name, self.n_sequences, step, worth),)

    def plain(self) -> dict[str, Any]:
        """Return it as values that JSON has, of their own: they stay when sequences go on."""
        return {
            "n_sequences": self.n_sequences,
            "counts": {name: list(each.counts) for name, each in self.ranks.items()},
            "capital": {name: list(each.capital) for name, each in self.wagers.items()},
            "n_bets": {name: each.n_bets for name, each in self.wagers.items()},
            "place": dict(self._place),
            "worth": dict(self._worth),
            "alarms": [asdict(alarm) for alarm in self.alarms],
        }

    def go_on(self, plain: Mapping[str, Any]) -> None:
        """Take over what `plain` said of the same calibration."""
        for name in self.tests:
            self.ranks[name] = Ranks(self.ranks[name].edges, plain["counts"][name])
            self.wagers[name] = Wager(plain["capital"][name], plain["n_bets"][name])
        self.n_sequences = plain["n_sequences"]
        self._begin()
        self._place, self._worth = dict(plain["place"]), dict(plain["worth"])
        self.alarms = tuple(Alarm(**alarm) for alarm in plain["alarms"])
