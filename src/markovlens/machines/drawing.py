"""The drawing of a machine: states as circles, moves as arrows, words on the arrows."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib import colors
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch
from matplotlib.path import Path as Curve

from markovlens.errors import ConfigError
from markovlens.files.whole import check_folder, replacing
from markovlens.lettering import inches_wide
from markovlens.machines.edges import (
    START,
    Edge,
    Flow,
    edges_of,
    even_flow,
    split_by_share,
)
from markovlens.machines.keys import SIZE as KEY_SIZE
from markovlens.machines.keys import are_rules, key_of, short_names
from markovlens.machines.labels import (
    LARGE_ALPHABET,
    LONGEST_RULE,
    LONGEST_WORD,
    edge_label,
)
from markovlens.machines.layout import Diagram, Layout, lay_out
from markovlens.machines.machine import Machine
from markovlens.machines.saying import said_of, share_of
from markovlens.outputs import Output

ROOM = (9.2, 6.5)  # inches, that a drawing may fill
LEAST = 0.01  # share of the flow below which an edge is left out
FEWEST_EDGES = 40  # that are drawn of any machine, if it has so many
NUMBER_SIZE, TEXT_SIZE, LABEL_SIZE = 10.0, 7.0, 8.0  # points
STEP = 0.0165  # inches between lines in a state, for each point of their size
LINE, PAD = 0.14, 0.05  # inches: a line of a label, and around a label
NUMBERS = 1.5  # how much larger a state is that answers with more than a class
SMALLEST, LARGEST, EVEN = 0.2, 0.42, 0.36  # radius of a state, inches; of each where all are alike
START_RADIUS = 0.045
INK, ARROW, PAPER = "#222222", "#4D4D4D", "white"
# Pale, so that text stands out on them: from the second class being unlikely to likely; from no
# class being likely to one being certain.
TWO_CLASSES, MANY_CLASSES = "PuOr", "Blues"
PALE = {TWO_CLASSES: (0.34, 0.32), MANY_CLASSES: (0.0, 0.35)}  # where a map begins, how far it goes
SETTINGS: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "savefig.dpi": 160,
    "svg.fonttype": "none",  # text stays text: it can be found, copied and read aloud
    "svg.hashsalt": "markovlens",  # else names of elements are random and no two files are equal
    "text.parse_math": False,  # a symbol may be a dollar sign
}
# What matplotlib would add by itself and would differ between two runs.
UNDATED = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": {"Software": None}}


class Drawing(Figure):
    """A figure that notebooks show, whether or not pyplot is in use."""

    def _repr_svg_(self) -> str:
        text = io.StringIO()
        with matplotlib.rc_context(SETTINGS):
            self.savefig(text, format="svg", metadata=UNDATED[".svg"])
        return text.getvalue()


@dataclass(frozen=True, slots=True)
class Sketch:
    """A machine with a place for everything, in inches before it is shrunk to its room.

    Attributes:
        machine: what is drawn.
        states: (M,), the states that are drawn.
        edges: the edges that are drawn; those from `START` come first.
        labels: what stands beside each edge.
        hidden: edges that are not drawn, as they are weak.
        radii: (M + 1,), of the states, and of the dot from which the arrows of the start come.
        layout: where all of it stands; circles in the order of `radii`.
        scale: factor, at most 1, by which it fits into its room.
    """

    machine: Machine
    states: np.ndarray
    edges: list[Edge]
    labels: list[str]
    hidden: list[Edge]
    radii: np.ndarray
    layout: Layout
    scale: float

    @property
    def size(self) -> np.ndarray:
        """Width and height (2,) in inches of what is drawn."""
        return self.layout.size * self.scale

    @property
    def unseen(self) -> bool:
        """Whether some arrow is dashed."""
        return any(_is_unseen(edge, self.machine) for edge in self.edges)


def draw_machine(machine: Machine, flow: Flow | None = None) -> Figure:
    """Return the drawing of a machine, as `Machine.draw` describes it."""
    with matplotlib.rc_context(SETTINGS):
        made = sketch(machine, flow)
        key = key_of(machine, width=ROOM[0])
        width = max([made.size[0], *(inches_wide(line, size=KEY_SIZE) for line in key)])
        below = LINE * len(key)
        figure = Drawing(figsize=(width + 2 * PAD, made.size[1] + below + 2 * PAD))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(-PAD, width + PAD), ylim=(-PAD - below, made.size[1] + PAD))
        axes.set_axis_off()
        draw_sketch(axes, made)
        draw_key(axes, key)
    return figure


def draw_key(axes: Axes, key: Sequence[str], *, corner: Sequence[float] = (0.0, 0.0)) -> None:
    """Write the lines of a key below a corner, on axes that are measured in inches."""
    for number, line in enumerate(key):
        top = corner[1] - LINE * (number + 0.5)
        axes.text(corner[0], top, line, size=KEY_SIZE, va="center_baseline", color=INK)


def write_drawing(path: str | Path, figure: Figure) -> None:
    """Write a drawing as SVG, PNG or PDF, the same bytes each time; another ending raises."""
    check_folder(path)
    if (suffix := Path(path).suffix) not in UNDATED:
        said = f"{path}: expected a name that ends in {', '.join(UNDATED)}"
        raise ConfigError(said, page="unknown-file-kind")
    with replacing(path) as temporary, matplotlib.rc_context(SETTINGS):
        figure.savefig(temporary, format=suffix[1:], metadata=UNDATED[suffix])


def sketch(
    machine: Machine, flow: Flow | None = None, *, room: tuple[float, float] = ROOM
) -> Sketch:
    """Return the machine laid out; without `flow` its states and moves are all alike.

    Args:
        machine: what to draw.
        flow: from `flow_of` or `even_flow`, which is the default.
        room: width and height in inches to fit into.
    """
    even = flow is None
    flow = flow or even_flow(machine)
    begun, moved = _begun_and_moved(machine, flow)
    shown, hidden = shown_and_hidden(machine, moved, even=even)
    edges = [*begun, *shown]
    states = np.flatnonzero(flow.visits)
    share = flow.visits[states] / flow.visits.max()
    radii = np.full(len(states), EVEN) if even else SMALLEST + (LARGEST - SMALLEST) * share**0.5
    radii = radii * (1.0 if machine.output == Output.DISTRIBUTION else NUMBERS)
    labels = [_label(edge, machine) for edge in edges]
    radii = np.append(radii, START_RADIUS)
    number = {START: len(states)} | {int(state): n for n, state in enumerate(states)}
    links = [(number[edge.source], number[edge.target]) for edge in edges]
    boxes = np.reshape([_box(label) for label in labels], (-1, 2))
    diagram = Diagram(radii, links, boxes, first=len(states) if begun else None)
    layout = lay_out(diagram, room=room)
    return Sketch(machine, states, edges, labels, hidden, radii, layout, layout.shrink(room))


def shown_and_hidden(
    machine: Machine, moved: list[Edge], *, even: bool = False
) -> tuple[list[Edge], list[Edge]]:
    """Return the edges between states that are drawn, and those too weak for it."""
    most = max(FEWEST_EDGES, 3 * machine.n_states) if even else 3 * machine.n_states
    return split_by_share(moved, least=0.0 if even else LEAST, most=most)


def starting_state(machine: Machine) -> int | None:
    """Return the only state that moves as the start does, which can then stand in for it.

    The start, before the first symbol, has no answer: where there are two such states, none is it.
    """
    alike = (machine.transition == machine.initial[:, None]).all(axis=(0, 2))
    found = np.flatnonzero(alike & machine.visitable)
    return int(found[0]) if len(found) == 1 else None


def _begun_and_moved(machine: Machine, flow: Flow) -> tuple[list[Edge], list[Edge]]:
    edges = edges_of(machine, flow)
    begun = [edge for edge in edges if edge.source == START and edge.share >= LEAST]
    state = starting_state(machine)
    if state is not None and flow.visits[state]:
        nothing = np.array([], dtype=int)
        begun = [Edge(START, state, 1.0, 1.0, nothing, nothing, nothing, nothing)]
    return begun, [edge for edge in edges if edge.source != START]


def _is_unseen(edge: Edge, machine: Machine) -> bool:
    return edge.source != START and not machine.seen[edge.symbols, edge.source].any()


def _label(edge: Edge, machine: Machine) -> str:
    if not len(edge.symbols):
        return ""
    longest = LONGEST_WORD if machine.codebook is None else LONGEST_RULE
    most = LARGE_ALPHABET if are_rules(machine) else 3  # letters take no room
    return edge_label(edge, short_names(machine), most=most, longest=longest)


def _box(label: str) -> np.ndarray:
    """Return width and height (2,) of a label in inches."""
    if not label:
        return np.zeros(2)
    lines = label.split("\n")
    width = max(inches_wide(line, size=LABEL_SIZE) for line in lines)
    return np.array([width, LINE * len(lines)]) + PAD


def draw_sketch(axes: Axes, made: Sketch, *, corner: Sequence[float] = (0.0, 0.0)) -> None:
    """Draw a sketch on axes that are measured in inches, its lower left corner at `corner`."""
    shift, scale = np.array(corner), made.scale
    for edge, label, curve, middle in zip(
        made.edges, made.labels, made.layout.curves, made.layout.labels, strict=True
    ):
        _draw_arrow(axes, curve * scale + shift, edge, made)
        if label:
            x, y = middle * scale + shift
            axes.text(
                x, y, label, size=LABEL_SIZE * scale, ha="center", va="center", color=INK,
                linespacing=1.15, zorder=3,
                bbox={"boxstyle": "square,pad=0.05", "fc": PAPER, "ec": "none", "alpha": 0.8},
            )  # fmt: skip
    places, radii = made.layout.places * scale + shift, made.radii * scale
    for state, place, radius in zip(made.states, places, radii, strict=False):
        _draw_state(axes, made, int(state), place, radius)
    if any(edge.source == START for edge in made.edges):
        axes.add_patch(Circle(tuple(places[-1]), radii[-1], fc=INK, ec=INK, zorder=4))


def _draw_arrow(axes: Axes, curve: np.ndarray, edge: Edge, made: Sketch) -> None:
    """Draw an arrow along control points, as wide as its flow where the states differ in size."""
    alike = edge.source == START or np.ptp(made.radii[:-1]) == 0
    width = (1.1 if alike else 0.7 + 4.0 * edge.share**0.5) * max(made.scale, 0.5)
    dashes = (0, (3, 2)) if _is_unseen(edge, made.machine) else "-"
    codes = [Curve.MOVETO] + [Curve.CURVE4] * (len(curve) - 1)
    head = f"-|>,head_length={3 + 0.8 * width},head_width={1.4 + 0.4 * width}"
    axes.add_patch(
        FancyArrowPatch(
            path=Curve(curve, codes), arrowstyle=head, mutation_scale=made.scale, lw=width,
            color=ARROW, ls=dashes, alpha=1.0 if alike else 0.75,
            zorder=1, capstyle="butt", joinstyle="miter",
        )
    )  # fmt: skip


def _draw_state(axes: Axes, made: Sketch, state: int, place: np.ndarray, radius: float) -> None:
    machine, centre = made.machine, tuple(place)
    axes.add_patch(Circle(centre, radius, fc=fill_of(machine, state), ec=INK, lw=1.1, zorder=4))
    is_decision = machine.output == Output.DISTRIBUTION and len(machine.classes) == 2
    if is_decision and machine.readout[state].argmax() == 1:
        axes.add_patch(Circle(centre, radius * 0.88, fc="none", ec=INK, lw=0.9, zorder=5))
    lines = _lines_of(machine, state, radius / made.scale)
    steps = [STEP * (one[1] + other[1]) / 2 for one, other in pairwise(lines)]
    below = np.cumsum([0.0, *steps])
    for (text, size), depth in zip(lines, below - below[-1] / 2, strict=True):
        axes.text(
            place[0], place[1] - depth * made.scale, text, size=size * made.scale, ha="center",
            va="center_baseline", color=INK, weight="bold" if size == NUMBER_SIZE else "normal",
            zorder=6,
        )  # fmt: skip


def _lines_of(machine: Machine, state: int, radius: float) -> list[tuple[str, float]]:
    """Return what fits into a state, with font sizes: its number, then what it answers."""
    small = [
        (fitting[0], TEXT_SIZE)
        for words in said_of(machine, state)
        if (fitting := [word for word in words if 0 < _wide(word) < 1.7 * radius])
    ]
    return [(str(state), NUMBER_SIZE), *small[: int(radius / 0.13) - 1]]


def _wide(word: str) -> float:
    return inches_wide(word, size=TEXT_SIZE)


def fill_of(machine: Machine, state: int) -> str:
    """Return the colour of a state, by `saying.share_of`: from low to high, or pale to strong."""
    of_two = machine.output == Output.DISTRIBUTION and len(machine.classes) == 2
    two_ended = of_two or machine.output in (Output.VALUES, Output.RISK)
    name = TWO_CLASSES if two_ended else MANY_CLASSES
    begin, reach = PALE[name]
    return colors.to_hex(matplotlib.colormaps[name](begin + reach * share_of(machine, state)))
