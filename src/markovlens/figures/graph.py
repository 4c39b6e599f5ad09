"""The transition graph of a machine: what it is, drawn from what flows through it."""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch
from matplotlib.path import Path

from markovlens.figures.edges import START, Edge, Flow, edges_of, flow_of, split_by_share
from markovlens.figures.labels import LARGE_ALPHABET, edge_label
from markovlens.figures.layout import overlap, on_ellipse, ring_order
from markovlens.figures.style import (
    CONFIDENCE_COLOURS,
    INK,
    PROBABILITY_COLOURS,
    SMALL_SIZE,
    WIDTH,
    drawing_board,
    frame,
    ink_on,
    method_name,
    styled,
)
from markovlens.figures.text import count, inches_wide, percent, shorten
from markovlens.machine import Machine
from markovlens.trace import Trace

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


@styled()
def draw_graph(
    machine: Machine,
    trace: Trace,
    *,
    method: str = "hmm",
    network: str = "",
    least: float = 0.01,
    most: int | None = None,
) -> Figure:
    """Return the machine as a graph, with the flow it has while reading the inputs of `trace`.

    Args:
        machine: what to draw.
        trace: held-out sequences and the network's outputs on them.
        method: which abstraction made the machine, for the title.
        network: "task, cell", for the foot line.
        least: edges with a smaller share of the flow are hidden.
        most: how many edges to draw at most; three a state unless told.
    """
    flow = flow_of(machine, trace.sequences)
    edges = edges_of(machine, flow)
    begun = [edge for edge in edges if edge.source == START]
    moved = [edge for edge in edges if edge.source != START]
    shown, hidden = split_by_share(moved, least=least, most=most or 3 * machine.n_states)
    figure, axes = drawing_board(HEIGHT)
    board = _board(axes, flow, moved, begun)
    _draw_states(board, machine, flow)
    _draw_edges(board, shown, machine)
    _draw_starts(board, begun, machine)
    _colour_bar(axes, machine)
    foot = _foot(machine, trace, hidden, unnamed=len(board.unnamed), network=network)
    frame(figure, graph_finding(machine, trace, method=method), foot=foot)
    return figure


def graph_finding(machine: Machine, trace: Trace, *, method: str) -> str:
    """Return the title: how often the machine, alone, gives the network's decision."""
    agree, n_outputs = agreement(machine, trace)
    name, size = method_name(method), count(machine.n_states, "state")
    owner = f"The {name}'s" if name[-1] != "s" else f"The {name}"
    if not n_outputs:
        return f"{owner} {size}; the network gave no output to compare with"
    return (
        f"{owner} {size}, run on inputs alone, give the network's decision "
        f"at {percent(agree / n_outputs)} of its outputs"
    )


def agreement(machine: Machine, trace: Trace) -> tuple[int, int]:
    """Return at how many of the network's outputs the machine decides alike, and how many there are."""
    compared = trace.has_output
    decided = machine.predict(trace.sequences).argmax(-1)
    return int((decided == trace.decisions)[compared].sum()), int(compared.sum())


def _board(axes: Axes, flow: Flow, moved: list[Edge], begun: list[Edge]) -> Board:
    n_states = len(flow.visits)
    weight = np.zeros((n_states, n_states))
    for edge in moved:
        weight[edge.source, edge.target] = edge.flow
    order = ring_order(weight, first=begun[0].target)
    reach = (3.05, 2.0) if n_states > 2 else (2.1, 0.0)
    places = on_ellipse(order, centre=CENTRE, radii=reach)
    away = places - CENTRE
    # The ellipse is wider than high, so its own normal points more truly outward than the radius.
    outward = np.arctan2(away[:, 1] / max(reach[1], 1) ** 2, away[:, 0] / reach[0] ** 2)
    outward[~away.any(1)] = np.pi / 2
    largest = min(LARGEST, 3.2 / n_states + 0.03)
    occupancy = flow.visits / flow.visits.max()
    radii = SMALLEST + (largest - SMALLEST) * np.sqrt(occupancy)
    taken = [np.r_[p - r, p + r] for p, r in zip(places, radii, strict=True)]
    return Board(axes, places, radii, outward, [*taken, COLOUR_BAR], [])


def _draw_edges(board: Board, edges: list[Edge], machine: Machine) -> None:
    """Draw the arrows, then the labels in order of flow, so that the strongest get the best place."""
    curves = _curves(board, edges)
    for edge, curve in zip(edges, curves, strict=True):
        width = 0.7 + 4.3 * edge.share**0.5
        _arrow(board.axes, curve, width=width, alpha=0.3 + 0.6 * min(1.0, 3 * edge.share))
    loops_first = sorted(range(len(edges)), key=lambda i: edges[i].source != edges[i].target)
    for index in loops_first:
        edge, curve = edges[index], curves[index]
        places = _beside_loop(board, edge) if edge.source == edge.target else _along(curve)
        _name(board, edge, machine, places)


def _name(
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
        *middle, label, size=SMALL_SIZE, ha="center", va="center", bbox=paper, zorder=3,
        linespacing=1.15,
    )  # fmt: skip


def _curves(board: Board, edges: list[Edge]) -> list[np.ndarray]:
    """Return the control points (M, 2) of each edge: a quadratic arc or a cubic loop."""
    curves, bends = [], {}
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
    begin = centre + _unit(angle + LOOP_OPENING) * radius
    end = centre + _unit(angle - LOOP_OPENING) * (radius + 0.03)
    bends = [centre + _unit(angle + side) * (radius + LOOP) for side in (0.62, -0.62)]
    return np.array([begin, *bends, end])


def _arrow(axes: Axes, curve: np.ndarray, *, width: float, alpha: float) -> None:
    codes = [Path.MOVETO] + [Path.CURVE3 if len(curve) == 3 else Path.CURVE4] * (len(curve) - 1)
    head = f"-|>,head_length={2.2 + 0.6 * width},head_width={1.1 + 0.4 * width}"
    patch = FancyArrowPatch(
        path=Path(curve, codes), arrowstyle=head, lw=width, color="#4D4D4D", alpha=alpha, zorder=1,
        capstyle="butt", joinstyle="miter",
    )  # fmt: skip
    axes.add_patch(patch)


def _along(curve: np.ndarray) -> list[Place]:
    """Return places on an arc, from its middle outwards."""
    shares = (0.5, 0.44, 0.56, 0.38, 0.62, 0.32, 0.68, 0.26, 0.74, 0.2, 0.8)
    return [(_bezier(curve, share), None) for share in shares]


def _beside_loop(board: Board, edge: Edge) -> list[Place]:
    centre, radius = board.places[edge.source], board.radii[edge.source]
    angle = board.outward[edge.source]
    apex = 0.25 * radius * np.cos(LOOP_OPENING) + 0.75 * (radius + LOOP) * np.cos(0.62)
    return _beyond(centre, apex + 0.05, [angle, angle + 0.25, angle - 0.25])


def _beyond(centre: np.ndarray, reach: float, angles: list[float]) -> list[Place]:
    """Return places that begin at a distance from a point and grow away from it."""
    return [(centre + _unit(a) * (reach + more), a) for more in (0, 0.12) for a in angles]


def _draw_starts(board: Board, begun: list[Edge], machine: Machine) -> None:
    """Draw an arrow from nowhere into each state in which at least 5 % of sequences begin."""
    for edge in begun:
        if edge.share < 0.05:
            continue
        centre, radius = board.places[edge.target], board.radii[edge.target]
        away = board.outward[edge.target]
        side = 1.0 if np.cos(away) <= 0 else -1.0
        heading = "start" if edge.share > 0.995 else f"start {percent(edge.share)}"
        angle = away + side * 1.05
        rim, tail = (centre + _unit(angle) * (radius + far) for far in (0.05, 0.05 + STUB))
        _arrow(board.axes, np.array([tail, (tail + rim) / 2, rim]), width=1.6, alpha=1.0)
        places = _beyond(
            centre, radius + 0.08 + STUB, [angle, angle + 0.2 * side, angle - 0.2 * side]
        )
        _name(board, edge, machine, places, heading)


def _draw_states(board: Board, machine: Machine, flow: Flow) -> None:
    likely = machine.readout.argmax(-1)
    colours = _state_colours(machine)
    share = flow.visits / flow.visits.sum()
    for state, (place, radius) in enumerate(zip(board.places, board.radii, strict=True)):
        board.axes.add_patch(Circle(place, radius, fc=colours[state], ec=INK, lw=1.2, zorder=4))
        if len(machine.classes) == 2 and likely[state] == 1:
            inner = Circle(place, radius - 0.045, fc="none", ec=INK, lw=0.9, zorder=5)
            board.axes.add_patch(inner)
        lines = [(str(state), 10.0), *_second_line(machine, state, share[state], radius)]
        _write_in(board.axes, place, lines, ink_on(colours[state]))


def _write_in(axes: Axes, place: np.ndarray, lines: list[tuple[str, float]], colour: str) -> None:
    offsets = [0.0] if len(lines) == 1 else [0.06, -0.09]
    for (text, size), offset in zip(lines, offsets, strict=True):
        axes.text(
            place[0], place[1] + offset, text, ha="center", va="center", size=size, color=colour,
            weight="bold" if size > 8 else "normal", zorder=6,
        )  # fmt: skip


def _second_line(
    machine: Machine, state: int, share: float, radius: float
) -> list[tuple[str, float]]:
    """Return what stands under the number of a state: its class if there are many, else its share."""
    text = percent(share)
    if len(machine.classes) > 2:
        text = shorten(machine.classes[machine.readout[state].argmax()], longest=9)
    size = 7.0
    fits = inches_wide(text, size=size) < 1.75 * radius and radius > 0.2
    return [(text, size)] if fits else []


def _state_colours(machine: Machine) -> list[str]:
    """Return the colour of each state: P(last class), or how likely its likeliest class is."""
    binary = len(machine.classes) == 2
    value = machine.readout[:, 1] if binary else machine.readout.max(-1)
    # The ends of the map are too dark for the numbers that stand on them.
    colours = matplotlib.colormaps[_map_of(machine)](0.12 + 0.76 * value)
    return [matplotlib.colors.to_hex(colour) for colour in colours]


def _map_of(machine: Machine) -> str:
    return PROBABILITY_COLOURS if len(machine.classes) == 2 else CONFIDENCE_COLOURS


def _colour_bar(axes: Axes, machine: Machine) -> None:
    figure = axes.get_figure(root=True)
    assert isinstance(figure, Figure)
    bar = figure.add_axes((0.012, 0.08, 0.011, 0.2))
    full = matplotlib.colormaps[_map_of(machine)](np.linspace(0.12, 0.88, 128))
    cmap = matplotlib.colors.ListedColormap(full)
    figure.colorbar(ScalarMappable(Normalize(0, 1), cmap), cax=bar, ticks=[0, 0.5, 1])
    name = (
        f"P({shorten(machine.classes[1], longest=16)})" if len(machine.classes) == 2 else "P(class)"
    )
    bar.set_title(f"{name} in the state", size=SMALL_SIZE, weight="normal", loc="left")
    bar.set_ylabel("")


def _foot(machine: Machine, trace: Trace, hidden: list[Edge], *, unnamed: int, network: str) -> str:
    parts = [network, f"{count(len(trace), 'held-out sequence')}, {count(trace.n_steps, 'step')}"]
    parts.append("area of a state: share of steps; width of an edge: flow")
    if len(machine.classes) == 2:
        parts.append(f"double ring: '{machine.classes[1]}' is likelier")
    if len(machine.symbols) > LARGE_ALPHABET:
        parts.append("words: the most characteristic of the edge, by lift")
    elif machine.symbols:
        parts.append("beside a symbol: its probability of this edge, if not 1")
    if hidden:
        share = sum(edge.share for edge in hidden)
        parts.append(f"hidden: {count(len(hidden), 'weak edge')} with {percent(share)} of the flow")
    if unnamed:
        parts.append(f"no room for the label of {count(unnamed, 'edge')}")
    return " · ".join(part for part in parts if part)


def _unit(angle: float) -> np.ndarray:
    return np.array([np.cos(angle), np.sin(angle)])


def _toward(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    return (there - here) / np.hypot(*(there - here))


def _bezier(curve: np.ndarray, share: float) -> np.ndarray:
    begin, bend, end = curve
    return (1 - share) ** 2 * begin + 2 * share * (1 - share) * bend + share**2 * end


def _box(place: Place, label: str) -> np.ndarray:
    """Return the box of a label that is centred on a point or, with an angle, grows away from it."""
    point, angle = place
    lines = label.split("\n")
    width = max(inches_wide(line, size=SMALL_SIZE) for line in lines) + 0.08
    half = np.array([width, LINE * len(lines) + 0.06]) / 2
    middle = point if angle is None else point + _unit(angle) * (np.abs(_unit(angle)) @ half)
    return np.r_[middle - half, middle + half]
