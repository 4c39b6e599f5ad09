"""How far apart the decoder's states of different classes lie, along training."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.metrics import silhouette_score

from markovlens.seq2seq.snapshots import flat

MEASURES = ("pointwise", "centroid", "silhouette", "fisher")
MOST_WINDOWS = 120  # pairs grow with the square
MOST_STEPS = 1500


def pointwise_distance(decoder: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean distance of decoder states at the same step, over pairs of windows.

    Pairs are of different classes, so that one window a class gives the authors' measure: the mean
    over steps k of ||D_i[k] - D_j[k]||, averaged over pairs (Su & Shlizerman 2020, public code).
    NaN with a single class. In units of the states: it grows with the network's weights.

    Args:
        decoder: (N, Td, D).
        labels: int (N,).
    """
    differs = labels[:, None] != labels[None, :]
    by_step = [cdist(decoder[:, k], decoder[:, k])[differs] for k in range(decoder.shape[1])]
    return float(np.mean(by_step)) if differs.any() else np.nan


def centroid_distance(decoder: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean distance of the windows' mean decoder states, over pairs of windows.

    As `pointwise_distance`, with ||mean_k D_i[k] - mean_k D_j[k]||.
    """
    means = decoder.mean(axis=1)
    differs = labels[:, None] != labels[None, :]
    return float(cdist(means, means)[differs].mean()) if differs.any() else np.nan


def fisher_ratio(decoder: np.ndarray, labels: np.ndarray) -> float:
    """Return tr(S_between) / tr(S_within) over all steps; no unit, 0 when class means coincide.

    NaN where no class has any spread.
    """
    points = flat(decoder)
    of_step = np.repeat(labels, decoder.shape[1])
    mean = points.mean(axis=0)
    between = within = 0.0
    for label in np.unique(labels):
        mine = points[of_step == label]
        between += len(mine) * float(np.square(mine.mean(axis=0) - mean).sum())
        within += float(np.square(mine - mine.mean(axis=0)).sum())
    return between / within if within > 0 else np.nan


def silhouette(decoder: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean silhouette (-1..1) of decoder steps by class, on at most 1,500 of them.

    NaN with a single class (Rousseeuw 1987).
    """
    if len(np.unique(labels)) < 2:
        return np.nan
    points, of_step = flat(decoder), np.repeat(labels, decoder.shape[1])
    taken = np.linspace(0, len(points) - 1, min(len(points), MOST_STEPS)).round().astype(int)
    if len(np.unique(of_step[taken])) < 2:
        return np.nan
    return float(silhouette_score(points[taken], of_step[taken]))


def separability(decoder: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Return all `MEASURES` of decoder states (N, Td, D) of windows of classes `labels` (N,)."""
    few = spread_windows(labels, MOST_WINDOWS)
    return {
        "pointwise": pointwise_distance(decoder[few], labels[few]),
        "centroid": centroid_distance(decoder[few], labels[few]),
        "silhouette": silhouette(decoder, labels),
        "fisher": fisher_ratio(decoder, labels),
    }


def spread_windows(labels: np.ndarray, most: int) -> np.ndarray:
    """Return the indices of at most `most` windows, sorted: evenly spread, all classes alike."""
    if len(labels) <= most:
        return np.arange(len(labels))
    each = max(1, most // len(np.unique(labels)))
    chosen = []
    for label in np.unique(labels):
        mine = np.flatnonzero(labels == label)
        places = np.linspace(0, len(mine) - 1, min(each, len(mine))).round().astype(int)
        chosen.append(mine[places])
    return np.sort(np.concatenate(chosen))
