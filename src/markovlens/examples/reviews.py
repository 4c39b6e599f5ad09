"""Made-up film reviews of which the right machine is known, and a network that reads them.

Sentences are drawn from a grammar of 30 words, and after each word something is right: what was
said so far is negative, neutral or positive. A word of praise or blame decides it, a negation
before that turns it round, and after "but" what was said before no longer counts. So the smallest
machine has six states: three opinions, each with a negation pending or not. Nobody wrote these
reviews: the example shows how a page reads, and nothing about language.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from markovlens.arguments import with_known_arguments
from markovlens.machines.machine import Machine
from markovlens.sequences import Sequences

if TYPE_CHECKING:
    from torch import nn

WEIGHTS = Path(__file__).with_name("reviews.safetensors")
SPEC = {"cell": "gru", "hidden": 32, "embedding": 6}
CLASSES = ("negative", "neutral", "positive")
THINGS = ("film", "plot", "cast", "ending", "music", "acting")
ARTICLES, LINKS, DEGREES = ("the", "its"), ("was", "seemed", "felt"), ("very", "really", "rather")
GOOD = ("good", "great", "moving", "clever", "funny")
BAD = ("bad", "dull", "slow", "silly", "awful")
NOT, BUT, AND = ("not", "never", "hardly"), ("but", "yet"), ("and",)
WORDS = (*ARTICLES, *THINGS, *LINKS, *DEGREES, *GOOD, *BAD, *NOT, *BUT, *AND)
MOST_CLAUSES = 4
N_REVIEWS = 600
SEED = 2  # of the reviews that `example` gives; those of training are others


@dataclass(frozen=True, slots=True)
class Example:
    """A trained network, sequences that it was not trained on, and what is right.

    Attributes:
        network: a GRU of 32 units on made-up reviews.
        sequences: reviews, words by their places in `symbols`.
        targets: int (N,), the right class after each word.
        symbols: the 30 words.
        classes: the three answers.
        truth: the machine by which `targets` were made.
    """

    network: nn.Module
    sequences: Sequences
    targets: np.ndarray
    symbols: tuple[str, ...]
    classes: tuple[str, ...]
    truth: Machine

    def __repr__(self) -> str:
        """Return what it is."""
        return (
            f"Example: a GRU on {len(self.sequences)} made-up reviews of {len(self.symbols)} "
            f"words, which says after each word whether it was {', '.join(self.classes)} so far"
        )


@with_known_arguments
def example() -> Example:
    """Return a small trained network and sequences to try things on, see `examples.reviews`."""
    from markovlens.networks.model import build
    from markovlens.networks.weights import load_weights

    network = build(SPEC, n_symbols=len(WORDS), n_classes=len(CLASSES))
    truth = true_machine()
    sequences = draw_reviews(N_REVIEWS, np.random.default_rng(SEED))
    targets = truth.readout.argmax(axis=1)[truth.walk(sequences)]
    return Example(load_weights(network, WEIGHTS).eval(), sequences, targets, WORDS, CLASSES, truth)


def true_machine() -> Machine:
    """Return the machine of what is right: three opinions, each with a negation pending or not."""
    opinion, pending = np.divmod(np.arange(2 * len(CLASSES)), 2)
    after = np.tile(2 * opinion + pending, (len(WORDS), 1))
    neutral = CLASSES.index("neutral")
    turned = {name: code for name, code in zip(("bad", "good"), (0, 2), strict=True)}
    for code, word in enumerate(WORDS):
        if word in GOOD or word in BAD:
            said = turned["good" if word in GOOD else "bad"]
            after[code] = 2 * np.where(pending, 2 - said, said)
        elif word in NOT:
            after[code] = 2 * opinion + 1
        elif word in BUT:
            after[code] = 2 * neutral
    unit = np.eye(len(opinion))
    seen = np.ones(after.shape, dtype=bool)
    first = after[:, 2 * neutral]
    return Machine(unit[first], unit[after], np.eye(len(CLASSES))[opinion], WORDS, CLASSES, seen)


def draw_reviews(n_reviews: int, rng: np.random.Generator) -> Sequences:
    """Return reviews of one to four clauses, `the film was not very good but its cast was dull`."""
    return Sequences.from_strings([_review(rng) for _ in range(n_reviews)], WORDS)


def draw_jumbled(n_reviews: int, rng: np.random.Generator, *, longest: int = 40) -> Sequences:
    """Return the same words in any order, so that a network trained on them learns no grammar."""
    lengths = rng.integers(1, longest + 1, n_reviews)
    return Sequences(rng.integers(len(WORDS), size=lengths.sum()), lengths)


def _review(rng: np.random.Generator) -> list[str]:
    words = _clause(rng)
    for _ in range(rng.integers(MOST_CLAUSES)):
        words += [_one(BUT if rng.random() < 0.5 else AND, rng), *_clause(rng)]
    return words


def _clause(rng: np.random.Generator) -> list[str]:
    negation = [_one(NOT, rng)] if rng.random() < 0.35 else []
    degree = [_one(DEGREES, rng)] if rng.random() < 0.4 else []
    opinion = _one(GOOD if rng.random() < 0.5 else BAD, rng)
    begin = [_one(ARTICLES, rng), _one(THINGS, rng), _one(LINKS, rng)]
    return [*begin, *negation, *degree, opinion]


def _one(words: tuple[str, ...], rng: np.random.Generator) -> str:
    return words[rng.integers(len(words))]
