"""A grid over the leading coordinates, and the Markov chain over its cells (DeepStellar)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from markovlens.abstractions.base import Evidence, Fitted, Options, each_size
from markovlens.abstractions.counting import build_machine
from markovlens.arrays import distinct_rows

RANGE = (1.0, 99.0)  # percentiles that the bins span: one outlier must not stretch an axis
FINEST = 2  # bins of an axis for each state of the budget, at most


@dataclass(frozen=True, slots=True)
class Grid:
    """Equal-width bins on the first axes of a space.

    Attributes:
        low: (A,), where the bins of each axis begin.
        width: (A,), the width of a bin; infinite on an axis without extent.
        n_bins: bins of every axis; what lies outside belongs to the outermost.
        cells: int (K, A), the cells that training points fall into, in bins.
    """

    low: np.ndarray
    width: np.ndarray
    n_bins: int
    cells: np.ndarray

    def states(self, points: np.ndarray) -> np.ndarray:
        """Return the cell (N,) of points (N, D); for one that was empty, the nearest that was not.

        Nearness is counted in bins, and of equals the first is taken.
        """
        bins = self._bins(points)
        places, number = distinct_rows(bins)
        distance = np.square(bins[places][:, None] - self.cells).sum(axis=-1)
        nearest: np.ndarray = distance.argmin(axis=1)[number]
        return nearest

    def _bins(self, points: np.ndarray) -> np.ndarray:
        inside = (points[:, : len(self.low)] - self.low) / self.width
        return np.clip(np.floor(inside), 0, self.n_bins - 1).astype(np.int64)


@each_size
def fit(evidence: Evidence, n_states: int, rng: np.random.Generator, options: Options) -> Fitted:
    """Return the chain over the finest grid with no more than `n_states` occupied cells.

    Du et al. (2019) cut the first principal components into equal bins between their extremes.
    Here the bins span the 1st to the 99th percentile and the outermost are open. The number of
    axes, up to `options.grid_dimensions`, and of bins, the same on every axis, are those with the
    most occupied cells within the budget, and of equals those with the most axes.
    """
    trace = evidence.train
    points = np.asarray(trace.states, dtype=np.float64)
    grid = finest(points, n_states, most_axes=options.grid_dimensions)
    states = np.eye(len(grid.cells))[grid.states(points)]
    machine = build_machine(trace, states, deterministic=False)
    return Fitted(machine, lambda read: grid.states(read.states))


def finest(points: np.ndarray, n_cells: int, *, most_axes: int) -> Grid:
    """Return the grid of points (N, D) with the most occupied cells up to `n_cells`."""
    best = _grid(points, 1, 1)
    for axes in range(1, min(most_axes, points.shape[1]) + 1):
        for bins in range(2, FINEST * n_cells + 1):
            grid = _grid(points, axes, bins)
            if len(best.cells) <= len(grid.cells) <= n_cells:
                best = grid
            if len(grid.cells) > FINEST * n_cells:
                break  # finer ones hardly come back within the budget
    return best


def _grid(points: np.ndarray, axes: int, n_bins: int) -> Grid:
    low, high = np.percentile(points[:, :axes], RANGE, axis=0)
    width = np.where(high > low, (high - low) / n_bins, np.inf)
    bare = Grid(low, width, n_bins, np.zeros((0, axes), dtype=np.int64))
    bins = bare._bins(points)
    return replace(bare, cells=bins[distinct_rows(bins)[0]])
