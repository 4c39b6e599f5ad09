"""Ragged sequences packed once for fast scans, and shared by every fit.

Sequences are sorted by length and cut into tiles. Inside a tile they lie side by side in *lanes*;
columns run over time first, then over the lanes still active at that time, longest first:

    time 0: lanes 0 .. L-1 | time 1: the lanes with two steps or more | ...

So every time step is one contiguous block of columns, nothing is padded, and matrix products run
over all the columns of a tile.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markovlens.errors import DataError
from markovlens.hmm.arrays import as_codes
from markovlens.hmm.checks import check_features, check_inputs, check_lengths, check_symbols

BYTES_PER_ROW = 32_768
"""Size aimed at of a row of a tile's lattices, so that these stay in a core's cache."""

MIN_LANES, MAX_BYTES = 32, 2048
"""Bounds on the lanes of a tile: their number, and the size of one time step of a row."""

LANES_TOGETHER = 16
"""Lanes of a tile are a multiple of these, if there are so many: they fill whole vectors."""

RESOLUTION = 8 * np.finfo(float).eps
"""Deviation over the mean below which a feature does not vary but for rounding."""


@dataclass(frozen=True, slots=True)
class Tile:
    """Some sequences side by side; `n` columns, `T` times, `L` lanes."""

    x: NDArray  # (D, n) features less the centre, zero where missing; or (1, n) codes
    symbols: NDArray[np.int64]  # (n,) input symbol read at the step, zero without inputs
    offsets: NDArray[np.int64]  # (T + 1,) first column of each time
    rows: NDArray[np.int64]  # (n,) row of the caller's array
    sequences: NDArray[np.int64]  # (L,) the caller's number of the sequence in each lane
    missing: NDArray[np.int64]  # columns with no observation
    weights: NDArray | None = None  # (n,) times the column's sequence is counted; None: once
    inputs: NDArray | None = None  # (1 + P, n) ones and the input row read at the step, if any

    @property
    def n_columns(self) -> int:
        """Steps in the tile."""
        return len(self.rows)

    @property
    def lane_of_column(self) -> NDArray[np.int64]:
        """(n,) lane of each column."""
        starts = np.repeat(self.offsets[:-1], np.diff(self.offsets))
        return np.arange(self.n_columns) - starts

    @property
    def previous(self) -> NDArray[np.int64]:
        """(n - L,) column one step earlier of each column that is not a first one."""
        active = np.diff(self.offsets)
        later = np.arange(self.offsets[1], self.n_columns)
        return later - np.repeat(active[:-1], active[1:])

    def columns_of_lane(self, lane: int) -> NDArray[np.int64]:
        """(T_lane,) columns of one sequence in time order."""
        active = np.diff(self.offsets) > lane
        return self.offsets[:-1][active] + lane


@dataclass(frozen=True, slots=True)
class Packed:
    """All the sequences of a data set, in tiles."""

    tiles: tuple[Tile, ...]
    center: NDArray[np.float64]  # (D,) subtracted from the features
    variance: NDArray[np.float64]  # (D,) of the observed rows
    n_steps: int
    n_observed: int  # steps that are not missing
    n_sequences: int
    n_symbols: int  # V; 1 without inputs

    @property
    def n_features(self) -> int:
        """Features D (1 for codes)."""
        return len(self.center)

    @property
    def dtype(self) -> np.dtype:
        """Type in which densities are computed: the features', float64 for codes."""
        found = self.tiles[0].x.dtype
        return found if found.kind == "f" else np.dtype(np.float64)

    def parts(self) -> Iterator["Packed"]:
        """Itself: all the data in one part."""
        yield self


class Source(Protocol):
    """Data in one or more packed parts, read as often as needed."""

    @property
    def center(self) -> NDArray:
        """(D,) subtracted from the features."""

    @property
    def variance(self) -> NDArray:
        """(D,) of the observed rows."""

    @property
    def n_steps(self) -> int:
        """Steps in all the parts."""

    @property
    def n_symbols(self) -> int:
        """Input symbols V; 1 without inputs."""

    @property
    def n_features(self) -> int:
        """Features D."""

    @property
    def dtype(self) -> np.dtype:
        """Type of the features."""

    def parts(self) -> Iterator[Packed]:
        """The parts, from the first."""


def unit_variances(source: Source) -> NDArray[np.float64]:
    """(D,) squared unit of each feature, which depends on that feature alone: its variance.

    A feature that is constant, up to rounding, has its own size for a unit, or 1 where it is zero.
    """
    squares = np.square(source.center)
    constant = source.variance <= RESOLUTION**2 * squares
    return np.where(constant, np.where(squares > 0.0, squares, 1.0), source.variance)


def group_lanes(lengths: NDArray[np.int64], itemsize: int = 8) -> Iterator[NDArray[np.int64]]:
    """Sequence numbers of each tile, longest first."""
    order = np.argsort(-lengths, kind="stable")
    first = 0
    while first < len(order):
        wanted = BYTES_PER_ROW // itemsize // int(lengths[order[first]])
        lanes = min(max(8 * (wanted // 8), MIN_LANES), MAX_BYTES // itemsize)
        remaining = len(order) - first
        size = -(-remaining // -(-remaining // lanes))
        size += -size % LANES_TOGETHER
        yield order[first : first + size]
        first += size


def tile_rows(starts: NDArray, lengths: NDArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows (n,) in column order and time offsets (T + 1,) of sequences sorted longest first."""
    times = np.arange(lengths[0])
    active = np.searchsorted(-lengths, -times, side="left")  # lanes longer than t
    offsets = np.concatenate([[0], np.cumsum(active)])
    lanes = np.arange(offsets[-1]) - np.repeat(offsets[:-1], active)
    return starts[lanes] + np.repeat(times, active), offsets


def pack(
    X: ArrayLike,
    lengths: ArrayLike | None = None,
    inputs: ArrayLike | None = None,
    *,
    dtype: str | np.dtype = "float64",
    center: NDArray | None = None,
    n_symbols: int | None = None,
) -> Packed:
    """Packed real-valued sequences of X (N, D), centred on the mean of the observed rows."""
    features, missing = check_features(X)
    observed = features[~missing] if missing.any() else features
    if center is None:
        center = _mean(observed)
    if len(center) != features.shape[1]:
        raise DataError(
            f"X: expected {len(center)} features as in the fit, got {features.shape[1]}; apply the "
            "same embedding",
            page="wrong-shape",
        )
    variance = _variance(observed, center)
    layout = _layout(lengths, inputs, len(features))

    def columns(rows: NDArray) -> NDArray:
        block = features[rows] - center
        block[missing[rows]] = 0.0
        return np.ascontiguousarray(block.T, dtype=dtype)

    return _assemble(
        columns,
        missing,
        layout,
        center=center,
        variance=variance,
        symbols=n_symbols,
        itemsize=np.dtype(dtype).itemsize,
    )


def pack_codes(
    X: ArrayLike,
    lengths: ArrayLike | None = None,
    inputs: ArrayLike | None = None,
    *,
    n_symbols: int | None = None,
) -> Packed:
    """Packed symbol sequences of X (N,) or (N, 1), codes 0 .. C-1; -1 or NaN is missing."""
    codes = as_codes("X", X)
    missing = codes < 0
    layout = _layout(lengths, inputs, len(codes))

    def columns(rows: NDArray) -> NDArray:
        return np.maximum(codes[rows], 0)[None, :]

    zero, one = np.zeros(1), np.ones(1)
    return _assemble(columns, missing, layout, center=zero, variance=one, symbols=n_symbols)


def _mean(observed: NDArray) -> NDArray[np.float64]:
    """(D,) mean, computed about the first row so that large offsets lose no digits."""
    if len(observed) == 0:
        raise DataError(
            "X: expected at least one observed row, got only NaN; check the data",
            page="nothing-there",
        )
    first = observed[0].astype(np.float64)
    return first + sum((block - first).sum(axis=0) for block in _blocks(observed)) / len(observed)


def _variance(observed: NDArray, center: NDArray) -> NDArray[np.float64]:
    """(D,) mean squared distance to the centre; zero where nothing was observed."""
    if len(observed) == 0:
        return np.zeros(len(center))
    return sum(((block - center) ** 2).sum(axis=0) for block in _blocks(observed)) / len(observed)


def _blocks(rows: NDArray, size: int = 65_536) -> Iterator[NDArray]:
    """Consecutive blocks of rows."""
    return (rows[first : first + size] for first in range(0, len(rows), size))


def _layout(
    lengths: ArrayLike | None, inputs: ArrayLike | None, n_rows: int
) -> tuple[NDArray, NDArray | None]:
    """Checked lengths and input symbols."""
    return check_lengths(lengths, n_rows), check_inputs(inputs, n_rows)


def _assemble(
    columns: Any,
    missing: Any,
    layout: Any,
    *,
    center: NDArray,
    variance: NDArray,
    symbols: Any,
    itemsize: int = 8,
) -> Packed:
    """The tiles, given a function from rows to the (D, n) columns that hold them."""
    lengths, inputs = layout
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    tiles = []
    for group in group_lanes(lengths, itemsize):
        rows, offsets = tile_rows(starts[group], lengths[group])
        gaps = np.flatnonzero(missing[rows])
        tiles.append(Tile(columns(rows), inputs[rows], offsets, rows, group, gaps))
    n_symbols = check_symbols(int(inputs.max()) + 1, symbols)
    n_observed = int(len(missing) - missing.sum())
    sizes = (len(missing), n_observed, len(lengths), n_symbols)
    return Packed(tuple(tiles), np.asarray(center, float), variance, *sizes)


def reweighted(packed: Packed, weights: NDArray) -> Packed:
    """The same data with each sequence counted as often as its weight (n_sequences,) says."""
    weights = np.asarray(weights, dtype=packed.dtype)
    tiles, n_steps, n_lost = [], 0, 0
    for tile in packed.tiles:
        by_column = weights[tile.sequences][tile.lane_of_column]
        tiles.append(replace(tile, weights=by_column))
        n_steps += int(by_column.sum())
        n_lost += int(by_column[tile.missing].sum())
    return replace(packed, tiles=tuple(tiles), n_steps=n_steps, n_observed=n_steps - n_lost)


def one_tile_in(many: int, packed: Packed) -> Packed:
    """One tile in so many, of long sequences and of short ones, as data of their own."""
    tiles = packed.tiles[::many]
    n_steps = sum(tile.n_columns for tile in tiles)
    n_observed = n_steps - sum(len(tile.missing) for tile in tiles)
    n_sequences = sum(len(tile.sequences) for tile in tiles)
    return replace(
        packed, tiles=tiles, n_steps=n_steps, n_observed=n_observed, n_sequences=n_sequences
    )
