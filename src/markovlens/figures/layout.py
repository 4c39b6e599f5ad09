"""Labels that would cover each other, moved apart."""

from __future__ import annotations

import numpy as np


def pushed_apart(points: np.ndarray, *, least: float, rounds: int = 200) -> np.ndarray:
    """Return points (M, 2) moved as little as needed to be `least` apart; no randomness."""
    placed = points.astype(float).copy()
    # Points at the very same place need a direction in which to part.
    angle = np.arange(len(placed)) * 2.4
    placed += 1e-6 * least * np.column_stack([np.cos(angle), np.sin(angle)])
    for _ in range(rounds):
        apart = placed[:, None] - placed[None]
        distance = np.hypot(*apart.transpose(2, 0, 1))
        np.fill_diagonal(distance, np.inf)
        missing = (least - distance).clip(0)
        if not missing.any():
            break
        placed += ((0.5 * missing / distance)[..., None] * apart).sum(1)
    return placed
