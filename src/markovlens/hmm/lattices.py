"""Parameters run forward and backward over one tile, with a rescue in log space."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from markovlens.hmm import kernels, scans
from markovlens.hmm.emissions import Density
from markovlens.hmm.packing import Packed, Tile

CACHE_LINE = 64
"""Bytes."""

BLOCK_COLUMNS = 16384
"""Columns whose features are held at a time; bounds the memory of long sequences."""

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Chain:
    """The hidden Markov chain; V = 1 when transitions are shared by all input symbols."""

    start: NDArray[np.float64]  # (V, K) state after the first symbol
    transition: NDArray[np.float64]  # (V, K, K) z_{t-1} -> z_t by the symbol read at t

    @property
    def n_states(self) -> int:
        """States K."""
        return self.start.shape[1]


@dataclass(frozen=True, slots=True)
class Limits:
    """Numbers so small that the scans treat them as zero, or do not trust them.

    Products of two numbers that are not below `tiny` are never denormal, which would cost as much
    as a hundred additions. What is lost is below `tiny / least` of any result; lanes whose scale
    falls below `least` are redone in log space.
    """

    tiny: float
    least: float

    @classmethod
    def of(cls, dtype: np.dtype) -> "Limits":
        """Limits of a floating-point type."""
        return cls(1e-140, 1e-90) if dtype == np.float64 else cls(1e-18, 1e-11)

    def as_array(self, dtype: np.dtype) -> NDArray:
        """(2,) the limits as the scans read them."""
        return np.array([self.tiny, self.least], dtype=dtype)


@dataclass(frozen=True, slots=True)
class Engine:
    """A chain and a density in the forms the scans read, ready to run over tiles."""

    chain: Chain
    density: Density
    dtype: np.dtype
    start: NDArray  # (V, K)
    forth: NDArray  # (K, K, V) transitions [from, to, symbol], K padded with zeros to blocks of 4
    back: NDArray  # (K, K, V) transitions [to, from, symbol], padded likewise
    limits: NDArray  # (2,) as in `Limits`
    n_threads: int = 1
    law: "Callable[[Engine, Tile], tuple[Tile, Engine]] | None" = None
    """What gives a tile transitions that differ from step to step; None: those above hold."""

    @classmethod
    def of(cls, chain: Chain, density: Density, dtype: np.dtype, *, n_threads: int = 1) -> "Engine":
        """An engine; probabilities too small for its type count as zero in the scans."""
        limits = Limits.of(dtype)
        tiny = limits.tiny
        start = np.where(chain.start < tiny, 0.0, chain.start).astype(dtype)
        n_symbols, n_states = chain.start.shape
        moves = np.zeros((n_symbols, *2 * (n_states + -n_states % 4,)), dtype=dtype)
        inside = moves[:, :n_states, :n_states]
        inside[:] = np.where(chain.transition < tiny, 0.0, chain.transition)
        forth, back = moves.transpose(1, 2, 0), moves.transpose(2, 1, 0)
        contiguous = np.ascontiguousarray(forth), np.ascontiguousarray(back)
        return cls(chain, density, dtype, start, *contiguous, limits.as_array(dtype), n_threads)

    def with_law(self, law: "Callable[[Engine, Tile], tuple[Tile, Engine]]") -> "Engine":
        """The same with transitions that differ from step to step."""
        return replace(self, law=law)

    def over(self, packed: Packed, task: "Callable[[Tile, Engine], Found]") -> Iterator[Found]:
        """Results of a task on every tile and the engine for it, in the order of the tiles."""
        run = partial(self._run, task)
        if self.n_threads == 1 or len(packed.tiles) == 1:
            yield from map(run, packed.tiles)
            return
        with ThreadPoolExecutor(self.n_threads) as pool:
            yield from pool.map(run, packed.tiles)

    def _run(self, task: "Callable[[Tile, Engine], Found]", tile: Tile) -> Found:
        return task(tile, self) if self.law is None else task(*self.law(self, tile))


@dataclass(frozen=True, slots=True)
class Lattice:
    """Forward results of a tile; arrays (K, n) may have more columns, which mean nothing."""

    emission: NDArray  # (K, n) probabilities over their column's maximum
    top: NDArray  # (n,) log of that maximum
    alpha: NDArray  # (K, n) filtered probabilities
    scale: NDArray  # (n,) c_t, zero where a lane underflowed
    arrival: NDArray  # (K, n) memory for the messages of the backward pass
    underflowed: NDArray[np.int64]  # lanes to redo in log space


@cache
def _controller() -> ThreadpoolController:
    """The loaded BLAS libraries, looked up once."""
    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager:
    """Context in which matrix products use one thread; tiles are what threads share."""
    return _controller().limit(limits=1, user_api="blas")


def log_densities(tile: Tile, engine: Engine) -> NDArray:
    """(K, n) emission log-densities, zero where the observation is missing."""
    out = np.empty((engine.chain.n_states, tile.n_columns), dtype=engine.dtype)
    for block in column_blocks(tile.n_columns):
        engine.density.log_density(tile.x, block, out)
    out[:, tile.missing] = 0.0
    return out


def lattice_rows(n_states: int, n_columns: int, dtype: np.dtype) -> NDArray:
    """Memory for (K, n) values, in a whole array of at least so many columns.

    Rows begin at cache lines, an odd number of them apart: no vector of a row then lies in two
    lines, and the same columns of different rows do not compete for one place in the cache.
    """
    lines = -(-n_columns * dtype.itemsize // CACHE_LINE) | 1
    memory = np.empty((n_states * lines + 1) * CACHE_LINE, dtype=np.uint8)
    first = -memory.ctypes.data % CACHE_LINE
    whole = memory[first : first + n_states * lines * CACHE_LINE]
    return whole.view(dtype).reshape(n_states, -1)


def relative_densities(tile: Tile, engine: Engine, out: NDArray) -> NDArray:
    """Write emission probabilities over their column's maximum to out (K, n); its log (n,)."""
    top = np.empty(tile.n_columns, dtype=engine.dtype)
    floor = np.log(engine.limits[0])
    for block in column_blocks(tile.n_columns):
        engine.density.log_density(tile.x, block, out)
        kernels.exponentials(out, block.start, block.stop, floor, top)
    if len(tile.missing):
        out[:, tile.missing], top[tile.missing] = 1.0, 0.0
    return top


def column_blocks(n_columns: int) -> Iterator[slice]:
    """Slices of at most BLOCK_COLUMNS columns."""
    for first in range(0, n_columns, BLOCK_COLUMNS):
        yield slice(first, min(first + BLOCK_COLUMNS, n_columns))


def run_forward(tile: Tile, engine: Engine) -> Lattice:
    """The forward pass over one tile."""
    n_states = engine.chain.n_states
    memory = lattice_rows(3 * n_states, tile.n_columns, engine.dtype)
    emission, alpha, arrival = memory.reshape(3, n_states, -1)
    top = relative_densities(tile, engine, emission)
    scale = np.empty_like(top)
    tables = (engine.start, engine.forth, tile.symbols, tile.offsets, engine.limits)
    scans.forward(emission, *tables, alpha, scale)
    lanes = np.empty(0, dtype=np.int64)
    if scale.min() == 0.0:
        lanes = np.unique(tile.lane_of_column[scale == 0.0])
    return Lattice(emission, top, alpha, scale, arrival, lanes)


def run_backward(tile: Tile, engine: Engine, lattice: Lattice) -> tuple[NDArray, NDArray]:
    """Gamma and arrival messages, both (K, n); gamma takes the memory of the emissions."""
    gamma, arrival = lattice.emission, lattice.arrival
    tables = (engine.back, tile.symbols, tile.offsets, engine.limits)
    scans.backward(gamma, *tables, lattice.alpha, lattice.scale, arrival)
    return gamma, arrival


def redo_lane(tile: Tile, engine: Engine, lane: int) -> tuple:
    """Columns of a lane and what `smooth_in_logs` says about it."""
    columns = tile.columns_of_lane(lane)
    log_emission = np.empty((engine.chain.n_states, len(columns)), dtype=engine.dtype)
    whole = slice(0, len(columns))
    x = np.ascontiguousarray(tile.x[:, columns])
    engine.density.log_density(x, whole, log_emission)
    log_emission[:, np.isin(columns, tile.missing)] = 0.0
    log_emission = log_emission.astype(np.float64)
    with np.errstate(divide="ignore"):
        log_start, log_matrix = np.log(engine.chain.start), np.log(engine.chain.transition)
    symbols = tile.symbols[columns]
    return columns, *scans.smooth_in_logs(log_emission, log_start, log_matrix, symbols)


def column_scores(tile: Tile, lattice: Lattice, redone: dict[int, tuple]) -> NDArray[np.float64]:
    """(n,) log p(x_t | x_1..t-1); a redone sequence has all of its score in its first column."""
    scores = lattice.top.astype(np.float64)
    if not redone:
        return scores + np.log(lattice.scale, dtype=np.float64)
    scale = lattice.scale.astype(np.float64)
    scores += np.log(np.where(scale > 0.0, scale, 1.0))
    for columns, _, _, _, total in redone.values():
        scores[columns] = 0.0
        scores[columns[0]] = total
    return scores


def redo_underflowed(tile: Tile, engine: Engine, lattice: Lattice) -> dict[int, tuple]:
    """Results in log space of the lanes that underflowed."""
    return {int(lane): redo_lane(tile, engine, int(lane)) for lane in lattice.underflowed}
