"""The drawing of a machine: states as circles, moves as arrows, words on the arrows."""

from __future__ import annotations

import io
from collections.abc import Sequence
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

from markovlens.files.whole import check_folder, replacing
from markovlens.lettering import inches_wide
from markovlens.machines.edges import START, Edge, Flow
from markovlens.machines.keys import SIZE as KEY_SIZE
from markovlens.machines.machine import Machine
from markovlens.machines.saying import share_of
from markovlens.machines.sketching import (
    LABEL_SIZE,
    LINE,
    NUMBER_SIZE,
    PAD,
    ROOM,
    Sketch,
    is_unseen,
    key_of_sketch,
    sketch,
)
from markovlens.outputs import Output

STEP = 0.0165  # inches between lines in a state, for each point of their size
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


def draw_machine(machine: Machine, flow: Flow | None = None) -> Figure:
    """Return the drawing of a machine, as `Machine.draw` describes it."""
    with matplotlib.rc_context(SETTINGS):
        made = sketch(machine, flow)
        key = key_of_sketch(made, width=ROOM[0])
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
    check_folder(path, UNDATED)
    suffix = Path(path).suffix.lower()
    with replacing(path) as temporary, matplotlib.rc_context(SETTINGS):
        figure.savefig(temporary, format=suffix[1:], metadata=UNDATED[suffix])


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
    for number, place in enumerate(places[: len(made.states)]):
        _draw_state(axes, made, number, place, radii[number])
    if any(edge.source == START for edge in made.edges):
        axes.add_patch(Circle(tuple(places[-1]), radii[-1], fc=INK, ec=INK, zorder=4))


def _draw_arrow(axes: Axes, curve: np.ndarray, edge: Edge, made: Sketch) -> None:
    """Draw an arrow along control points, as wide as its flow where the states differ in size."""
    alike = edge.source == START or np.ptp(made.radii[:-1]) == 0
    width = (1.1 if alike else 0.7 + 4.0 * edge.share**0.5) * max(made.scale, 0.5)
    dashes = (0, (3, 2)) if is_unseen(edge, made.machine) else "-"
    codes = [Curve.MOVETO] + [Curve.CURVE4] * (len(curve) - 1)
    head = f"-|>,head_length={3 + 0.8 * width},head_width={1.4 + 0.4 * width}"
    axes.add_patch(
        FancyArrowPatch(
            path=Curve(curve, codes), arrowstyle=head, mutation_scale=made.scale, lw=width,
            color=ARROW, ls=dashes, alpha=1.0 if alike else 0.75,
            zorder=1, capstyle="butt", joinstyle="miter",
        )
    )  # fmt: skip


def _draw_state(axes: Axes, made: Sketch, number: int, place: np.ndarray, radius: float) -> None:
    machine, state, centre = made.machine, int(made.states[number]), tuple(place)
    axes.add_patch(Circle(centre, radius, fc=fill_of(machine, state), ec=INK, lw=1.1, zorder=4))
    is_decision = machine.output == Output.DISTRIBUTION and len(machine.classes) == 2
    if is_decision and machine.readout[state].argmax() == 1:
        axes.add_patch(Circle(centre, radius * 0.88, fc="none", ec=INK, lw=0.9, zorder=5))
    lines = made.lines_of(number)
    steps = [STEP * (one[1] + other[1]) / 2 for one, other in pairwise(lines)]
    below = np.cumsum([0.0, *steps])
    for (text, size), depth in zip(lines, below - below[-1] / 2, strict=True):
        axes.text(
            place[0], place[1] - depth * made.scale, text, size=size * made.scale, ha="center",
            va="center_baseline", color=INK, weight="bold" if size == NUMBER_SIZE else "normal",
            zorder=6,
        )  # fmt: skip


def fill_of(machine: Machine, state: int) -> str:
    """Return the colour of a state, by `saying.share_of`: from low to high, or pale to strong."""
    of_two = machine.output == Output.DISTRIBUTION and len(machine.classes) == 2
    two_ended = of_two or machine.output in (Output.VALUES, Output.RISK)
    name = TWO_CLASSES if two_ended else MANY_CLASSES
    begin, reach = PALE[name]
    return colors.to_hex(matplotlib.colormaps[name](begin + reach * share_of(machine, state)))
