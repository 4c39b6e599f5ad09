"""Are these all? Whole sets of regions are excluded at once, by mixed-integer programming.

A cycle of h -> relu(W h + b) whose activities are at most U is a point of linear inequalities with
one binary number for each unit and step, whether it is active (Tjeng, Xiao & Tedrake 2019,
"Evaluating robustness of neural networks with mixed integer programming"). Branch and bound finds
one, its region is excluded, and so on until it proves that there is none left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from markovlens.dynamics.rectified import Rectified

INFEASIBLE = 2  # scipy's word for: proven that there is no solution


@dataclass(frozen=True, slots=True)
class Proof:
    """What branch and bound says of the regions that no search has found.

    Attributes:
        regions: bool (k, H) each, further sequences of regions that may hold a cycle.
        complete: whether all others are proven to hold none.
    """

    regions: list[np.ndarray]
    complete: bool


def prove(
    network: Rectified,
    known: Sequence[np.ndarray],
    *,
    period: int,
    within: float,
    nodes: int,
    most: int = 100,
) -> Proof:
    """Return the sequences of regions that may hold cycles beside those known.

    Args:
        network: the map; without biases, rays that come back as they were are sought.
        known: bool (k, H) each, sequences of regions that need no search.
        period: k.
        within: largest activity of a unit that is considered.
        nodes: of branch and bound, for each answer.
        most: answers after which the proof is given up.
    """
    constraints, bounds = _cycles_within(network, period, within)
    n_bits = network.n_units * period
    excluded = [_not(turned) for active in known for turned in _turns(active)]
    found: list[np.ndarray] = []
    for _ in range(most):
        result = milp(
            np.zeros(2 * n_bits),
            constraints=[*constraints, *excluded],
            bounds=bounds,
            integrality=np.repeat([0, 1], n_bits),
            options={"node_limit": nodes},
        )
        if result.x is None:
            return Proof(found, result.status == INFEASIBLE)
        active = (result.x[n_bits:] > 0.5).reshape(period, -1)
        found.append(active)
        excluded += [_not(turned) for turned in _turns(active)]
    return Proof(found, complete=False)


def _cycles_within(
    network: Rectified, period: int, within: float
) -> tuple[list[LinearConstraint], Bounds]:
    """Return h >= p, h <= p - low (1 - z), h <= high z for all steps, p = W h' + b, and bounds.

    h' is the point before, low and high are what p can be where activities are at most `within`.
    """
    n_bits = network.n_units * period
    before = np.kron(np.roll(np.eye(period), 1, axis=0), network.weight)
    bias = np.tile(network.bias, period)
    largest = 1.0 if network.is_homogeneous else within
    low = np.minimum(before, 0).sum(axis=1) * largest + bias
    high = np.clip(np.maximum(before, 0).sum(axis=1) * largest + bias, 0, largest)
    one, none = np.eye(n_bits), np.zeros((n_bits, n_bits))
    constraints = [
        LinearConstraint(np.hstack([one - before, none]), bias, np.inf),
        LinearConstraint(np.hstack([one - before, np.diag(-low)]), -np.inf, bias - low),
        LinearConstraint(np.hstack([one, np.diag(-high)]), -np.inf, 0),
    ]
    if network.is_homogeneous:
        whole = np.repeat([1.0, 0.0], n_bits)[None]
        constraints.append(LinearConstraint(whole, 1, 1))
    return constraints, Bounds(0, np.concatenate([high, np.ones(n_bits)]))


def _not(active: np.ndarray) -> LinearConstraint:
    """Return the constraint that at least one unit differs from regions (k, H)."""
    bits = active.ravel()
    signs = np.concatenate([np.zeros(len(bits)), np.where(bits, -1.0, 1.0)])
    return LinearConstraint(signs[None], 1 - int(bits.sum()), np.inf)


def _turns(active: np.ndarray) -> list[np.ndarray]:
    """Return the same cycle begun at each of its points."""
    return [np.roll(active, n, axis=0) for n in range(len(active))]
