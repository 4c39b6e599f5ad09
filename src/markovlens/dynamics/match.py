"""Whether a network writes as its source does: every statistic beside the source against itself.

Measures of Torre et al. (2025): symbol frequencies, symbol transitions, volatility and the distance
of matched sequences; added are pairs at longer lags and dwell times. What can be computed from the
source's matrices is compared with that; the rest with a fresh sample of the source.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.stats import ks_2samp, wasserstein_distance

from markovlens.dynamics.floors import compared
from markovlens.dynamics.measures import Numbers, Place, tidy
from markovlens.dynamics.network import NoisyNetwork
from markovlens.dynamics.switches import direction_name, pair_counts
from markovlens.errors import DataError
from markovlens.tasks.base import Source
from markovlens.tasks.markov import draw

ANALYSIS = "match"
LAGS = (1, 2, 4, 8, 16)  # steps
WARMUP = 50  # steps before the first that counts
RARE = 0.02  # a symbol below this share has too few steps for its row of transitions
Key = tuple[str, str | Place]  # measure, where


@dataclass(frozen=True, slots=True)
class Expected:
    """What the source's matrices say of sequences of T steps, averaged over the steps.

    Attributes:
        frequency: (C,), share of each symbol.
        pairs: (L, C, C), probability of a symbol and of the one `LAGS[l]` steps later.
    """

    frequency: np.ndarray
    pairs: np.ndarray

    @property
    def transition(self) -> np.ndarray:
        """Symbol to next symbol, (C, C); rows sum to 1."""
        return normalised(self.pairs[0])

    @property
    def volatility(self) -> float:
        """Probability that a symbol differs from the one before."""
        return float(1 - np.trace(self.pairs[0]))


@dataclass(frozen=True, slots=True)
class Match:
    """Statistics of groups of a network's runs and of as many groups of the source's sequences.

    Attributes:
        network: by (measure, where), the values (R,) of the network's groups.
        floor: the same of the source's groups: what chance alone gives at this size.
    """

    network: dict[Key, np.ndarray]
    floor: dict[Key, np.ndarray]

    def table(self) -> pd.DataFrame:
        """Return one row a number: each statistic, its floor, the gap and the miss."""
        rows: Numbers = {}
        for (measure, where), values in self.network.items():
            rows |= compared(measure, values, self.floor[measure, where], where=where)
        return tidy(ANALYSIS, rows)


def emission_match(
    network: NoisyNetwork,
    source: Source,
    *,
    length: int,
    rng: np.random.Generator,
    n_groups: int = 8,
    n_runs: int = 128,
    n_steps: int = 400,
) -> Match:
    """Return how the symbols of a network compare with those of its source.

    Groups of runs are independent, so that they carry the interval; the floor is the source in the
    network's place. Runs are recorded from `WARMUP` steps on: the sources begin in their long-run
    distribution, and training, too, goes on from where the network was.

    Args:
        network: symbols are drawn from its softmax.
        source: what it was trained to emulate.
        length: T of the sequences that are matched one to one, as in training.
        rng: of noise, symbols and sequences of the source.
        n_groups: R.
        n_runs: runs (sequences) of each group.
        n_steps: steps of each run, more than the longest lag and at least `length`.

    Raises:
        DataError: runs too short for the lags or for `length`.
    """
    if n_steps <= max(*LAGS, length - 1):
        raise DataError(
            f"expected runs of at least {max(*LAGS, length - 1) + 1} steps, got {n_steps}; raise "
            "n_steps",
            page="too-few",
        )
    wanted = expected(source, n_steps)
    size = n_runs, n_steps
    found, floors = [], []
    for _ in range(n_groups):
        written = network.run(*size, rng, warmup=WARMUP).symbols
        drawn, other, reference = (
            draw(source, n_runs, length=n_steps, rng=rng)[1] for _ in range(3)
        )
        found.append(statistics(written, reference, wanted, length=length))
        floors.append(statistics(drawn, other, wanted, length=length))
    return Match(_stacked(found), _stacked(floors))


def expected(source: Source, n_steps: int) -> Expected:
    """Return the exact statistics of sequences of `n_steps` steps."""
    latent = np.empty((n_steps, len(source.initial)))
    latent[0] = source.initial
    for step in range(1, n_steps):
        latent[step] = latent[step - 1] @ source.transition
    pairs = []
    for lag in LAGS:
        joint = latent[:-lag].mean(axis=0)[:, None] * np.linalg.matrix_power(source.transition, lag)
        pairs.append(source.emission.T @ joint @ source.emission)
    return Expected(latent.mean(axis=0) @ source.emission, np.array(pairs))


def statistics(
    symbols: np.ndarray, reference: np.ndarray, wanted: Expected, *, length: int
) -> dict[Key, float]:
    """Return every statistic of symbols (B, T) by measure and place.

    Args:
        symbols: int (B, T), of a network or of the source.
        reference: int (B, T), an independent sample of the source.
        wanted: what the source's matrices say.
        length: steps of the sequences that are matched one to one.
    """
    n_symbols = len(wanted.frequency)
    frequency = np.bincount(symbols.ravel(), minlength=n_symbols) / symbols.size
    pairs = [pair_counts(symbols, n_symbols, lag=lag).sum(axis=0, dtype=float) for lag in LAGS]
    transition = normalised(pairs[0])
    off = np.abs(transition - wanted.transition).max(axis=1)
    volatility = (symbols[:, 1:] != symbols[:, :-1]).mean()
    found: dict[Key, float] = {
        ("frequency_error", "all"): np.abs(frequency - wanted.frequency).max(),
        ("transition_error", "all"): off.max(),
        ("transition_error", "common symbols"): off[wanted.frequency >= RARE].max(),
        ("volatility_ratio", "all"): volatility / wanted.volatility,
    }
    for lag, counts, right in zip(LAGS, pairs, wanted.pairs, strict=True):
        found["pair_error", Place("lag", step=lag)] = np.abs(counts / counts.sum() - right).max()
    cells = _cells(frequency, transition)
    near = matched(symbols[:, :length], reference[:, :length], n_symbols)
    return {**found, **cells, **near, **dwell_distances(symbols, reference, n_symbols)}


def _cells(frequency: np.ndarray, transition: np.ndarray) -> dict[Key, float]:
    """Return each share and each transition by its place."""
    shares: dict[Key, float] = {
        ("frequency", Place("symbol", symbol=symbol)): each for symbol, each in enumerate(frequency)
    }
    moves: dict[Key, float] = {
        ("symbol_transition", Place("pair", pair=direction_name((before, after)))): each
        for (before, after), each in np.ndenumerate(transition)
    }
    return {**shares, **moves}


def normalised(counts: np.ndarray) -> np.ndarray:
    """Return rows that sum to 1; a row without counts stays 0."""
    total = counts.sum(axis=-1, keepdims=True)
    return np.divide(counts, total, out=np.zeros_like(counts), where=total > 0)


def matched(symbols: np.ndarray, reference: np.ndarray, n_symbols: int) -> dict[Key, float]:
    """Return the mean distances of sequences (B, T) matched one to one as cheaply as possible.

    `transport_loss` is in steps that differ (what the networks are trained on),
    `matched_distance` is Euclidean between one-hot sequences (the authors' figure), sqrt(2 steps);
    the authors match through Sinkhorn's plan, here the best assignment is found exactly.
    """
    one, other = (
        np.eye(n_symbols, dtype=np.float32)[each].reshape(len(each), -1)
        for each in (symbols, reference)
    )
    differing = symbols.shape[1] - one @ other.T
    return {
        ("transport_loss", "all"): _cheapest(differing),
        ("matched_distance", "all"): _cheapest(np.sqrt(2 * differing)),
    }


def _cheapest(costs: np.ndarray) -> float:
    return float(costs[linear_sum_assignment(costs)].mean())


def dwell_distances(symbols: np.ndarray, reference: np.ndarray, n_symbols: int) -> dict[Key, float]:
    """Return how far the lengths of stays in each symbol are from the source's.

    `dwell_ks` is the largest difference of the distribution functions, `dwell_wasserstein` the
    area between them in steps. A symbol that is never written has stays of 0 steps.
    """
    mine, theirs = (dwell_times(each, n_symbols) for each in (symbols, reference))
    found: dict[Key, float] = {}
    for symbol, (one, other) in enumerate(zip(mine, theirs, strict=True)):
        where = Place("symbol", symbol=symbol)
        found["dwell_ks", where] = float(ks_2samp(one, other, method="asymp").statistic)
        found["dwell_wasserstein", where] = float(wasserstein_distance(one, other))
        found["dwell_mean", where] = float(one.mean())
    return found


def dwell_times(symbols: np.ndarray, n_symbols: int) -> list[np.ndarray]:
    """Return the lengths in steps of the stays in each symbol, runs (B, T) being cut off at T.

    Stays that a run's end cuts off count as long as they were seen, in network and source alike.
    """
    n_runs, n_steps = symbols.shape
    starts = np.ones((n_runs, n_steps), dtype=bool)
    starts[:, 1:] = symbols[:, 1:] != symbols[:, :-1]
    first = np.flatnonzero(starts)
    lengths = np.diff(first, append=symbols.size)
    written = symbols.ravel()[first]
    stays = (lengths[written == symbol] for symbol in range(n_symbols))
    return [each if len(each) else np.zeros(1, dtype=int) for each in stays]


def _stacked(groups: list[dict[Key, float]]) -> dict[Key, np.ndarray]:
    return {key: np.array([group[key] for group in groups], dtype=float) for key in groups[0]}
