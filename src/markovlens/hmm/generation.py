"""Models run forward without data: sampling, forecasting, stationary distributions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from markovlens.hmm.lattices import Chain


@dataclass(frozen=True, slots=True)
class Forecast:
    """What comes after the last step of each sequence, H steps ahead."""

    states: NDArray[np.float64]  # (n_sequences, H, K) p(z_{T+h} | x_1..T)
    mean: NDArray[np.float64]  # (n_sequences, H, D), or (n_sequences, H, C) probabilities
    variance: NDArray[np.float64] | None  # (n_sequences, H, D), by feature; None for symbols


def sample_path(
    chain: Chain, symbols: NDArray, rng: np.random.Generator, *, first: int | None = None
) -> NDArray[np.int64]:
    """(N,) states of one sequence that reads the symbols (N,), from state `first` if given."""
    edges, opening = np.cumsum(chain.transition, axis=2), np.cumsum(chain.start, axis=1)
    draws, states = rng.random(len(symbols)), np.empty(len(symbols), dtype=np.int64)
    for t, symbol in enumerate(symbols):
        row = opening[symbol] if t == 0 else edges[symbol, states[t - 1]]
        states[t] = np.searchsorted(row, draws[t] * row[-1], side="right")
        if t == 0 and first is not None:
            states[0] = first
    return states


def push_forward(chain: Chain, belief: NDArray, symbols: NDArray) -> NDArray[np.float64]:
    """(n, H, K) state probabilities after each of the symbols (n, H), from beliefs (n, K)."""
    states = np.empty((*symbols.shape, chain.n_states))
    for h in range(symbols.shape[1]):
        belief = np.einsum("ni,nij->nj", belief, chain.transition[symbols[:, h]])
        states[:, h] = belief
    return states


def stationary(matrix: NDArray) -> NDArray[np.float64]:
    """(K,) distribution left unchanged by a (K, K) transition matrix, by least squares."""
    n_states = len(matrix)
    system = np.vstack([matrix.T - np.eye(n_states), np.ones(n_states)])
    target = np.append(np.zeros(n_states), 1.0)
    found = np.maximum(np.linalg.lstsq(system, target, rcond=None)[0], 0.0)
    return found / found.sum()
