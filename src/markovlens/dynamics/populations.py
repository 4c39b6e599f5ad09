"""Populations that feed kick units of opposite directions: their weights and the noise they get.

Torre et al. 2025 take units whose weights on two opposite groups of kick units differ in sign, and
find by eye that such populations excite themselves, inhibit each other and integrate noise. The
choice is theirs (70 of 150 units with the most negative product of mean weights); that they excite
themselves is tested against random populations of the same sizes, and that noise on them starts
switches is measured in the noise before each switch, beside the noise of other runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from markovlens.dynamics.controls import random_units
from markovlens.dynamics.kicks import KickGroup, units_of
from markovlens.dynamics.measures import Estimate, Numbers, Place, exactly, ratio_of, tidy
from markovlens.dynamics.network import NoisyNetwork
from markovlens.dynamics.switches import Switches, switches_of

POOL_SHARE = 70 / 150  # of all units that Torre et al. keep, both populations together
N_SHUFFLES = 200
BEFORE = 10  # steps before a switch over which noise is summed
KICK, POOL = "kick", "pool"
Role = tuple[str, str]  # kick or pool, and its direction


@dataclass(frozen=True, slots=True)
class Pair:
    """Two opposite directions of switching with the populations that feed their kick units.

    Attributes:
        groups: the kick groups of both directions.
        pools: two of int (m,): the units that excite the kick units of a group and inhibit those of
            the other, by mean weight; no kick unit of any group is among them.
    """

    groups: tuple[KickGroup, KickGroup]
    pools: tuple[np.ndarray, np.ndarray]

    @property
    def name(self) -> str:
        """Both symbols, e.g. "0-2"."""
        return "{}-{}".format(*self.groups[0].direction)

    def roles(self) -> dict[Role, np.ndarray]:
        """Return units by role: kick 0>2, kick 2>0, pool 0>2, pool 2>0; all different."""
        one, other = self.groups
        # A unit may kick both ways; it is shown once.
        second = np.setdiff1d(other.units, one.units, assume_unique=True)
        kicks = {(KICK, one.name): one.units, (KICK, other.name): second}
        named = zip(self.groups, self.pools, strict=True)
        return kicks | {(POOL, group.name): pool for group, pool in named}


def find_pairs(network: NoisyNetwork, groups: Sequence[KickGroup]) -> list[Pair]:
    """Return every pair of opposite directions that both have kick units, with their pools."""
    free = np.setdiff1d(np.arange(network.n_units), units_of(groups))
    by_direction = {group.direction: group for group in groups if len(group.units)}
    return [
        _pair(network, (group, by_direction[after, before]), free)
        for (before, after), group in by_direction.items()
        if before < after and (after, before) in by_direction
    ]


def _pair(network: NoisyNetwork, groups: tuple[KickGroup, KickGroup], free: np.ndarray) -> Pair:
    one, other = (network.recurrent[group.units][:, free].mean(axis=0) for group in groups)
    most = round(POOL_SHARE * network.n_units)
    order = np.argsort(one * other, kind="stable")[:most]
    opposed = order[(one * other)[order] < 0]
    first = one[opposed] > 0
    return Pair(groups, (np.sort(free[opposed[first]]), np.sort(free[opposed[~first]])))


def population_table(
    network: NoisyNetwork,
    pairs: Sequence[Pair],
    groups: Sequence[KickGroup],
    *,
    start: np.ndarray,
    n_steps: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the numbers of populations: `where` is a role, `pair` its direction.

    Measures: `n_units`; `weight`, the mean weight with which the role `other` of `other_pair`
    acts on it; `self_weight` and `cross_weight` of a pool, with `_shuffled` beside
    (mean and 95 % range over random populations of the same sizes); `noise_before`, the noise
    that a role's units got on average in the 10 steps before a switch in its direction, in
    standard deviations of such a sum, and `noise_before_other`, the same in the noise of another
    run: 0 but for chance.

    Args:
        network: the network.
        pairs: from `find_pairs`.
        groups: all kick groups: none of their units is in a random population.
        start: (B, H), states of normal runs, from which new ones are started.
        n_steps: T of these runs.
        rng: of noise and random populations.
    """
    noise = network.noise(len(start), n_steps, rng)
    likeliest = (network.follow(noise, start=start) @ network.readout.T).argmax(axis=-1)
    switches, pushed = switches_of(likeliest), noise @ network.drive.T
    free = np.setdiff1d(np.arange(network.n_units), units_of(groups))
    numbers: Numbers = {}
    for pair in pairs:
        numbers |= dict(_weights(network.recurrent, pair.roles()))
        numbers |= dict(_structure(network.recurrent, pair, free, rng))
        numbers |= dict(_noise_before(pushed, switches, pair))
    return tidy("populations", numbers)


def _weights(
    recurrent: np.ndarray, roles: dict[Role, np.ndarray]
) -> Iterator[tuple[tuple[str, Place], Estimate]]:
    for (role, pair), units in roles.items():
        yield ("n_units", Place(role, pair=pair)), exactly(len(units))
        for (other, other_pair), sending in roles.items():
            if len(units) and len(sending):
                mean = recurrent[np.ix_(units, sending)].mean()
                place = Place(role, pair=pair, other=other, other_pair=other_pair)
                yield ("weight", place), exactly(mean)


def _structure(
    recurrent: np.ndarray, pair: Pair, free: np.ndarray, rng: np.random.Generator
) -> Iterator[tuple[tuple[str, Place], Estimate]]:
    sizes = [len(pool) for pool in pair.pools]
    if not all(sizes):
        return
    shuffled = random_units(sum(sizes), free, n_draws=N_SHUFFLES, rng=rng)
    for place, group in enumerate(pair.groups):
        where = Place(POOL, pair=group.name)
        own, other = pair.pools[place], pair.pools[1 - place]
        drawn, rest = shuffled[:, : len(own)], shuffled[:, len(own) :]
        for measure, sending, random in (("self", own, drawn), ("cross", other, rest)):
            yield (f"{measure}_weight", where), exactly(recurrent[np.ix_(own, sending)].mean())
            null = recurrent[drawn[:, :, None], random[:, None, :]].mean(axis=(1, 2))
            low, high = np.quantile(null, (0.025, 0.975))
            found = Estimate(float(null.mean()), float(low), float(high), N_SHUFFLES)
            yield (f"{measure}_weight_shuffled", where), found


def _noise_before(
    pushed: np.ndarray, switches: Switches, pair: Pair
) -> Iterator[tuple[tuple[str, Place], Estimate]]:
    for place, group in enumerate(pair.groups):
        chosen = switches.along(group.direction) & (switches.step >= BEFORE)
        for role, units in ((KICK, group.units), (POOL, pair.pools[place])):
            if not len(units):
                continue
            sums = _sums_before(pushed[..., units].mean(axis=-1))
            for measure, shift in (("noise_before", 0), ("noise_before_other", 1)):
                yield (
                    (measure, Place(role, pair=group.name)),
                    _mean_at(np.roll(sums, shift, axis=0), switches, chosen),
                )


def _sums_before(received: np.ndarray) -> np.ndarray:
    """Return sums over each step and the 9 before it, (B, T - 9), in standard deviations."""
    windows = np.lib.stride_tricks.sliding_window_view(received, BEFORE, axis=1)
    spread = received.std() or 1.0  # units that get no noise have sums of 0
    return np.asarray(windows.sum(axis=-1) / (np.sqrt(BEFORE) * spread))


def _mean_at(sums: np.ndarray, switches: Switches, chosen: np.ndarray) -> Estimate:
    """Return the mean of window sums that end with the first step of the new symbol."""
    run, step = switches.run[chosen], switches.step[chosen]
    values = sums[run, step - BEFORE + 1]
    n_runs = len(sums)
    return ratio_of(
        np.bincount(run, weights=values, minlength=n_runs), np.bincount(run, minlength=n_runs)
    )
