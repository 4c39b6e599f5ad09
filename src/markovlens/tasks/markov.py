"""Hidden Markov sources: which symbol comes next? The best possible answer is computed exactly.

Sources: Torre et al., "Recurrent neural networks emulating hidden Markov models", 2025 (linear
chains, fully connected, cyclic); Shai et al., "Transformers represent belief state geometry in
their residual stream", 2024 (mess3, here with x = 0.05 and alpha = 0.85).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from markovlens.errors import DataError
from markovlens.sequences import Sequences, by_step
from markovlens.tasks.base import Source, Split, Task, choose, split_generators

SYMBOLS = ("0", "1", "2")
END_TO_END = 0.05  # probability of crossing a whole chain in the fewest possible steps
GATE_MARGIN = 0.01


def _stay(n: int, diagonal: float) -> np.ndarray:
    """Return a matrix (n, n): `diagonal` on the diagonal, the rest of each row shared evenly."""
    rest = (1 - diagonal) / (n - 1)
    return np.full((n, n), rest) + (diagonal - rest) * np.eye(n)


def _source(transition: np.ndarray, emission: np.ndarray) -> Source:
    n_states = len(transition)
    return Source(np.full(n_states, 1 / n_states), transition, emission)


def chain(n_states: int) -> Source:
    """Return a line of states whose symbols fade from 0 to 2, crossed equally fast for any number.

    A step to a neighbour has probability q = 0.05^(1/(K-1)); symbol 1 is a rare constant.
    """
    step = END_TO_END ** (1 / (n_states - 1))
    neighbour = np.eye(n_states, k=1) + np.eye(n_states, k=-1)
    moves = step * neighbour
    along = np.linspace(0, 1, n_states)
    emission = np.stack([0.99 * (1 - along), np.full(n_states, 0.01), 0.99 * along], axis=1)
    return _source(moves + np.diag(1 - moves.sum(axis=1)), emission)


def full() -> Source:
    """Return three states, all equally far from each other, each with a symbol of its own."""
    return _source(_stay(3, 0.95), _stay(3, 0.98))


def cycle() -> Source:
    """Return a ring of states that write mostly 0, 1, 2, 1: two differ in a rare symbol only."""
    ring = np.eye(4)
    transition = 0.95 * ring + 0.025 * (np.roll(ring, 1, axis=1) + np.roll(ring, -1, axis=1))
    emission = [[0.9, 0.1, 0.0], [0.1, 0.9, 0.0], [0.0, 0.1, 0.9], [0.0, 0.9, 0.1]]
    return _source(transition, np.array(emission))


def mess3() -> Source:
    """Return three noisy states whose beliefs fill a fractal, so that no finite machine is exact.

    Written as a source that emits from its states: stay 0.9, own symbol 0.85.
    """
    return _source(_stay(3, 0.9), _stay(3, 0.85))


SOURCES: dict[str, Source] = {
    "chain_2": chain(2),
    "chain_3": chain(3),
    "chain_4": chain(4),
    "chain_5": chain(5),
    "full_3": full(),
    "cycle_4": cycle(),
    "mess3": mess3(),
}


def make(name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence) -> Task:
    """Return the task of predicting the next symbol of one source.

    The truth is the latent state that wrote the symbol just read. The gate lies 0.01 below the
    accuracy of the exact Bayes filter on the validation split: no network can be asked for more.
    """
    source = SOURCES[name]
    splits = {
        split: _drawn(source, sizes[f"n_{split}"], length=sizes["length"], rng=rng)
        for split, rng in split_generators(seeds).items()
    }
    gate = bayes_accuracy(source, splits["valid"]) - GATE_MARGIN
    return Task(name, "markov", SYMBOLS, SYMBOLS, splits, gate, source=source)


def draw(
    source: Source, n: int, *, length: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return latent states and symbols, int32 (n, length) each, of `n` independent sequences."""
    latent = np.empty((n, length), dtype=np.int32)
    symbols = np.empty_like(latent)
    weights = np.repeat(source.initial[None], n, axis=0)
    for step in range(length):
        latent[:, step] = choose(weights, rng)
        symbols[:, step] = choose(source.emission[latent[:, step]], rng)
        weights = source.transition[latent[:, step]]
    return latent, symbols


def filter_beliefs(source: Source, sequences: Sequences) -> np.ndarray:
    """Return P(latent state that wrote this symbol | all symbols up to it), (N, K).

    belief_t(k) is proportional to emission(k, x_t) * sum_j belief_{t-1}(j) transition(j, k).

    Raises:
        DataError: a sequence that the source cannot write.
    """
    beliefs = np.empty((sequences.n_steps, len(source.initial)))
    likelihood = source.emission.T[sequences.values]  # (N, K)
    for step, (active, rows) in enumerate(by_step(sequences.lengths)):
        before = beliefs[rows - 1] @ source.transition if step else source.initial
        joint = before * likelihood[rows]
        total = joint.sum(axis=1, keepdims=True)
        if not total.all():
            which = active[np.flatnonzero(total[:, 0] == 0)[0]]
            raise DataError(
                f"sequence {which}: the source cannot write its symbol at step {step}",
                page="unknown-symbol",
            )
        beliefs[rows] = joint / total
    return beliefs


def predict_next(source: Source, beliefs: np.ndarray) -> np.ndarray:
    """Return the distribution (N, V) of the next symbol, given beliefs (N, K) over the present."""
    return beliefs @ source.transition @ source.emission


def stationary(source: Source) -> np.ndarray:
    """Return the latent distribution (K,) that the source's transitions leave as it is."""
    n_states = len(source.initial)
    equations = np.vstack([source.transition.T - np.eye(n_states), np.ones(n_states)])
    found: np.ndarray = np.linalg.lstsq(equations, np.append(np.zeros(n_states), 1), rcond=None)[0]
    return found


def pair_frequencies(source: Source, lag: int = 1) -> np.ndarray:
    """Return P(a symbol, the one `lag` steps later), (V, V), when the source has run for long."""
    later = np.linalg.matrix_power(source.transition, lag) @ source.emission
    return (stationary(source)[:, None] * source.emission).T @ later


def pair_distance(pairs: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return how far frequencies of pairs (..., V, V) are from `wanted` (V, V), 0 to 1, (...).

    That is their total variation distance.
    """
    return np.asarray(np.abs(pairs - wanted).sum(axis=(-2, -1)) / 2)


def bayes_accuracy(source: Source, split: Split) -> float:
    """Return how often the symbol that the exact filter finds likeliest does come next, 0 to 1.

    This is the ceiling in expectation; on a finite split a network may by luck lie above it.
    """
    predicted = predict_next(source, filter_beliefs(source, split.inputs)).argmax(axis=1)
    return float((predicted == split.targets).mean())


def _drawn(source: Source, n: int, *, length: int, rng: np.random.Generator) -> Split:
    # One symbol more than is read, so that the last step has a target too.
    latent, symbols = draw(source, n, length=length + 1, rng=rng)
    inputs = Sequences(symbols[:, :-1].ravel(), np.full(n, length))
    return Split(inputs, symbols[:, 1:].ravel(), latent[:, :-1].ravel())
