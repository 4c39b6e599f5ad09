"""How well numbers at the steps of a sequence find those that decide."""

from __future__ import annotations

import numpy as np

from markovlens.ordering import auroc
from markovlens.sequences import Sequences

HALF = 0.5


def each_part(inputs: Sequences, column: np.ndarray) -> list[np.ndarray]:
    """Return the part of a column (N, ...) that belongs to each sequence."""
    return np.split(column, np.cumsum(inputs.lengths)[:-1])


def area_of(scores: np.ndarray, truth: np.ndarray) -> float:
    """Return the area under the ROC curve of scores (T,) for the steps that are true (T,).

    NaN where all steps are of one kind.
    """
    return float("nan") if truth.all() or not truth.any() else auroc(scores[~truth], scores[truth])


def orders(inputs: Sequences, scores: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Return the steps of each sequence, the highest score first; ties fall at random."""
    chance = rng.random(inputs.n_steps)
    parts = zip(each_part(inputs, scores), each_part(inputs, chance), strict=True)
    return [np.lexsort((tie, -score)) for score, tie in parts]
