"""States as two halves each, and what the likelihood would gain by them.

A fit with one state more begins best where a split gains most. That is foretold for all states at
once: steps are shared out among the states as they stand, and the steps of each state go to two
halves, by EM of as many mixtures of two as there are states. It takes no pass over the chain.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from markovlens.hmm.em import Parameters, Prior, engine_of
from markovlens.hmm.emissions import Moments, gaussian_density
from markovlens.hmm.expectation import collect, smooth_tile
from markovlens.hmm.gaussians import Gaussians, scatter
from markovlens.hmm.lattices import Chain, Engine, log_densities, one_blas_thread
from markovlens.hmm.packing import Packed, Tile

ROUNDS = 4
"""Rounds of EM in which halves come apart."""

APART = float(np.sqrt(2.0 / np.pi))
"""From the middle of a normal distribution to the mean of its half, in deviations."""

TINY = float(np.finfo(np.float32).tiny)


@dataclass(frozen=True, slots=True)
class Halves:
    """Two halves of each of K states."""

    gaussians: Any  # of 2 K states: first halves, then second ones
    shares: NDArray[np.float64]  # (2, K) of a state's steps


@dataclass(frozen=True, slots=True)
class Shared:
    """A tile whose steps are shared out among K states."""

    tile: Tile
    gamma: NDArray  # (K, n), zero where nothing was observed
    densities: NDArray  # (K, n) log-densities

    @classmethod
    def of(cls, tile: Tile, engine: Engine) -> "Shared":
        """A tile as the states of an engine share it."""
        gamma = np.ascontiguousarray(smooth_tile(tile, engine).gamma[:, : tile.n_columns])
        gamma[:, tile.missing] = 0.0
        return cls(tile, gamma, log_densities(tile, engine))

    def odds(self, shares: NDArray, engine: Engine) -> tuple[NDArray, NDArray]:
        """(2, K, n) densities of halves times shares over the larger of two; its log (K, n)."""
        logs = np.log(np.maximum(shares, TINY)).astype(engine.dtype)
        joint = log_densities(self.tile, engine).reshape(*shares.shape, -1) + logs[:, :, None]
        top = joint.max(axis=0)
        return np.exp(joint - top), top

    def moments(self, shares: NDArray, engine: Engine) -> Moments:
        """Expected statistics of the halves."""
        odds, _ = self.odds(shares, engine)
        odds *= self.gamma / odds.sum(axis=0)
        return collect(self.tile, engine, odds.reshape(-1, odds.shape[-1]))

    def gains(self, shares: NDArray, engine: Engine) -> NDArray[np.float64]:
        """(K,) nats that halves gain in a state's place."""
        odds, top = self.odds(shares, engine)
        gained = top + np.log(odds.sum(axis=0)) - self.densities
        return np.einsum("kn,kn->k", self.gamma, gained)


def halved(
    parameters: Parameters, packed: Packed, prior: Prior, *, params: str
) -> tuple[Halves, NDArray[np.float64]]:
    """The halves of all states, and (K,) nats of the data that they gain in a state's place.

    The prior is one of twice as many states.
    """

    def likeliest(moments: Moments) -> tuple[NDArray[np.float64], Engine, Any]:
        count = moments.count.reshape(2, -1)
        gaussians = both.updated(moments, packed, prior.emissions, params=params)
        found = replace(engine, chain=wide, density=gaussians.density(packed))
        return count / np.maximum(count.sum(axis=0), TINY), found, gaussians

    with one_blas_thread():
        engine, chain = engine_of(parameters, packed), parameters.chain
        wide = Chain(np.tile(chain.start, 2), chain.transition)  # says no more than their number
        both = _twice(parameters.emissions)
        data = [Shared.of(tile, engine) for tile in packed.tiles]
        shares, found, gaussians = likeliest(_apart(both, data, engine))
        for _ in range(ROUNDS):
            moments = _sum(each.moments(shares, found) for each in data)
            shares, found, gaussians = likeliest(moments)
        gains = _sum(each.gains(shares, found) for each in data)
    return Halves(gaussians, shares), gains


def with_halves(parameters: Parameters, halves: Halves, states: NDArray[np.int64]) -> Parameters:
    """The parameters with halves in place of some states, second ones as new last states."""
    chain, both = parameters.chain, halves.gaussians
    own: Any = parameters.emissions
    n_states = chain.n_states
    origin = np.concatenate([np.arange(n_states), states])
    share, row = np.ones(len(origin)), origin.copy()
    share[states], share[n_states:] = halves.shares[:, states]
    row[states], row[n_states:] = n_states + states, 2 * n_states + states
    means, spread = np.concatenate([own.means, both.means])[row], both.covariances
    if both.kind != "tied":
        spread = np.concatenate([own.covariances, spread])[row]
    start, moves = chain.start[:, origin] * share, chain.transition[:, origin][:, :, origin] * share
    return Parameters.of(Chain(start, moves), Gaussians(both.kind, means, spread))


def _twice(gaussians: Any) -> Gaussians:
    """All states, then all states again."""
    spread = gaussians.covariances
    if gaussians.kind != "tied":
        spread = np.concatenate([spread, spread])
    return Gaussians(gaussians.kind, np.tile(gaussians.means, (2, 1)), spread)


def _apart(both: Gaussians, data: list[Shared], engine: Engine) -> Moments:
    """Moments of first halves, on either side of the axis in which a state's features vary most.

    Each feature counts in its own deviation within the state, so that units do not matter. Which
    way the axis points is a matter of rounding: its largest entry is to be positive.
    """
    shape = (len(both.means) // 2, *both.means.shape[1:])
    squares = np.tile(np.eye(shape[1]), (shape[0], 1, 1))
    density = gaussian_density("full", np.zeros(shape), squares, dtype=engine.dtype)
    products = replace(engine, density=density)
    whole = _sum(collect(each.tile, products, each.gamma) for each in data)
    weight = np.maximum(whole.count, TINY)[:, None]
    mean = whole.first / weight
    spread = scatter(whole, mean, diagonal=False) / weight[:, :, None]
    deviation = np.sqrt(np.diagonal(spread, axis1=1, axis2=2).clip(TINY))
    values, axes = np.linalg.eigh(spread / deviation[:, :, None] / deviation[:, None])
    axis = axes[:, :, -1] * np.sqrt(values[:, -1:])
    largest = np.abs(axis).argmax(axis=1)[:, None]
    step = APART * deviation * axis * np.sign(np.take_along_axis(axis, largest, axis=1))
    turned = weight[:, :, None] * mean[:, :, None] * step[:, None]
    turned += turned.transpose(0, 2, 1)
    first = 0.5 * np.concatenate([whole.first - weight * step, whole.first + weight * step])
    second = 0.5 * np.concatenate([whole.second - turned, whole.second + turned])
    if both.kind in ("spherical", "diag"):
        second = np.diagonal(second, axis1=1, axis2=2)
    elif both.kind == "tied":
        second = second.sum(axis=0)
    return Moments(0.5 * np.tile(whole.count, 2), first, second)


def _sum(parts: Iterable[Any]) -> Any:
    """The sum of parts, from the first."""
    return reduce(add, parts)
