"""Where EM starts: clusters for Gaussians, random tables for symbols."""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from markovlens.hmm.chains import ChainPrior, normalise_rows
from markovlens.hmm.clustering import (
    adapted,
    centers_of,
    cluster,
    clustered_likelihood,
    trial_weights,
)
from markovlens.hmm.gaussians import GaussianPrior, Gaussians, floored, squared_units
from markovlens.hmm.lattices import Chain
from markovlens.hmm.packing import Packed, Tile
from markovlens.hmm.tables import Tables
from markovlens.hmm.ties import first_best

OWN, WHITENED, SHARED = "own", "whitened", "shared"
"""Metrics in which clusters are sought."""

SAMPLE_ROWS, MOST_ROWS, ROWS_PER_AXIS = 1024, 4096, 8
"""Rows from which a starting point is made: at least, at most, and for each feature and state."""


def sample_rows(packed: Packed, rng: np.random.Generator, size: int) -> NDArray:
    """(D, M) random observed rows as columns, relative to the centre."""
    chosen = np.sort(rng.choice(packed.n_steps, min(2 * size, packed.n_steps), replace=False))
    bounds = np.cumsum([0] + [tile.n_columns for tile in packed.tiles])
    found = []
    for tile, first, last in zip(packed.tiles, bounds[:-1], bounds[1:], strict=True):
        columns = chosen[np.searchsorted(chosen, first) : np.searchsorted(chosen, last)] - first
        found.append(tile.x[:, _observed(tile, columns)])
    if sum(map(np.size, found)) == 0:
        found = [tile.x[:, _observed(tile, np.arange(tile.n_columns))] for tile in packed.tiles]
    rows = np.concatenate(found, axis=1).astype(np.float64)
    return rows.take(rng.permutation(rows.shape[1])[:size], axis=1)


def _observed(tile: Tile, columns: NDArray) -> NDArray[np.int64]:
    """Those of the columns that are not missing."""
    return np.setdiff1d(columns, tile.missing) if len(tile.missing) else columns


def initial_gaussians(
    kind: str,
    packed: Packed,
    prior: GaussianPrior,
    n_states: int,
    rng: np.random.Generator,
    *,
    metric: str = OWN,
) -> Gaussians:
    """Gaussians at the centres of clusters, all with the covariance within the clusters.

    The metric is `OWN`: one that the clusters themselves give (see `clustering`), or `WHITENED` by
    the data's covariance, which finds states that a projection has stretched and misses those in
    leading components. Both are the same whatever the units of single features. `SHARED` is for
    features in one unit, whose scale then says what matters. Spherical states have such a unit.
    """
    size = min(max(SAMPLE_ROWS, ROWS_PER_AXIS * n_states * packed.n_features), MOST_ROWS)
    points = sample_rows(packed, rng, size)
    if metric == WHITENED:
        total = floored((points @ points.T)[None] / points.shape[1], prior.floor)[0]
        white = np.ascontiguousarray(
            solve_triangular(np.linalg.cholesky(total), points, lower=True)
        )
        labels = cluster(white, n_states, rng)
    elif metric == SHARED or kind == "spherical":
        labels = cluster(points, n_states, rng)
    else:
        labels = likeliest_clusters(kind, points, packed, n_states, rng, prior=prior)
    spare = points[:, rng.integers(points.shape[1], size=n_states)].T
    centers = centers_of(points, labels, spare)
    within = points - centers[labels].T
    covariance = floored((within @ within.T)[None] / points.shape[1], prior.floor)[0]
    return Gaussians(kind, centers + packed.center, _repeat(kind, covariance, n_states))


def likeliest_clusters(
    kind: str,
    points: NDArray,
    packed: Packed,
    n_states: int,
    rng: np.random.Generator,
    *,
    prior: GaussianPrior,
) -> NDArray[np.int64]:
    """(M,) labels of the best of several trials, see `clustering`."""
    seen = points / np.sqrt(squared_units(kind, packed))[:, None]
    trials = [adapted(seen, n_states, weights, rng) for weights in trial_weights(len(seen), rng)]
    found = [clustered_likelihood(kind, points, each, n_states, prior=prior) for each in trials]
    return trials[first_best(found, points.shape[1])]


def _repeat(kind: str, covariance: NDArray, n_states: int) -> NDArray[np.float64]:
    """One covariance (D, D) in the shape of its kind."""
    variances = np.diagonal(covariance)
    if kind == "spherical":
        return np.full(n_states, variances.mean())
    if kind == "diag":
        return np.tile(variances, (n_states, 1))
    return covariance if kind == "tied" else np.tile(covariance, (n_states, 1, 1))


def initial_tables(packed: Packed, n_codes: int, n_states: int, rng: np.random.Generator) -> Tables:
    """Tables scattered about the frequencies of the symbols."""
    counts = np.ones(n_codes)
    for tile in packed.tiles:
        seen = np.delete(tile.x[0], tile.missing)
        counts += np.bincount(seen, minlength=n_codes)
    tables = counts / counts.sum() * rng.gamma(1.0, 1.0, size=(n_states, n_codes))
    return Tables(normalise_rows(tables, counts / counts.sum()))


def initial_chain(
    prior: ChainPrior, n_symbols: int, rng: np.random.Generator, *, scattered: bool
) -> Chain:
    """Even probabilities where permitted, with random scatter if the emissions are no guide."""
    n_states = prior.start_allowed.shape[1]
    moves, start = np.ones((n_symbols, n_states, n_states)), np.ones((n_symbols, n_states))
    if scattered:
        moves, start = rng.gamma(1.0, 1.0, size=moves.shape), rng.gamma(1.0, 1.0, size=start.shape)
    return prior.restricted(Chain(start, moves), Chain(start, moves))
