"""Labels, loops and bends moved to where least of a drawing lies on anything else.

Graphviz keeps arrows off circles and off most labels, but not off those of loops; networkx knows
nothing of arrows. So each link is moved to the best of the ways it could go while the others stand,
in turn, until none moves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from markovlens.machines.diagram import (
    LOOP_TIP,
    SPACING,
    Diagram,
    Layout,
    arrow_through,
    beyond_loop,
    framed,
    loop_at,
    points_along,
)

CLEAR = 0.035  # inches kept free around a label, and around a circle
ASIDE = 0.06  # inches between an arrow and its label
ANGLES = 24  # at which a loop may leave its circle
STATIONS = (0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78)  # of an arrow's length, for its label
BENDS = (0.15, -0.15, 0.3, -0.3, 0.5, -0.5)  # of the way between two circles
TURNS = 3  # of moving every link
MOST = 120  # links of what is tidied: more take many seconds, and their letters are hardly read
EFFORT = 0.3  # of a fault, that the farthest move costs
CROSSING = 0.1  # of a fault, that two arrows which cross cost
STRUCK = 3  # faults, that an arrow over a circle counts as: it seems to end there
COVERED = 50  # faults, that a label on another or on a circle counts as: nobody can read it
TWO_WAY = 0.12  # inches, that the arrows there and back are apart in their middle


@dataclass(frozen=True, slots=True)
class Way:
    """How a link could be drawn.

    Attributes:
        curve: control points of its arrow.
        labels: (L, 2), centres that its label could have.
        efforts: (L,), of each, from 0 for what was there to `EFFORT`.
    """

    curve: np.ndarray
    labels: np.ndarray
    efforts: np.ndarray


@dataclass(frozen=True, slots=True)
class Scene:
    """Where everything stands, with points along each arrow."""

    diagram: Diagram
    layout: Layout
    points: Sequence[np.ndarray]

    @classmethod
    def of(cls, diagram: Diagram, layout: Layout) -> Scene:
        """Return the scene of a layout."""
        return cls(diagram, layout, [points_along(curve) for curve in layout.curves])

    def moved(self, link: int, curve: np.ndarray, label: np.ndarray) -> Scene:
        """Return the scene with one link drawn otherwise."""
        labels, curves, points = self.layout.labels.copy(), [*self.layout.curves], [*self.points]
        labels[link], curves[link], points[link] = label, curve, points_along(curve)
        return Scene(self.diagram, replace(self.layout, labels=labels, curves=curves), points)


@dataclass(frozen=True, slots=True)
class Around:
    """A link of a scene, and the points along all other arrows that may be near it.

    Attributes:
        scene: where everything stands; link: which of its links.
        points: (N, 2), along other arrows; owners: (N,), of each its link, ascending.
    """

    scene: Scene
    link: int
    points: np.ndarray
    owners: np.ndarray

    @classmethod
    def of(cls, scene: Scene, link: int) -> Around:
        """Return a link with the points along all other arrows."""
        owners = np.repeat(np.arange(len(scene.points)), [len(each) for each in scene.points])
        others = owners != link
        return cls(scene, link, np.concatenate(scene.points)[others], owners[others])

    def near(self, *places: np.ndarray) -> Around:
        """Return it with those points alone that a loop or a label at some places could touch."""
        beside = self.scene.diagram.boxes[self.link] / 2 + LOOP_TIP + CLEAR
        every = np.concatenate(places)
        low, high = every.min(axis=0) - beside, every.max(axis=0) + beside
        kept = ((self.points > low) & (self.points < high)).all(axis=1)
        return replace(self, points=self.points[kept], owners=self.owners[kept])

    def n_arrows(self, there: np.ndarray) -> np.ndarray:
        """Return how many arrows have some point there: (L,) of a mask (L, N)."""
        if not len(self.owners):
            return np.zeros(len(there))
        begins = np.flatnonzero(np.diff(self.owners, prepend=-1))
        found = np.logical_or.reduceat(there, begins, axis=1)
        return np.asarray(found.sum(axis=1), dtype=float)


def tidied(diagram: Diagram, layout: Layout, *, bending: bool) -> Layout:
    """Return a layout in which as little as can be had lies on a label, a loop or a circle.

    Args:
        diagram: what is placed.
        layout: where it stands.
        bending: whether arrows between circles may be bent otherwise, too.

    Returns:
        The layout as it is where it has more than `MOST` links.
    """
    if len(diagram.links) > MOST:
        return layout
    scene = Scene.of(diagram, layout)
    loops_first = sorted(range(len(diagram.links)), key=lambda link: not _is_loop(diagram, link))
    for _ in range(TURNS):
        before = scene
        for link in loops_first:
            scene = _best(scene, link, bending=bending)
        if scene is before:
            break
    return framed(diagram, scene.layout)


def n_faults(diagram: Diagram, layout: Layout) -> int:
    """Return how often something lies on a label, a loop or a circle; once from either side."""
    scene = Scene.of(diagram, layout)
    each = (
        _faults(Around.of(scene, link), points, layout.labels[link : link + 1])[0]
        for link, points in enumerate(scene.points)
    )
    return int(sum(each))


def _is_loop(diagram: Diagram, link: int) -> bool:
    source, target = diagram.links[link]
    return source == target


def _best(scene: Scene, link: int, *, bending: bool) -> Scene:
    """Return the scene with a link drawn in its best way; the same one where that is its own."""
    now = scene.layout.curves[link], scene.layout.labels[link : link + 1]
    around = Around.of(scene, link)
    if not _faults(around, scene.points[link], now[1]).any():
        return scene
    ways = [Way(*now, np.zeros(1)), *_ways(scene, link, bending=bending)]
    costs = [_cost(around, way).round(6) for way in ways]
    best = int(np.argmin([cost.min() for cost in costs]))
    label = int(costs[best].argmin())
    return scene.moved(link, ways[best].curve, ways[best].labels[label]) if best else scene


def _cost(around: Around, way: Way) -> np.ndarray:
    """Return what a way costs with each of its labels (L,): its faults, and less for the rest."""
    points = points_along(way.curve)
    around = around.near(points, way.labels)
    near = np.asarray(_within(around.points, points[::2], np.full(2, SPACING)).any(axis=0))
    crossed = CROSSING * around.n_arrows(near[None])
    return np.asarray(_faults(around, points, way.labels) + way.efforts + crossed)


def _faults(around: Around, points: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return what lies on a link, or it on others: (L,) with each of some labels (L, 2)."""
    scene, link = around.scene, around.link
    of_arrow = _on_circles(scene, link, points) + _on_boxes(scene, link, points)
    of_loop = _in_loop(around, points) + _is_along(scene, link, points)
    return np.asarray(of_arrow + of_loop + _on_label(around, labels, points))


def _ways(scene: Scene, link: int, *, bending: bool) -> Iterator[Way]:
    """Yield how a link could be drawn otherwise."""
    if _is_loop(scene.diagram, link):
        yield from _loops(scene, link)
        return
    yield Way(scene.layout.curves[link], *_beside(scene.points[link], scene.diagram.boxes[link]))
    if bending:
        yield from _bent(scene, link)


def _loops(scene: Scene, link: int) -> Iterator[Way]:
    circle = scene.diagram.links[link][0]
    centre, radius = scene.layout.places[circle], float(scene.diagram.radii[circle])
    box = scene.diagram.boxes[link]
    for turn in range(ANGLES):
        angle = 2 * np.pi * turn / ANGLES
        label = beyond_loop(centre, radius, angle, box)
        far = (1 - np.sin(angle)) / 2  # people look for loops above
        yield Way(loop_at(centre, radius, angle), label[None], np.array([EFFORT * far]))


def _bent(scene: Scene, link: int) -> Iterator[Way]:
    ends, radii = (
        values[list(scene.diagram.links[link])]
        for values in (scene.layout.places, scene.diagram.radii)
    )
    middle, across = ends.mean(axis=0), (ends[1] - ends[0])[::-1] * np.array([-1, 1])
    for bend in BENDS:
        curve = arrow_through(ends, middle + bend * across, radii)
        labels, efforts = _beside(points_along(curve), scene.diagram.boxes[link])
        yield Way(curve, labels, (EFFORT * abs(bend) + efforts).clip(max=EFFORT))


def _beside(points: np.ndarray, box: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return centres (L, 2) of a label on either side of an arrow, and their efforts (L,)."""
    at = np.round(np.array(STATIONS) * (len(points) - 1)).astype(int)
    ahead = points[np.minimum(at + 1, len(points) - 1)] - points[np.maximum(at - 1, 0)]
    normals = ahead[:, ::-1] * np.array([-1, 1]) / np.hypot(*ahead.T)[:, None].clip(1e-9)
    off = normals * (np.abs(normals) @ box / 2 + ASIDE)[:, None]
    efforts = EFFORT * np.abs(np.array(STATIONS) - 0.5)
    return np.concatenate([points[at] + off, points[at] - off]), np.tile(efforts, 2)


def _on_label(around: Around, centres: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Return how many arrows, labels and circles lie on the label of a link at centres (L, 2)."""
    diagram, layout, link = around.scene.diagram, around.scene.layout, around.link
    half = diagram.boxes[link] / 2
    if not half.any():
        return np.zeros(len(centres))
    arrows = around.n_arrows(_within(around.points, centres, half + CLEAR))
    crossed = _within(own, centres, half).any(axis=1)
    boxed = diagram.boxes.any(axis=1) & (np.arange(len(diagram.boxes)) != link)
    apart = np.abs(layout.labels[boxed] - centres[:, None]) - diagram.boxes[boxed] / 2 - half
    labels = (apart < CLEAR / 2).all(axis=2).sum(axis=1)
    covered = labels + _n_circles(around.scene, centres, half)
    return np.asarray(arrows + crossed + COVERED * covered, dtype=float)


def _within(points: np.ndarray, centres: np.ndarray, half: np.ndarray) -> np.ndarray:
    """Return whether points (N, 2) lie in a box around each of some centres: (L, N)."""
    (x, y), (width, height) = centres.T[:, :, None], half
    return np.asarray((np.abs(points[:, 0] - x) < width) & (np.abs(points[:, 1] - y) < height))


def _n_circles(scene: Scene, centres: np.ndarray, half: np.ndarray) -> np.ndarray:
    """Return how many circles reach into a box around each of some centres (L, 2)."""
    beyond = (np.abs(scene.layout.places - centres[:, None]) - half).clip(0)
    return np.asarray((scene.diagram.radii > np.hypot(*beyond.T).T).sum(axis=1))


def _on_circles(scene: Scene, link: int, points: np.ndarray) -> int:
    """Return how many faults an arrow makes with circles that are not its ends."""
    apart = np.hypot(*(points[:, None] - scene.layout.places).transpose(2, 0, 1))
    over = (apart < scene.diagram.radii + CLEAR).any(axis=0)
    over[list(scene.diagram.links[link])] = False
    return STRUCK * int(over.sum())


def _on_boxes(scene: Scene, link: int, points: np.ndarray) -> int:
    """Return how many labels of other links an arrow runs over."""
    boxes = scene.diagram.boxes
    half = boxes / 2 + CLEAR
    over = (np.abs(points[:, None] - scene.layout.labels) < half).all(axis=2).any(axis=0)
    over &= boxes.any(axis=1)
    over[link] = False
    return int(over.sum())


def _in_loop(around: Around, points: np.ndarray) -> int:
    """Return how many arrows run into a loop: into the disc of half its length at its tip."""
    if not _is_loop(around.scene.diagram, around.link):
        return 0
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    there = np.hypot(*(around.points - middle).T) < LOOP_TIP / 2 + CLEAR
    return int(around.n_arrows(there[None])[0])


def _is_along(scene: Scene, link: int, points: np.ndarray) -> bool:
    """Return whether the middle of an arrow lies on that of the arrow back."""
    source, target = scene.diagram.links[link]
    if source == target or (target, source) not in scene.diagram.links:
        return False
    back = scene.points[[*scene.diagram.links].index((target, source))]
    return bool(np.hypot(*(back - points[len(points) // 2]).T).min() < TWO_WAY)
