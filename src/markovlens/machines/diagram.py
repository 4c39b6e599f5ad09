"""What is to be placed of a graph, where it then stands, and the shapes of its arrows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.bezier import BezierSegment, split_de_casteljau

LOOP_WIDTH = 0.7  # of a loop through a place, as a share of its length
LOOP_HALF, LOOP_TIP = 0.12, 0.26  # inches: half of a loop at its feet, and how far it reaches out
SPACING = 0.05  # inches between the points along an arrow
FINE = 25  # points of a cubic piece, by which its length is measured


@dataclass(frozen=True, slots=True)
class Diagram:
    """What is to be placed.

    Attributes:
        radii: (K,), radius of each circle, inches.
        links: E pairs (source, target) of circles.
        boxes: (E, 2), width and height of the label of each link, inches; zero without one.
        first: the circle from which the arrows set out, where Graphviz begins; None for none.
    """

    radii: np.ndarray
    links: Sequence[tuple[int, int]]
    boxes: np.ndarray
    first: int | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything stands, in inches from the lower left corner.

    Attributes:
        size: (2,), width and height of the whole.
        places: (K, 2), centres of the circles.
        curves: for each link the control points (3 n + 1, 2) of n cubic Bézier pieces.
        labels: (E, 2), centres of the labels.
        by: which library placed them.
    """

    size: np.ndarray
    places: np.ndarray
    curves: list[np.ndarray]
    labels: np.ndarray
    by: str

    def shrink(self, room: tuple[float, float]) -> float:
        """Return the factor, at most 1, by which it fits into a room (width, height)."""
        return float(min(1.0, *(np.array(room) / self.size)))


def framed(diagram: Diagram, layout: Layout) -> Layout:
    """Return the layout moved so that it begins at (0, 0), with its size."""
    half = np.concatenate([np.repeat(diagram.radii[:, None], 2, axis=1), diagram.boxes / 2])
    centres = np.concatenate([layout.places, layout.labels])
    corners = [centres - half, centres + half, *map(points_along, layout.curves)]
    low = np.min([corner.min(axis=0) for corner in corners], axis=0)
    high = np.max([corner.max(axis=0) for corner in corners], axis=0)
    return replace(
        layout,
        size=high - low,
        places=layout.places - low,
        curves=[curve - low for curve in layout.curves],
        labels=layout.labels - low,
    )


def points_along(curve: np.ndarray) -> np.ndarray:
    """Return points (P, 2) on a curve, from end to end, about `SPACING` apart."""
    times = np.linspace(0, 1, FINE)
    pieces = [BezierSegment(curve[at : at + 4])(times) for at in range(0, len(curve) - 1, 3)]
    fine = np.concatenate(pieces)
    gone = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(fine, axis=0).T))])
    wanted = np.linspace(0, gone[-1], max(int(gone[-1] / SPACING), 2) + 1)
    return np.column_stack([np.interp(wanted, gone, axis) for axis in fine.T])


def arrow_through(ends: np.ndarray, middle: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Return the control points (4, 2) of the curve from one circle to another through a place."""
    handles = (4 * middle - ends[::-1]) / 3
    if (ends[0] == ends[1]).all():
        across = (middle - ends[0])[::-1] * np.array([-LOOP_WIDTH, LOOP_WIDTH])
        handles = handles + np.array([across, -across])
    whole = np.array([ends[0], *handles, ends[1]])
    times = np.linspace(0, 1, 201)
    points = BezierSegment(whole)(times)
    outside = (np.hypot(*(points[:, None] - ends).transpose(2, 0, 1)) >= radii).all(axis=1)
    first, last = times[outside][[0, -1]]
    until_last = split_de_casteljau(whole, last)[0]
    return np.asarray(split_de_casteljau(until_last, first / last)[1])


def loop_at(centre: np.ndarray, radius: float, angle: float) -> np.ndarray:
    """Return the control points (4, 2) of a loop that leaves a circle at an angle, and comes back.

    It reaches `LOOP_TIP` beyond the rim: three quarters of what its handles do.
    """
    aside = np.arcsin(min(LOOP_HALF / radius, 0.7))
    feet = centre + radius * np.array([_towards(angle + aside), _towards(angle - aside)])
    reach = (radius + LOOP_TIP - 0.25 * radius * np.cos(aside)) / 0.75
    across = LOOP_HALF * 1.5 * _towards(angle + np.pi / 2)
    tips = centre + reach * _towards(angle) + np.array([across, -across])
    return np.array([feet[0], *tips, feet[1]])


def beyond_loop(centre: np.ndarray, radius: float, angle: float, box: np.ndarray) -> np.ndarray:
    """Return where the centre of a label (2,) is that touches the tip of such a loop."""
    out = _towards(angle)
    return np.asarray(centre + (radius + LOOP_TIP + np.abs(out) @ box / 2) * out)


def _towards(angle: float) -> np.ndarray:
    return np.array([np.cos(angle), np.sin(angle)]).round(12)
