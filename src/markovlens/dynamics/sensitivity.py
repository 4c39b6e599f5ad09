"""Where does noise decide what happens next? Rollouts that share part of their noise.

Torre et al. 2025: from one state, rollouts whose noise is (1 - g) times one nominal sequence plus g
times fresh noise. What they scatter after a few steps is what the fresh noise decides; g = 0 gives
no scatter at all. The authors chose start points around one switch of one run; here they are states
of known zones from many runs, so that nothing is redone until it shows what is looked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from markovlens.dynamics.measures import Estimate, Numbers, Place, over_runs, tidy
from markovlens.dynamics.network import NoisyNetwork
from markovlens.dynamics.residency import ZONES, Residency

N_STEPS = 5
N_ROLLOUTS = 40
N_STARTS = 40  # of each zone
FRESH = 0.5, 1.0  # g: the share of the noise that is fresh


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Scatter of rollouts from states whose zones are known.

    Attributes:
        states: the states, with runs and zones.
        scatter: (G, N, S), trace of the covariance of hidden states over the rollouts from each
            state after 1..S steps, for each share g of fresh noise; in squared activation.
        distance: (G, N, S), mean distance of rollouts from their mean.
    """

    states: Residency
    scatter: np.ndarray
    distance: np.ndarray

    def table(self) -> pd.DataFrame:
        """Return scatter and distance by zone, step and g (`level`), and ratios of zones."""
        numbers: Numbers = {}
        for measure in ("scatter", "distance"):
            for share, values in zip(FRESH, getattr(self, measure), strict=True):
                for step, here in enumerate(values.T, start=1):
                    for zone, found in self.states.by_zone(here).items():
                        numbers[measure, Place(zone, step=step, level=share)] = found
        for share, values in zip(FRESH, self.scatter, strict=True):
            for pair in (("cluster", "transition"), ("kick-zone", "cluster")):
                where = Place(pair[0], other=pair[1], step=N_STEPS, level=share)
                numbers["scatter_ratio", where] = self._ratio(values[:, -1], pair)
        return tidy("sensitivity", numbers)

    def _ratio(self, values: np.ndarray, pair: tuple[str, str]) -> Estimate:
        columns = []
        for zone in pair:
            here = self.states.zone == ZONES.index(zone)
            columns += [self.states.sums(values * here), self.states.sums(here)]
        return over_runs(
            np.stack(columns, axis=1), lambda s: s[:, 0] / s[:, 1] / (s[:, 2] / s[:, 3])
        )


def sensitivity(
    network: NoisyNetwork, states: Residency, *, rng: np.random.Generator
) -> Sensitivity:
    """Return how far rollouts from states scatter when part of their noise is fresh.

    Args:
        network: that the states are of.
        states: with zones; at most 40 of each zone are started from.
        rng: of which, the nominal noise of each state and the fresh noise of each rollout.
    """
    chosen = states.select(_some_of_each_zone(states.zone, rng))
    n = len(chosen.states)
    start = np.repeat(chosen.states, N_ROLLOUTS, axis=0)
    nominal = np.repeat(network.noise(n, N_STEPS, rng), N_ROLLOUTS, axis=0)
    fresh = network.noise(n * N_ROLLOUTS, N_STEPS, rng)
    scatter = np.empty((len(FRESH), n, N_STEPS))
    distance = np.empty_like(scatter)
    for place, share in enumerate(FRESH):
        paths = network.follow((1 - share) * nominal + share * fresh, start=start)
        paths = paths.reshape(n, N_ROLLOUTS, N_STEPS, -1)
        away = ((paths - paths.mean(axis=1, keepdims=True)) ** 2).sum(axis=3)
        scatter[place] = away.sum(axis=1) / (N_ROLLOUTS - 1)
        distance[place] = np.sqrt(away).mean(axis=1)
    return Sensitivity(chosen, scatter, distance)


def _some_of_each_zone(zone: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    order = rng.permutation(len(zone))
    return np.concatenate([order[zone[order] == z][:N_STARTS] for z in range(len(ZONES))])
