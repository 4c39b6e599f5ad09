"""Does the encoder's end decide what the decoder does? Start it from another window's end and see.

Su & Shlizerman (2020) say that the encoder's trajectory leads to the cluster and the decoder's is
the attractor. Here both are tried on the network itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist

from markovlens.faithfulness.scores.intervals import POSITIVE
from markovlens.faithfulness.scores.tally import Bootstrap, Score, Tally

# (starts (M, D), first inputs (M, F)) -> outputs (M, Td, F) and decoder states (M, Td, D)
Decode = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
DONORS = 3  # donors of each window, at most


@dataclass(frozen=True, slots=True)
class Ready:
    """What a decoder is started with, window by window.

    Attributes:
        starts: (N, S), all of the encoder's last state that the decoder starts from.
        firsts: (N, F), all else that it begins with: its first input, the last frame.
        labels: int (N,), the class of each window.
    """

    starts: np.ndarray
    firsts: np.ndarray
    labels: np.ndarray


def donors(labels: np.ndarray, *, same: bool, rng: np.random.Generator) -> np.ndarray:
    """Return pairs (M, 2) of window and donor, at most three donors a window.

    Args:
        labels: int (N,).
        same: whether donors have the window's class; never the window itself.
        rng: draws them.
    """
    pairs = []
    for window, label in enumerate(labels):
        able = np.flatnonzero((labels == label) == same)
        able = able[able != window]
        drawn = rng.choice(able, min(DONORS, len(able)), replace=False)
        pairs += [(window, donor) for donor in drawn]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def swap_rows(
    decode: Decode, ready: Ready, bootstrap: Bootstrap, *, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Return what becomes of the decoder when it starts from another window's encoder end.

    Looked at (`of`) are the second half of its `outputs` and that of its `states`, so that the
    start itself is not what is found. Their class is that of the nearest unswapped one of another
    window than the two. Conditions: `other_class`, the donor is of another class; `same_class`, of
    the same; `input_only`, the window keeps its start and gets the first input of a donor of
    another class; `none`, nothing is swapped. Scores: `class_of_donor`, it is of the donor's class;
    `leaves_class`, it is not of the window's own; `nearer_donor`, it is nearer to the donor's own
    than to the window's. Intervals: 95 % over windows.
    """
    own = _late(decode(ready.starts, ready.firsts))
    apart = donors(ready.labels, same=False, rng=rng)
    together = donors(ready.labels, same=True, rng=rng)
    itself = np.repeat(np.arange(len(ready.labels))[:, None], 2, axis=1)
    conditions = {
        "other_class": (apart, apart[:, 1], apart[:, 0]),
        "input_only": (apart, apart[:, 0], apart[:, 1]),
        "same_class": (together, together[:, 1], together[:, 0]),
        "none": (itself, itself[:, 0], itself[:, 0]),
    }
    rows: list[dict[str, Any]] = []
    for condition, (pairs, start, first) in conditions.items():
        if not len(pairs):
            continue
        swapped = _late(decode(ready.starts[start], ready.firsts[first]))
        for of, values in swapped.items():
            place = {"condition": condition, "of": of, "n_swaps": len(pairs)}
            for score, hits in _outcomes(values, own[of], pairs, ready.labels).items():
                found = bootstrap.score(_tally(hits, pairs[:, 0], len(ready.labels)))
                rows.append(place | _row(score, found))
    return rows


def return_ratio(decode: Decode, ready: Ready, *, rng: np.random.Generator) -> np.ndarray:
    """Return how much of a displacement is left of the first step's at the last, per window (N,).

    The start is moved in a random direction by as much as ends of different windows of a class lie
    apart (in the median). Distances are those to the nearest point of the window's own decoder
    trajectory, so that being early or late on it does not count. Below 1 the trajectory attracts.
    NaN for windows whose displaced trajectory never leaves their own.
    """
    size = _usual_distance(ready)
    direction = rng.normal(size=ready.starts.shape)
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    own = decode(ready.starts, ready.firsts)[1]
    moved = decode(ready.starts + size * direction, ready.firsts)[1]
    first, last = (
        np.array([cdist(path[[step]], mine).min() for path, mine in zip(moved, own, strict=True)])
        for step in (0, -1)
    )
    return np.divide(last, first, out=np.full(len(first), np.nan), where=first > 1e-12)


def return_row(ratios: np.ndarray, bootstrap: Bootstrap) -> dict[str, Any]:
    """Return the median of `return_ratio` with its interval over windows."""
    known = np.isfinite(ratios)
    picked = [np.repeat(ratios[known], c[known].astype(int)) for c in bootstrap.counts]
    value = float(np.median(ratios[known])) if known.any() else np.nan
    replicates = np.array([np.median(some) if len(some) else value for some in picked])
    place = {"condition": "displaced", "of": "states", "n_swaps": int(known.sum())}
    return place | _row("return_ratio", bootstrap.interval(value, replicates, POSITIVE))


def _row(score: str, found: Score) -> dict[str, Any]:
    return {"score": score} | found.columns()


def _late(decoded: tuple[np.ndarray, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the second half of outputs and states, each (M, Td/2 * width)."""
    return {
        name: values[:, values.shape[1] // 2 :].reshape(len(values), -1)
        for name, values in zip(("outputs", "states"), decoded, strict=True)
    }


def _usual_distance(ready: Ready) -> float:
    """Return the median distance of starts of one class; of all starts where classes have one."""
    apart = cdist(ready.starts, ready.starts)
    alike = ready.labels[:, None] == ready.labels[None, :]
    np.fill_diagonal(alike, False)
    chosen = alike if alike.any() else ~np.eye(len(apart), dtype=bool)
    return float(np.median(apart[chosen]))


def _outcomes(
    given: np.ndarray, own: np.ndarray, pairs: np.ndarray, labels: np.ndarray
) -> dict[str, np.ndarray]:
    """Return each score's hits (M,) of what swapped decoders gave (M, W), and of all own (N, W)."""
    window, donor = pairs.T
    distance = cdist(given, own)
    rows = np.arange(len(pairs))
    nearer = distance[rows, donor] < distance[rows, window]
    for which in (window, donor):
        # Where the class has no other window, its one output is all there is to compare with.
        others = np.bincount(labels, minlength=labels.max() + 1)[labels[which]] > 1
        distance[rows[others], which[others]] = np.inf
    found = labels[distance.argmin(axis=1)]
    hits = {"leaves_class": found != labels[window]}
    if (labels[window] != labels[donor]).any():
        hits |= {"class_of_donor": found == labels[donor], "nearer_donor": nearer}
    return hits


def _tally(hits: np.ndarray, window: np.ndarray, n_windows: int) -> Tally:
    numerator = np.bincount(window, weights=hits, minlength=n_windows)
    weight = np.bincount(window, minlength=n_windows).astype(np.float64)
    return Tally(numerator[:, None], weight[:, None])
