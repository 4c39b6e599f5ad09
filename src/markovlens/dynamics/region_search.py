"""From region to region: solve for the cycle, go where its points would lie, and solve again.

SCYFI (Eisenmann et al. 2023) begins with random regions; here those that were visited come first.
Where the regions are few, each is solved for, and nothing can be missed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, product

import numpy as np

from markovlens.dynamics.rectified import Cycle, Guess, Rectified

MOST_JUMPS = 50  # from one region to the next before another start is taken
SAME = 1e-6  # of what a unit's drive is a sum of: points nearer than this are one
Solve = Callable[[np.ndarray], list[Guess]]


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search found.

    Attributes:
        cycles: those of one period.
        n_regions: regions, or sequences of them, that were solved for.
        every: whether every region was solved for.
        many: whether there are infinitely many in some region, of which one is given at most.
    """

    cycles: list[Cycle]
    n_regions: int
    every: bool
    many: bool


def search(
    network: Rectified,
    visited: np.ndarray,
    *,
    period: int,
    budget: int,
    rng: np.random.Generator,
    rays: bool = False,
) -> Searched:
    """Return the cycles of one period, all of them where all regions are within the budget.

    Args:
        network: the map.
        visited: bool (S, k, H), regions of k steps one after another, tried first.
        period: k.
        budget: sequences of k regions that are solved for, at most.
        rng: of random regions.
        rays: whether rays are sought, and not points.
    """
    n_bits = network.n_units * period
    every = 2**n_bits <= budget
    starts = all_regions(n_bits) if every else chain(visited, random_regions(n_bits, rng))
    solve = network.rays_in if rays else network.cycle_in
    jumps = 0 if every else MOST_JUMPS
    found: list[Cycle] = []
    seen: set[bytes] = set()
    many = False
    for start in starts:
        active = np.reshape(start, (period, -1))
        for guess in _hits(solve, active, seen, budget=budget, jumps=jumps):
            many |= guess.many
            keep(network, network.cycle_of(guess), found)
        if len(seen) >= min(budget, 2**n_bits):
            break
    return Searched(found, len(seen), every, many)


def all_regions(n_bits: int) -> Iterator[np.ndarray]:
    """Yield every combination of active units, bool (n_bits,)."""
    return (np.array(bits, dtype=bool) for bits in product((False, True), repeat=n_bits))


def random_regions(n_bits: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield random combinations, bool (n_bits,), without end."""
    while True:
        yield rng.random(n_bits) < rng.random()


def visited_regions(network: Rectified, starts: np.ndarray, *, period: int) -> np.ndarray:
    """Return the regions, bool (B, k, H), of the k steps that follow each of `starts` (B, H)."""
    regions, now = [], np.asarray(starts, dtype=np.float64)
    for _ in range(period):
        drives = network.drives(now)
        regions.append(drives > 0)
        now = np.maximum(drives, 0)
    return np.stack(regions, axis=1)


def is_consistent(guess: Guess, active: np.ndarray) -> bool:
    """Return whether the points lie in the regions (k, H) they were solved for, and come back."""
    wrong = np.where(active, -guess.drives, guess.drives)
    return bool((wrong <= guess.margin).all()) and guess.closes


def _hits(
    solve: Solve, active: np.ndarray, seen: set[bytes], *, budget: int, jumps: int
) -> Iterator[Guess]:
    """Yield what is found from one start on; what was solved for before leads nowhere new."""
    for _ in range(jumps + 1):
        key = np.packbits(active).tobytes()
        if key in seen or len(seen) >= budget:
            return
        seen.add(key)
        guesses = solve(active)
        true = [guess for guess in guesses if is_consistent(guess, active)]
        yield from true
        if true or not guesses:
            return
        active = min(guesses, key=lambda guess: int((guess.active != active).sum())).active


def keep(network: Rectified, cycle: Cycle, found: list[Cycle]) -> None:
    """Add a cycle that is neither known, wherever it begins, nor a shorter one again and again.

    Of many through the same regions the first is enough.
    """
    turned = [np.roll(cycle.points, n, axis=0) for n in range(cycle.period)]
    if any(_alike(network, cycle, points) for points in turned[1:]):
        return
    if not any(_same(network, cycle, other) for other in found):
        found.append(cycle)


def _same(network: Rectified, cycle: Cycle, other: Cycle) -> bool:
    """Return whether both are one, or two of many through the same regions."""
    return any(
        (cycle.many and (cycle.active == np.roll(other.active, n, axis=0)).all())
        or _alike(network, cycle, np.roll(other.points, n, axis=0))
        for n in range(other.period)
    )


def _alike(network: Rectified, cycle: Cycle, points: np.ndarray) -> bool:
    """Return whether points (k, H) are those of the cycle; of rays, whether their directions are.

    Each unit is judged by the numbers that its drive is a sum of, beside however large others.
    """
    one, other = cycle.points, points
    if cycle.is_ray:
        one, other = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (one, other))
        return bool(np.abs(one - other).max() <= SAME * max(np.abs(one).max(), np.abs(other).max()))
    sizes = [network.sizes(np.roll(each, 1, axis=0)) for each in (one, other)]
    return bool((np.abs(one - other) <= SAME * np.maximum(*sizes)).all())
