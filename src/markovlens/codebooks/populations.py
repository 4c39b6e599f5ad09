"""How values of a channel are spread over many sequences, and whether others are grossly otherwise.

Rows in another unit, or with two columns swapped, may lie within the range that was known: no
single row shows it, but many do. What is compared is the share of values up to each of a few
points, taken in every sequence and averaged over sequences, and the share within distances of the
middle, as a unit hardly moves the former where values lie about 0.

No alarm comes by chance: sequences may differ from each other as they like and their steps may hang
together, for each sequence counts as one draw of a number from 0 to 1, and the mean of n such
draws is off by more than t with a probability of at most 2 exp(-2 n t^2) (Hoeffding, "Probability
inequalities for sums of bounded random variables", 1963), made safe for all points and channels.
What is told beside that is gross: more than `GROSS` of the values lie elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from markovlens.arrays import unit_of
from markovlens.sequences import Sequences

N_POINTS = 21
GROSS = 0.6  # two normal distributions 1.7 standard deviations apart differ by it
CHANCE = 1e-3  # of a false alarm, over all points and channels
MOST_SEQUENCES, MOST_STEPS = 200, 200  # that are looked at, evenly spread
NUMBERS = ("points", "below", "distances", "within")


@dataclass(frozen=True, slots=True)
class Sample:
    """Some rows of each of several sequences.

    Attributes:
        rows: (M, D), NaN where a value is missing.
        owner: int (M,), the sequence of each, 0..S-1.
        n_sequences: S.
    """

    rows: np.ndarray
    owner: np.ndarray
    n_sequences: int

    @classmethod
    def of(cls, inputs: Sequences) -> Sample:
        """Return at most `MOST_STEPS` rows of each of at most `MOST_SEQUENCES` sequences."""
        chosen = _spread(len(inputs), MOST_SEQUENCES)
        steps = [_spread(int(inputs.lengths[one]), MOST_STEPS) for one in chosen]
        places = [inputs.starts[one] + each for one, each in zip(chosen, steps, strict=True)]
        owner = np.repeat(np.arange(len(chosen)), [len(each) for each in steps])
        return cls(inputs.rows[np.concatenate(places)], owner, len(chosen))

    def known(self, column: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the values (M',) of a column that are not missing, and their sequences."""
        values = self.rows[:, column]
        there = ~np.isnan(values)
        return values[there], self.owner[there]


@dataclass(frozen=True, slots=True)
class Population:
    """How the values of one channel are spread.

    Attributes:
        points: (G,), values from low to high, so that about as many lie between any two.
        below: (G,), the share of values up to each, on average over sequences.
        distances: (G,), the same of distances from the middle one of `points`.
        within: (G,), the share of values so near to it, on average over sequences.
        n_sequences: sequences that had values.
    """

    points: tuple[float, ...]
    below: tuple[float, ...]
    distances: tuple[float, ...]
    within: tuple[float, ...]
    n_sequences: int

    @classmethod
    def of(cls, sample: Sample, column: int) -> Population | None:
        """Return how a column is spread; None where it never varies, or is always missing."""
        values, owner = sample.known(column)
        spread = values.std(keepdims=True) if len(values) else np.zeros(1)
        if not len(values) or unit_of(spread, values.mean(keepdims=True)) != spread:
            return None
        points = _quantiles(values)
        far = np.abs(values - points[N_POINTS // 2])
        distances = _quantiles(far)
        below, within = _shares(values, owner, points), _shares(far, owner, distances)
        return cls(
            points=tuple(points.tolist()),
            below=tuple(below.tolist()),
            distances=tuple(distances.tolist()),
            within=tuple(within.tolist()),
            n_sequences=len(np.unique(owner)),
        )

    def differs_by(self, values: np.ndarray, owner: np.ndarray) -> float:
        """Return the largest difference of a share from that of other values (M,)."""
        points, distances = np.array(self.points), np.array(self.distances)
        far = np.abs(values - points[N_POINTS // 2])
        off = (
            _shares(values, owner, points) - self.below,
            _shares(far, owner, distances) - self.within,
        )
        return float(np.abs(off).max())

    @property
    def middle(self) -> tuple[float, float]:
        """Between which values about half of all lie."""
        return self.points[N_POINTS // 4], self.points[-1 - N_POINTS // 4]

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any] | None) -> Population | None:
        """Return what `dataclasses.asdict` made plain values of."""
        if plain is None:
            return None
        return cls(**{**plain, **{name: tuple(plain[name]) for name in NUMBERS}})


def others(known: Sequence[Population | None], inputs: Sequences) -> dict[int, tuple[float, float]]:
    """Return the channels whose values are spread grossly otherwise, with the middle half of them.

    Args:
        known: of each channel; None of those that are not looked at.
        inputs: many sequences. Of a few nothing can be told but that they differ, as people do.
    """
    told = [column for column, each in enumerate(known) if each is not None]
    n_known = max((each.n_sequences for each in known if each is not None), default=0)
    if not told or _least(len(inputs), n_known, len(told)) >= 1:
        return {}
    sample = Sample.of(inputs)
    found = {}
    for column in told:
        values, owner = sample.known(column)
        population = known[column]
        assert population is not None, "others are not looked at"
        least = _least(len(np.unique(owner)), population.n_sequences, len(told))
        if least < 1 and population.differs_by(values, owner) > max(GROSS, least):
            low, high = np.quantile(values, [0.25, 0.75])
            found[column] = (float(low), float(high))
    return found


def _least(n_new: int, n_known: int, n_channels: int) -> float:
    """Return the difference of mean shares that hardly comes by chance; 1 or more if all do."""
    if not (n_new and n_known):
        return np.inf
    n_draws = n_new * n_known / (n_new + n_known)
    n_looks = 2 * N_POINTS * n_channels
    return float(np.sqrt(np.log(2 * n_looks / CHANCE) / (2 * n_draws)))


def _shares(values: np.ndarray, owner: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return the share (G,) of values (M,) up to each of the points, on average over sequences."""
    names, own = np.unique(owner, return_inverse=True)
    cells = own * (len(points) + 1) + np.searchsorted(points, values, side="left")
    counts = np.bincount(cells, minlength=len(names) * (len(points) + 1)).reshape(len(names), -1)
    reached = counts.cumsum(axis=1)
    mean: np.ndarray = (reached[:, :-1] / reached[:, -1:]).mean(axis=0)
    return mean


def _quantiles(values: np.ndarray) -> np.ndarray:
    return np.quantile(values, (np.arange(N_POINTS) + 0.5) / N_POINTS)


def _spread(n: int, most: int) -> np.ndarray:
    """Return at most so many of 0..n-1, evenly spread."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(np.int64))
