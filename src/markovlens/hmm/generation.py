"""Models run forward without data: sampling, forecasting, stationary distributions."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markovlens.hmm.checks import as_generator
from markovlens.hmm.em import Emissions, Parameters
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


class Generative(ABC):
    """The part of an estimator that looks ahead: sampling, forecasting, the long run."""

    transitions: str
    random_state: Any

    @abstractmethod
    def parameters(self) -> Parameters:
        """The whole model."""

    @abstractmethod
    def filter(self, X: ArrayLike, lengths: Any = None, inputs: Any = None) -> NDArray[np.float64]:
        """(N, K) state probabilities given the data up to each step."""

    def get_stationary_distribution(self) -> NDArray[np.float64]:
        """(K,) stationary distribution, or (V, K) for each input symbol held for ever."""
        moves = self.parameters().chain.transition
        found = np.stack([stationary(matrix) for matrix in moves])
        return found[0] if self.transitions == "shared" else found

    def sample(
        self,
        n_samples: int = 1,
        random_state: Any = None,
        currstate: int | None = None,
        *,
        inputs: ArrayLike | None = None,
    ) -> tuple[NDArray, NDArray[np.int64]]:
        """One sequence: emissions (n_samples, D) and states; inputs give its symbols."""
        rng = as_generator(self.random_state if random_state is None else random_state)
        symbols = self._symbols(inputs, (n_samples,))
        states = sample_path(self.parameters().chain, symbols, rng, first=currstate)
        return self._emissions().sampled(states, rng), states

    def _symbols(self, inputs: ArrayLike | None, shape: tuple[int, ...]) -> NDArray[np.int64]:
        """Input symbols of a shape, zeros for shared transitions."""
        symbols = np.zeros(shape, np.int64) if inputs is None else np.asarray(inputs)
        if symbols.shape != shape or (self.transitions == "input") != (inputs is not None):
            raise ValueError(
                f"inputs or future: expected shape {shape} if and only if transitions='input', got "
                f"{None if inputs is None else symbols.shape} with {self.transitions!r}"
            )
        return symbols

    def forecast(
        self,
        X: ArrayLike,
        steps: int,
        lengths: ArrayLike | None = None,
        *,
        inputs: ArrayLike | None = None,
        future: ArrayLike | None = None,
    ) -> Forecast:
        """Distribution of the next outputs; `future` (n_sequences, steps) are coming symbols."""
        belief = self.filter(X, lengths, inputs)
        ends = np.cumsum([len(belief)] if lengths is None else lengths) - 1
        symbols = self._symbols(future, (len(ends), steps))
        states = push_forward(self.parameters().chain, belief[ends], symbols)
        return Forecast(states, *self._mixed(states))

    @abstractmethod
    def _emissions(self) -> Emissions:
        """The fitted emissions."""

    @abstractmethod
    def _mixed(self, states: NDArray) -> tuple[NDArray, NDArray | None]:
        """Mean and variance of the output under (..., K) state probabilities."""
