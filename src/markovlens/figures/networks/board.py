"""Places, arrows and labels of a transition graph, all in inches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch
from matplotlib.path import Path

from markovlens.figures.layout import overlap
from markovlens.figures.networks.edges import Edge
from markovlens.figures.networks.labels import edge_label
from markovlens.figures.style import SMALL_SIZE, WIDTH
from markovlens.figures.text import inches_wide
from markovlens.machines.machine import Machine

HEIGHT = 6.5  # inches of the drawing itself
CENTRE = (WIDTH / 2, HEIGHT / 2)
LINE = 0.135  # inches between the lines of a label
SMALLEST, LARGEST = 0.17, 0.40  # radius of a state, inches
LOOP = 0.62  # how far the control points of a self-loop are beyond its state, inches
LOOP_OPENING = 0.6  # half the angle between the ends of a self-loop, radians
STUB = 0.38  # length of a start arrow, inches

COLOUR_BAR = np.array([0, 0, 1.5, 2.15])  # the corner that it fills
BENDS = (0.16, 0.26, 0.05, -0.16, -0.26)  # of an arc, to its left, as a share of its length

# A point, and the angle in which a label grows away from it; None to centre the label on it.
Place = tuple[np.ndarray, float | None]


@dataclass(frozen=True, slots=True)
class Board:
    """The places of everything, in inches, while a graph is drawn.

    Attributes:
        axes: to draw on.
        places: (K, 2), the centre of each state.
        radii: (K,), the radius of each state.
        outward: (K,), the angle at which each state looks away from the centre.
        taken: boxes (left, bottom, right, top) that labels keep clear of; grows.
        unnamed: edges whose label found no room; grows.
    """

    axes: Axes
    places: np.ndarray
    radii: np.ndarray
    outward: np.ndarray
    taken: list[np.ndarray]
    unnamed: list[Edge]


def write_label(
    board: Board, edge: Edge, machine: Machine, places: list[Place], heading: str = ""
) -> None:
    """Write the label of an edge at the first place with room for it, shorter if it must be."""
    for n_words in (3, 2, 1, 0):
        label = edge_label(edge, machine.symbols, most=n_words) if n_words else ""
        lines = "\n".join(part for part in (heading, label) if part)
        boxes = [_box(place, lines) for place in places]
        free = [box for box in boxes if lines and _is_free(board, box)]
        if free:
            return _write(board, lines, free[0])
    board.unnamed.append(edge)


def _is_free(board: Board, box: np.ndarray) -> bool:
    inside = box[0] >= 0 and box[1] >= 0 and box[2] <= WIDTH and box[3] <= HEIGHT
    return bool(inside and overlap(np.array(board.taken), box) < 0.004)


def _write(board: Board, label: str, box: np.ndarray) -> None:
    board.taken.append(box)
    paper = {"boxstyle": "round,pad=0.12", "fc": "white", "ec": "none", "alpha": 0.85}
    middle = (box[:2] + box[2:]) / 2
    board.axes.text(
        middle[0], middle[1], label, size=SMALL_SIZE, ha="center", va="center", bbox=paper,
        zorder=3, linespacing=1.15,
    )  # fmt: skip


def curves_of(board: Board, edges: list[Edge]) -> list[np.ndarray]:
    """Return the control points (M, 2) of each edge: a quadratic arc or a cubic loop."""
    curves: list[np.ndarray] = []
    bends: dict[tuple[int, int], float] = {}
    for edge in edges:
        if edge.source == edge.target:
            k = edge.source
            curves.append(_loop(board.places[k], board.radii[k], board.outward[k]))
            continue
        back = bends.get((edge.target, edge.source))
        # An arc may not pass through a third state, nor lie on the arc that leads back.
        options = [bend for bend in BENDS if back is None or bend != -back]
        arcs = [_arc(board, edge, bend) for bend in options]
        blocked = [_blocked(board, edge, arc) for arc in arcs]
        best = int(np.argmin(blocked))
        bends[edge.source, edge.target] = options[best]
        curves.append(arcs[best])
    return curves


def _arc(board: Board, edge: Edge, bend: float) -> np.ndarray:
    here, there = board.places[edge.source], board.places[edge.target]
    along = there - here
    middle = here / 2 + there / 2 + bend * np.array([-along[1], along[0]])
    gap = 0.03
    begin = here + _toward(here, middle) * (board.radii[edge.source] + gap)
    end = there + _toward(there, middle) * (board.radii[edge.target] + gap)
    return np.array([begin, middle, end])


def _blocked(board: Board, edge: Edge, arc: np.ndarray) -> int:
    """Return how many other states an arc passes through."""
    points = np.array([_bezier(arc, share) for share in np.linspace(0, 1, 25)])
    distance = np.hypot(*(points[:, None] - board.places).transpose(2, 0, 1)).min(0)
    near = distance < board.radii + 0.04
    near[[edge.source, edge.target]] = False
    return int(near.sum())


def _loop(centre: np.ndarray, radius: float, angle: float) -> np.ndarray:
    begin = centre + unit(angle + LOOP_OPENING) * radius
    end = centre + unit(angle - LOOP_OPENING) * (radius + 0.03)
    bends = [centre + unit(angle + side) * (radius + LOOP) for side in (0.62, -0.62)]
    return np.array([begin, *bends, end])


def draw_arrow(axes: Axes, curve: np.ndarray, *, width: float, alpha: float) -> None:
    """Draw an arrow along control points (M, 2), its line `width` points wide."""
    codes = [Path.MOVETO] + [Path.CURVE3 if len(curve) == 3 else Path.CURVE4] * (len(curve) - 1)
    head = f"-|>,head_length={2.2 + 0.6 * width},head_width={1.1 + 0.4 * width}"
    patch = FancyArrowPatch(
        path=Path(curve, codes), arrowstyle=head, lw=width, color="#4D4D4D", alpha=alpha, zorder=1,
        capstyle="butt", joinstyle="miter",
    )  # fmt: skip
    axes.add_patch(patch)


def places_along(curve: np.ndarray) -> list[Place]:
    """Return places on an arc, from its middle outwards."""
    shares = (0.5, 0.44, 0.56, 0.38, 0.62, 0.32, 0.68, 0.26, 0.74, 0.2, 0.8)
    return [(_bezier(curve, share), None) for share in shares]


def places_beside_loop(board: Board, edge: Edge) -> list[Place]:
    """Return places beyond the far end of a self-loop."""
    centre, radius = board.places[edge.source], board.radii[edge.source]
    angle = board.outward[edge.source]
    apex = 0.25 * radius * np.cos(LOOP_OPENING) + 0.75 * (radius + LOOP) * np.cos(0.62)
    return places_beyond(centre, apex + 0.05, [angle, angle + 0.25, angle - 0.25])


def places_beyond(centre: np.ndarray, reach: float, angles: list[float]) -> list[Place]:
    """Return places that begin at a distance from a point and grow away from it."""
    return [(centre + unit(a) * (reach + more), a) for more in (0, 0.12) for a in angles]


def unit(angle: float) -> np.ndarray:
    """Return the unit vector (2,) at an angle in radians."""
    return np.array([np.cos(angle), np.sin(angle)])


def _toward(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    return (there - here) / np.hypot(*(there - here))


def _bezier(curve: np.ndarray, share: float) -> np.ndarray:
    begin, bend, end = curve
    return (1 - share) ** 2 * begin + 2 * share * (1 - share) * bend + share**2 * end


def _box(place: Place, label: str) -> np.ndarray:
    """Return the box of a label centred on a point or, with an angle, growing away from it."""
    point, angle = place
    lines = label.split("\n")
    width = max(inches_wide(line, size=SMALL_SIZE) for line in lines) + 0.08
    half = np.array([width, LINE * len(lines) + 0.06]) / 2
    middle = point if angle is None else point + unit(angle) * (np.abs(unit(angle)) @ half)
    return np.r_[middle - half, middle + half]
