"""Where the states of a graph stand: on an ellipse, strong neighbours side by side."""

from __future__ import annotations

import numpy as np


def ring_order(weight: np.ndarray, *, first: int) -> list[int]:
    """Return the states in the order around the ring that keeps strong edges short.

    Starts from the strongest chain and then swaps pairs while that helps; no randomness.

    Args:
        weight: (K, K), flow between states.
        first: the state to begin with.
    """
    ties = weight + weight.T
    order, rest = [first], sorted(set(range(len(ties))) - {first})
    while rest:
        nearest = max(rest, key=lambda state: (ties[order[-1], state], -state))
        order.append(nearest)
        rest.remove(nearest)
    return _improve(order, ties)


def ring_length(order: list[int], ties: np.ndarray) -> float:
    """Return the sum over pairs of flow times distance around the ring."""
    place = np.argsort(order)
    apart = np.abs(place[:, None] - place[None, :])
    return float((ties * np.minimum(apart, len(order) - apart)).sum())


def _improve(order: list[int], ties: np.ndarray) -> list[int]:
    best, length, improved = order, ring_length(order, ties), True
    while improved:
        improved = False
        for i in range(1, len(order)):
            for j in range(i + 1, len(order)):
                swapped = [*best[:i], best[j], *best[i + 1 : j], best[i], *best[j + 1 :]]
                shorter = ring_length(swapped, ties)
                if shorter < length - 1e-9:
                    best, length, improved = swapped, shorter, True
    return best


def on_ellipse(
    order: list[int], *, centre: tuple[float, float], radii: tuple[float, float]
) -> np.ndarray:
    """Return the place (K, 2) of each state, the first of `order` at the left, clockwise."""
    n_states = len(order)
    if n_states == 1:
        return np.array([centre])
    angle = np.pi - 2 * np.pi * np.arange(n_states) / n_states
    places = np.empty((n_states, 2))
    places[order] = np.column_stack([np.cos(angle), np.sin(angle)]) * radii + centre
    return places


def overlap(boxes: np.ndarray, box: np.ndarray) -> float:
    """Return the area of `box` that overlaps `boxes` (M, 4), each as left, bottom, right, top."""
    if not len(boxes):
        return 0.0
    width = np.minimum(boxes[:, 2], box[2]) - np.maximum(boxes[:, 0], box[0])
    height = np.minimum(boxes[:, 3], box[3]) - np.maximum(boxes[:, 1], box[1])
    return float((width.clip(0) * height.clip(0)).sum())


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
