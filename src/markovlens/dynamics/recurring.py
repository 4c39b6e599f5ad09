"""After how many steps does a path come back to where it was?"""

from __future__ import annotations

import numpy as np
from sklearn.decomposition import PCA

N_COMPONENTS = 8  # in which a path is looked at: nearly all of an orbit
BACK = 0.99  # autocorrelation at which a path has come back
AWAY = 0.9  # and below which it must have been between


def period_of(path: np.ndarray) -> float:
    """Return the period of a path (S, F) in steps, NaN if it does not come back within it.

    It is the first lag at which the autocorrelation of the path, all numbers of the state
    together, is nearly 1 again; a cosine through its neighbours finds where between two steps.
    """
    found = autocorrelation(path)
    # A peak needs a neighbour on each side, so that the last lag is none.
    for lag in range(2, len(found) - 1):
        if found[lag] < max(found[lag - 1], found[lag + 1]) or found[:lag].min() >= AWAY:
            continue
        beyond, height = _peak(*found[lag - 1 : lag + 2])
        if height >= BACK:
            return lag + beyond
    return np.nan


def autocorrelation(path: np.ndarray) -> np.ndarray:
    """Return 1 - E|x(t + lag) - x(t)|^2 / (2 Var x) for the lags up to half of a path (S, F)."""
    if not np.ptp(path, axis=0).any():
        return np.ones(1)
    places = PCA(min(N_COMPONENTS, *path.shape)).fit_transform(path)
    variance = float((places**2).sum(axis=1).mean())
    window = len(path) - len(path) // 2
    apart = [
        ((places[lag : lag + window] - places[:window]) ** 2).sum(axis=1).mean()
        for lag in range(len(path) // 2 + 1)
    ]
    return 1 - np.array(apart) / (2 * variance)


def _peak(before: float, at: float, after: float) -> tuple[float, float]:
    """Return where the top of a cosine through three neighbours is, and how high.

    With c(d) = A cos(w (d - b)) at d = -1, 0, 1: cos w = (c(-1) + c(1)) / 2 c(0) and
    tan w b = (c(1) - c(-1)) / (2 c(0) sin w).
    """
    turn = float(np.arccos(np.clip((before + after) / (2 * at), -1, 1)))
    if np.sin(turn) < 1e-9:
        return 0.0, at
    beyond = np.arctan((after - before) / (2 * at * np.sin(turn)))
    return float(beyond / turn), float(at / np.cos(beyond))
