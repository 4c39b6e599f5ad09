"""Both libraries place circles, labels and arrows so that nothing covers another."""

import logging
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from markovlens.machines import layout
from markovlens.machines.diagram import Diagram
from markovlens.machines.layout import (
    GRAPHVIZ,
    NETWORKX,
    by_graphviz,
    by_networkx,
    lay_out,
)
from markovlens.machines.tidying import tidied

needs_graphviz = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is missing")
LIBRARIES = [
    pytest.param(lambda diagram: by_graphviz(diagram, "LR"), id="graphviz", marks=needs_graphviz),
    pytest.param(lambda diagram: by_graphviz(diagram, "TB"), id="top-down", marks=needs_graphviz),
    pytest.param(by_networkx, id="networkx"),
]


def diagram_of(links, *, n_states, seed=0, first=None):
    rng = np.random.default_rng(seed)
    boxes = rng.uniform([0.1, 0.14], [0.9, 0.6], (len(links), 2))
    return Diagram(rng.uniform(0.15, 0.4, n_states), links, boxes, first=first)


@st.composite
def diagrams(draw):
    n_states = draw(st.integers(1, 6))
    pairs = [(i, j) for i in range(n_states) for j in range(n_states)]
    links = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=14))
    return diagram_of(links, n_states=n_states, seed=draw(st.integers(0, 9)))


def gaps_of(diagram, placed):
    """Return inches between labels, between circles and labels, and between circles."""
    half = diagram.boxes / 2
    beyond = (np.abs(placed.labels - placed.places[:, None]) - half).clip(0)
    to_labels = np.hypot(*beyond.transpose(2, 0, 1)) - diagram.radii[:, None]
    one, other = np.triu_indices(len(half), 1)
    apart = np.abs(placed.labels[one] - placed.labels[other]) - half[one] - half[other]
    one, other = np.triu_indices(len(diagram.radii), 1)
    circles = np.hypot(*(placed.places[one] - placed.places[other]).T)
    circles -= diagram.radii[one] + diagram.radii[other]
    return np.concatenate([apart.max(axis=1), to_labels.ravel(), circles])


@pytest.mark.parametrize("place", LIBRARIES)
@settings(max_examples=12)
@given(diagram=diagrams())
def test_no_label_covers_another_or_a_circle_and_all_is_inside(place, diagram):
    placed = tidied(diagram, place(diagram), bending=place is by_networkx)
    assert (gaps_of(diagram, placed) > -0.03).all()  # Graphviz counts in whole points
    centres = np.concatenate([placed.places, placed.labels])
    sizes = np.concatenate([np.repeat(2 * diagram.radii[:, None], 2, axis=1), diagram.boxes])
    assert (centres - sizes / 2 > -0.03).all()
    assert (centres + sizes / 2 < placed.size + 0.03).all()


@pytest.mark.parametrize("place", LIBRARIES)
@settings(max_examples=12)
@given(diagram=diagrams())
def test_arrows_run_from_rim_to_rim_in_cubic_pieces(place, diagram):
    placed = place(diagram)
    assert len(placed.curves) == len(diagram.links)
    for (source, target), curve in zip(diagram.links, placed.curves, strict=True):
        assert len(curve) % 3 == 1
        for end, state in ((curve[0], source), (curve[-1], target)):
            distance = np.hypot(*(end - placed.places[state]))
            assert distance == pytest.approx(diagram.radii[state], abs=0.06)


@pytest.mark.parametrize("place", LIBRARIES)
def test_the_same_graph_is_placed_alike(place):
    diagram = diagram_of([(0, 1), (1, 2), (2, 0), (1, 1)], n_states=3)
    one, two = place(diagram), place(diagram)
    np.testing.assert_array_equal(one.places, two.places)
    np.testing.assert_array_equal(one.labels, two.labels)
    for first, second in zip(one.curves, two.curves, strict=True):
        np.testing.assert_array_equal(first, second)


@needs_graphviz
def test_graphviz_begins_at_the_first_circle():
    diagram = diagram_of([(0, 1), (1, 0), (2, 1)], n_states=3, first=2)
    assert by_graphviz(diagram, "LR").places[:, 0].argmin() == 2


@needs_graphviz
def test_the_direction_that_fits_is_taken():
    chain = diagram_of([(k, k + 1) for k in range(6)], n_states=7)
    wide, high = (lay_out(chain, room=room).size for room in ((12.0, 2.0), (2.0, 12.0)))
    assert wide[0] > wide[1]
    assert high[0] < high[1]


def test_without_graphviz_networkx_draws(monkeypatch):
    monkeypatch.setattr(layout.shutil, "which", lambda name: None)
    assert lay_out(diagram_of([(0, 1)], n_states=2), room=(9, 6)).by == NETWORKX


def test_a_broken_graphviz_is_said_and_networkx_draws(monkeypatch, tmp_path, caplog):
    broken = tmp_path / "dot"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with caplog.at_level(logging.WARNING):
        assert lay_out(diagram_of([(0, 1)], n_states=2), room=(9, 6)).by == NETWORKX
    assert "Graphviz does not work here" in caplog.text


@needs_graphviz
def test_graphviz_is_preferred():
    assert lay_out(diagram_of([(0, 1)], n_states=2), room=(9, 6)).by == GRAPHVIZ
