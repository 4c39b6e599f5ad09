"""What a model says about data: scores, filtered and smoothed states, best paths."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from markovlens.hmm import scans
from markovlens.hmm.lattices import (
    Engine,
    column_scores,
    log_densities,
    one_blas_thread,
    redo_underflowed,
    run_backward,
    run_forward,
)
from markovlens.hmm.packing import Packed, Tile


def sequence_scores(packed: Packed, engine: Engine) -> NDArray[np.float64]:
    """(n_sequences,) log-likelihood of each sequence, in nats."""

    def score(tile: Tile, engine: Engine) -> NDArray:
        lattice = run_forward(tile, engine)
        scores = column_scores(tile, lattice, redo_underflowed(tile, engine, lattice))
        return np.bincount(tile.lane_of_column, scores)

    out = np.empty(packed.n_sequences)
    with one_blas_thread():
        for tile, scores in zip(packed.tiles, engine.over(packed, score), strict=True):
            out[tile.sequences] = scores
    return out


def filtered(packed: Packed, engine: Engine) -> NDArray[np.float64]:
    """(N, K) p(z_t | x_1..t, inputs up to t): looks at no later step."""

    def run(tile: Tile, engine: Engine) -> NDArray:
        lattice = run_forward(tile, engine)
        for columns, ahead, _, _, _ in redo_underflowed(tile, engine, lattice).values():
            lattice.alpha[:, columns] = ahead
        return lattice.alpha

    return _by_row(packed, engine, run)


def smoothed(packed: Packed, engine: Engine) -> NDArray[np.float64]:
    """(N, K) p(z_t | x_1..T)."""

    def run(tile: Tile, engine: Engine) -> NDArray:
        lattice = run_forward(tile, engine)
        redone = redo_underflowed(tile, engine, lattice)
        gamma, _ = run_backward(tile, engine, lattice)
        for columns, _, whole, _, _ in redone.values():
            gamma[:, columns] = whole
        return gamma

    return _by_row(packed, engine, run)


def _by_row(
    packed: Packed, engine: Engine, run: Callable[[Tile, Engine], NDArray]
) -> NDArray[np.float64]:
    """(N, K) lattice values in the caller's row order, rows summing to one."""
    out = np.empty((packed.n_steps, engine.chain.n_states))
    with one_blas_thread():
        for tile, values in zip(packed.tiles, engine.over(packed, run), strict=True):
            out[tile.rows] = values[:, : tile.n_columns].T
    total = out.sum(axis=1, keepdims=True)
    return out / np.where(total > 0.0, total, 1.0)


def most_likely(packed: Packed, engine: Engine) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Viterbi states (N,) and the joint log-probability (n_sequences,) of each path."""

    def run(tile: Tile, engine: Engine) -> tuple[NDArray, NDArray]:
        with np.errstate(divide="ignore"):
            log_start = np.log(engine.chain.start)
            log_matrix = np.log(np.ascontiguousarray(engine.chain.transition.transpose(2, 1, 0)))
        log_emission = log_densities(tile, engine).astype(np.float64)
        path = np.empty(tile.n_columns, dtype=np.int64)
        joint = scans.viterbi(log_emission, log_start, log_matrix, tile.symbols, tile.offsets, path)
        return path, joint

    states = np.empty(packed.n_steps, dtype=np.int64)
    joints = np.empty(packed.n_sequences)
    with one_blas_thread():
        for tile, (path, joint) in zip(packed.tiles, engine.over(packed, run), strict=True):
            states[tile.rows], joints[tile.sequences] = path, joint
    return states, joints
