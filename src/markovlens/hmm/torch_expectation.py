"""The E-step on a device of torch, for activations that are worth sending there.

The same sums as in `expectation`, over tiles of many more lanes, since a GPU wants large arrays:
every step of time is some twenty small kernels, however many lanes there are. So many sequences of
a hundred steps suit it, a few of ten thousand do not. Features, densities and scans are in the
type of the data, sums of columns in float64. Sequences that underflow are left to the processor.

Tested on torch's own processor device; on GPUs untested, for want of one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from markovlens.errors import DataError
from markovlens.hmm.emissions import Moments
from markovlens.hmm.expectation import Statistics
from markovlens.hmm.lattices import Chain, Engine
from markovlens.hmm.packing import Packed, Source, Tile
from markovlens.hmm.passes import expect
from markovlens.hmm.regrouping import regrouped
from markovlens.hmm.torch_scans import Scan, relative_densities, run_backward, run_forward
from markovlens.hmm.torch_tiles import (
    DeviceTile,
    device_of,
    product,
    room,
    row_sums,
    whole_products,
)

COLUMNS_PER_TILE = 2**20
"""Columns aimed at in a tile; a pass needs about (4 K + 3 D) numbers for each."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Data on a device, ready for many E-steps; or on the way there in every one of them."""

    source: Source
    device: torch.device
    kept: tuple[DeviceTile, ...] | None  # None: too large to stay

    @classmethod
    def on(cls, source: Source, name: str) -> "Placed":
        """Data on the device of that name, where they stay if they take half of its free memory.

        Raises:
            ConfigError: no such device here.
        """
        device = device_of(name)
        if isinstance(source, Packed):
            source = regrouped(source, COLUMNS_PER_TILE)
        placed = cls(source, device, None)
        n_bytes = source.n_steps * (source.n_features * source.dtype.itemsize + 24)
        return replace(placed, kept=tuple(placed.tiles())) if n_bytes < room(device) else placed

    def tiles(self) -> Iterable[DeviceTile]:
        """The tiles on the device, in order."""
        return self._sent() if self.kept is None else self.kept

    def _sent(self) -> Iterator[DeviceTile]:
        """The tiles, sent one after the other."""
        for part in self.source.parts():
            for tile in regrouped(part, COLUMNS_PER_TILE).tiles:
                yield DeviceTile.of(tile, self.source.n_symbols, self.device)

    def expect(self, chain: Chain, gaussians: Any) -> Statistics:
        """Expected statistics of all the data under a chain and `Gaussians`.

        Raises:
            DataError: a tile and what is computed of it do not fit in the device's memory.
        """
        try:
            with torch.inference_mode(), whole_products():
                return reduce(add, self._parts(chain, gaussians))
        except torch.cuda.OutOfMemoryError as error:
            raise DataError(
                f"device: expected memory for passes over {COLUMNS_PER_TILE} steps at a time, got "
                f"too little on {self.device}; take device=None, or dtype='float32'",
                page="no-such-device",
            ) from error

    def _parts(self, chain: Chain, gaussians: Any) -> Iterator[Statistics]:
        """Statistics that add up: of each tile, and by the compiled kernels of what it lost."""
        scan = Scan.of(chain, gaussians, self.source, self.device)
        for tile in self.tiles():
            lost, statistics = tile_statistics(tile, scan, gaussians.kind)
            yield statistics
            if len(lost):
                packed = self._packed(tile.picked(lost))
                yield expect(packed, Engine.of(chain, gaussians.density(packed), packed.dtype))

    def _packed(self, tile: Tile) -> Packed:
        """A tile as data of their own, about the same centre."""
        n, source = tile.n_columns, self.source
        sizes = (n, n - len(tile.missing), len(tile.sequences), source.n_symbols)
        return Packed((tile,), source.center, source.variance, *sizes)


def tile_statistics(
    tile: DeviceTile, scan: Scan, kind: str
) -> tuple[NDArray[np.int64], Statistics]:
    """Columns of sequences that underflowed, and the statistics of all the others."""
    emission, top = relative_densities(tile, scan)
    alpha, scale = run_forward(tile, scan, emission)
    gamma, arrival = run_backward(tile, scan, emission, alpha, scale)
    lost = lost_columns(tile, scale)
    where = torch.from_numpy(lost).to(scale.device)
    scores = top.double() + scale.double().log()
    weights = torch.ones_like(top) if tile.weights is None else tile.weights.clone()
    weights[where], scores[where] = 0.0, 0.0
    gamma *= weights
    arrival *= weights
    start = expected_starts(tile, gamma)
    moves = scan.moves.double() * expected_arrivals(tile, alpha, arrival)
    if tile.missing is not None:
        gamma[:, tile.missing] = 0.0
    total = float((scores * weights).sum()), float(row_sums(weights))
    moments = collect(tile.x, gamma, kind)
    return lost, Statistics(start.cpu().numpy(), moves.cpu().numpy(), moments, *total)


def lost_columns(tile: DeviceTile, scale: Tensor) -> NDArray[np.int64]:
    """Columns of the sequences whose scale fell to zero anywhere."""
    zero = torch.nonzero(scale == 0.0)[:, 0].cpu().numpy()
    if len(zero) == 0:
        return zero
    lanes = tile.lanes()
    return np.flatnonzero(np.isin(lanes, lanes[zero]))


def expected_starts(tile: DeviceTile, gamma: Tensor) -> Tensor:
    """(V, K) expected first states by first symbol."""
    if tile.symbols is None:
        return row_sums(gamma[:, : tile.n_lanes])[None]
    return torch.stack([row_sums(gamma[:, columns]) for columns in tile.first])


def expected_arrivals(tile: DeviceTile, alpha: Tensor, arrival: Tensor) -> Tensor:
    """(V, K, K) sums of alpha times arrival, by the symbol in between."""
    if tile.symbols is None:
        return product(alpha, arrival)[None]
    return torch.stack([product(alpha[:, own], arrival[:, own]) for own in tile.followed])


def collect(x: Tensor, gamma: Tensor, kind: str) -> Moments:
    """Emission statistics of a tile under gamma (K, n)."""
    first = product(gamma, x)
    if kind in ("spherical", "diag"):
        second = product(gamma, x.square())
    elif kind == "tied":
        second = product(x * gamma.sum(0), x)
    else:
        second = torch.stack([product(x * row, x) for row in gamma])
    return Moments(*(sums.cpu().numpy() for sums in (row_sums(gamma), first, second)))
