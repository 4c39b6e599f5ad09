"""Fits to a part of what was recorded, drawn so that little is lost.

Clusters are fitted to a lightweight coreset of steps (Bachem, Lucic & Krause, "Scalable k-means
clustering via lightweight coresets", KDD 2018): steps are drawn half evenly and half in proportion
to their squared distance from the mean, and weigh one over the probability of being drawn, so that
the cost of any centres is right on average. All steps are then given to the nearest centre.

What a likelihood is made of is the sequence, which no step can be drawn out of. Fits with a
likelihood see whole sequences, unweighted: `some_sequences`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from markovlens.abstractions.base import Evidence, Options
from markovlens.seeding import seed_for
from markovlens.sequences import starts_of
from markovlens.trace import Trace

LIKELIHOODS = ("hmm", "hmm_input", "hmm_soft", "hmm_driven", "gmm")  # fitted to whole sequences


def lightweight_coreset(
    points: Any, size: int, *, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return rows (M,) drawn with replacement out of points (N, D), and their weights (M,).

    Args:
        points: dense or sparse.
        size: M.
        rng: of the draw.
    """
    from sklearn.metrics.pairwise import euclidean_distances

    mean = np.asarray(points.mean(axis=0)).reshape(1, -1)
    squares = euclidean_distances(points, mean, squared=True)[:, 0]
    total = squares.sum()
    even = 1 / len(squares)
    chance = (even + squares / total) / 2 if total > 0 else np.full(len(squares), even)
    rows = rng.choice(len(squares), size=size, p=chance / chance.sum())
    return rows, 1 / (size * chance[rows])


def some_sequences(trace: Trace, n_steps: int, *, rng: np.random.Generator) -> np.ndarray:
    """Return numbers of sequences, in order, with about so many steps together, at least one.

    Sequences are sorted by the mean squared distance of their states from the mean of all, and
    every so-and-so-many-th is taken from a random start: each is as likely as any other, and near
    and far ones have the share in the sample that they have in the whole.
    """
    n_sequences = len(trace)
    count = min(n_sequences, max(1, round(n_sequences * n_steps / trace.n_steps)))
    squares = np.square(trace.states - trace.states.mean(axis=0)).sum(axis=1)
    far = np.add.reduceat(squares, starts_of(trace.lengths)) / trace.lengths
    places = (np.arange(count) + rng.random()) * n_sequences / count
    taken: np.ndarray = np.sort(np.argsort(far, kind="stable")[places.astype(np.int64)])
    return taken


def thinned(evidence: Evidence, options: Options) -> Evidence:
    """Return the evidence with some of its training sequences, about `options.coreset` steps.

    It is the evidence itself where it has no more, and the same for all methods that share it.
    """
    size = options.coreset
    if size is None or size >= evidence.train.n_steps:
        return evidence

    def make() -> Evidence:
        rng = np.random.default_rng(seed_for(evidence.seed, "coreset"))
        some = some_sequences(evidence.train, size, rng=rng)
        rows = evidence.rows
        few = None if rows is None else replace(rows, train=rows.train.select(some), _made={})
        return replace(evidence, train=evidence.train.select(some), rows=few, _made={})

    return evidence.once(("thinned", size), make)
