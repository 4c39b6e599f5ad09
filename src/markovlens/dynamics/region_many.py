"""Where a region's linear system has many solutions: whether some lie in it, and a few of them.

Solutions that stay in their regions are a polytope. Linear programs give the one that lies deepest
inside, and two far from it, so that a fixed point is not taken for the cycles around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.optimize import linprog

APART = 1e-6  # of the largest activity: solutions nearer than this are one


class Affine(Protocol):
    """The map h -> relu(W h + b)."""

    @property
    def weight(self) -> np.ndarray:
        """W, (H, H)."""

    @property
    def bias(self) -> np.ndarray:
        """b, (H,)."""

    @property
    def is_homogeneous(self) -> bool:
        """Whether there is no bias."""


@dataclass(frozen=True, slots=True)
class _Polytope:
    """The points h (A,) with equal @ h = right and signed @ h + depth <= limits, depth and h >= 0.

    Attributes:
        signed, limits: (k H, A) and (k H,), by regions.
        equal, right: (A or A + 1, A) and so many, that a cycle closes.
    """

    signed: np.ndarray
    limits: np.ndarray
    equal: np.ndarray
    right: np.ndarray

    def best(self, cost: np.ndarray, *, most: float | None = None) -> np.ndarray | None:
        """Return the point of least cost (A + 1,), the depth's last; None where there is none."""
        found = linprog(
            cost,
            A_ub=np.column_stack([self.signed, np.ones(len(self.signed))]),
            b_ub=self.limits,
            A_eq=np.column_stack([self.equal, np.zeros(len(self.equal))]),
            b_eq=self.right,
            bounds=[*[(0, most)] * (len(cost) - 1), (0, 1)],
        )
        return np.asarray(found.x[:-1]) if found.success else None


def held_in(network: Affine, active: np.ndarray) -> tuple[list[np.ndarray], bool]:
    """Return cycles through regions whose system is singular, and whether there are many.

    Each is the point (A,) of the last region's active units. The first is the one whose smallest
    drive, up to 1, is largest; then two half-way to where a random direction ends. Without biases
    points sum to 1, and all their multiples are cycles.

    Args:
        network: the map.
        active: bool (k, H), the regions.
    """
    polytope = _closing(network, active)
    n_active = polytope.signed.shape[1]
    deepest = polytope.best(np.append(np.zeros(n_active), -1.0))
    if deepest is None:
        return [], False
    ends = list(_ends(polytope, deepest, float(np.abs(network.bias).max())))
    wide = max(np.abs(end - deepest).max() for end in ends) if ends else 0.0
    many = network.is_homogeneous or wide > APART * max(end.max() for end in ends)
    return [deepest, *((deepest + end) / 2 for end in ends)], bool(many)


def _ends(polytope: _Polytope, deepest: np.ndarray, bias: float) -> Iterator[np.ndarray]:
    """Yield the two ends of the polytope, or of a box, in one random direction."""
    direction = np.random.default_rng(len(deepest)).standard_normal(len(deepest))
    for sign in (1.0, -1.0):
        cost = np.append(sign * direction, 0.0)
        end = polytope.best(cost, most=2 * (float(deepest.max()) + bias))
        if end is not None:
            yield end


def _closing(network: Affine, active: np.ndarray) -> _Polytope:
    """Return the inequalities of regions (k, H), and that what goes around comes back."""
    units = active[-1]
    signed, limits = [], []
    point, beside = np.eye(len(network.bias))[:, units], np.zeros(len(network.bias))
    for region in active:
        point, beside = network.weight @ point, network.weight @ beside + network.bias
        sign = np.where(region, -1.0, 1.0)
        signed.append(sign[:, None] * point)
        limits.append(-sign * beside)
        point, beside = region[:, None] * point, region * beside
    n_active = int(units.sum())
    equal, right = point[units] - np.eye(n_active), -beside[units]
    if network.is_homogeneous:
        equal, right = np.vstack([equal, np.ones(n_active)]), np.append(right, 1.0)
    return _Polytope(np.vstack(signed), np.concatenate(limits), equal, right)
