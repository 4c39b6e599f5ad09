"""A machine laid out to be drawn: states and moves, where they stand, what is written there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from markovlens.lettering import inches_wide
from markovlens.machines.diagram import Diagram, Layout
from markovlens.machines.edges import START, Edge, Flow, edges_of, even_flow, split_by_share
from markovlens.machines.keys import are_rules, key_lines, key_of, short_names
from markovlens.machines.labels import LARGE_ALPHABET, LONGEST_RULE, LONGEST_WORD, edge_label
from markovlens.machines.layout import lay_out
from markovlens.machines.machine import Machine
from markovlens.machines.saying import said_of
from markovlens.outputs import Output
from markovlens.spelling import count, inflected, percentage

ROOM = (9.2, 6.5)  # inches, that a drawing may fill
LEAST = 0.01  # share of the flow below which an edge is left out
FEWEST_EDGES = 40  # that are drawn of any machine, if it has so many
NUMBER_SIZE, TEXT_SIZE, LABEL_SIZE = 10.0, 7.0, 8.0  # points
LINE, PAD = 0.14, 0.05  # inches: a line of a label, and around a label
WITHIN = 1.7  # radii of a state, that a word in it may be wide
NUMBERS = 1.5  # how much larger a state is that answers with more than a class
SMALLEST, LARGEST, EVEN = 0.2, 0.42, 0.36  # radius of a state, inches; of each where all are alike
START_RADIUS = 0.045


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
    def texts(self) -> list[str]:
        """What stands beside edges and in states."""
        lines = [self.lines_of(place) for place in range(len(self.states))]
        return [*self.labels, *(text for found in lines for text, _ in found)]

    def lines_of(self, place: int) -> list[tuple[str, float]]:
        """Return the lines in the state at a place of `states`, each with its size in points."""
        return _lines_of(self.machine, int(self.states[place]), float(self.radii[place]))

    @property
    def unseen(self) -> bool:
        """Whether some arrow is dashed."""
        return any(is_unseen(edge, self.machine) for edge in self.edges)


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


def left_out(hidden: list[Edge]) -> str:
    """Return how many edges are not drawn, and their part of all moves, in words."""
    share = sum(edge.share for edge in hidden)
    return f"{count(len(hidden), 'weaker arrow')} ({percentage(share)} of moves)"


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


def is_unseen(edge: Edge, machine: Machine) -> bool:
    """Return whether a move was never met, so that its arrow is dashed."""
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


def _lines_of(machine: Machine, state: int, radius: float) -> list[tuple[str, float]]:
    """Return what fits into a state, with font sizes: its number, then what it answers."""
    small = [
        (fitting[0], TEXT_SIZE)
        for words in said_of(machine, state)
        if (fitting := [word for word in words if 0 < _wide(word) < WITHIN * radius])
    ]
    return [(str(state), NUMBER_SIZE), *small[: int(radius / 0.13) - 1]]


def _wide(word: str) -> float:
    return inches_wide(word, size=TEXT_SIZE)


def key_of_sketch(made: Sketch, *, width: float) -> list[str]:
    """Return the lines of the key of a sketch, of which each may fill so many inches.

    States that are too small for their class, by its name or by a line for it, have it there.
    """
    lines = key_of(made.machine, width=width, drawn=made.texts)
    if made.machine.output != Output.DISTRIBUTION:
        return lines
    unsaid: dict[str, list[str]] = {}
    for place, state in enumerate(made.states.tolist()):
        name = made.machine.classes[int(made.machine.readout[state].argmax())]
        written = [text for text, _ in made.lines_of(place)]
        if said_of(made.machine, state)[0][0] not in written:
            unsaid.setdefault(name, []).append(str(state))
    for name, states in unsaid.items():
        who = f"{inflected(len(states), 'state')} {', '.join(states)}"
        lines += key_lines(who, name, width=width)
    return lines
