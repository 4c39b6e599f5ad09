"""Eigenvalues of Jacobians of rectified networks, from the active units alone."""

from __future__ import annotations

import numpy as np

from markovlens.dynamics.network import NoisyNetwork


def eigenvalues_at(
    network: NoisyNetwork, states: np.ndarray, noise: np.ndarray | None = None
) -> np.ndarray:
    """Return the eigenvalues (N, H) of `network.jacobians(states, noise)`, at states (N, H).

    Rows of silent units are 0, so that the Jacobian is block triangular: its eigenvalues are those
    of the recurrent weights among active units, and 0 for each silent one. About eight times faster
    than the whole matrix when half of the units are active.
    """
    values = np.zeros(states.shape, dtype=np.complex64)
    for place, active in enumerate(network.drives(states, noise) > 0):
        among = network.recurrent[np.ix_(active, active)]
        values[place, : len(among)] = np.linalg.eigvals(among)
    return values
