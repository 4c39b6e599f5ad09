"""Fixed points and cycles of an emulating network, region by region, beside the root finder.

Without noise a network without biases has the origin, and rays on which it shrinks or grows: they
are what a state approaches while it dies away. While a noise vector x is held the map is
h -> relu(W h + U x), whose fixed points and cycles say where that noise pulls. Root finding
from the same noisy states is the control, in about the same time; fewer starts are told apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from markovlens.dynamics.fixed_points import SAME, distinct, find_roots
from markovlens.dynamics.measures import (
    Numbers,
    Place,
    exactly,
    mean_of,
    ratio_of,
    share_of,
    tidy,
)
from markovlens.dynamics.network import NoisyNetwork
from markovlens.dynamics.rectified import Cycle, Rectified, Stability
from markovlens.dynamics.region_cycles import cycle_table
from markovlens.dynamics.region_search import Searched, search, visited_regions

ANALYSIS = "regions"
N_HELD = 16  # noise vectors that are held
FEWER = (10, 40)  # states from which root finding starts as well, beside all of them
RAY_STEPS, RAY_EVERY = 60, 10  # steps without noise after which regions are tried for rays


@dataclass(frozen=True, slots=True)
class Asked:
    """How much is searched.

    Attributes:
        budget: sequences of regions that are solved for, for each period and noise vector.
        cycles: the longest period.
    """

    budget: int = 500
    cycles: int = 3


@dataclass(frozen=True, slots=True)
class Held:
    """What was found while one noise vector was held.

    Attributes:
        searched: by period from 1, what the regions hold.
        roots: by number of starts, (P, H), what the root finder found from that many states.
        scale: mean norm of noisy states, by which two points are told apart.
    """

    searched: Sequence[Searched]
    roots: Mapping[int, np.ndarray]
    scale: float

    @property
    def points(self) -> list[np.ndarray]:
        """The fixed points (H,) of the regions."""
        return [cycle.points[0] for cycle in self.searched[0].cycles]

    @property
    def attractors(self) -> int:
        """How many fixed points and cycles attract."""
        kinds = [cycle.stability for one in self.searched for cycle in one.cycles]
        return kinds.count(Stability.ATTRACTOR)

    def every(self) -> list[np.ndarray]:
        """Return the fixed points (H,) that the regions or the root finder found."""
        by_roots = distinct(self.roots[max(self.roots)], within=SAME * self.scale)
        return self.points + [
            root for root in by_roots if not _among(root, self.points, self.scale)
        ]

    def missed(self, found: Sequence[np.ndarray] | np.ndarray) -> int:
        """Return how many of all known fixed points are not among those found."""
        return sum(not _among(point, found, self.scale) for point in self.every())


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found without noise, by period, and while each noise vector was held."""

    rays: Sequence[Searched]
    held: Sequence[Held]

    def numbers(self) -> pd.DataFrame:
        """Return how many cycles there are of each sort, and what root finding misses."""
        found = _of_rays(self.rays) | _of_held(self.held) | _against_roots(self.held)
        return tidy(ANALYSIS, found)

    def cycles(self) -> pd.DataFrame:
        """Return every fixed point, cycle and ray, a row each."""
        return cycle_table(self.rays, [one.searched for one in self.held])


def look(
    network: NoisyNetwork, states: np.ndarray, *, asked: Asked, rng: np.random.Generator
) -> Looked:
    """Return what the regions and the root finder hold, without noise and with noise held.

    Args:
        network: as trained.
        states: (B, H), noisy states of independent runs.
        asked: how much is searched.
        rng: of noise vectors and random regions.
    """
    rays = list(_rays(network, states, asked, rng))
    held = [
        _held(network, states, noise, asked, rng)
        for noise in network.noise(N_HELD, 1, rng)[:, 0].astype(np.float64)
    ]
    return Looked(rays, held)


def _rays(
    network: NoisyNetwork, states: np.ndarray, asked: Asked, rng: np.random.Generator
) -> Iterator[Searched]:
    """Yield the rays of each period, tried first where states have come to without noise."""
    still = Rectified(network.recurrent.astype(np.float64), np.zeros(network.n_units))
    now, late = states.astype(np.float64), list[np.ndarray]()
    for step in range(1, RAY_STEPS + 1):
        now = directions(still.step(now))
        if step % RAY_EVERY == 0:
            late.insert(0, now)
    for period in range(1, asked.cycles + 1):
        regions = visited_regions(still, np.concatenate(late), period=period)
        yield search(still, regions, period=period, budget=asked.budget, rng=rng, rays=True)


def _held(
    network: NoisyNetwork,
    states: np.ndarray,
    noise: np.ndarray,
    asked: Asked,
    rng: np.random.Generator,
) -> Held:
    pushed = Rectified(
        network.recurrent.astype(np.float64), network.drive.astype(np.float64) @ noise
    )
    scale = float(np.linalg.norm(states, axis=1).mean())
    starts = [*(n for n in FEWER if n < len(states)), len(states)]
    parts = [
        find_roots(network, states[first:last], scale=scale, noise=noise)[0]
        for first, last in pairwise((0, *starts))
    ]
    roots = {n: np.concatenate(parts[: place + 1]) for place, n in enumerate(starts)}
    searched = [
        search(
            pushed,
            visited_regions(pushed, states, period=period),
            period=period,
            budget=asked.budget,
            rng=rng,
        )
        for period in range(1, asked.cycles + 1)
    ]
    return Held(searched, roots, scale)


def directions(states: np.ndarray) -> np.ndarray:
    """Return states (..., H) scaled to a largest activity of 1; a silent state stays silent."""
    size = states.max(axis=-1, keepdims=True)
    return np.asarray(states / np.where(size > 0, size, 1))


def _of_rays(rays: Sequence[Searched]) -> Numbers:
    numbers: Numbers = {}
    for period, found in enumerate(rays, start=1):
        numbers["regions_solved", Place("rays", rank=period)] = exactly(found.n_regions)
        for kind in Stability:
            count = _count(found.cycles, kind)
            numbers["rays", Place(str(kind), rank=period)] = exactly(count, found.n_regions)
    factors = [cycle.factor ** (1 / cycle.period) for found in rays for cycle in found.cycles]
    if factors:
        numbers["ray_factor", "largest"] = exactly(max(factors), len(factors))
    return numbers


def _of_held(held: Sequence[Held]) -> Numbers:
    """Return how many there are of each sort, and how often one, several or none attract."""
    numbers: Numbers = {}
    for period in range(1, len(held[0].searched) + 1):
        found = [one.searched[period - 1] for one in held]
        n_regions = np.array([one.n_regions for one in found])
        numbers["regions_solved", Place("held", rank=period)] = mean_of(n_regions)
        for kind in Stability:
            counts = np.array([_count(one.cycles, kind) for one in found])
            numbers["held_cycles", Place(str(kind), rank=period)] = mean_of(counts)
    attractors = np.array([one.attractors for one in held])
    for where, which in (
        ("no attractor", attractors == 0),
        ("one attractor", attractors == 1),
        ("several attractors", attractors > 1),
    ):
        numbers["held_with", where] = share_of(which)
    return numbers


def _against_roots(held: Sequence[Held]) -> Numbers:
    total = np.array([len(one.every()) for one in held], dtype=float)
    missed: dict[Place, list[int]] = {Place("regions"): [one.missed(one.points) for one in held]}
    for n in held[0].roots:
        missed[Place("root finder", rank=n)] = [one.missed(one.roots[n]) for one in held]
    numbers: Numbers = {}
    for where, counts in missed.items():
        numbers["held_points", where] = mean_of(total - counts)
        numbers["missed", where] = ratio_of(np.array(counts, dtype=float), total)
    return numbers


def _count(cycles: Sequence[Cycle], kind: Stability) -> int:
    return sum(cycle.stability == kind for cycle in cycles)


def _among(point: np.ndarray, others: Sequence[np.ndarray] | np.ndarray, scale: float) -> bool:
    return any(np.linalg.norm(point - other) <= SAME * scale for other in others)
