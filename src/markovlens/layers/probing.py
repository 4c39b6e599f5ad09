"""What a linear probe reads off one layer, and what it would read of labels that mean nothing.

A probe is a multinomial logistic regression of the true state on the layer's state. What it gets
right says little alone: the control task (Hewitt & Liang 2019, "Designing and Interpreting Probes
with Control Tasks") gives every different beginning of a sequence a state at random, so that it can
be right only on what it saw in training.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from markovlens.activations.basis import one_thread
from markovlens.errors import DataError
from markovlens.faithfulness.scores.tally import Bootstrap, Score, Tally, hits_and_steps
from markovlens.sequences import Sequences

STRENGTHS = (0.01, 1.0)  # inverse of the penalty; the one that is best on other sequences is taken
ROUNDS = 200  # of the search; where states are far apart the weights would grow for ever
NEGLIGIBLE = 1e-6  # of the largest direction


@dataclass(frozen=True, slots=True)
class Labelled:
    """States of one layer with what is to be read off them.

    Attributes:
        states: (N, D).
        labels: int (N,).
        lengths: int (S,), steps of each sequence.
    """

    states: np.ndarray
    labels: np.ndarray
    lengths: np.ndarray


@dataclass(frozen=True, slots=True)
class Probe:
    """A fitted probe.

    Attributes:
        labels: int (K,), those that it tells apart.
        weights: (K, D), in the layer's own units, the mean over labels taken off.
        offsets: (K,).
    """

    labels: np.ndarray
    weights: np.ndarray
    offsets: np.ndarray

    def read(self, states: np.ndarray) -> np.ndarray:
        """Return the label (N,) read off states (N, D)."""
        read: np.ndarray = self.labels[(states @ self.weights.T + self.offsets).argmax(axis=1)]
        return read

    @property
    def directions(self) -> np.ndarray:
        """Orthonormal rows (r, D) that span all it looks at; r is below K, and at most D."""
        _, sizes, rows = np.linalg.svd(self.weights, full_matrices=False)
        found: np.ndarray = rows[sizes > NEGLIGIBLE * sizes[0]]
        return found


def fit_probe(learn: Labelled, choose: Labelled) -> Probe:
    """Return the probe of `learn` whose penalty is the best on `choose`, by balanced accuracy.

    Raises:
        DataError: a single label, of which nothing can be read.
    """
    if len(np.unique(learn.labels)) < 2:
        raise DataError(
            "expected sequences that pass through two states at least, got one; give more or "
            "longer ones",
            page="too-few",
        )
    probes = [_fitted(learn, strength) for strength in STRENGTHS]
    return max(probes, key=lambda probe: _balanced(probe.read(choose.states), choose.labels))


def probe_score(probe: Probe, test: Labelled, bootstrap: Bootstrap) -> Score:
    """Return the share of steps whose label is read, averaged over labels, over sequences."""
    hits = probe.read(test.states) == test.labels
    tally = hits_and_steps(hits, test.labels, test.lengths, int(test.labels.max()) + 1)
    return bootstrap.score(Tally(*tally))


def control_labels(
    parts: Iterable[Sequences], labels: np.ndarray, rng: np.random.Generator
) -> list[np.ndarray]:
    """Return labels (N,) of each part that mean nothing: one at random for each beginning.

    Args:
        parts: sequences; a beginning that several of them have has the same label in all.
        labels: (M,), of which they are drawn.
        rng: of the draw.
    """
    known: dict[bytes, int] = {}
    numbered = [_numbered(part, known) for part in parts]
    drawn = rng.choice(labels, size=len(known))
    return [drawn[numbers] for numbers in numbered]


def _numbered(sequences: Sequences, known: dict[bytes, int]) -> np.ndarray:
    """Return the number (N,) of the beginning that each step ends; `known` takes new ones."""
    found = [
        known.setdefault(sequence[: step + 1].tobytes(), len(known))
        for sequence in sequences
        for step in range(len(sequence))
    ]
    return np.array(found)


def _fitted(learn: Labelled, strength: float) -> Probe:
    mean, spread = learn.states.mean(axis=0), learn.states.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    model = LogisticRegression(C=strength, max_iter=ROUNDS)
    with one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit((learn.states - mean) / spread, learn.labels)
    weights, offsets = _of_each(model.coef_), _of_each(model.intercept_[:, None])[:, 0]
    weights = (weights - weights.mean(axis=0)) / spread
    return Probe(model.classes_, weights, offsets - weights @ mean)


def _of_each(rows: np.ndarray) -> np.ndarray:
    """Return a row a label; of two labels scikit-learn gives that of the second alone."""
    return np.concatenate([-rows, rows]) / 2 if len(rows) == 1 else rows


def _balanced(read: np.ndarray, labels: np.ndarray) -> float:
    return float(np.mean([(read[labels == each] == each).mean() for each in np.unique(labels)]))


def random_directions(probe: Probe, rng: np.random.Generator) -> np.ndarray:
    """Return orthonormal rows (r, D), as many as the probe looks at, that lie anyhow."""
    count, width = probe.directions.shape
    found: np.ndarray = np.linalg.qr(rng.normal(size=(width, count)))[0].T
    return found


def exchanged(base: np.ndarray, donor: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Return the states (P, D) of bases that have the donors' place along some directions."""
    return base + (donor - base) @ directions.T @ directions
