"""Where EM starts: k-means++ for Gaussians, random tables for symbols."""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from markovlens.hmm.chains import ChainPrior, normalise_rows
from markovlens.hmm.gaussians import GaussianPrior, Gaussians, floored, squared_units
from markovlens.hmm.lattices import Chain
from markovlens.hmm.packing import Packed
from markovlens.hmm.tables import Tables

SAMPLE_ROWS = 4096
"""Rows from which a starting point is made."""

LLOYD_PASSES = 10
"""Passes of k-means after k-means++."""


def sample_rows(packed: Packed, rng: np.random.Generator, size: int = SAMPLE_ROWS) -> NDArray:
    """(M, D) random observed rows, relative to the centre."""
    chosen = np.sort(rng.choice(packed.n_steps, min(2 * size, packed.n_steps), replace=False))
    bounds = np.cumsum([0] + [tile.n_columns for tile in packed.tiles])
    rows = []
    for tile, first, last in zip(packed.tiles, bounds[:-1], bounds[1:], strict=True):
        columns = chosen[np.searchsorted(chosen, first) : np.searchsorted(chosen, last)] - first
        rows.append(tile.x[:, np.setdiff1d(columns, tile.missing)].T)
    found = np.concatenate(rows).astype(np.float64)
    if len(found) == 0:
        present = (np.setdiff1d(np.arange(t.n_columns), t.missing) for t in packed.tiles)
        pairs = zip(packed.tiles, present, strict=True)
        found = np.concatenate([t.x[:, c].T for t, c in pairs]).astype(np.float64)
    return found[rng.permutation(len(found))[:size]]


def squared_distances(points: NDArray, centers: NDArray) -> NDArray[np.float64]:
    """(M, K) squared distances."""
    cross = points @ centers.T
    squares = (points**2).sum(axis=1)[:, None] + (centers**2).sum(axis=1)
    return np.maximum(squares - 2.0 * cross, 0.0)


def spread_out(points: NDArray, n_states: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """(K, D) points far apart: k-means++ (Arthur & Vassilvitskii 2007)."""
    centers = [points[rng.integers(len(points))]]
    nearest = squared_distances(points, centers[0][None])[:, 0]
    while len(centers) < n_states:
        mass = np.cumsum(nearest)
        if mass[-1] > 0.0:
            index = np.searchsorted(mass, rng.random() * mass[-1], side="right")
        else:
            index = rng.integers(len(points))
        centers.append(points[min(int(index), len(points) - 1)])
        nearest = np.minimum(nearest, squared_distances(points, centers[-1][None])[:, 0])
    return np.array(centers)


def cluster(
    points: NDArray, n_states: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Centres (K, D) and labels (M,) of k-means from a k-means++ start."""
    centers = spread_out(points, n_states, rng)
    labels = squared_distances(points, centers).argmin(axis=1)
    for _ in range(LLOYD_PASSES):
        member = np.eye(n_states)[labels]
        size = member.sum(axis=0)
        means = (member.T @ points) / np.maximum(size, 1.0)[:, None]
        centers = np.where(size[:, None] > 0, means, centers)
        updated = squared_distances(points, centers).argmin(axis=1)
        if np.array_equal(updated, labels):
            break
        labels = updated
    return centers, labels


def initial_gaussians(
    kind: str,
    packed: Packed,
    prior: GaussianPrior,
    n_states: int,
    rng: np.random.Generator,
    *,
    whitened: bool = False,
) -> Gaussians:
    """Gaussians at k-means centres, all with the covariance within the clusters.

    Clusters are sought with each feature in its own unit, or `whitened` by the data's covariance,
    which finds states that a projection has stretched and misses those in leading components.
    """
    points = sample_rows(packed, rng)
    unit = np.diag(np.sqrt(squared_units(kind, packed)))
    if whitened:
        unit = np.linalg.cholesky(floored((points.T @ points)[None] / len(points), prior.floor)[0])
    seen = solve_triangular(unit, points.T, lower=True).T
    centers, labels = cluster(seen, n_states, rng)
    centers = centers @ unit.T
    within = points - centers[labels]
    covariance = floored((within.T @ within)[None] / len(within), prior.floor)[0]
    return Gaussians(kind, centers + packed.center, _repeat(kind, covariance, n_states))


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
