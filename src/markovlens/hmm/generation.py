"""Models run forward without data: sampling, forecasting, stationary distributions."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markovlens.arguments import check_whole
from markovlens.errors import DataError
from markovlens.hmm.checks import as_generator, check_inputs, check_lengths, check_symbols
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
    def _moves(self) -> NDArray[np.float64]:
        """(V, K, K) transition probabilities, which may be all that is set."""

    @abstractmethod
    def filter(self, X: ArrayLike, lengths: Any = None, inputs: Any = None) -> NDArray[np.float64]:
        """(N, K) state probabilities given the data up to each step."""

    def get_stationary_distribution(self) -> NDArray[np.float64]:
        """(K,) stationary distribution, or (V, K) for each input symbol held for ever."""
        found = np.stack([stationary(matrix) for matrix in self._moves()])
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
        check_whole("n_samples", n_samples, least=1)
        parameters = self.parameters()
        n_states = parameters.chain.n_states
        if currstate is not None and not 0 <= currstate < n_states:
            raise DataError(
                f"currstate: expected a state 0 .. {n_states - 1}, got {currstate}; leave it out "
                "to draw one from startprob_",
                page="out-of-range",
            )
        symbols = self._symbols(inputs, (n_samples,), len(parameters.chain.start))
        states = sample_path(parameters.chain, symbols, rng, first=currstate)
        return parameters.emissions.sampled(states, rng), states

    def _symbols(
        self, inputs: ArrayLike | None, shape: tuple[int, ...], n_symbols: int
    ) -> NDArray[np.int64]:
        """Input symbols of a shape, zeros for shared transitions."""
        given = None if inputs is None else np.shape(inputs)
        if (self.transitions == "input") != (inputs is not None) or given not in (None, shape):
            raise DataError(
                f"inputs or future: expected shape {shape} if and only if transitions='input', got "
                f"{given} with {self.transitions!r}; one symbol for each step to come",
                page="wrong-shape",
            )
        symbols = check_inputs(None if inputs is None else np.ravel(inputs), int(np.prod(shape)))
        check_symbols(int(symbols.max()) + 1, n_symbols)
        return symbols.reshape(shape)

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
        chain = self.parameters().chain
        check_whole("steps", steps, least=1)
        ends = np.cumsum(check_lengths(lengths, len(belief))) - 1
        symbols = self._symbols(future, (len(ends), steps), len(chain.start))
        states = push_forward(chain, belief[ends], symbols)
        return Forecast(states, *self._mixed(states))

    @abstractmethod
    def _emissions(self) -> Emissions:
        """The fitted emissions."""

    @abstractmethod
    def _mixed(self, states: NDArray) -> tuple[NDArray, NDArray | None]:
        """Mean and variance of the output under (..., K) state probabilities."""
