"""The E-step over many tiles, each by one compiled call of `tiles`."""

import operator
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from markovlens.hmm.emissions import (
    MOST_LOOPED_FEATURES,
    DiagonalDensity,
    FullDensity,
    Moments,
    mirrored,
    products_of,
)
from markovlens.hmm.expectation import (
    Statistics,
    expected_moves,
    tile_statistics,
)
from markovlens.hmm.lattices import Engine, lattice_rows, one_blas_thread
from markovlens.hmm.packing import Packed, Tile
from markovlens.hmm.tiles import diagonal_tile, full_tile


@dataclass(frozen=True, slots=True)
class Room:
    """Memory for the lattice of a tile, which the next one may use again."""

    emission: NDArray  # (K, n or more)
    alpha: NDArray
    arrival: NDArray
    top: NDArray  # (n or more,)
    scale: NDArray

    @classmethod
    def of(cls, engine: Engine, n_columns: int) -> "Room":
        """Memory for so many columns."""
        n_states = engine.chain.n_states
        memory = lattice_rows(3 * n_states, n_columns, engine.dtype).reshape(3, n_states, -1)
        return cls(*memory, *np.empty((2, n_columns), dtype=engine.dtype))

    def first(self, n_columns: int) -> tuple[NDArray, ...]:
        """What a tile of so many columns needs of it."""
        top, scale = self.top[:n_columns], self.scale[:n_columns]
        return self.emission, self.alpha, self.arrival, top, scale


@dataclass(frozen=True, slots=True)
class CompiledPass:
    """An engine over tiles by compiled calls."""

    engine: Engine
    n_features: int
    kernel: Callable[..., bool]
    density: tuple[NDArray, ...]

    @classmethod
    def of(cls, packed: Packed, engine: Engine) -> "CompiledPass | None":
        """The pass; None where there is none for such a density or such data."""
        density: Any = engine.density
        if engine.law or any(tile.weights is not None for tile in packed.tiles):
            return None
        if isinstance(density, DiagonalDensity):
            arrays = (density.scales, density.shifts, density.constants)
            return cls(engine, packed.n_features, diagonal_tile, arrays)
        if isinstance(density, FullDensity) and packed.n_features <= MOST_LOOPED_FEATURES:
            arrays = (density.factors, density.shifts, density.constants)
            return cls(engine, packed.n_features, full_tile, arrays)
        return None

    def over(self, packed: Packed) -> tuple[NDArray[np.float64], list[Tile]]:
        """What is expected of all tiles, see `parts`, but for those that underflow: these too."""
        engine = self.engine
        largest = max(tile.n_columns for tile in packed.tiles)
        room = Room.of(engine, largest) if engine.n_threads == 1 else None

        def run(tile: Tile, _: Engine) -> NDArray[np.float64] | None:
            return self._expected(tile, room or Room.of(engine, tile.n_columns))

        total, left = np.zeros(sum(self._sizes())), []
        for tile, numbers in zip(packed.tiles, engine.over(packed, run), strict=True):
            if numbers is None:
                left.append(tile)
            else:
                total += numbers
        return total, left

    def parts(self, numbers: NDArray, n_steps: float) -> Statistics:
        """The numbers as statistics."""
        transition, d = self.engine.chain.transition, self.n_features
        (n_symbols, n_states), bounds = self.engine.chain.start.shape, np.cumsum(self._sizes())
        score, starts, moves, count, rest = np.split(numbers, bounds[:-1])
        rest = rest.reshape(-1, n_states)
        if self.kernel is diagonal_tile:
            moments = Moments(count, rest[::2].T, rest[1::2].T)
        else:
            second = mirrored(products_of(rest[d + 1 :], d))
            moments = Moments(count, rest[:d].T, second)
        moves = moves.reshape(n_symbols, -1, n_states)[:, : transition.shape[1]]
        starts = starts.reshape(n_symbols, n_states)
        return Statistics(starts, moves, moments, float(score[0]), n_steps)

    def _sizes(self) -> tuple[int, ...]:
        """Numbers of the score, of first states, moves and steps, of sums of the features."""
        n_symbols, n_states = self.engine.chain.start.shape
        d = self.n_features
        rows = 2 * d if self.kernel is diagonal_tile else (d + 1) ** 2
        moves = (n_states + 1 if n_symbols == 1 else n_symbols * n_states) * n_states
        return 1, n_symbols * n_states, moves, n_states, rows * n_states

    def _expected(self, tile: Tile, room: Room) -> NDArray[np.float64] | None:
        """What is expected of a tile; None where a lane underflows."""
        engine, lattice = self.engine, room.first(tile.n_columns)
        model = (engine.start, engine.forth, engine.back)
        tables = (*model, tile.symbols, tile.offsets, engine.limits)
        sizes, out = self._sizes(), np.zeros(sum(self._sizes()))
        fixed = (tile.x, self.density, tile.missing, tables, lattice)
        if not self.kernel(*fixed, engine.chain.transition[0], out):
            return None
        if len(engine.chain.start) > 1:
            _, alpha, arrival, _, _ = lattice
            before_moves = sizes[0] + sizes[1]
            moves = expected_moves(tile, engine, alpha, arrival)
            out[before_moves : before_moves + sizes[2]] = moves.ravel()
        return out


def expect(packed: Packed, engine: Engine) -> Statistics:
    """Expected statistics of all the data, summed in the order of the tiles."""
    compiled = CompiledPass.of(packed, engine)
    if compiled is None:
        with one_blas_thread():
            return _in_order(engine.over(packed, tile_statistics))
    with one_blas_thread() if len(engine.chain.start) > 1 else nullcontext():
        numbers, left = compiled.over(packed)
    n_steps = sum(tile.n_columns for tile in packed.tiles) - sum(tile.n_columns for tile in left)
    found = compiled.parts(numbers, float(n_steps))
    with one_blas_thread() if left else nullcontext():
        return _in_order(chain([found], (tile_statistics(tile, engine) for tile in left)))


def _in_order(parts: Iterator[Statistics]) -> Statistics:
    """The sum of parts, from the first."""
    return reduce(operator.add, parts)
