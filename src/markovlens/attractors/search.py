"""Fixed points, saddles and slow points of a network under one input that never changes.

A state that hardly moves is a minimum of q(h) = |F(h) - h|^2 / 2, F one step (Sussillo & Barak
2013, equation 3.1, there for continuous time). It is searched from many states at once by
Levenberg and Marquardt's method, which finds what repels as well as what attracts. Where it ends
still, the state is a fixed point: stable if no eigenvalue of the Jacobian is beyond 1, else a
saddle. Where a state need only be slow, the search stops as soon as it is, so that a line of slow
points is kept as a line.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from markovlens.arguments import check_kind
from markovlens.dynamics.fixed_points import distinct
from markovlens.dynamics.steps import OneStep

STILL = 1e-7  # of the spread of the starts: what a step may move a fixed point
ROUNDED = 10  # rounding errors that it may be moved by at least, where states are single precision
SLOW = 1e-3  # and a slow point
SAME = 1e-2  # of the spread: points closer than this are one
N_TRIES = 200  # of a search
LEAST_DAMPING, FIRST_DAMPING, MOST_DAMPING = 1e-12, 1e-3, 1e12
EASED, STIFFENED = 0.2, 5.0


@dataclass(frozen=True, slots=True)
class Points:
    """States (P, F) at which a network stays, or nearly.

    Attributes:
        states: (P, F).
        speed: (P,), by how much a step moves each, over the spread of the starts.
        eigenvalues: complex (P, F), of the Jacobian at each, the largest first.
        scale: the spread of the starts: root of their mean squared distance from their mean.
        n_starts: from how many states was searched.
        n_ended: how many of the searches ended still (or slow).
    """

    states: np.ndarray
    speed: np.ndarray
    eigenvalues: np.ndarray
    scale: float
    n_starts: int
    n_ended: int

    @property
    def n_unstable(self) -> np.ndarray:
        """(P,), directions in which each point repels: eigenvalues beyond 1."""
        return np.asarray((np.abs(self.eigenvalues) > 1).sum(axis=1))

    @property
    def stable(self) -> np.ndarray:
        """(P,), whether each point attracts from all sides."""
        return np.asarray(self.n_unstable == 0)


def fixed_points(step: OneStep, inputs: Tensor, starts: np.ndarray) -> Points:
    """Return the distinct fixed points that are found from some states.

    Args:
        step: of the network.
        inputs: the one that never changes, a symbol (1,) or a row (1, D).
        starts: (N, F), states in double precision; what is not near any of them may be missed.
    """
    return _points(step, inputs, starts, still=max(STILL, ROUNDED * step.eps))


def slow_points(step: OneStep, inputs: Tensor, starts: np.ndarray) -> Points:
    """Return distinct states at which a step moves the network by no more than `SLOW`."""
    return _points(step, inputs, starts, still=SLOW)


def starts_from(states: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return n states (n, F) to search from: half visited, half between two visited ones."""
    check_kind("states", states, np.ndarray, advice="give rows (N, F)")
    one, other = states[rng.integers(len(states), size=(2, n))].astype(np.float64)
    share = rng.random((n, 1))
    share[: n // 2] = 0.0
    return np.asarray((1 - share) * one + share * other)


def settle(step: OneStep, inputs: Tensor, starts: np.ndarray, n_steps: int) -> np.ndarray:
    """Return where states (N, F) are after `n_steps` of the same input."""
    for _ in range(n_steps):
        starts = step.after(starts, inputs)
    return starts


def _points(step: OneStep, inputs: Tensor, starts: np.ndarray, *, still: float) -> Points:
    scale = float(np.sqrt(((starts - starts.mean(axis=0)) ** 2).sum(axis=1).mean())) or 1.0
    ended, moved = descended(step, inputs, starts, within=still * scale)
    arrived = moved <= still * scale
    order = np.argsort(moved[arrived], kind="stable")  # the stillest of those that are one
    states = distinct(ended[arrived][order], within=SAME * scale).reshape(-1, step.width)
    speed = np.linalg.norm(step.after(states, inputs) - states, axis=1) / scale
    values = np.linalg.eigvals(step.jacobians(states, inputs))
    largest = np.argsort(-np.abs(values), axis=1, kind="stable")
    values = np.take_along_axis(values, largest, axis=1)
    return Points(states, speed, values, scale, len(starts), int(arrived.sum()))


def descended(
    step: OneStep, inputs: Tensor, starts: np.ndarray, *, within: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return states (N, F) after a search for |F(h) - h| <= `within`, and that distance (N,)."""
    here = starts.astype(np.float64)
    gap = step.after(here, inputs) - here
    damping = np.full(len(here), FIRST_DAMPING)
    for _ in range(N_TRIES):
        size = np.linalg.norm(gap, axis=1)
        open_ones = np.flatnonzero((size > within) & (damping < MOST_DAMPING))
        if not len(open_ones):
            break
        slope = step.jacobians(here[open_ones], inputs) - np.eye(step.width)
        moved = here[open_ones] + _damped(slope, gap[open_ones], damping[open_ones])
        new_gap = step.after(moved, inputs) - moved
        better = np.linalg.norm(new_gap, axis=1) < size[open_ones]
        gains = open_ones[better]
        here[gains], gap[gains] = moved[better], new_gap[better]
        factor = np.where(better, EASED, STIFFENED)
        damping[open_ones] = np.maximum(damping[open_ones] * factor, LEAST_DAMPING)
    return here, np.linalg.norm(gap, axis=1)


def _damped(slope: np.ndarray, gap: np.ndarray, damping: np.ndarray) -> np.ndarray:
    """Return the steps (N, F) that slopes (N, F, F) of gaps (N, F) ask for, each damped."""
    turned = np.swapaxes(slope, 1, 2)
    normal = turned @ slope + damping[:, None, None] * np.eye(gap.shape[1])
    return -np.linalg.solve(normal, turned @ gap[:, :, None])[..., 0]
