"""Train the network of `reviews` anew: `python -m markovlens.examples.training` (two minutes)."""

from __future__ import annotations

import numpy as np

from markovlens.examples.reviews import (
    CLASSES,
    SPEC,
    WEIGHTS,
    WORDS,
    draw_jumbled,
    draw_reviews,
    true_machine,
)
from markovlens.networks.training import TrainingOptions, train
from markovlens.networks.weights import write_weights
from markovlens.sequences import Sequences
from markovlens.tasks.base import SPLITS, Split, Task

SEED = 0
SIZES = {"train": 3000, "valid": 400, "test": 400}  # reviews, and as many jumbled ones
GATE = 0.999


def reviews_task(seed: int = SEED) -> Task:
    """Return the task that the network learned: half of it reviews, half their words jumbled."""
    streams = np.random.default_rng(seed).spawn(len(SPLITS))
    splits = {split: _split(SIZES[split], rng) for split, rng in zip(SPLITS, streams, strict=True)}
    return Task("reviews", "formal", WORDS, CLASSES, splits, GATE, machine=true_machine())


def _split(size: int, rng: np.random.Generator) -> Split:
    parts = [draw_reviews(size, rng), draw_jumbled(size, rng)]
    inputs = Sequences.from_list([word for part in parts for word in part])
    truth = true_machine().walk(inputs)
    return Split(inputs, true_machine().readout.argmax(axis=1)[truth], truth)


if __name__ == "__main__":
    options = TrainingOptions(steps=3000, attempts=3)
    write_weights(WEIGHTS, train(reviews_task(), SPEC, training=options, seed=SEED).model)
