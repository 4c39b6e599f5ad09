"""Which zone of a network's dynamics each state of its HMM covers."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import xlogy

from markovlens.dynamics.bridge import ANALYSIS, Bridge
from markovlens.dynamics.measures import Numbers, Place, over_runs, sums_by_run, tidy
from markovlens.hmm import GaussianHMM


def zone_table(
    bridge: Bridge,
    hidden: np.ndarray,
    zones: np.ndarray,
    *,
    run: np.ndarray,
    weight: np.ndarray,
) -> pd.DataFrame:
    """Return the shares of zones in each HMM state, and what states tell of zones, at each size.

    `zone_share` is P(zone | state), `where` the zone. `zone_information` is
    the mutual information of state and zone over the entropy of the zone: 0 where the states know
    nothing of it, 1 where they give it away; it grows with K by itself, so that it has a floor
    (`zone_information_floor`) with the zones in another order.

    Args:
        bridge: fitted HMMs.
        hidden: (N, H), hidden states whose zones are known.
        zones: str (N,), of the residency analysis.
        run: int (N,), run that each is from.
        weight: (N,), how many states of the run each stands for.
    """
    floor = np.roll(zones, len(zones) // 2)
    numbers: Numbers = {}
    for (_, size), (model, *_rest) in bridge.found.models.items():
        decoded = single_states(model, bridge.basis.project(hidden))
        names, tables = _tables(decoded, zones, run, weight, size)
        numbers |= _shares(tables, names)
        here = Place("size", n_states=size)
        numbers["zone_information", here] = over_runs(tables, zone_information)
        shuffled = _tables(decoded, floor, run, weight, size)[1]
        numbers["zone_information_floor", here] = over_runs(shuffled, zone_information)
    return tidy(ANALYSIS, numbers)


def single_states(model: GaussianHMM, points: np.ndarray) -> np.ndarray:
    """Return the likeliest state (N,) of each point (N, M) by itself, without what came before.

    The prior is the model's long-run occupancy.
    """
    values, vectors = np.linalg.eig(model.transmat_.T)
    occupancy = np.abs(np.real(vectors[:, np.argmax(np.real(values))]))
    log_density = np.stack(
        [
            _log_normal(points, mean, covariance)
            for mean, covariance in zip(model.means_, model.covars_, strict=True)
        ],
        axis=1,
    )
    return np.asarray((log_density + np.log(occupancy + 1e-300)).argmax(axis=1))


def zone_information(tables: np.ndarray) -> np.ndarray:
    """Return I(state; zone) / H(zone) of weights (B, K, Z); 0 with one zone only."""
    share = tables / tables.sum(axis=(1, 2), keepdims=True)
    states, zones = share.sum(axis=2), share.sum(axis=1)
    entropy = -xlogy(zones, zones).sum(axis=1)
    joint = xlogy(share, share).sum(axis=(1, 2)) - xlogy(states, states).sum(axis=1) + entropy
    return np.divide(joint, entropy, out=np.zeros_like(entropy), where=entropy > 1e-12)


def _log_normal(points: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Return log N(point; mean, covariance) without its constant, (N,)."""
    root = np.linalg.cholesky(covariance)
    scaled = np.linalg.solve(root, (points - mean).T)
    return -0.5 * (scaled**2).sum(axis=0) - np.log(np.diag(root)).sum()


def _tables(
    decoded: np.ndarray, zones: np.ndarray, run: np.ndarray, weight: np.ndarray, n_states: int
) -> tuple[list[str], np.ndarray]:
    """Return the names of the Z zones, and the weight (B, K, Z) of state and zone in each run."""
    names, zone = np.unique(zones, return_inverse=True)
    n_cells, n_runs = n_states * len(names), int(run.max()) + 1
    cells = (run * n_states + decoded) * len(names) + zone
    sums = sums_by_run(weight, cells, n_runs * n_cells)
    return names.tolist(), sums.reshape(n_runs, n_states, len(names))


def _shares(tables: np.ndarray, names: list[str]) -> Numbers:
    numbers: Numbers = {}
    size = tables.shape[1]
    for state in range(size):
        for column, name in enumerate(names):
            pair = np.stack([tables[:, state, column], tables[:, state].sum(axis=1)], axis=1)
            found = over_runs(pair, lambda sums: sums[:, 0] / sums[:, 1])
            numbers["zone_share", Place(name, n_states=size, state=int(state))] = found
    return numbers
