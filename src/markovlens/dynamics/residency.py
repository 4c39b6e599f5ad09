"""How long the noise takes to change the symbol from each state, and the zones that follow.

Torre et al. 2025: from a state, many rollouts with fresh noise; residency is the mean number of
steps until the likeliest symbol changes. Slow states are clusters, fast ones transitions, and
between them lies the kick-zone. The likeliest symbol does not depend on the noise's amplitude.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd
from scipy.special import softmax

from markovlens.dynamics.measures import Estimate, Numbers, ratio_of, sums_by_run, tidy
from markovlens.dynamics.network import Episode, NoisyNetwork
from markovlens.embedding.pod import POD

# The authors' thresholds, in steps and as a probability.
TRANSITION_BELOW = 2.0
CLUSTER_ABOVE = 8.0
CONFIDENT = 0.8
LONGEST = 60
N_ROLLOUTS = 20
# Fast states are few: many candidates are tried with few short rollouts, those that seem fast are
# all kept, and some of the others, each of which then stands for many.
SCREEN_ROLLOUTS, SCREEN_STEPS, SEEMS_FAST = 4, 8, 5.0
N_CANDIDATES, N_SLOW = 24, 3  # of each run
ZONES = ("transition", "kick-zone", "cluster", "unsure")  # unsure: slow, but no symbol is likely


@dataclass(frozen=True, slots=True)
class Residency:
    """States of independent runs, and what noise does to them.

    Attributes:
        states: (N, H), the states.
        run: int (N,), the run that each state is from.
        n_runs: B.
        weight: (N,), steps of the runs that each state stands for, in candidates.
        symbol: int (N,), likeliest symbol of each state.
        residency: (N,), mean steps until another symbol is the likeliest, at most 60.
        flips: (N,), mean number of times that the logit of `symbol` turns from rising to falling or
            back before that.
        drift: (N,), length of the expected next step, over the root mean square distance of
            states from their mean.
        zone: int (N,), index into `ZONES`.
    """

    states: np.ndarray
    run: np.ndarray
    n_runs: int
    weight: np.ndarray
    symbol: np.ndarray
    residency: np.ndarray
    flips: np.ndarray
    drift: np.ndarray
    zone: np.ndarray

    def select(self, which: np.ndarray) -> Residency:
        """Return some of the states, by a mask or by places (M,)."""
        names = [field.name for field in fields(self) if field.name != "n_runs"]
        return replace(self, **{name: getattr(self, name)[which] for name in names})

    def by_zone(self, values: np.ndarray) -> dict[str, Estimate]:
        """Return the weighted mean of `values` (N,) in each zone, over runs."""
        return {
            zone: ratio_of(self.sums(values * (self.zone == index)), self.sums(self.zone == index))
            for index, zone in enumerate(ZONES)
        }

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Return the weighted sum (B,) of `values` (N,) over the states of each run."""
        return sums_by_run(values * self.weight, self.run, self.n_runs)

    def points(self, basis: POD) -> pd.DataFrame:
        """Return the states in a plane: pc1, pc2, symbol, residency, flips, zone."""
        places = basis.project(self.states)
        return pd.DataFrame(
            {
                "pc1": places[:, 0],
                "pc2": places[:, 1],
                "symbol": self.symbol,
                "residency": self.residency,
                "flips": self.flips,
                "zone": np.array(ZONES)[self.zone],
            }
        )

    def table(self) -> pd.DataFrame:
        """Return share, residency, sign flips and drift of each zone."""
        everything = self.sums(np.ones(len(self.run)))
        numbers: Numbers = {
            ("share_of_states", zone): ratio_of(self.sums(self.zone == index), everything)
            for index, zone in enumerate(ZONES)
        }
        for measure in ("residency", "flips", "drift"):
            for zone, found in self.by_zone(getattr(self, measure)).items():
                numbers[measure, zone] = found
        numbers["residency", "all"] = ratio_of(self.sums(self.residency), everything)
        return tidy("residency", numbers)


def residency(network: NoisyNetwork, episode: Episode, *, rng: np.random.Generator) -> Residency:
    """Return residency, sign flips and zone of states at random steps of each run.

    Args:
        network: that the runs are of.
        episode: independent runs (B, T).
        rng: of the steps and of the rollouts' noise.
    """
    run, step, weight = _sampled(network, episode, rng)
    states = episode.states[run, step]
    probabilities = softmax(episode.logits[run, step].astype(np.float64), axis=1)
    steps, flips = _rollouts(network, states, N_ROLLOUTS, LONGEST, rng=rng)
    return Residency(
        states,
        run,
        len(episode.states),
        weight,
        probabilities.argmax(axis=1),
        steps.mean(axis=1),
        flips.mean(axis=1),
        _drift(network, states, rng) / max(_spread(episode.states), np.finfo(float).tiny),
        zones(steps.mean(axis=1), probabilities.max(axis=1)),
    )


def _sampled(
    network: NoisyNetwork, episode: Episode, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return run, step and weight (N,) of states: all that seem fast, some that do not."""
    n_runs, n_steps, _ = episode.states.shape
    run = np.repeat(np.arange(n_runs), N_CANDIDATES)
    step = rng.integers(n_steps, size=len(run))
    tried, _ = _rollouts(network, episode.states[run, step], SCREEN_ROLLOUTS, SCREEN_STEPS, rng=rng)
    seems_fast = tried.mean(axis=1) <= SEEMS_FAST
    fast, others = np.flatnonzero(seems_fast), np.flatnonzero(~seems_fast)
    slow = rng.choice(others, size=min(len(others), N_SLOW * n_runs), replace=False)
    weight = np.where(seems_fast, 1.0, len(others) / max(len(slow), 1))
    kept = np.concatenate([fast, slow])
    return run[kept], step[kept], weight[kept]


def zones(steps: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """Return the zone (N,) of states from their residency and the likeliest symbol's probability.

    Torre et al. 2025: transition below 2 steps, cluster above 8 with a probability above 0.8, the
    kick-zone from 2 to 8; slow states without a likely symbol are set apart.
    """
    slow = np.where(confidence > CONFIDENT, ZONES.index("cluster"), ZONES.index("unsure"))
    fast = np.where(steps < TRANSITION_BELOW, ZONES.index("transition"), ZONES.index("kick-zone"))
    return np.where(steps > CLUSTER_ABOVE, slow, fast)


def _rollouts(
    network: NoisyNetwork,
    states: np.ndarray,
    n_rollouts: int,
    longest: int,
    *,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Return steps to another symbol and sign flips of the logit's change, (N, R) each.

    Rollouts end when their symbol changes, so that the work shrinks with them.
    """
    start = np.repeat(np.arange(len(states)), n_rollouts)
    now = states[start]
    first = (states @ network.readout.T).argmax(axis=1)[start]
    lasted = np.full(len(start), longest, dtype=float)
    flips = np.zeros(len(start))
    alive = np.arange(len(start))
    before = np.einsum("nh,nh->n", now, network.readout[first])
    direction = np.zeros(len(start))
    for step in range(1, longest + 1):
        now = network.step(now, network.noise(1, len(alive), rng)[0])
        logits = now @ network.readout.T
        own = logits[np.arange(len(alive)), first[alive]]
        turned = np.sign(own - before)
        flips[alive] += turned * direction < 0
        stays = logits.argmax(axis=1) == first[alive]
        lasted[alive[~stays]] = step
        alive, now, before, direction = alive[stays], now[stays], own[stays], turned[stays]
    return lasted.reshape(-1, n_rollouts), flips.reshape(-1, n_rollouts)


def _drift(network: NoisyNetwork, states: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the length (N,) of the expected step, less what the scatter of rollouts adds to it."""
    noise = network.noise(N_ROLLOUTS, len(states), rng)
    moves = network.step(states, noise) - states  # (rollouts, N, H)
    scatter = moves.var(axis=0, ddof=1).sum(axis=1) / N_ROLLOUTS
    squared = (moves.mean(axis=0) ** 2).sum(axis=1) - scatter
    return np.asarray(np.sqrt(np.maximum(squared, 0)))


def _spread(states: np.ndarray) -> float:
    return float(np.sqrt(states.var(axis=(0, 1)).sum()))
