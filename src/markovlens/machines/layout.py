"""Where circles, arrows and labels of a graph stand: by Graphviz where installed, else networkx.

Labels are boxes of given size to both, so that the fonts of the computer do not matter. Both give
the same places each time; which of them did it is written in `Layout.by`.
"""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
from collections.abc import Iterable, Iterator

import numpy as np

from markovlens.machines.diagram import Diagram, Layout, arrow_through, framed
from markovlens.machines.tidying import n_faults, tidied

POINTS_PER_INCH = 72
GRAPHVIZ, NETWORKX = "Graphviz", "networkx"
DIRECTIONS = ("LR", "TB")
PATIENCE = 60  # seconds that Graphviz may take
CLEAR = 0.05  # inches around a label: without, `dot` puts those of loops 0.04 over others
GAP = 0.12  # inches between boxes where networkx places them
ROUNDS = 300  # of pushing apart
WIDER = (1.0, 1.3)  # room between circles, tried in turn while something lies on another
FAULTY = 0.95  # what a fault more takes from how readable a layout is

logger = logging.getLogger(__name__)


def lay_out(diagram: Diagram, *, room: tuple[float, float]) -> Layout:
    """Return the layout that is easiest to read in `room`, inches: see `_readable`."""
    if shutil.which("dot") is not None:
        try:
            return _readable(diagram, _drafts_of_graphviz(diagram), room)
        except (OSError, subprocess.SubprocessError) as error:
            logger.warning("Graphviz does not work here, networkx draws instead: %s", error)
    return _readable(diagram, ([by_networkx(diagram, wider=wider)] for wider in WIDER), room)


def _drafts_of_graphviz(diagram: Diagram) -> Iterator[list[Layout]]:
    for wider in WIDER:
        yield [by_graphviz(diagram, direction, wider=wider) for direction in DIRECTIONS]


def _readable(
    diagram: Diagram, drafts: Iterable[list[Layout]], room: tuple[float, float]
) -> Layout:
    """Return the draft that shrinks least to fit, of the first ones in which nothing is covered.

    Where something is in all, one more of it counts as much as letters a twentieth smaller.
    """
    seen: list[tuple[float, Layout]] = []
    for made in drafts:
        found = [tidied(diagram, draft, bending=draft.by == NETWORKX) for draft in made]
        faults = [n_faults(diagram, layout) for layout in found]
        seen += [
            (layout.shrink(room) * FAULTY**n_covered, layout)
            for layout, n_covered in zip(found, faults, strict=True)
        ]
        if 0 in faults:
            break
    return max(seen, key=lambda each: each[0])[1]


def by_graphviz(diagram: Diagram, direction: str, *, wider: float = 1.0) -> Layout:
    """Return the layout of `dot`, from left to right ("LR") or from top to bottom ("TB").

    Circles are so many times as far apart as need be: `wider`.

    Raises:
        subprocess.SubprocessError: `dot` failed or took too long.
    """
    done = subprocess.run(
        ["dot", "-Tjson0"],
        input=_dot_text(diagram, direction, wider),
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


def _dot_text(diagram: Diagram, direction: str, wider: float) -> str:
    lines = [
        f"digraph {{ rankdir={direction}; nodesep={0.25 * wider}; ranksep={0.3 * wider};",
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


def by_networkx(diagram: Diagram, *, wider: float = 1.0) -> Layout:
    """Return a layout in which labels are placed as circles are, so that none covers another.

    Each label stands between its two circles in the graph that is laid out (Kamada & Kawai 1989),
    and its arrow runs through it. What still overlaps then is pushed apart, and all of it set so
    many times as far apart: `wider`.
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
    places = wider * _parted(places, boxes + GAP, np.array([*graph.edges]))
    states, labels = places[:n_states], places[n_states:]
    curves = [
        arrow_through(states[[source, target]], label, diagram.radii[[source, target]])
        for (source, target), label in zip(diagram.links, labels, strict=True)
    ]
    return framed(diagram, Layout(np.zeros(2), states, curves, labels, NETWORKX))


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
