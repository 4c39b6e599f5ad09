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
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch
from matplotlib.path import Path as Curve

from markovlens.files.whole import check_folder, replacing
from markovlens.lettering import inches_wide
from markovlens.machines.colouring import SIGN, Rim, Sign, fill_of, legend_of, rim_of
from markovlens.machines.edges import START, Edge, Flow
from markovlens.machines.keys import SIZE as KEY_SIZE
from markovlens.machines.machine import Machine
from markovlens.machines.sketching import (
    LABEL_SIZE,
    LINE,
    NUMBER_SIZE,
    PAD,
    ROOM,
    Sketch,
    is_unseen,
    key_of_sketch,
    left_out,
    sketch,
)

STEP = 0.0165  # inches between lines in a state, for each point of their size
LEGEND_LINE, SIGN_RADIUS = 0.2, 0.06  # inches: a line of a legend, and the disc of a class
INNER = 0.88  # radius of the inner of two rings, as a share of the outer one
INK, ARROW, PAPER = "#222222", "#4D4D4D", "white"
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
        key = Key.of(made, width=ROOM[0])
        width, below = max(made.size[0], key.width), key.height
        figure = Drawing(figsize=(width + 2 * PAD, made.size[1] + below + 2 * PAD))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(-PAD, width + PAD), ylim=(-PAD - below, made.size[1] + PAD))
        axes.set_axis_off()
        draw_sketch(axes, made)
        key.draw(axes)
    return figure


@dataclass(frozen=True, slots=True)
class Key:
    """What stands below a drawing: the colours of classes, and then what its texts stand for."""

    signs: list[Sign]
    lines: list[str]

    @classmethod
    def of(cls, made: Sketch, *, width: float) -> Key:
        """Return the key of a sketch, of which no line is wider than so many inches."""
        signs = legend_of(made.machine, made.states.tolist(), width=width)
        hidden = [f"not drawn: {left_out(made.hidden)}"] if made.hidden else []
        return cls(signs, [*key_of_sketch(made, width=width), *hidden])

    @property
    def width(self) -> float:
        """Inches that the widest line fills."""
        ends = [sign.left + SIGN + inches_wide(sign.name, size=KEY_SIZE) for sign in self.signs]
        return max([0.0, *ends, *(inches_wide(line, size=KEY_SIZE) for line in self.lines)])

    @property
    def height(self) -> float:
        """Inches of all lines."""
        return LINE * len(self.lines) + LEGEND_LINE * self._n_rows

    @property
    def _n_rows(self) -> int:
        return self.signs[-1].line + 1 if self.signs else 0

    def draw(self, axes: Axes, *, corner: Sequence[float] = (0.0, 0.0)) -> None:
        """Draw the key below a corner, on axes that are measured in inches."""
        for sign in self.signs:
            _draw_sign(axes, sign, corner)
        draw_key(axes, self.lines, corner=(corner[0], corner[1] - LEGEND_LINE * self._n_rows))


def _draw_sign(axes: Axes, sign: Sign, corner: Sequence[float]) -> None:
    x, y = corner[0] + sign.left, corner[1] - LEGEND_LINE * (sign.line + 0.5)
    _draw_disc(axes, (x + SIGN_RADIUS, y), SIGN_RADIUS, fill=sign.fill, rim=sign.rim)
    axes.text(x + SIGN, y, sign.name, size=KEY_SIZE, va="center_baseline", color=INK)


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
    machine, state = made.machine, int(made.states[number])
    fill, rim = fill_of(machine, state), rim_of(machine, state)
    _draw_disc(axes, (place[0], place[1]), radius, fill=fill, rim=rim)
    lines = made.lines_of(number)
    steps = [STEP * (one[1] + other[1]) / 2 for one, other in pairwise(lines)]
    below = np.cumsum([0.0, *steps])
    for (text, size), depth in zip(lines, below - below[-1] / 2, strict=True):
        axes.text(
            place[0], place[1] - depth * made.scale, text, size=size * made.scale, ha="center",
            va="center_baseline", color=INK, weight="bold" if size == NUMBER_SIZE else "normal",
            zorder=6,
        )  # fmt: skip


def _draw_disc(
    axes: Axes, centre: tuple[float, float], radius: float, *, fill: str, rim: Rim
) -> None:
    axes.add_patch(Circle(centre, radius, fc=fill, ec=INK, lw=1.1, ls=rim.dashes, zorder=4))
    if rim.double:
        axes.add_patch(
            Circle(centre, radius * INNER, fc="none", ec=INK, lw=0.9, ls=rim.dashes, zorder=5)
        )
