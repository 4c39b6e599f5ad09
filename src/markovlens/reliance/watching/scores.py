"""How strange one sequence is so far: numbers that only grow while it is read.

That they only grow makes it right to look after every step, though steps are not exchangeable: the
evidence at a step is at most that at the end of its sequence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan, sqrt

import numpy as np

SHRINK = 5.0  # steps that the mean over all contexts counts with in each
AT_LEAST = 4.0  # steps as whose a deviation counts at least: two or three odd ones are no matter
NO_SPREAD = 1e-6
FARTHEST = 8.0  # standard deviations beyond which a value is no stranger


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a machine beside a network.

    Attributes:
        before, state: the machine's state before and after it, K before the first.
        symbol: what the machine read.
        values: what came: the values of a row, or the one symbol.
        off: how far the network's answer lies from the machine's, 0 to 1 of decisions and labels,
            standard deviations of values; None where there is none.
    """

    before: int
    state: int
    symbol: int
    values: tuple[float, ...]
    off: float | None


@dataclass(frozen=True, slots=True)
class Usual:
    """What a number is in the mean, and how much it varies, in each of several contexts.

    Attributes:
        mean, variance: by context.
        least: variance that is added to every sum.
    """

    mean: tuple[float, ...]
    variance: tuple[float, ...]
    least: float

    @classmethod
    def of(cls, context: np.ndarray, values: np.ndarray, n_contexts: int) -> Usual:
        """Return it of values (N,) in contexts (N,); rare ones are drawn to the mean of all."""
        mean = _shrunk(context, values, n_contexts)
        squares = np.square(values - mean[context])
        variance = _shrunk(context, squares, n_contexts)
        least = AT_LEAST * float(squares.mean()) + NO_SPREAD
        return cls(tuple(mean.tolist()), tuple(variance.tolist()), least)


def _shrunk(context: np.ndarray, values: np.ndarray, n_contexts: int) -> np.ndarray:
    total = np.bincount(context, values, minlength=n_contexts)
    count = np.bincount(context, minlength=n_contexts)
    shrunk: np.ndarray = (total + SHRINK * values.mean()) / (count + SHRINK)
    return shrunk


class Excess:
    """The largest standardised sum of deviations from the usual, of a sequence so far."""

    def __init__(self, usual: Usual, *, both_ways: bool) -> None:
        """Begin a sequence; `both_ways`: sums far below the usual count too."""
        self._usual, self._both = usual, both_ways
        self.total, self.variance, self.most = 0.0, usual.least, 0.0

    def add(self, context: int, value: float) -> float:
        """Return it after one step more."""
        self.total += value - self._usual.mean[context]
        self.variance += self._usual.variance[context]
        total = abs(self.total) if self._both else self.total
        self.most = max(self.most, total / sqrt(self.variance))
        return self.most

    def plain(self) -> list[float]:
        """Return it as values that JSON has."""
        return [self.total, self.variance, self.most]

    def go_on(self, plain: Sequence[float]) -> None:
        """Take over what `plain` said."""
        self.total, self.variance, self.most = plain


class Stuck:
    """The longest run of one and the same value, of all channels in units of their usual one."""

    def __init__(self, usual: Mapping[int, float]) -> None:
        """Begin a sequence; `usual` has the longest run of each channel that is watched."""
        self._usual = usual
        self.last: tuple[float, ...] | None = None
        self.runs = dict.fromkeys(usual, 0)
        self.most = 0.0

    def add(self, values: tuple[float, ...]) -> float:
        """Return it after one step more."""
        for place, usual in self._usual.items():
            again = self.last is not None and _same(values[place], self.last[place])
            self.runs[place] = self.runs[place] + 1 if again else 1
            self.most = max(self.most, self.runs[place] / usual)
        self.last = values
        return self.most


def _same(new: float, old: float) -> bool:
    return new == old or (isnan(new) and isnan(old))


@dataclass(frozen=True, slots=True)
class Surprise:
    """How surprising what comes is to a machine in a state.

    Attributes:
        nats: -log of the probability of each symbol (V) after each state (K + 1), the last before
            the first step.
        centre, scale: of each channel (D) in each state (K); empty of symbols.
        places: the channels that are compared: those with levels are not.
    """

    nats: tuple[tuple[float, ...], ...]
    centre: tuple[tuple[float, ...], ...] = ()
    scale: tuple[tuple[float, ...], ...] = ()
    places: tuple[int, ...] = ()

    def of(self, step: Step) -> float:
        """Return the surprise of a step: in nats, and of rows half the mean square deviation."""
        nats = self.nats[step.before][step.symbol]
        squares = [
            min(abs((step.values[place] - centre[place]) / scale[place]), FARTHEST) ** 2
            for centre, scale in [self._at(step.state)]
            for place in self.places
            if not isnan(step.values[place])
        ]
        return nats + (sum(squares) / (2 * len(squares)) if squares else 0.0)

    def _at(self, state: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
        return (self.centre[state], self.scale[state]) if self.places else ((), ())
