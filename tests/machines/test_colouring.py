"""Each class has a colour and a rim of its own, and a legend tells them."""

from dataclasses import replace
from itertools import combinations

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Circle

from helpers.outputs import counter
from markovlens.figures.colours import luminance
from markovlens.lettering import inches_wide
from markovlens.machines.colouring import (
    CLASS_COLOURS,
    OTHER_COLOUR,
    OTHERS,
    fill_of,
    legend_of,
    rim_of,
)
from markovlens.machines.keys import SIZE

# Of light, for eyes without one kind of cone (Machado, Oliveira & Fernandes 2009, severity 1).
EYES = {
    "all cones": np.eye(3),
    "no long": [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]],
    "no middle": [[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]],
    "no short": [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]],
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.9505, 1.0, 1.089])


def seen_as(colour, eyes):
    """Return a colour in CIELAB as some eyes see it."""
    rgb = np.array(to_rgb(colour))
    light = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    x, y, z = np.cbrt((XYZ @ (np.array(eyes) @ light).clip(0, 1) / WHITE).clip(0.009))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("eyes", EYES.values(), ids=EYES)
@pytest.mark.parametrize(("number", "least"), [(3, 25), (4, 20), (len(CLASS_COLOURS), 12)])
def test_the_first_colours_stay_apart_for_all_eyes(eyes, number, least):
    seen = [seen_as(colour, eyes) for colour in CLASS_COLOURS[:number]]
    assert min(np.linalg.norm(one - other) for one, other in combinations(seen, 2)) > least


def sure_of(n_classes, n_states=None):
    """Return a machine of which each state is sure of a class of its own."""
    readout = np.eye(n_classes)[: n_states or n_classes]
    return counter(readout, "distribution", classes=tuple(f"class {c}" for c in range(n_classes)))


@pytest.mark.parametrize("n_classes", range(3, len(CLASS_COLOURS) + 1))
def test_each_class_has_a_colour_and_a_rim_of_its_own(n_classes):
    machine = sure_of(n_classes)
    assert len({fill_of(machine, state) for state in range(n_classes)}) == n_classes
    assert len({rim_of(machine, state) for state in range(n_classes)}) == n_classes


def test_states_of_one_class_look_alike_but_for_how_sure_they_are():
    readout = np.array([[0.9, 0.05, 0.05], [0.9, 0.1, 0.0], [0.5, 0.3, 0.2], [0.1, 0.8, 0.1]])
    machine = counter(readout, "distribution", classes=("a", "b", "c"))
    fills = [fill_of(machine, state) for state in range(4)]
    assert fills[0] == fills[1]
    assert luminance(fills[2]) > luminance(fills[0])
    assert [rim_of(machine, state) for state in range(3)] == [rim_of(machine, 0)] * 3


def test_of_many_classes_those_that_are_answered_have_colours():
    few = sure_of(30, n_states=2)
    assert [fill_of(few, state).upper() for state in range(2)] == [*CLASS_COLOURS[:2]]
    many = sure_of(12)
    assert fill_of(many, 11).upper() == OTHER_COLOUR
    assert [sign.name for sign in legend_of(many, range(12), width=9)][-1] == OTHERS


def test_the_legend_names_what_is_drawn_and_fits():
    machine = replace(sure_of(7), classes=tuple(f"quite a long name {c}" for c in range(7)))
    signs = legend_of(machine, range(7), width=3.0)
    assert [sign.name for sign in signs] == list(machine.classes)
    assert [sign.fill for sign in signs] == [fill_of(machine, state) for state in range(7)]
    assert [sign.rim for sign in signs] == [rim_of(machine, state) for state in range(7)]
    ends = [sign.left + inches_wide(sign.name, size=SIZE) for sign in signs]
    assert max(ends) < 3.0
    assert [sign.line for sign in signs] == [0, 0, 1, 1, 2, 2, 3]
    assert {sign.line for sign in legend_of(machine, [0, 3], width=9.0)} == {0}


def test_a_drawing_has_its_legend_below_all_states():
    figure = sure_of(3).draw()
    discs = [disc for disc in figure.findobj(Circle) if disc.radius > 0.05]
    signs, states = discs[-3:], discs[:3]
    assert [sign.get_facecolor() for sign in signs] == [state.get_facecolor() for state in states]
    assert max(sign.center[1] for sign in signs) < 0 < min(s.center[1] for s in states)
    texts = [text.get_text() for text in figure.findobj(matplotlib.text.Text)]
    assert [texts.count(f"class {place}") for place in range(3)] == [2, 2, 2]


def test_two_classes_and_values_have_no_legend(parity):
    assert legend_of(parity, [0, 1], width=9.0) == []
    values = counter(np.array([[1.0], [2.0]]), "values", classes=("y",))
    assert legend_of(values, [0, 1], width=9.0) == []
    assert rim_of(values, 1) == rim_of(values, 0)
    assert rim_of(parity, 1) != rim_of(parity, 0)
