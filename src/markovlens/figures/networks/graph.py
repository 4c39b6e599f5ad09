"""The transition graph of a machine: what it is, drawn from what flows through it."""

from __future__ import annotations

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from markovlens.figures.layout import on_ellipse, ring_order
from markovlens.figures.networks.board import (
    CENTRE,
    COLOUR_BAR,
    HEIGHT,
    LARGEST,
    SMALLEST,
    STUB,
    Board,
    curves_of,
    draw_arrow,
    places_along,
    places_beside_loop,
    places_beyond,
    unit,
    write_label,
)
from markovlens.figures.networks.edges import START, Edge, Flow, edges_of, flow_of, split_by_share
from markovlens.figures.networks.labels import LARGE_ALPHABET
from markovlens.figures.style import (
    CONFIDENCE_COLOURS,
    INK,
    PROBABILITY_COLOURS,
    SMALL_SIZE,
    drawing_board,
    frame,
    ink_on,
    method_name,
    styled,
)
from markovlens.figures.text import count, inches_wide, percent, shorten
from markovlens.machines.machine import Machine
from markovlens.trace import Trace


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
        f"at {percent(agree / n_outputs)} of its outputs; always giving the commonest: "
        f"{percent(commonest(trace))}"
    )


def agreement(machine: Machine, trace: Trace) -> tuple[int, int]:
    """Return at how many of the network's outputs the machine decides alike, and of how many."""
    compared = trace.has_output
    decided = machine.predict(trace.sequences).argmax(-1)
    return int((decided == trace.decisions)[compared].sum()), int(compared.sum())


def commonest(trace: Trace) -> float:
    """Return the share of the network's outputs that its commonest decision makes up."""
    decisions = trace.decisions[trace.has_output]
    return float(np.bincount(decisions).max() / len(decisions))


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
    """Draw the arrows, then the labels strong edges first, so that they get the best place."""
    curves = curves_of(board, edges)
    for edge, curve in zip(edges, curves, strict=True):
        width = 0.7 + 4.3 * edge.share**0.5
        draw_arrow(board.axes, curve, width=width, alpha=0.3 + 0.6 * min(1.0, 3 * edge.share))
    loops_first = sorted(range(len(edges)), key=lambda i: edges[i].source != edges[i].target)
    for index in loops_first:
        edge, curve = edges[index], curves[index]
        places = (
            places_beside_loop(board, edge) if edge.source == edge.target else places_along(curve)
        )
        write_label(board, edge, machine, places)


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
        rim, tail = (centre + unit(angle) * (radius + far) for far in (0.05, 0.05 + STUB))
        draw_arrow(board.axes, np.array([tail, (tail + rim) / 2, rim]), width=1.6, alpha=1.0)
        turns = [angle + turn * side for turn in (0, 0.2, -0.2, 0.4, -0.4)]
        places = places_beyond(centre, radius + 0.08 + STUB, turns)
        write_label(board, edge, machine, places, heading)


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
    """Return what stands under a state's number: its class if there are many, else its share."""
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
    bar = figure.add_axes((0.012, 0.08, 0.011, 0.2), label="<colorbar>")
    full = matplotlib.colormaps[_map_of(machine)](np.linspace(0.12, 0.88, 128))
    cmap = matplotlib.colors.ListedColormap(full)
    figure.colorbar(ScalarMappable(Normalize(0, 1), cmap), cax=bar, ticks=[0, 0.5, 1])
    name = (
        f"P({shorten(machine.classes[1], longest=16)})" if len(machine.classes) == 2 else "P(class)"
    )
    bar.set_title(f"{name} in the state", size=SMALL_SIZE, weight="normal", loc="left")


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
