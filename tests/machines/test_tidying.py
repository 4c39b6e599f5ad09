"""Drawings in which no arrow lies on a label or a circle, by either library."""

import shutil

import numpy as np
import pytest
from matplotlib.bezier import BezierSegment
from matplotlib.figure import Figure
from matplotlib.text import Text

from markovlens.machines import layout
from markovlens.machines.diagram import LOOP_TIP, Diagram, Layout, loop_at
from markovlens.machines.drawing import draw_sketch
from markovlens.machines.machine import automaton
from markovlens.machines.sketching import sketch
from markovlens.machines.tidying import MOST, n_faults, tidied

LETTERS = ("a", "b", "c")
WORDS = ("the ending", "not", "internationally")
LIBRARIES = [
    pytest.param(
        "dot", marks=pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is missing")
    ),
    "networkx",
]


@pytest.fixture(params=LIBRARIES)
def library(request, monkeypatch):
    if request.param == "networkx":
        monkeypatch.setattr(layout.shutil, "which", lambda name: None)
    return request.param


def machine_of(n_states, symbols):
    rng = np.random.default_rng(n_states)
    next_states = rng.integers(0, n_states, (n_states, len(symbols)))
    return automaton(next_states, rng.random(n_states) < 0.5, start=0, symbols=symbols)


def points_of(curve):
    times = np.linspace(0, 1, 300)
    pieces = [BezierSegment(curve[at : at + 4])(times) for at in range(0, len(curve) - 1, 3)]
    return np.concatenate(pieces)


def labels_of(made):
    """Return the boxes of the texts beside arrows as drawn, in inches."""
    figure = Figure(figsize=made.size)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, made.size[0]), ylim=(0, made.size[1]))
    draw_sketch(axes, made)
    figure.draw_without_rendering()
    inches = axes.transData.inverted()
    texts = [text for text in figure.findobj(Text) if text.get_text() and text.get_bbox_patch()]
    return [text.get_window_extent().transformed(inches) for text in texts]


@pytest.mark.parametrize(
    ("n_states", "symbols"),
    [(2, LETTERS), (3, WORDS), (4, LETTERS), (6, WORDS), (8, LETTERS), (12, LETTERS)],
)
def test_no_arrow_runs_through_a_label_or_a_circle(n_states, symbols, library):
    made = sketch(machine_of(n_states, symbols))
    arrows = [points_of(curve * made.scale) for curve in made.layout.curves]
    for box in labels_of(made):
        touched = [arrow for arrow in arrows if box.count_contains(arrow)]
        assert not touched
    for edge, arrow in zip(made.edges, arrows, strict=True):
        for state, place, radius in zip(made.states, made.layout.places, made.radii, strict=False):
            if state not in (edge.source, edge.target):
                apart = np.hypot(*(arrow - place * made.scale).T)
                assert apart.min() > radius * made.scale


def test_long_lists_of_symbols_stand_clear_of_each_other(library):
    boxes = labels_of(sketch(machine_of(4, tuple(f"word {place}" for place in range(14)))))
    for place, box in enumerate(boxes):
        assert not any(box.overlaps(other.padded(-0.01)) for other in boxes[place + 1 :])


def test_arrows_there_and_back_are_two(library):
    machine = automaton([[1, 0], [0, 1]], [False, True], start=0, symbols=("a", "b"))
    made = sketch(machine)
    ways = {(e.source, e.target): c for e, c in zip(made.edges, made.layout.curves, strict=True)}
    there, back = points_of(ways[0, 1]), points_of(ways[1, 0])
    assert np.hypot(*(back - there[len(there) // 2]).T).min() > 0.1


def scene(*, arrow_over_loop):
    """Return a circle with a loop above, and an arrow that comes in from above or from the right.

    The dot it comes from is a circle, too.
    """
    from_where = [0.0, 2.0] if arrow_over_loop else [2.0, 0.0]
    places = np.array([[0.0, 0.0], from_where])
    rim = 0.3 * places[1] / 2
    curves = [loop_at(places[0], 0.3, np.pi / 2), np.linspace(places[1] * 0.95, rim, 4)]
    labels = np.array([[0.0, 0.7], [0.5, 1.5]])
    diagram = Diagram(np.array([0.3, 0.05]), [(0, 0), (1, 0)], np.array([[0.4, 0.2], [0.2, 0.2]]))
    return diagram, Layout(np.ones(2), places, curves, labels, "hand")


def test_a_loop_moves_out_of_the_way_and_stays_where_nothing_is():
    diagram, crossed = scene(arrow_over_loop=True)
    assert n_faults(diagram, crossed) > 0
    moved = tidied(diagram, crossed, bending=False)
    assert n_faults(diagram, moved) == 0
    arrow = points_of(moved.curves[1])
    assert not (np.abs(arrow - moved.labels[0]) < diagram.boxes[0] / 2).all(axis=1).any()
    diagram, free = scene(arrow_over_loop=False)
    kept = tidied(diagram, free, bending=False)
    np.testing.assert_allclose(kept.labels - kept.places[0], free.labels)


def test_a_loop_reaches_as_far_as_is_said_of_it():
    loop = points_of(loop_at(np.zeros(2), 0.3, 0.0))
    assert loop[:, 0].max() == pytest.approx(0.3 + LOOP_TIP, abs=1e-3)
    np.testing.assert_allclose(np.hypot(*loop[[0, -1]].T), 0.3)


def test_more_links_than_anybody_reads_stay_where_they_were_placed():
    links, boxes = [(0, 1)] * MOST, np.full((MOST, 2), 0.2)
    places = np.array([[0.5, 0.5], [2.5, 0.5]])
    curve = np.array([[0.7, 0.5], [1.2, 0.5], [1.8, 0.5], [2.3, 0.5]])
    covered = Layout(np.array([3.0, 1.0]), places, [curve] * MOST, np.ones((MOST, 2)), "dot")
    few = Diagram(np.full(2, 0.2), links, boxes)
    assert n_faults(few, tidied(few, covered, bending=False)) < n_faults(few, covered)
    more = Diagram(few.radii, [*links, (1, 0)], np.full((MOST + 1, 2), 0.2))
    one_more = Layout(covered.size, places, [curve] * (MOST + 1), np.ones((MOST + 1, 2)), "dot")
    assert tidied(more, one_more, bending=False) is one_more
