"""The numbers of states: an order that the model decides, and that of another model's states.

A likelihood does not know which state is which, so that two fits to the same data come out with
their states in another order. Renumbering changes no score, criterion or belief but for the order
of states.
"""

from abc import ABC, abstractmethod
from copy import copy
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from markovlens.arguments import check_choice
from markovlens.errors import DataError
from markovlens.hmm.em import Monitor, Parameters
from markovlens.hmm.gaussians import Gaussians, full_covariances
from markovlens.hmm.generation import stationary
from markovlens.hmm.lattices import Chain
from markovlens.hmm.tables import Tables

APART = 0.01
"""Share of the range over states above which two values put one state before another."""

OCCUPANCY_DIGITS = 9
"""Decimal places of an occupancy that are no rounding error."""

STATE_AXES = {
    "startprob_prior": (1, (0,)),
    "transmat_prior": (2, (0, 1)),
    "transmat_mask": (2, (0, 1)),
    "means_prior": (2, (0,)),
    "emissionprob_prior": (2, (0,)),
}
"""Arguments that may hold a number for each state: all their axes, and which of them are states."""


class Numbered(ABC):
    """The part of an estimator that puts its states in order."""

    n_components: int
    monitor_: Monitor

    @abstractmethod
    def parameters(self) -> Parameters:
        """The whole model."""

    @abstractmethod
    def _store(self, parameters: Parameters) -> None:
        """Set the attributes from parameters."""

    def canonical(self, by: str = "mean") -> Self:
        """The same model with its states in an order that does not depend on how it was found.

        Args:
            by: "mean": by the first feature of `means_`, lowest first, and by the next one where
                two states are within `APART` of its range; of symbols, by the probability of
                symbol 0, highest first, then 1, and so on. "occupancy": by the share of time
                spent in a state in the long run (input symbols being equally frequent), highest
                first. Each is the other's tie-break, and the chance to stay the last.
        """
        check_choice("by", by, ("mean", "occupancy"))
        return self.renumbered(in_order(_keys(self.parameters(), by)))

    def aligned_to(self, other: "Numbered") -> Self:
        """The same model with each state numbered as the most similar one of another.

        States are paired one to one so that the sum of distances between their outputs is least
        (Hungarian method): Bhattacharyya distances of Gaussians, whatever the covariance types, and
        squared Hellinger distances of tables.

        Raises:
            DataError: the other has other states, features or symbols.
        """
        mine, theirs = self.parameters().emissions, other.parameters().emissions
        if type(mine) is not type(theirs) or _outputs(mine).shape != _outputs(theirs).shape:
            raise DataError(
                f"aligned_to: expected a model whose outputs are {type(mine).__name__} of "
                f"{_outputs(mine).shape}, states and features or symbols, got "
                f"{type(theirs).__name__} of {_outputs(theirs).shape}; fit both to the same data",
                page="wrong-hmm",
            )
        from scipy.optimize import linear_sum_assignment

        apart = state_distances(theirs, mine)
        return self.renumbered(linear_sum_assignment(apart)[1])

    def renumbered(self, order: Any) -> Self:
        """The same model whose state j is this one's state `order[j]`; priors and masks go along.

        Raises:
            DataError: `order` (K,) is not a permutation.
        """
        order, k = np.asarray(order), self.n_components
        if order.shape != (k,) or not np.array_equal(np.sort(order), np.arange(k)):
            raise DataError(
                f"order: expected each of the states 0 .. {k - 1} once, got {order}; "
                "order[j] is the present number of what becomes state j",
                page="out-of-range",
            )
        new = copy(self)
        new._store(permuted(self.parameters(), order))
        for name, (n_axes, states) in self._state_axes().items():
            setattr(new, name, _taken(getattr(self, name), order, n_axes, states))
        if hasattr(self, "monitor_"):
            rank = np.argsort(order)
            reseeded = tuple(int(rank[state]) for state in self.monitor_.reseeded)
            new.monitor_ = replace(self.monitor_, reseeded=reseeded)
        return new

    def _state_axes(self) -> dict[str, tuple[int, tuple[int, ...]]]:
        """`STATE_AXES` of this estimator's own arguments."""
        kind = getattr(self, "covariance_type", "tied")
        scale = {} if kind == "tied" else {"covars_prior": (3 if kind == "full" else 2, (0,))}
        return {name: axes for name, axes in (STATE_AXES | scale).items() if hasattr(self, name)}


def _outputs(emissions: Any) -> NDArray[np.float64]:
    """(K, D) means or (K, C) probabilities of the states' outputs."""
    return emissions.means if isinstance(emissions, Gaussians) else emissions.probabilities


def _keys(parameters: Parameters, by: str) -> NDArray[np.float64]:
    """(K, F) what states are sorted by, lowest first, the first column before all others."""
    outputs = _outputs(parameters.emissions)
    outputs = outputs if isinstance(parameters.emissions, Gaussians) else -outputs
    moves = parameters.chain.transition.mean(axis=0)
    occupancy = -np.round(stationary(moves), OCCUPANCY_DIGITS)[:, None]
    parts = (outputs, occupancy) if by == "mean" else (occupancy, outputs)
    return np.column_stack([*parts, -np.diagonal(moves), -parameters.chain.start.mean(axis=0)])


def in_order(keys: NDArray) -> NDArray[np.int64]:
    """(K,) states sorted by keys (K, F).

    A column counts where those before it are within `APART` of their range; where all are, exact
    values do.
    """
    ranges = np.ptp(keys, axis=0)
    noise = 1e-9 * np.abs(keys).max(axis=0)  # what a feature of one value leaves by rounding

    def sort(states: NDArray, column: int) -> NDArray:
        if len(states) == 1:
            return states
        if column == keys.shape[1]:
            return states[np.lexsort(keys[states].T[::-1])]
        states = states[np.argsort(keys[states, column], kind="stable")]
        gaps = np.diff(keys[states, column]) > np.maximum(APART * ranges[column], noise[column])
        groups = np.split(states, np.flatnonzero(gaps) + 1)
        return np.concatenate([sort(group, column + 1) for group in groups])

    return sort(np.arange(len(keys)), 0)


def permuted(parameters: Parameters, order: NDArray) -> Parameters:
    """Parameters whose state j is state `order[j]` of the given ones."""
    chain, emissions = parameters.chain, parameters.emissions
    moved = Chain(chain.start[:, order], chain.transition[:, order][:, :, order])
    if isinstance(emissions, Tables):
        return Parameters.of(moved, Tables(emissions.probabilities[order]))
    gaussians: Any = emissions
    spread = gaussians.covariances
    spread = spread if gaussians.kind == "tied" else spread[order]
    return Parameters.of(
        moved, replace(gaussians, means=gaussians.means[order], covariances=spread)
    )


def state_distances(a: Any, b: Any) -> NDArray[np.float64]:
    """(K, K) distances between the outputs of two models' states: see `Numbered.aligned_to`."""
    if isinstance(a, Tables):
        return 1.0 - np.sqrt(a.probabilities) @ np.sqrt(b.probabilities).T
    left, right = full_covariances(a), full_covariances(b)
    between = 0.5 * (left[:, None] + right)
    away = a.means[:, None] - b.means
    squared = (away * np.linalg.solve(between, away[..., None])[..., 0]).sum(axis=-1)
    volumes = [np.linalg.slogdet(each)[1] for each in (between, left, right)]
    return 0.125 * squared + 0.5 * (volumes[0] - 0.5 * (volumes[1][:, None] + volumes[2]))


def _taken(value: Any, order: NDArray, n_axes: int, states: tuple[int, ...]) -> Any:
    """An argument that broadcasts to so many axes, its states in another order."""
    if value is None or np.ndim(value) == 0:
        return value
    value = np.asarray(value)
    for axis in states:
        place = value.ndim - n_axes + axis
        if place >= 0 and value.shape[place] == len(order):
            value = value.take(order, axis=place)
    return value
