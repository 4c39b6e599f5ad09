"""The machine as a graph: where its states and arrows stand, and what is written on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from markovlens.explaining.drawn import note_of
from markovlens.explaining.explanation import Explanation
from markovlens.explorer.colours import RIM
from markovlens.lettering import inches_wide
from markovlens.machines.edges import START, Edge
from markovlens.machines.keys import are_rules, short_names
from markovlens.machines.saying import said_of
from markovlens.machines.sketching import Sketch, sketch
from markovlens.spelling import percentage

PIXELS = 96  # to an inch
ROOM = (6.6, 5.2)  # inches
PAD = 8  # pixels around
RING = 3.5  # pixels from the middle of a state's ring to what it answers
BESIDE = 540  # pixels, from which on other views stand below a graph, not beside it
READABLE = 0.85  # of its size, below which letters are too small: it is scrolled then
SMALLEST = 384  # pixels that a graph is drawn to where there is room
LETTERS = 9.0  # points, of what a state answers
BELOW = 7  # pixels from the middle of a state to that of the one line below its number
MOST_READ = 12  # symbols of an arrow that are told in the table of arrows


def graph_of(explanation: Explanation) -> dict[str, Any]:
    """Return the graph of a machine on the recorded sequences, in pixels from the upper left."""
    machine = explanation.machine
    made = sketch(machine, explanation.flow, room=ROOM)
    width, height = (made.layout.size * PIXELS + 2 * PAD).round(1).tolist()
    places = _pixels(made.layout.places, made)
    nodes = zip(made.states.tolist(), places, made.radii * PIXELS, strict=False)
    begins = any(edge.source == START for edge in made.edges)
    return {
        "width": width,
        "height": height,
        "scale": round(made.scale, 3),
        "nodes": [_node(explanation, *node) for node in nodes],
        "edges": [
            _edge(explanation, edge, label, curve, middle)
            for edge, label, curve, middle in zip(
                made.edges,
                made.labels,
                [_pixels(curve, made) for curve in made.layout.curves],
                _pixels(made.layout.labels, made),
                strict=True,
            )
        ],
        "start": places[-1].tolist() if begins else None,
        "note": note_of(explanation),
        "wide": bool(width > BESIDE),
        "least": round(READABLE * width),
        "most": round(max(width, SMALLEST)),
        "key": list(zip(short_names(machine), machine.symbols, strict=True))
        if are_rules(machine)
        else [],
    }


def _pixels(points: np.ndarray, made: Sketch) -> np.ndarray:
    """Return points (M, 2), inches from the lower left, in pixels from the upper left."""
    flipped = np.column_stack([points[:, 0], made.layout.size[1] - points[:, 1]])
    return (flipped * PIXELS + PAD).round(1)


def _node(explanation: Explanation, state: int, place: np.ndarray, radius: float) -> dict[str, Any]:
    said = [[word for word in words if word] for words in said_of(explanation.machine, state)]
    fitting = [[word for word in words if _fits(word, radius)] for words in said]
    lines = [words[0] for words in fitting if words]
    return {
        "state": state,
        "x": float(place[0]),
        "y": float(place[1]),
        "radius": round(float(radius), 1),
        "inside": round(float(radius) - RING, 1),
        "lines": lines[: max(int(radius / 13) - 1, 0)],
        "said": [words[0] for words in said if words],
    }


def _fits(word: str, radius: float) -> bool:
    """Return whether a word is no wider than the inside of a state is where the word stands."""
    inside = max(radius - RING - RIM, BELOW)
    return inches_wide(word, size=LETTERS) * PIXELS < 2 * (inside**2 - BELOW**2) ** 0.5


def _edge(
    explanation: Explanation, edge: Edge, label: str, curve: np.ndarray, middle: np.ndarray
) -> dict[str, Any]:
    machine = explanation.machine
    letters, rules = short_names(machine), are_rules(machine)
    names = [
        f"{letters[symbol]}: {machine.symbols[symbol]}" if rules else machine.symbols[symbol]
        for symbol in (edge.symbols if machine.symbols else ())
    ]
    unseen = edge.source != START and not machine.seen[edge.symbols, edge.source].any()
    return {
        "source": edge.source,
        "target": edge.target,
        "path": path_of(curve.tolist()),
        "width": 1.2 if edge.source == START else round(0.9 + 4.0 * float(edge.share) ** 0.5, 2),
        "unseen": bool(unseen),
        "label": label.split("\n") if label else [],
        "x": float(middle[0]),
        "y": float(middle[1]),
        "said": "" if edge.source == START else percentage(float(edge.share)),
        "reads": names[:MOST_READ],
        "n_reads": len(names),
    }


def path_of(points: Sequence[Sequence[float]]) -> str:
    """Return the path of cubic Bézier pieces with these control points, as SVG has it."""
    first, *rest = (f"{x:.1f} {y:.1f}" for x, y in points)
    return f"M{first}C{' '.join(rest)}"
