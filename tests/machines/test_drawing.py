"""`Machine.draw`: what a drawing says, whoever looks at it."""

import re
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import matplotlib
import numpy as np
import pytest

from helpers.outputs import counter
from markovlens.codebooks.cuts import cut_at
from markovlens.errors import ConfigError
from markovlens.lettering import inches_wide
from markovlens.machines import layout
from markovlens.machines.colouring import fill_of
from markovlens.machines.dot import machine_to_dot
from markovlens.machines.drawing import Key
from markovlens.machines.edges import START, Edge, flow_of
from markovlens.machines.keys import SIZE, key_lines
from markovlens.machines.machine import Machine, automaton
from markovlens.machines.sketching import (
    ROOM,
    SMALLEST,
    key_of_sketch,
    left_out,
    sketch,
    starting_state,
)
from markovlens.sequences import Sequences


@pytest.fixture(params=["as installed", "networkx"])
def library(request, monkeypatch):
    if request.param == "networkx":
        monkeypatch.setattr(layout.shutil, "which", lambda name: None)


def texts_of(figure):
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_text()]


def boxes_of(figure, *, of_arrows=False):
    """Return the boxes of all texts, or of those beside arrows, which stand on white."""
    found = [t for t in figure.findobj(matplotlib.text.Text) if t.get_text()]
    return [t.get_window_extent() for t in found if t.get_bbox_patch() or not of_arrows]


def test_a_drawing_names_states_classes_and_symbols(parity, library):
    texts = texts_of(parity.draw())
    assert sorted(texts) == ["0", "0", "0", "1", "1", "1", "accept", "reject"]


LONG = ("internationalisation", "internationalise", "a")


def test_what_is_cut_in_a_drawing_stands_whole_in_its_key(library):
    next_states = [[1, 0, 1], [1, 0, 0]]
    said = ("a quite likely answer", "no")
    machine = automaton(next_states, [False, True], start=0, symbols=LONG, classes=said)
    texts = texts_of(machine.draw())
    assert any("internationa…" in text and "internationalis" not in text for text in texts)
    assert "internationa…: internationalisation or internationalise" in texts
    assert "a quite …: a quite likely answer" in texts
    short = automaton(next_states, [False, True], start=0, symbols=("b", "c", "a"))
    assert not any(": " in text for text in texts_of(short.draw()))


@pytest.mark.parametrize("name", ["WWWWWWWW", "yes"])
def test_a_state_too_small_for_its_class_has_it_in_the_key(name):
    machine = automaton([[1, 0], [1, 0]], [False, True], start=0, symbols=("a", "b"))
    named = replace(machine, classes=("negative", name))
    rare = Sequences(np.array([1] * 60 + [0]), np.array([61]))
    texts = texts_of(named.draw(inputs=rare))
    assert "negative" in texts
    assert f"state 1: {name}" in texts
    assert key_of_sketch(sketch(machine), width=9.0) == []


def test_states_too_small_for_the_same_class_share_a_line_of_the_key():
    machine = automaton([[1, 2]] * 3, [False, True, True], start=0, symbols=("a", "b"))
    named = replace(machine, classes=("negative", "WWWWWWWW"))
    rare = Sequences(np.array([1] * 60 + [0]), np.array([61]))
    texts = texts_of(named.draw(inputs=rare))
    assert [text for text in texts if "WWWWWWWW" in text] == ["states 1, 2: WWWWWWWW"]


def test_an_accepting_state_has_two_rings(parity):
    circles = parity.draw().findobj(matplotlib.patches.Circle)
    assert len(circles) == 2 + 1 + 1  # the states, a ring, the dot of the start


def test_the_start_points_at_the_state_that_moves_as_it_does(parity):
    assert starting_state(parity) == 0
    made = sketch(parity)
    begun = [e for e, label in zip(made.edges, made.labels, strict=True) if e.source == START]
    assert [edge.target for edge in begun] == [0]
    assert made.labels[0] == ""


def test_a_start_of_its_own_bears_the_first_symbols():
    # Begins with a: 0 is "begun with a", 1 is "not"; no state goes to both.
    one_hot = np.eye(2)
    machine = Machine(
        one_hot, one_hot[None].repeat(2, 0), one_hot[::-1], ("a", "b"), ("no", "yes"),
        np.ones((2, 2), dtype=bool),
    )  # fmt: skip
    assert starting_state(machine) is None
    made = sketch(machine)
    begun = {
        edge.target: label
        for edge, label in zip(made.edges, made.labels, strict=True)
        if edge.source == START
    }
    assert begun == {0: "a", 1: "b"}


def test_two_states_that_could_be_the_start_are_none():
    # Both lead where the start leads, but answer differently, and the start has no answer.
    machine = automaton([[1, 0], [1, 0]], [False, True], start=0, symbols=("a", "b"))
    assert starting_state(machine) is None


@pytest.mark.parametrize("size", [(2, 2, 2), (5, 3, 2), (8, 26, 3), (12, 40, 2)])
def test_no_label_covers_another_and_all_fits(make_machine, make_trace, library, size):
    machine = make_machine(*size)
    for inputs in (None, make_trace(machine).sequences):
        figure = machine.draw(inputs=inputs)
        key = Key.of(
            sketch(machine, None if inputs is None else flow_of(machine, inputs)), width=ROOM[0]
        )
        room = np.array(ROOM) + (0.2, 0.2 + key.height)  # a key stands below what fills the room
        assert (figure.get_size_inches() < room).all()
        figure.draw_without_rendering()
        labels = boxes_of(figure, of_arrows=True)
        # What the fonts need may exceed what was measured by less than a pixel.
        for index, box in enumerate(labels):
            assert not any(box.overlaps(other.padded(-1.5)) for other in labels[index + 1 :])
        page = figure.bbox.padded(1)
        for box in boxes_of(figure):
            assert page.contains(*box.min)
            assert page.contains(*box.max)


def test_what_a_drawing_leaves_out_is_said_in_it(make_machine, make_trace, parity):
    machine = make_machine(12, 40, 2)
    inputs = make_trace(machine).sequences
    hidden = sketch(machine, flow_of(machine, inputs)).hidden
    said = [text for text in texts_of(machine.draw(inputs=inputs)) if "not drawn" in text]
    assert [text.split(" (")[0] for text in said] == [f"not drawn: {len(hidden)} weaker arrows"]
    assert not any("not drawn" in text for text in texts_of(parity.draw()))


def test_a_share_of_moves_has_no_digits_that_say_nothing():
    nothing = np.array([], dtype=int)
    hidden = [
        Edge(0, 1, share, share, nothing, nothing, nothing, nothing) for share in (3e-64, 4e-64)
    ]
    assert left_out(hidden) == "2 weaker arrows (under 0.1 % of moves)"
    assert left_out(hidden[:0]) == "0 weaker arrows (0.0 % of moves)"


def test_states_that_no_string_reaches_are_not_drawn():
    machine = automaton([[0, 0], [0, 1]], [True, False], start=0, symbols=("a", "b"))
    assert sketch(machine).states.tolist() == [0]


def test_moves_that_were_never_met_are_dashed(parity):
    seen = np.ones((2, 2), dtype=bool)
    assert not sketch(parity).unseen
    seen[1, 0] = False
    partly = Machine(
        parity.initial, parity.transition, parity.readout, parity.symbols, parity.classes, seen
    )
    assert sketch(partly).unseen
    arrows = partly.draw().findobj(matplotlib.patches.FancyArrowPatch)
    assert sum(arrow.get_linestyle() != "-" for arrow in arrows) == 1


def test_with_inputs_circles_are_as_large_as_their_share_of_steps(parity):
    even = sketch(parity).radii
    assert even[0] == even[1]
    inputs = Sequences(np.array([1, 0, 0, 0, 0, 1]), np.array([6]))  # five steps odd, one even
    radii = sketch(parity, flow_of(parity, inputs)).radii
    assert (radii[1] - SMALLEST) / (radii[0] - SMALLEST) == pytest.approx(5**0.5)


def test_a_machine_without_inputs_shows_chances_alone():
    machine = Machine(
        np.array([[1.0, 0.0]]), np.array([[[0.25, 0.75], [1.0, 0.0]]]), np.eye(2), (),
        ("a", "b"), np.ones((1, 2), dtype=bool),
    )  # fmt: skip
    assert {".75", ".25", "1"} <= set(texts_of(machine.draw()))


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_a_file_has_the_same_bytes_each_time(parity, suffix, tmp_path):
    for attempt in range(2):
        parity.draw(tmp_path / f"{attempt}.{suffix}")
    one, two = (path.read_bytes() for path in sorted(tmp_path.iterdir()))
    assert one == two
    assert suffix != "svg" or b">accept</text>" in one


def test_another_ending_is_refused_in_words(parity, tmp_path):
    with pytest.raises(ConfigError, match=r"ends in \.svg or \.pdf or \.png"):
        parity.draw(tmp_path / "machine.jpeg2000")
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_shows_it(parity):
    # A figure that pyplot did not make is but its name in a notebook: IPython 9 draws figures only
    # once pyplot was imported (matplotlib_inline 0.2), so that a drawing brings its own SVG.
    assert ">accept</text>" in parity.draw()._repr_svg_()


def test_no_two_elements_of_a_file_have_one_name(make_machine):
    names = re.findall(r' id="([^"]+)"', make_machine(5, 3, 2).draw()._repr_svg_())
    assert len(set(names)) == len(names)


def test_drawing_leaves_the_settings_of_others_alone(parity):
    before = dict(matplotlib.rcParams)
    parity.draw()
    assert dict(matplotlib.rcParams) == before


def test_symbols_are_drawn_as_they_are_written():
    machine = automaton([[0, 0]], [True], start=0, symbols=("$x$", "<&>"))
    assert "$x$, <&>" in texts_of(machine.draw())
    assert "&lt;&amp;&gt;" in machine.draw()._repr_svg_()


def test_colours_are_pale_enough_for_text(make_machine):
    for n_classes in (1, 2, 5):
        machine = make_machine(4, 2, n_classes)
        for state in range(4):
            red, green, blue = matplotlib.colors.to_rgb(fill_of(machine, state))
            assert 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.6


def test_reading_a_machine_needs_no_matplotlib():
    code = (
        "import sys, markovlens.machines.machine;"
        "sys.exit(int(bool({'matplotlib', 'networkx'} & set(sys.modules))))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


RULES = ("pulse <= 92 /min and SpO2 <= 88 %", "pulse > 92 /min and SpO2 <= 88 %", "SpO2 > 88 %")


def read_by(names):
    """Return a machine of three codes of rows, with these rules."""
    book = cut_at(["pulse"], {"pulse": [60.0, 92.0]})
    made = automaton(
        np.array([[0, 0, 1], [1, 1, 0]]), np.array([False, True]), start=0, symbols=names
    )
    return replace(made, codebook=book)


def test_long_rules_stand_in_a_key_and_letters_beside_arrows():
    texts = texts_of(read_by(RULES).draw())
    assert {"a, b", "c"} <= set(texts)
    assert [f"{letter}: {rule}" for letter, rule in zip("abc", RULES, strict=True)] == texts[-3:]


def test_no_letter_of_a_key_lies_on_another_line():
    figure = read_by(RULES).draw()
    figure.canvas.draw()
    boxes = [
        t.get_window_extent() for t in figure.findobj(matplotlib.text.Text) if ": " in t.get_text()
    ]
    assert all(upper.y0 >= lower.y1 - 1 for upper, lower in pairwise(boxes))
    assert all(figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 for box in boxes)


def test_short_rules_stand_beside_arrows():
    names = ("pulse <= 60", "60 < pulse <= 92", "pulse > 92")
    texts = texts_of(read_by(names).draw())
    assert "pulse > 92" in texts
    assert not any(text.startswith("a: ") for text in texts)


def test_a_long_rule_takes_several_lines_of_a_key():
    lines = key_lines("a", " and ".join(RULES * 3), width=3.0)
    assert len(lines) > 2
    assert all(inches_wide(line, size=SIZE) < 3.5 for line in lines)
    assert "".join(lines).replace(" ", "") == "a:" + "and".join(RULES * 3).replace(" ", "")


def texts(figure):
    return {text.get_text() for text in figure.axes[0].texts}


def test_states_of_values_bear_means_and_spreads_with_names_and_units():
    readout = np.array([[72.0, 1.0], [110.0, 2.5]])
    machine = counter(readout, "values", spread=readout / 10, classes=("hr [bpm]", "map"))
    said = texts(machine.draw())
    assert {"hr [bpm] 72 ± 7.2", "map 2.5 ± 0.25"} <= said
    assert "110 ± 11" in machine_to_dot(machine)
    wordy = counter(readout, "values", spread=readout / 7, classes=("temperature", "pressure"))
    assert "72 ± 10" in texts(wordy.draw())  # the number stays where the name does not fit


def test_states_of_labels_bear_those_that_are_on():
    machine = counter(np.array([[0.9, 0.8], [0.1, 0.2]]), "labels", classes=("fever", "shock"))
    assert {"fever", "shock", "none"} <= texts(machine.draw())


def test_colours_of_values_go_from_the_lowest_to_the_highest():
    readout = np.array([[5.0], [6.0], [9.0]])
    fills = [fill_of(counter(readout, "values", classes=("y1",)), state) for state in range(3)]
    scaled = counter(1e6 * readout - 3, "risk", classes=("y1",))
    assert fills == [fill_of(scaled, state) for state in range(3)]
    assert len(set(fills)) == 3
    assert fill_of(counter(np.ones((2, 1)), "values", classes=("y1",)), 0)  # none varies
