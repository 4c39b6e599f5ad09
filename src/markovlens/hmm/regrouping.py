"""Tiles joined to larger ones, or cut down to some of their lanes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from markovlens.hmm.packing import Packed, Tile


def regrouped(packed: Packed, most_columns: int) -> Packed:
    """The same data in as few tiles as so many columns allow, in the order of the tiles."""
    groups = _groups([tile.n_columns for tile in packed.tiles], most_columns)
    return replace(packed, tiles=tuple(joined(packed.tiles[group]) for group in groups))


def _groups(sizes: Sequence[int], most: int) -> Iterator[slice]:
    """Slices of consecutive sizes that add up to `most` or less, or hold a single one."""
    first, total = 0, 0
    for last, size in enumerate(sizes):
        if total + size > most and last > first:
            yield slice(first, last)
            first, total = last, 0
        total += size
    yield slice(first, len(sizes))


def joined(tiles: Sequence[Tile]) -> Tile:
    """One tile with the sequences of several, longest first."""
    if len(tiles) == 1:
        return tiles[0]
    lengths = np.concatenate([lane_lengths(tile) for tile in tiles])
    order = np.argsort(-lengths, kind="stable")
    lane = np.empty_like(order)
    lane[order] = np.arange(len(order))
    offsets = offsets_of(lengths)
    first_lanes = np.cumsum([0, *(len(tile.sequences) for tile in tiles)])
    places = [
        offsets[times_of(tile)] + lane[first + tile.lane_of_column]
        for first, tile in zip(first_lanes, tiles, strict=False)
    ]

    def laid(arrays: Sequence[NDArray]) -> NDArray:
        out = np.empty((*arrays[0].shape[:-1], offsets[-1]), dtype=arrays[0].dtype)
        for place, array in zip(places, arrays, strict=True):
            out[..., place] = array
        return out

    gaps = [place[tile.missing] for place, tile in zip(places, tiles, strict=True)]
    weights = [tile.weights for tile in tiles if tile.weights is not None]
    return Tile(
        laid([tile.x for tile in tiles]),
        laid([tile.symbols for tile in tiles]),
        offsets,
        laid([tile.rows for tile in tiles]),
        np.concatenate([tile.sequences for tile in tiles])[order],
        np.sort(np.concatenate(gaps)),
        laid(weights) if weights else None,
    )


def lane_lengths(tile: Tile) -> NDArray[np.int64]:
    """(L,) steps in each lane."""
    return np.bincount(tile.lane_of_column)


def offsets_of(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """(T + 1,) first column of each time, for lanes of such lengths in any order."""
    ended = np.cumsum(np.bincount(lengths))[:-1]
    return np.concatenate([[0], np.cumsum(len(lengths) - ended)])


def times_of(tile: Tile) -> NDArray[np.int64]:
    """(n,) time of each column."""
    return np.repeat(np.arange(len(tile.offsets) - 1), np.diff(tile.offsets))
