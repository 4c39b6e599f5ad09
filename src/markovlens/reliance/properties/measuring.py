"""How often the network itself does it: on words that are drawn, and on what was recorded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from markovlens.faithfulness.scores.distinct import n_distinct, of_them_distinct
from markovlens.faithfulness.scores.guarantees import Guarantee, least_failures, most_failures
from markovlens.faithfulness.scores.shrinking import NEVER
from markovlens.reliance.properties.drawing import draw_words
from markovlens.reliance.properties.inputs import Inputs
from markovlens.reliance.properties.network import Asked
from markovlens.reliance.properties.patterns import Property

LIKE = "sequences like those given"
MOST_DRAWN = 5_000  # words by which a probability is measured


@dataclass(frozen=True, slots=True)
class Measured:
    """On how many of n words the network breached a property, or reached what was asked for.

    Attributes:
        n_words: each apart from the others.
        n_breached: on how many it did.
        confidence: with which its probability lies in the interval.
        of: what the words were.
        n_distinct: how many of them differ, where that is known.
    """

    n_words: int
    n_breached: int
    confidence: float
    of: str
    n_distinct: int | None = None

    @property
    def share(self) -> float:
        """The share of words."""
        return self.n_breached / self.n_words

    @property
    def interval(self) -> tuple[float, float]:
        """The exact (Clopper-Pearson) interval of the probability."""
        each = (1 + self.confidence) / 2
        low, high = (end(self.n_breached, self.n_words, each)
                     for end in (least_failures, most_failures))  # fmt: skip
        return low, high

    def __str__(self) -> str:
        """Return the share with its interval."""
        low, high = self.interval
        told = of_them_distinct(self.n_distinct, self.n_words)
        return f"{self.share:.3f} [{low:.3f}, {high:.3f}] of {self.n_words} {self.of}{told}"


def measured(
    stated: Property,
    inputs: Inputs,
    asked: Asked,
    *,
    n_words: int,
    confidence: float,
    rng: np.random.Generator,
) -> Measured:
    """Return how often the network breaches a property on words drawn by their probabilities."""
    words = draw_words(
        inputs, min(n_words, MOST_DRAWN), alphabet=asked.alphabet, longest=asked.longest, rng=rng
    )
    found = stated.first_breach(asked.letters(words, asked.outputs(words)), words)
    return Measured(len(words), int((found != NEVER).sum()), confidence, "words drawn")


def on_sequences(stated: Property, asked: Asked, confidence: float) -> Measured:
    """Return the same of the sequences that were recorded."""
    trace = asked.trace
    found = stated.first_breach(asked.letters(trace.sequences, trace.outputs), trace.sequences)
    n_breached = int((found != NEVER).sum())
    return Measured(len(trace), n_breached, confidence, "sequences given", n_distinct(trace))


def kept_by(found: Measured) -> Guarantee:
    """Return on how few sequences like those that were recorded the network breaches a property."""
    return Guarantee(found.n_words, found.n_breached, found.confidence, LIKE, found.n_distinct)
