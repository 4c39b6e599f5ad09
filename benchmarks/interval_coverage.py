"""How often 95 % intervals hold the score that was planted, for each kind of score.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/interval_coverage.py --draws 4000

Every case draws whole test sets anew from a process whose score is known, and counts the intervals
that hold it, beside those of the plain percentile bootstrap of the ratio for comparison. The last
lines do so for means over seeds. A nominal 95 % should be 92 to 98.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from markovlens.faithfulness.scores.intervals import FREE, POSITIVE, Seeds, merge
from markovlens.faithfulness.scores.tally import Bootstrap, Tally

LEAST = 5  # sequences that hold each class
NOMINAL = 0.95


@dataclass(frozen=True)
class Case:
    """A score whose true value is known.

    `tallies` draws many test sets; `truth` is what the score is over endlessly many sequences.
    """

    name: str
    truth: float
    tallies: Callable[[int, np.random.Generator], Iterator[Tally]]


@dataclass(frozen=True)
class Shares:
    """Steps of S sequences in G classes, of which a share is right.

    Classes follow Zipf's law with exponent `zipf`; steps of a sequence in a class are right with a
    chance that the sequence has drawn: `alike` is their correlation.
    """

    rates: tuple[float, ...]
    n_sequences: int
    length: int
    alike: float
    zipf: float = 1.0

    def __call__(self, n: int, rng: np.random.Generator) -> Iterator[Tally]:
        """Yield `n` test sets, each class in `LEAST` sequences or more."""
        n_groups, rates = len(self.rates), np.array(self.rates)
        frequency = np.arange(1, n_groups + 1.0) ** -self.zipf
        planted = np.zeros((self.n_sequences, n_groups))
        places = np.arange(n_groups * LEAST) % self.n_sequences
        planted[places, np.repeat(np.arange(n_groups), LEAST)] = 1
        for _ in range(n):
            lengths = rng.integers(1 + self.length // 2, 2 + 3 * self.length // 2, self.n_sequences)
            weight = rng.multinomial(lengths - 1, frequency / frequency.sum())
            weight = np.maximum(weight, planted)
            chance = rates
            if self.alike:
                left = (1 - self.alike) / self.alike
                chance = rng.beta(rates * left, (1 - rates) * left, weight.shape)
            yield Tally(rng.binomial(weight.astype(int), chance).astype(float), weight)


@dataclass(frozen=True)
class Costs:
    """Costs a step that are log-normal over sequences of 5 to 40 steps; their mean is 1."""

    skew: float
    n_sequences: int

    def __call__(self, n: int, rng: np.random.Generator) -> Iterator[Tally]:
        """Yield `n` test sets."""
        for _ in range(n):
            weight = rng.integers(5, 41, (self.n_sequences, 1)).astype(float)
            cost = np.exp(rng.normal(-(self.skew**2) / 2, self.skew, weight.shape))
            yield Tally(weight * cost, weight, POSITIVE)


def _shares(name: str, shares: Shares) -> Case:
    return Case(name, float(np.mean(shares.rates)), shares)


CASES = (
    _shares("2 classes, one step", Shares((0.8, 0.8), 40, 0, 0.0)),
    _shares("2 classes, one in few sequences", Shares((0.95, 0.6), 200, 10, 0.1, 9.0)),
    _shares("2 classes", Shares((0.7, 0.95), 200, 20, 0.2)),
    _shares("2 classes, steps independent", Shares((0.9, 0.9), 60, 20, 0.0)),
    _shares("10 classes", Shares((0.8,) * 10, 100, 15, 0.1)),
    _shares("60 classes", Shares((0.6,) * 60, 200, 20, 0.1)),
    _shares("60 classes, unlike", Shares(tuple(np.linspace(0.02, 0.9, 60)), 200, 20, 0.1)),
    _shares("60 classes, most in five sequences", Shares((0.5,) * 60, 100, 8, 0.1, 2.0)),
    _shares("plain share", Shares((0.8,), 30, 10, 0.3)),
    _shares("plain share near 1", Shares((0.98,), 100, 10, 0.3)),
    _shares("plain share of 5 sequences", Shares((0.7,), 5, 10, 0.3)),
    Case("cost, little skew, 50", 1.0, Costs(0.5, 50)),
    Case("cost, little skew, 200", 1.0, Costs(0.5, 200)),
    Case("cost, skew, 50", 1.0, Costs(1.0, 50)),
    Case("cost, skew, 200", 1.0, Costs(1.0, 200)),
    Case("cost, heavy skew, 200", 1.0, Costs(1.5, 200)),
    _shares("2 classes, .99 (conservative)", Shares((0.99, 0.99), 60, 20, 0.2)),
)


@dataclass(frozen=True)
class Coverage:
    """Shares of intervals, and their mean width."""

    covered: float
    width: float
    holding: float


def coverage(case: Case, n: int, *, seed: int) -> Coverage:
    """Return how many of the intervals of `n` test sets hold the truth, and hold their value."""
    rng = np.random.default_rng(seed)
    found = []
    for tally in case.tallies(n, rng):
        bootstrap = Bootstrap(np.ones((1, len(tally.weight))), NOMINAL)
        score = bootstrap.score(tally)
        found.append((score.low, score.value, score.high))
    return _counted(np.array(found), case.truth)


def percentile(case: Case, n: int, *, seed: int, n_resamples: int = 300) -> Coverage:
    """Return the same of percentile intervals of the resampled ratio, groups lost left out."""
    rng = np.random.default_rng(seed)
    tail = (1 - NOMINAL) / 2
    found = []
    for tally in case.tallies(n, rng):
        counts = Bootstrap.draw(len(tally.weight), n_resamples=n_resamples, rng=rng).counts
        hits, weight = counts @ tally.numerator, counts @ tally.weight
        ratio = np.divide(hits, weight, out=np.full(hits.shape, np.nan), where=weight > 0)
        low, high = np.quantile(np.nanmean(ratio, axis=1), [tail, 1 - tail])
        found.append((low, tally.used().rates.mean(), high))
    return _counted(np.array(found), case.truth)


def seeds_coverage(
    n: int, *, n_seeds: int, own: float, both: float, seed: int, n_sequences: int = 100
) -> Coverage:
    """Return the same of means over seeds, for seeds and sequences not seen.

    Args:
        n: experiments.
        n_seeds: in each.
        own: standard deviation of seeds; that of what sequences do to all seeds is 1.
        both: standard deviation of what a sequence does to one seed only.
        seed: of the draws.
        n_sequences: in each experiment.
    """
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(n):
        bootstrap = Bootstrap.draw(n_sequences, n_resamples=100, rng=rng, level=NOMINAL)
        values = rng.normal(size=n_sequences) + own * rng.normal(size=(n_seeds, 1))
        values = values + both * rng.normal(size=values.shape)
        ones = np.ones((n_sequences, 1))
        scores = [bootstrap.score(Tally(each[:, None], ones, FREE)) for each in values]
        table = Seeds(
            np.array([[one.value for one in scores]]),
            np.array([[one.replicates for one in scores]], dtype=float),
            np.array([[one.spread.spread for one in scores]]),
            np.array([[one.spread.freedom for one in scores]]),
        )
        low, high, _ = merge(table, scale=FREE, level=NOMINAL)[0]
        found.append((low, table.values.mean(), high))
    return _counted(np.array(found), 0.0)


def _counted(found: np.ndarray, truth: float) -> Coverage:
    low, value, high = found.T
    return Coverage(
        float(((low <= truth) & (truth <= high)).mean()),
        float((high - low).mean()),
        float(((low <= value) & (value <= high)).mean()),
    )


def _line(name: str, *found: Coverage) -> str:
    cells = [
        f"{100 * one.covered:5.1f} %  width {one.width:6.3f}  value in {100 * one.holding:5.1f} %"
        for one in found
    ]
    return f"{name:38}" + "  |  ".join(cells)


def main() -> None:
    """Print a line a case: this package's intervals, then the percentile bootstrap's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=2000)
    draws = parser.parse_args().draws
    for case in CASES:
        few = percentile(case, max(draws // 5, 1), seed=0)
        print(_line(case.name, coverage(case, draws, seed=0), few), flush=True)
    for n_seeds in (2, 3, 5):
        for own, both in ((0.0, 0.0), (0.05, 0.0), (0.2, 0.0), (0.0, 1.0), (0.1, 1.0)):
            found = seeds_coverage(draws // 4, n_seeds=n_seeds, own=own, both=both, seed=0)
            name = f"{n_seeds} seeds, sd {own}, {both} a sequence"
            print(_line(name, found), flush=True)


if __name__ == "__main__":
    main()
