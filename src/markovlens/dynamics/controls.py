"""Units to compare kick units with: random ones, matched ones; and the units that feed them."""

from __future__ import annotations

import numpy as np

from markovlens.dynamics.network import NoisyNetwork
from markovlens.errors import DataError

INPUT_SHARE = 60 / 150  # of all units that Torre et al. take as the inputs of kick units
NEIGHBOURS = 4  # a matched unit is drawn from so many of the most similar ones


def features_of(network: NoisyNetwork, states: np.ndarray) -> np.ndarray:
    """Return mean activity and norm of incoming weights, (H, 2), each in its sd over units.

    Args:
        network: of H units.
        states: (..., H), of normal runs.
    """
    activity = states.reshape(-1, network.n_units).mean(axis=0)
    features = np.stack([activity, np.linalg.norm(network.recurrent, axis=1)], axis=1)
    return features / (features.std(axis=0) + 1e-12)


def inputs_of(network: NoisyNetwork, units: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Return the units among `free` with the largest weights on `units`, by mean size.

    As many as are 40 % of all units (60 of 150 in Torre et al.), but at most a third of `free`, so
    that enough others are left for controls.

    Raises:
        DataError: fewer than three units in `free`.
    """
    count = min(round(INPUT_SHARE * network.n_units), len(free) // 3)
    if not count:
        raise DataError(
            f"expected at least 3 units beside the kick units to find their inputs, got "
            f"{len(free)}; train a larger network",
            page="too-few",
        )
    size = np.abs(network.recurrent[np.ix_(units, free)]).mean(axis=0)
    return free[np.argsort(-size, kind="stable")[:count]]


def random_units(
    count: int, free: np.ndarray, *, n_draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Return draws (D, count) of different units among `free`, all equally likely.

    Raises:
        DataError: fewer units in `free` than wanted.
    """
    _check(count, free)
    return np.stack([rng.choice(free, count, replace=False) for _ in range(n_draws)])


def matched_units(
    features: np.ndarray,
    units: np.ndarray,
    free: np.ndarray,
    *,
    n_draws: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return draws (D, k) of units among `free`, each like one of `units`.

    For each unit, in random order, one of the 4 nearest that are left.

    Args:
        features: (H, F), in which units are to be alike.
        units: (k,), to be matched.
        free: units to draw from.
        n_draws: D.
        rng: of the draws.

    Raises:
        DataError: fewer units in `free` than wanted.
    """
    _check(len(units), free)
    return np.stack([_draw(features, units, free, rng) for _ in range(n_draws)])


def _check(count: int, free: np.ndarray) -> None:
    if len(free) < count:
        raise DataError(
            f"expected {count} units to draw a control from, got {len(free)}; "
            "take fewer kick units for each direction",
            page="too-few",
        )


def _draw(
    features: np.ndarray, units: np.ndarray, free: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    left, drawn = list(free), []
    for unit in rng.permutation(units):
        distance = np.linalg.norm(features[left] - features[unit], axis=1)
        nearest = np.argsort(distance, kind="stable")[:NEIGHBOURS]
        drawn.append(left.pop(int(rng.choice(nearest))))
    return np.array(drawn)
