"""Models with more or fewer states made from others: splitting the widest, merging the closest."""

import itertools as it
from typing import Any

import numpy as np
from numpy.typing import NDArray

from markovlens.hmm.em import Parameters, expect_all, split_state
from markovlens.hmm.gaussians import (
    Gaussians,
    as_full_or_diagonal,
    full_covariances,
    log_determinants,
    squared_units,
)
from markovlens.hmm.lattices import Chain
from markovlens.hmm.packing import Packed


def grown(
    parameters: Parameters, size: int, packed: Packed, rng: np.random.Generator
) -> Parameters:
    """The parameters with their widest states split until there are `size` of them."""
    while parameters.chain.n_states < size:
        counts = expect_all(parameters, packed).moments.count
        gaussians: Any = parameters.emissions
        shape = gaussians.means.shape
        spread = as_full_or_diagonal(gaussians.kind, gaussians.covariances, shape)
        variances = spread if spread.ndim == 2 else np.diagonal(spread, axis1=1, axis2=2)
        widths = (variances / squared_units(gaussians.kind, packed)).sum(axis=1)
        widest = int(np.argmax(counts * widths))
        parameters = with_split(parameters, widest, packed, rng)
    return parameters


def with_split(
    parameters: Parameters, state: int, packed: Packed, rng: np.random.Generator
) -> Parameters:
    """The parameters with a state's half as a new last state."""
    return split_state(with_one_more(parameters), state, parameters.chain.n_states, packed, rng)


def with_one_more(parameters: Parameters) -> Parameters:
    """The parameters with an unreachable last state, a copy of the one before."""
    chain, gaussians = parameters.chain, parameters.emissions
    start = np.pad(chain.start, ((0, 0), (0, 1)))
    moves = np.pad(chain.transition, ((0, 0), (0, 1), (0, 1)))
    moves[:, -1] = moves[:, -2]
    return Parameters.of(Chain(start, moves), gaussians.with_one_more())


def pruned(parameters: Parameters, size: int, counts: NDArray) -> Parameters:
    """The parameters with the closest states merged until there are `size` of them."""
    while parameters.chain.n_states > size:
        costs = merging_costs(parameters.emissions, counts)
        keep, lose = divmod(int(costs.argmin()), len(costs))
        parameters = merged(parameters, keep, lose, counts)
        counts = _joined(counts, keep, lose)
    return parameters


def merging_costs(gaussians: Any, counts: NDArray) -> NDArray[np.float64]:
    """(K, K) bounds on the nats lost by merging two states (Runnalls 2007, eq. 16)."""
    full = full_covariances(gaussians)
    volumes = log_determinants(full)
    out = np.full((len(counts), len(counts)), np.inf)
    for i, j in it.combinations(range(len(counts)), 2):
        share = _shares(counts, i, j)
        away = gaussians.means[i] - gaussians.means[j]
        joint = share @ full[[i, j]].reshape(2, -1)
        covariance = joint.reshape(full[i].shape) + share[0] * share[1] * np.outer(away, away)
        volume = log_determinants(covariance[None])[0] - share @ volumes[[i, j]]
        out[i, j] = 0.5 * (counts[i] + counts[j]) * volume
    return out


def merged(parameters: Parameters, keep: int, lose: int, counts: NDArray) -> Parameters:
    """The parameters with two states replaced by one with their joint moments."""
    share = _shares(counts, keep, lose)
    chain = parameters.chain
    moves = chain.transition.copy()
    moves[:, keep] = np.einsum("i,vij->vj", share, moves[:, [keep, lose]])
    moves[:, :, keep] += moves[:, :, lose]
    moves = np.delete(np.delete(moves, lose, axis=1), lose, axis=2)
    start = _joined(chain.start.T, keep, lose).T
    emissions = merged_gaussians(parameters.emissions, keep, lose, share)
    return Parameters.of(Chain(start, moves), emissions)


def merged_gaussians(gaussians: Any, keep: int, lose: int, share: NDArray) -> Gaussians:
    """Gaussians with two states replaced by the one of their joint mean and covariance."""
    kind, means = gaussians.kind, gaussians.means.copy()
    away = means[keep] - means[lose]
    means[keep] = share @ means[[keep, lose]]
    if kind == "tied":
        return Gaussians(kind, np.delete(means, lose, axis=0), gaussians.covariances)
    between = {
        "spherical": (away**2).mean(),
        "diag": away**2,
        "full": np.outer(away, away),
    }[kind]
    covariances = gaussians.covariances.copy()
    within = np.tensordot(share, covariances[[keep, lose]], axes=1)
    covariances[keep] = within + share[0] * share[1] * between
    return Gaussians(kind, np.delete(means, lose, axis=0), np.delete(covariances, lose, axis=0))


def _shares(counts: NDArray, i: int, j: int) -> NDArray[np.float64]:
    """(2,) parts of two states in their sum."""
    pair = counts[[i, j]] + np.finfo(float).tiny
    return pair / pair.sum()


def _joined(values: NDArray, keep: int, lose: int) -> NDArray:
    """Values with one row added to another and removed."""
    out = values.copy()
    out[keep] += out[lose]
    return np.delete(out, lose, axis=0)
