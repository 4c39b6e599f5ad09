"""The E-step: expected statistics of packed data under a model."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from markovlens.hmm import sums
from markovlens.hmm.emissions import Moments
from markovlens.hmm.lattices import (
    Engine,
    column_blocks,
    column_scores,
    redo_underflowed,
    run_backward,
    run_forward,
)
from markovlens.hmm.packing import Tile

EMPTY_STATE_STEPS = 0.5
"""A state with fewer expected steps is empty."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the M-step needs, summed over sequences."""

    start: NDArray[np.float64]  # (V, K) expected first states
    transition: NDArray[np.float64]  # (V, K, K) expected moves
    moments: Moments
    log_likelihood: float  # nats
    n_steps: float

    def __add__(self, other: "Statistics") -> "Statistics":
        return Statistics(
            self.start + other.start,
            self.transition + other.transition,
            self.moments + other.moments,
            self.log_likelihood + other.log_likelihood,
            self.n_steps + other.n_steps,
        )

    def __mul__(self, factor: float) -> "Statistics":
        return Statistics(
            self.start * factor,
            self.transition * factor,
            self.moments * factor,
            self.log_likelihood * factor,
            self.n_steps * factor,
        )


def emptied_states(counts: NDArray, n_observed: float) -> NDArray[np.int64]:
    """States without data, when there is data for all."""
    enough = n_observed >= 2 * len(counts)
    return np.flatnonzero(counts < EMPTY_STATE_STEPS) if enough else np.empty(0, int)


@dataclass(frozen=True, slots=True)
class Smoothing:
    """A tile after both passes; arrays (K, n) may have more columns, which mean nothing."""

    alpha: NDArray  # filtered
    gamma: NDArray  # smoothed
    arrival: NDArray  # messages of the backward pass, zero in lanes that were redone
    scores: NDArray[np.float64]  # (n,) log-likelihood by column
    redone: dict[int, tuple]  # lanes redone in log space


def smooth_tile(tile: Tile, engine: Engine) -> Smoothing:
    """Both passes over a tile, lanes that underflowed in log space."""
    lattice = run_forward(tile, engine)
    redone = redo_underflowed(tile, engine, lattice)
    scores = column_scores(tile, lattice, redone)
    gamma, arrival = run_backward(tile, engine, lattice)
    for columns, _, smoothed, _, _ in redone.values():
        gamma[:, columns], arrival[:, columns] = smoothed, 0.0
    return Smoothing(lattice.alpha, gamma, arrival, scores, redone)


def tile_statistics(tile: Tile, engine: Engine) -> Statistics:
    """Expected statistics of one tile."""
    found = smooth_tile(tile, engine)
    gamma, arrival, scores = found.gamma, found.arrival, found.scores
    if tile.weights is not None:
        scores *= tile.weights
        for values in (gamma, arrival):
            values[:, : tile.n_columns] *= tile.weights
    moves = expected_moves(tile, engine, found.alpha, arrival)
    for columns, _, _, extra, _ in found.redone.values():
        moves += extra * (1.0 if tile.weights is None else tile.weights[columns[0]])
    steps = float(tile.n_columns if tile.weights is None else tile.weights.sum())
    first = expected_starts(tile, engine, gamma)
    return Statistics(first, moves, collect(tile, engine, gamma), float(scores.sum()), steps)


def expected_starts(tile: Tile, engine: Engine, gamma: NDArray) -> NDArray[np.float64]:
    """(V, K) expected first states by first symbol."""
    lanes = tile.offsets[1]
    if len(engine.chain.start) == 1:
        return gamma[:, :lanes].sum(axis=1, dtype=np.float64)[None]
    out = np.zeros(engine.chain.start.shape)
    np.add.at(out, tile.symbols[:lanes], gamma[:, :lanes].T)
    return out


def expected_moves(
    tile: Tile, engine: Engine, alpha: NDArray, arrival: NDArray
) -> NDArray[np.float64]:
    """(V, K, K) expected moves by the symbol that caused them."""
    transition = engine.chain.transition
    if len(transition) == 1:
        out = np.zeros((len(alpha) + 1, len(alpha)))
        sums.weighted_sums(alpha, arrival, 0, tile.n_columns, out)
        return transition * out[:-1]
    following = next_symbols(tile)
    order = np.argsort(following, kind="stable")
    bounds = np.searchsorted(following[order], np.arange(len(transition) + 1))
    out = np.zeros_like(transition)
    for symbol in range(len(transition)):
        columns = order[bounds[symbol] : bounds[symbol + 1]]
        if len(columns):
            out[symbol] = transition[symbol] * (alpha[:, columns] @ arrival[:, columns].T)
    return out


def next_symbols(tile: Tile) -> NDArray[np.int32]:
    """(n,) symbol read one step later in the same sequence, -1 at its end."""
    out = np.full(tile.n_columns, -1, dtype=np.int32)
    out[tile.previous] = tile.symbols[tile.offsets[1] :]
    return out


def collect(tile: Tile, engine: Engine, gamma: NDArray) -> Moments:
    """Emission statistics of a tile, block by block."""
    if len(tile.missing):
        gamma[:, tile.missing] = 0.0
    blocks = iter(column_blocks(tile.n_columns))
    first = next(blocks)
    total = engine.density.collect(tile.x, first, gamma)
    for block in blocks:
        total = total + engine.density.collect(tile.x, block, gamma)
    return total
