"""Points that move along closed curves in the plane: forecast where they go next.

`circle_ellipse` is the data of Su & Shlizerman (2020, "Clustering and recognition of spatiotemporal
features through interpretable embedding of sequence to sequence recurrent neural networks"): one
circle and one ellipse, without noise. Two sequences are always two clusters, so `planar_hard` has
five kinds of curve with sizes, speeds, starting points, directions, turns and noise of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from markovlens.tasks.base import SPLITS, split_generators
from markovlens.tasks.windows import Forecast, Windows, squared_error, standardise, standing_still

CHANNELS = ("x", "y")
N_FRAMES = 50  # a period of the published curves, both ends included
GATE = 1e-3  # of the published data, where error 0 can be reached
RADII, SPEEDS = (0.5, 1.5), (0.75, 1.5)  # of the hard curves; a speed of 1 is N_FRAMES a period
NOISE = 0.03  # standard deviation of the hard curves' noise, for a radius of 1

# Points (..., 2) of curves of radius about 1 at angles (...,).
CURVES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "circle": lambda t: np.stack([np.sin(t), np.cos(t)], axis=-1),
    "ellipse": lambda t: np.stack([1.4 * np.sin(t), 0.5 * np.cos(t)], axis=-1),
    "figure eight": lambda t: np.stack([1.2 * np.sin(t), 0.8 * np.sin(2 * t)], axis=-1),
    "trefoil": lambda t: np.stack([np.sin(t), np.cos(t)], axis=-1) * np.cos(3 * t)[..., None],
    "square": lambda t: np.stack([_flattened(np.sin(t)), _flattened(np.cos(t))], axis=-1),
}


def make(name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence) -> Forecast:
    """Return the task `circle_ellipse`, to which sizes do not apply, or `planar_hard`."""
    if name == "circle_ellipse":
        return _published(name)
    past, future = sizes["past"], sizes["future"]
    splits = {
        split: draw(sizes[f"n_{split}"], past=past, future=future, rng=rng)
        for split, rng in split_generators(seeds).items()
    }
    splits, mean, scale = standardise(splits)
    gate = float(squared_error(standing_still(splits["valid"]), splits["valid"]).mean())
    rate = float(N_FRAMES)
    return Forecast(
        name, "planar", CHANNELS, tuple(CURVES), splits, mean, scale, rate=rate, gate=gate
    )


def circle_and_ellipse() -> tuple[np.ndarray, np.ndarray]:
    """Return past and future (2, 50, 2), float64, exactly as published.

    With t = linspace(0, 2 pi, 50), the circle is (sin t, cos t) and the ellipse
    R (2 sin t, cos t), R a turn by 45 degrees. Both ends of t are the same point, so that the
    future, which goes on where the past ends, begins with the second: it is t + 2 pi / 49.
    """
    t = np.linspace(0, 2 * np.pi, N_FRAMES)
    turn = np.array([[1, -1], [1, 1]]) / np.sqrt(2)
    circle = np.stack([np.sin(t), np.cos(t)], axis=-1)
    ellipse = np.stack([2 * np.sin(t), np.cos(t)], axis=-1) @ turn.T
    past = np.stack([circle, ellipse])
    return past, past[:, (np.arange(N_FRAMES) + 1) % (N_FRAMES - 1)]


def draw(n_windows: int, *, past: int, future: int, rng: np.random.Generator) -> Windows:
    """Return windows of the hard curves, their kinds in turn; every window is a curve of its own.

    Radius, speed, direction, starting point and turn are drawn for each. The future is without
    noise, as noise cannot be forecast.
    """
    label = np.arange(n_windows) % len(CURVES)
    steps = np.arange(past + future)
    speed = rng.uniform(*SPEEDS, n_windows) * rng.choice([-1, 1], n_windows)
    begin, angle = rng.uniform(0, 2 * np.pi, (2, n_windows))
    t = begin[:, None] + speed[:, None] * steps * (2 * np.pi / (N_FRAMES - 1))
    curves = list(CURVES.values())
    points = np.stack([curves[kind](row) for kind, row in zip(label, t, strict=True)])
    points = points * rng.uniform(*RADII, n_windows)[:, None, None]
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.stack([np.stack([cos, sin], -1), np.stack([-sin, cos], -1)], axis=1)
    points = points @ turn
    points[:, :past] += NOISE * rng.normal(size=(n_windows, past, 2))
    points = points.astype(np.float32)
    group = np.arange(n_windows, dtype=np.int32)
    start = np.zeros(n_windows, dtype=np.int32)
    return Windows(points[:, :past], points[:, past:], label.astype(np.int32), group, start)


def _published(name: str) -> Forecast:
    """Return the published data, in all splits the same: there are only these two sequences."""
    past, future = (values.astype(np.float32) for values in circle_and_ellipse())
    number = np.arange(2, dtype=np.int32)
    windows = Windows(past, future, number, number, np.zeros(2, dtype=np.int32))
    return Forecast(
        name,
        "planar",
        CHANNELS,
        ("circle", "ellipse"),
        dict.fromkeys(SPLITS, windows),
        mean=np.zeros(2),
        scale=np.ones(2),
        rate=float(N_FRAMES),
        gate=GATE,
    )


def _flattened(values: np.ndarray) -> np.ndarray:
    """Return a sine whose tops are cut towards ±1, so that a circle becomes a rounded square."""
    return np.asarray(np.clip(1.5 * values, -1, 1))
