"""Where circles, arrows and labels of a graph stand: by Graphviz where installed, else networkx.

Labels are boxes of given size to both, so that the fonts of the computer do not matter. Both give
the same places each time; which of them did it is written in `Layout.by`.
"""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.bezier import BezierSegment, split_de_casteljau

POINTS_PER_INCH = 72
GRAPHVIZ, NETWORKX = "Graphviz", "networkx"
DIRECTIONS = ("LR", "TB")
PATIENCE = 60  # seconds that Graphviz may take
CLEAR = 0.05  # inches around a label: without, `dot` puts those of loops 0.04 over others
GAP = 0.12  # inches between boxes where networkx places them
ROUNDS = 300  # of pushing apart
LOOP_WIDTH = 0.7  # of a loop, as a share of its length

logger = logging.getLogger(__name__)


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


def lay_out(diagram: Diagram, *, room: tuple[float, float]) -> Layout:
    """Return the layout that has to shrink least to fit into `room`, inches."""
    if shutil.which("dot") is not None:
        try:
            found = [by_graphviz(diagram, direction) for direction in DIRECTIONS]
            return max(found, key=lambda layout: layout.shrink(room))
        except (OSError, subprocess.SubprocessError) as error:
            logger.warning("Graphviz does not work here, networkx draws instead: %s", error)
    return by_networkx(diagram)


def by_graphviz(diagram: Diagram, direction: str) -> Layout:
    """Return the layout of `dot`, from left to right ("LR") or from top to bottom ("TB").

    Raises:
        subprocess.SubprocessError: `dot` failed or took too long.
    """
    done = subprocess.run(
        ["dot", "-Tjson0"],
        input=_dot_text(diagram, direction),
        capture_output=True, encoding="utf-8", check=True, timeout=PATIENCE,
    )  # fmt: skip
    plain = json.loads(done.stdout)
    placed = [node for node in plain["objects"] if "pos" in node]  # a rank is an object, too
    nodes = {int(node["name"]): _points(node["pos"])[0] for node in placed}
    edges = {int(edge["id"]): edge for edge in plain.get("edges", ())}
    ordered = [edges[index] for index in range(len(diagram.links))]
    curves = [_points(edge["pos"]) for edge in ordered]
    middles = [curve[len(curve) // 2] for curve in curves]
    labels = [
        _points(edge["lp"])[0] if "lp" in edge else middle
        for edge, middle in zip(ordered, middles, strict=True)
    ]
    size = _points(",".join(plain["bb"].split(",")[2:]))[0]
    places = np.array([nodes[state] for state in range(len(diagram.radii))])
    return Layout(size, places, curves, np.reshape(labels, (-1, 2)), GRAPHVIZ)


def _dot_text(diagram: Diagram, direction: str) -> str:
    lines = [
        f"digraph {{ rankdir={direction}; nodesep=0.25; ranksep=0.3;",
        'node [shape=circle, fixedsize=true, label=""]; edge [arrowhead=none];',
    ]
    lines += [f"{state} [width={2 * radius:.4f}];" for state, radius in enumerate(diagram.radii)]
    if diagram.first is not None:
        lines.append(f"{{rank=source; {diagram.first}}}")
    for index, ((source, target), box) in enumerate(zip(diagram.links, diagram.boxes, strict=True)):
        label = f", label=<{_empty_box(box + CLEAR)}>" if box.any() else ""
        lines.append(f"{source} -> {target} [id={index}{label}];")
    return "\n".join([*lines, "}"])


def _empty_box(box: np.ndarray) -> str:
    """Return a label of given size: a table of one cell, as text is as wide as a font says."""
    width, height = np.ceil(box * POINTS_PER_INCH).astype(int)
    size = f'FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="{height}"'
    return f'<TABLE BORDER="0" CELLBORDER="0" {size}><TR><TD></TD></TR></TABLE>'


def _points(text: str) -> np.ndarray:
    """Return points (M, 2) in inches of "x,y x,y" in points."""
    return np.array([pair.split(",") for pair in text.split()], dtype=float) / POINTS_PER_INCH


def by_networkx(diagram: Diagram) -> Layout:
    """Return a layout in which labels are placed as circles are, so that none covers another.

    Each label stands between its two circles in the graph that is laid out (Kamada & Kawai 1989),
    and its arrow runs through it. What still overlaps then is pushed apart.
    """
    import networkx

    n_states, ends = len(diagram.radii), np.array(diagram.links)
    graph = networkx.Graph()
    graph.add_nodes_from(range(n_states + len(ends)))
    for index, (source, target) in enumerate(diagram.links):
        networkx.add_path(graph, [source, n_states + index, target])
    parts = [min(part) for part in networkx.connected_components(graph)]
    networkx.add_path(graph, sorted(parts))  # what hangs together with nothing needs a place, too
    found = networkx.kamada_kawai_layout(graph)
    # The last digits of the optimiser may differ from one computer to another.
    places = _turned(np.round([found[node] for node in range(len(graph))], 4))
    boxes = np.concatenate([np.repeat(2 * diagram.radii[:, None], 2, axis=1), diagram.boxes])
    places = _parted(places, boxes + GAP, np.array([*graph.edges]))
    states, labels = places[:n_states], places[n_states:]
    curves = [
        _arrow(states[[source, target]], label, diagram.radii[[source, target]])
        for (source, target), label in zip(diagram.links, labels, strict=True)
    ]
    return _framed(Layout(np.zeros(2), states, curves, labels, NETWORKX), boxes)


def _turned(places: np.ndarray) -> np.ndarray:
    """Return places (M, 2) turned so that they are wider than high, as pages are."""
    centred = places - places.mean(axis=0)
    return centred @ np.linalg.svd(centred, full_matrices=False)[2].T


def _parted(places: np.ndarray, boxes: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """Return places (M, 2) at which no two boxes (M, 2) overlap.

    Neighbours (E, 2) are set about as far apart as their boxes need. Where boxes overlap then, both
    move half of what is missing, along the axis on which less is; as a last resort all spread.
    """
    if len(places) < 2:
        return places
    one, other = neighbours.T
    apart = np.hypot(*(places[one] - places[other]).T).clip(1e-3)
    places = places * np.median((boxes[one] + boxes[other]).mean(axis=1) / apart)
    rank = np.sign(np.subtract.outer(range(len(places)), range(len(places))))  # parts equal places
    for _ in range(ROUNDS):
        offset = places[:, None] - places
        missing = (boxes[:, None] + boxes) / 2 - np.abs(offset)
        missing[np.diag_indices(len(places))] = 0
        short = (missing > 1e-6).all(axis=2, keepdims=True)
        if not short.any():
            return places
        along = missing == missing.min(axis=2, keepdims=True)
        side = np.where(offset == 0, rank[..., None], np.sign(offset))
        places = places + (short * along * side * missing / 2).sum(axis=1)
    return places * max(1.0, _spread(places, boxes))


def _spread(places: np.ndarray, boxes: np.ndarray) -> float:
    """Return the least factor by which no two boxes (M, 2) around places (M, 2) overlap."""
    one, other = np.triu_indices(len(places), 1)
    if not len(one):
        return 1.0
    apart = np.abs(places[one] - places[other]).clip(1e-3)
    return float(((boxes[one] + boxes[other]) / 2 / apart).min(axis=1).max())


def _arrow(ends: np.ndarray, label: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Return the control points (4, 2) of the curve from one circle through a label to another."""
    handles = (4 * label - ends[::-1]) / 3
    if (ends[0] == ends[1]).all():
        across = (label - ends[0])[::-1] * np.array([-LOOP_WIDTH, LOOP_WIDTH])
        handles = handles + np.array([across, -across])
    whole = np.array([ends[0], *handles, ends[1]])
    times = np.linspace(0, 1, 201)
    points = BezierSegment(whole)(times)
    outside = (np.hypot(*(points[:, None] - ends).transpose(2, 0, 1)) >= radii).all(axis=1)
    first, last = times[outside][[0, -1]]
    until_last = split_de_casteljau(whole, last)[0]
    return np.asarray(split_de_casteljau(until_last, first / last)[1])


def _framed(layout: Layout, boxes: np.ndarray) -> Layout:
    """Return the layout moved so that it begins at (0, 0), with its size."""
    centres = np.concatenate([layout.places, layout.labels])
    corners = [centres - boxes / 2, centres + boxes / 2, *layout.curves]
    low = np.min([corner.min(axis=0) for corner in corners], axis=0)
    high = np.max([corner.max(axis=0) for corner in corners], axis=0)
    return replace(
        layout,
        size=high - low,
        places=layout.places - low,
        curves=[curve - low for curve in layout.curves],
        labels=layout.labels - low,
    )
