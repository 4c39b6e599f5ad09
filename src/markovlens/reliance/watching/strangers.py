"""Whether sequences of another kind are told by how strange they are: the machine, and the usual.

The usual are the network's own certainty (largest probability of the softmax, Hendrycks & Gimpel
2017) and the Mahalanobis distance of its states from the nearest class (Lee et al. 2018). A
sequence's score is the mean over its steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from markovlens.machines.machine import Machine
from markovlens.ordering import auroc
from markovlens.outputs import Output
from markovlens.reliance.watching.calibration import Calibration, steps_of
from markovlens.reliance.watching.reading import INPUTS
from markovlens.sequences import starts_of
from markovlens.trace import Trace

MONITOR, SURPRISE, SOFTMAX, MAHALANOBIS = "monitor", "surprise", "softmax", "mahalanobis"
RIDGE = 1e-3  # of the mean variance of states


@dataclass(frozen=True, slots=True)
class Clouds:
    """Where the network's states lie while it decides for each class.

    Attributes:
        means: (C, D).
        whiten: (D, D), after which states within a class have unit covariance.
    """

    means: np.ndarray
    whiten: np.ndarray

    @classmethod
    def of(cls, trace: Trace) -> Clouds:
        """Return it of training sequences; steps without a decision are a class of their own."""
        kind = _kinds(trace)
        groups = [trace.states[kind == each].astype(np.float64) for each in np.unique(kind)]
        within = np.concatenate([group - group.mean(axis=0) for group in groups])
        covariance = within.T @ within / len(within)
        covariance += (
            RIDGE * max(np.trace(covariance) / len(covariance), 1e-12) * np.eye(len(covariance))
        )
        whiten = np.linalg.inv(np.linalg.cholesky(covariance)).T
        return cls(np.array([group.mean(axis=0) for group in groups]), whiten)

    def distance(self, states: np.ndarray) -> np.ndarray:
        """Return how far (N,) states (N, D) lie from the nearest mean, squared."""
        white, means = states @ self.whiten, self.means @ self.whiten
        squares = [np.square(white - mean).sum(axis=1) for mean in means]
        found: np.ndarray = np.min(squares, axis=0)
        return found


def _kinds(trace: Trace) -> np.ndarray:
    return trace.decisions if trace.output == Output.DISTRIBUTION else np.zeros(trace.n_steps)


def strangeness(
    calibration: Calibration, machine: Machine, clouds: Clouds, trace: Trace
) -> dict[str, np.ndarray]:
    """Return how strange each sequence (S,) is, by each score; larger is stranger.

    `softmax` is left out where the network gives no probabilities.
    """
    steps, _ = steps_of(machine, trace.sequences, None, None)
    finals = calibration.finals(steps)
    surprises = np.array([calibration.surprise.of(step) for each in steps for step in each])
    found = {
        MONITOR: np.array([scores[INPUTS] for scores in finals]),
        SURPRISE: _means(surprises, trace.lengths),
        MAHALANOBIS: _means(clouds.distance(trace.states), trace.lengths),
    }
    certain = _certainty(trace)
    return found if certain is None else found | {SOFTMAX: -_means(certain, trace.lengths)}


def _certainty(trace: Trace) -> np.ndarray | None:
    """Return the probability (N,) of what the network decides, NaN where it does not."""
    if trace.output == Output.DISTRIBUTION:
        return np.asarray(trace.outputs.max(axis=1))
    if trace.output == Output.LABELS:
        return np.asarray(np.maximum(trace.outputs, 1 - trace.outputs).mean(axis=1))
    return None


def _means(values: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return the mean (S,) of what there is of values (N,) in each sequence; 0 of nothing."""
    known, starts = ~np.isnan(values), starts_of(lengths)
    total = np.add.reduceat(np.where(known, values, 0.0), starts)
    means: np.ndarray = total / np.maximum(np.add.reduceat(known.astype(int), starts), 1)
    return means


@dataclass(frozen=True, slots=True)
class Told:
    """How well a score tells changed sequences from usual ones, in the mean over seeds.

    Attributes:
        score: its name.
        value, low, high: the AUROC and its interval.
        gain, gain_low, gain_high: the same less that of `softmax`; None without one.
        n_sequences, n_seeds: how many of each kind, and networks.
    """

    score: str
    value: float
    low: float
    high: float
    gain: float | None
    gain_low: float | None
    gain_high: float | None
    n_sequences: int
    n_seeds: int


def told(
    usual: Sequence[Mapping[str, np.ndarray]],
    strange: Sequence[Mapping[str, np.ndarray]],
    *,
    bootstraps: int,
    level: float,
    rng: np.random.Generator,
) -> list[Told]:
    """Return it of every score.

    Args:
        usual, strange: of each network the scores of S sequences, and of the same ones changed; all
            networks read the same S.
        bootstraps: resamples of networks, and of sequences with what became of them. One draw of
            sequences serves all networks: what is odd about these S is odd for each.
        level: coverage of the intervals.
        rng: of resampling.
    """
    names = list(usual[0])
    n_seeds, n_sequences = len(usual), len(next(iter(usual[0].values())))
    points = _mean_aurocs(usual, strange, np.arange(n_seeds), np.arange(n_sequences))
    drawn = np.array(
        [
            _mean_aurocs(
                usual, strange, rng.integers(n_seeds, size=n_seeds),
                rng.integers(n_sequences, size=n_sequences),
            )
            for _ in range(bootstraps)
        ]
    )  # fmt: skip
    tails = [(1 - level) / 2, (1 + level) / 2]
    base = names.index(SOFTMAX) if SOFTMAX in names else None
    found = []
    for place, name in enumerate(names):
        value = _around(points[place], drawn[:, place], tails)
        gained = (
            None
            if base is None
            else _around(points[place] - points[base], drawn[:, place] - drawn[:, base], tails)
        )
        gain, gain_low, gain_high = gained or (None, None, None)
        found.append(Told(name, *value, gain, gain_low, gain_high, n_sequences, n_seeds))
    return found


def _around(
    point: np.floating, drawn: np.ndarray, tails: list[float]
) -> tuple[float, float, float]:
    """Return a number, and the interval of what was drawn, wide enough to contain it."""
    value, (low, high) = float(point), np.quantile(drawn, tails).tolist()
    return value, min(low, value), max(high, value)


def _mean_aurocs(
    usual: Sequence[Mapping[str, np.ndarray]],
    strange: Sequence[Mapping[str, np.ndarray]],
    seeds: np.ndarray,
    sequences: np.ndarray,
) -> np.ndarray:
    rows = [
        [auroc(usual[seed][name][sequences], strange[seed][name][sequences]) for name in usual[0]]
        for seed in seeds
    ]
    return np.asarray(np.mean(rows, axis=0))
