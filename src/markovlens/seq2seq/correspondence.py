"""Whether labels found in activations match labels known of the data, window by window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics.cluster import expected_mutual_information

from markovlens.faithfulness.scores.intervals import CORRELATION, SHARE
from markovlens.faithfulness.scores.recovery import adjusted_rand, information, mutual_information
from markovlens.faithfulness.scores.tally import Bootstrap

Control = Callable[[np.ndarray, np.random.Generator], np.ndarray]
SCORES = ("ari", "ami", "v_measure")
PERMUTATIONS = 50
UPPER = 0.95  # quantile of the control


def other_windows(known: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return known labels (N, T) with whole windows dealt anew: for labels of the window."""
    return known[rng.permutation(len(known))]


def shifted(known: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return known labels (N, T), each window turned by its own amount: for labels of the step."""
    n_windows, n_steps = known.shape
    places = rng.integers(n_steps, size=(n_windows, 1)) + np.arange(n_steps)
    return np.take_along_axis(known, places % n_steps, axis=1)


@dataclass(frozen=True, slots=True)
class Reference:
    """What found labels are compared with.

    Attributes:
        name: `class`, `position`, `phase` or `role`.
        known: int (N, T), the known label of each step of N windows.
        control: makes known labels that say nothing of the window's activations but have the same
            runs, so that steps of a window stay alike: chance adjusted for single steps (ARI, AMI)
            is too low for them.
    """

    name: str
    known: np.ndarray
    control: Control


def correspond(
    found: np.ndarray, reference: Reference, bootstrap: Bootstrap, *, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Return a row for each of `SCORES`: value, interval over windows, and the control.

    ARI is Hubert & Arabie's index, AMI the mutual information adjusted for chance (Vinh et al.
    2010, arithmetic mean), and the V-measure I / mean(H, H') (Rosenberg & Hirschberg 2007), also
    known as normalised mutual information. The information expected by chance is that of all
    windows, also in resamples.

    Args:
        found: int (N, T).
        reference: the labels to match.
        bootstrap: over the N windows.
        rng: of the control; `control` is its mean, `control_high` its 95 % quantile, both NaN where
            every window is of a class of its own, so that there is no control.
    """
    tables = window_tables(found, reference.known)
    whole = tables.sum(axis=0)[None]
    resampled = np.tensordot(bootstrap.counts, tables, axes=1)
    chance = _expected(whole[0])
    controls = np.concatenate(
        [
            window_tables(found, reference.control(reference.known, rng)).sum(axis=0)[None]
            for _ in range(PERMUTATIONS)
        ]
    )
    # With one window a class, to deal classes anew is only to rename them.
    varies = reference.control is not other_windows or _repeats(reference.known[:, 0])
    rows = []
    for name in SCORES:
        value, replicates, chances = (
            _score(name, each, chance) for each in (whole, resampled, controls)
        )
        scale = SHARE if name == "v_measure" else CORRELATION
        score = bootstrap.interval(float(value[0]), replicates, scale)
        beside = {
            "control": float(chances.mean()) if varies else np.nan,
            "control_high": float(np.quantile(chances, UPPER)) if varies else np.nan,
        }
        rows.append({"score": name} | score.columns() | beside)
    return rows


def window_tables(found: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return how often each pair of labels occurs in each window, (N, K, L)."""
    n_windows = len(found)
    rows, columns = int(found.max()) + 1, int(known.max()) + 1
    cells = (np.arange(n_windows)[:, None] * rows + found) * columns + known
    counts = np.bincount(cells.ravel(), minlength=n_windows * rows * columns)
    return counts.reshape(n_windows, rows, columns).astype(np.float64)


def _repeats(labels: np.ndarray) -> bool:
    return len(np.unique(labels)) < len(labels)


def _score(name: str, tables: np.ndarray, chance: float) -> np.ndarray:
    if name == "ari":
        return adjusted_rand(tables)
    if name == "v_measure":
        return mutual_information(tables)
    shared, mean = information(tables)
    span = mean - chance
    return np.divide(shared - chance, span, out=np.ones_like(span), where=span > 1e-12)


def _expected(table: np.ndarray) -> float:
    """Return the mutual information (nats) of two random labellings with these margins."""
    used = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0].astype(np.int64)
    return float(expected_mutual_information(used, int(used.sum())))
