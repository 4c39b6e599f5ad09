"""Other symbols in place of some: what is asked of a network to see which of them it needs.

A symbol that is taken away leaves a symbol that is drawn from how often each was met, so that no
network reads what it has never read, and no symbol is declared to mean nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from markovlens.attention.ranking import each_part
from markovlens.sequences import Sequences

Ask = Callable[[Sequences], np.ndarray]  # sequences to the outputs (S, C) after their last steps
AT_ONCE = 20_000  # sequences that are put to a network in one call


@dataclass(frozen=True, slots=True)
class Marginal:
    """How often symbols are met.

    Attributes:
        shares: (V,), sum to 1.
    """

    shares: np.ndarray

    @classmethod
    def of(cls, inputs: Sequences, n_symbols: int) -> Marginal:
        """Return the shares in some sequences."""
        counts = np.bincount(inputs.values, minlength=n_symbols)
        return cls(counts / counts.sum())

    def draw(self, size: int, rng: np.random.Generator) -> np.ndarray:
        """Return so many symbols."""
        return rng.choice(len(self.shares), size=size, p=self.shares)

    def distinct(self, most: int, rng: np.random.Generator) -> np.ndarray:
        """Return the symbols that are met, at most so many, each as likely to be among them."""
        met = np.flatnonzero(self.shares)
        return met if len(met) <= most else np.sort(rng.choice(met, size=most, replace=False))


def answer_after(ask: Ask, words: Iterator[np.ndarray]) -> np.ndarray:
    """Return the outputs (S, C) after words, asked for in parts so that memory is bounded."""
    found, part = [], []
    for word in words:
        part.append(word)
        if len(part) == AT_ONCE:
            found.append(ask(Sequences.from_list(part)))
            part = []
    if part:
        found.append(ask(Sequences.from_list(part)))
    return np.concatenate(found)


def without_each(
    ask: Ask, inputs: Sequences, answers: np.ndarray, marginal: Marginal, *, n_draws: int,
    rng: np.random.Generator,
) -> np.ndarray:  # fmt: skip
    """Return how much less likely its answer is without each step (N,): occlusion.

    Zeiler & Fergus ("Visualizing and understanding convolutional networks", 2014) grey out; here
    the symbol is drawn anew `n_draws` times.

    Args:
        ask: the network.
        inputs: S sequences, N steps.
        answers: (S,), the class that each is answered with.
        marginal: what is drawn.
        n_draws: of each step.
        rng: draws.
    """
    drawn = marginal.draw(n_draws * inputs.n_steps, rng).reshape(inputs.n_steps, n_draws)
    step = np.arange(inputs.n_steps)
    outputs = answer_after(ask, _substituted(inputs, drawn))
    owner = np.repeat(np.arange(len(inputs)), inputs.lengths)
    after = outputs[np.arange(len(outputs)), np.repeat(answers[owner], n_draws)]
    before = ask(inputs)[np.arange(len(inputs)), answers]
    return np.asarray(before[owner] - after.reshape(len(step), n_draws).mean(axis=1))


def changing_steps(
    ask: Ask, inputs: Sequences, answers: np.ndarray, symbols: np.ndarray
) -> np.ndarray:
    """Return at which steps (N,) some other symbol, put there alone, changes the answer (S,)."""
    tried = np.broadcast_to(symbols, (inputs.n_steps, len(symbols)))
    said = answer_after(ask, _substituted(inputs, tried)).argmax(axis=1)
    owner = np.repeat(np.arange(len(inputs)), inputs.lengths)
    return np.asarray((said.reshape(tried.shape) != answers[owner, None]).any(axis=1))


def put_at(inputs: Sequences, places: np.ndarray, symbols: np.ndarray) -> Sequences:
    """Return the sequences with one other symbol each, at places (S,) from 0."""
    values = inputs.values.copy()
    values[inputs.starts + places] = symbols
    return Sequences(values, inputs.lengths)


def _substituted(inputs: Sequences, symbols: np.ndarray) -> Iterator[np.ndarray]:
    """Yield each sequence once for each step and each of its symbols (N, M), put there."""
    for word, others in zip(inputs, each_part(inputs, symbols), strict=True):
        for place, row in enumerate(others):
            for symbol in row:
                changed = word.copy()
                changed[place] = symbol
                yield changed
