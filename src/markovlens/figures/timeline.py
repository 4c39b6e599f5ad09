"""Example sequences step by step: what is read, in which state, with which output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from markovlens.figures.style import (
    ALARM,
    FAINT,
    INK,
    METHOD_COLOURS,
    MUTED,
    SMALL_SIZE,
    WIDTH,
    drawing_board,
    frame,
    ink_on,
    method_name,
    state_colour,
    styled,
)
from markovlens.figures.text import count, inches_wide, percent, shorten
from markovlens.machine import Machine
from markovlens.sequences import starts_of
from markovlens.trace import Trace

LEFT = 0.95  # inches for the names of the rows
RIGHT = 0.1
WORD = 0.21  # height of a symbol's box, inches
STRIP = 0.13  # height of the machine's own state
CURVE = 0.34  # height of the outputs
GAP, LINE_GAP = 0.2, 0.1  # below a sequence, and below a line of it
NARROWEST, WIDEST = 0.128, 0.3  # width of a one-letter symbol
LONGEST_WORD, MOST_LINES = 16, 2
WORD_SIZE, STATE_SIZE, CLASS_SIZE = 8.0, 6.0, 6.5  # points
ROOM = WIDTH - LEFT - RIGHT - 0.5  # inches for the boxes of a line, less what "… +99" takes
MACHINE_INK = METHOD_COLOURS["lisor_k"]


@dataclass(frozen=True, slots=True)
class Steps:
    """All that is drawn of one sequence, T steps.

    Attributes:
        name: what stands at the left.
        words: T symbols as printed.
        widths: (T,), inches of the box of each.
        decoded: (T,), state decoded from the network's activations.
        machine: (T,), most likely state of the machine run on the inputs alone.
        network_output: (T, C), NaN where the network gives none.
        machine_output: (T, C).
        left_out: how many further steps the sequence has.
    """

    name: str
    words: list[str]
    widths: np.ndarray
    decoded: np.ndarray
    machine: np.ndarray
    network_output: np.ndarray
    machine_output: np.ndarray
    left_out: int = 0

    @property
    def differs(self) -> np.ndarray:
        """Bool (T,), whether network and machine decide differently; False without an output."""
        given = np.isfinite(self.network_output[:, 0])
        network = np.nan_to_num(self.network_output).argmax(-1)
        return given & (network != self.machine_output.argmax(-1))


@styled()
def draw_timeline(
    machine: Machine,
    trace: Trace,
    decoded: np.ndarray,
    *,
    rng: np.random.Generator,
    n_examples: int = 5,
    method: str = "hmm",
    network: str = "",
) -> Figure:
    """Return a few held-out sequences with decoded state, machine's own state, and both outputs.

    Args:
        machine: run on the inputs alone.
        trace: held-out sequences with the network's outputs.
        decoded: (N,), the state of each step decoded from the activations.
        rng: picks the examples; the last one is the sequence with most disagreements.
        n_examples: how many sequences to draw.
        method: which abstraction this is.
        network: "task, cell", for the foot line.
    """
    belief = machine.run(trace.sequences)
    output = belief @ machine.readout
    differs = trace.has_output & (output.argmax(-1) != trace.decisions)
    examples = pick_examples(trace.lengths, differs, rng, n_examples=n_examples)
    longest = max(int(trace.lengths[index]) for index, _ in examples)
    rows = [
        _steps(trace, decoded, belief, output, index=index, longest=longest)
        for index, _ in examples
    ]
    named = [
        replace(row, name=f"#{index}{why}")
        for row, (index, why) in zip(rows, examples, strict=True)
    ]
    blocks = [_lines(row) for row in named]
    figure, axes = drawing_board(_height(blocks, machine))
    _draw_blocks(axes, blocks, machine)
    title = timeline_finding(machine, trace, decoded, method=method)
    handles = _handles(rows, machine, method)
    frame(figure, title, foot=_foot(rows, trace, network), handles=handles)
    return figure


def timeline_finding(machine: Machine, trace: Trace, decoded: np.ndarray, *, method: str) -> str:
    """Return the title: on all held-out steps, how often the machine keeps to states and outputs."""
    belief = machine.run(trace.sequences)
    same_state = float((belief.argmax(-1) == decoded).mean())
    name = method_name(method)
    said = f"Run on inputs alone, the {name} machine is in the decoded state at {percent(same_state)} of steps"
    compared = trace.has_output
    if not compared.any():
        return said
    decided = (belief @ machine.readout).argmax(-1)
    same_output = float((decided == trace.decisions)[compared].mean())
    return f"{said} and decides as the network at {percent(same_output)} of outputs"


def pick_examples(
    lengths: np.ndarray, differs: np.ndarray, rng: np.random.Generator, *, n_examples: int
) -> list[tuple[int, str]]:
    """Return the sequences to draw, each with a remark: random ones, and the worst as the last.

    Args:
        lengths: (S,), steps of each sequence.
        differs: bool (N,), whether machine and network disagree at that step.
        rng: picks the random ones.
        n_examples: how many, the worst included.
    """
    n_examples = min(n_examples, len(lengths))
    wrong = np.add.reduceat(differs.astype(int), starts_of(lengths))
    worst = int(wrong.argmax())
    others = np.setdiff1d(np.arange(len(lengths)), [worst] if wrong[worst] else [])
    n_random = n_examples - bool(wrong[worst])
    chosen = rng.choice(others, n_random, replace=False) if n_random else []
    examples = [(int(index), "") for index in sorted(chosen)]
    return [*examples, (worst, " worst")] if wrong[worst] else examples


def _steps(
    trace: Trace,
    decoded: np.ndarray,
    belief: np.ndarray,
    output: np.ndarray,
    *,
    index: int,
    longest: int,
) -> Steps:
    start = starts_of(trace.lengths)[index]
    rows = slice(start, start + trace.lengths[index])
    words = [shorten(_symbol(trace, value), longest=LONGEST_WORD) for value in trace.inputs[rows]]
    least = NARROWEST
    if len(trace.classes) > 2:
        least = max(inches_wide(_class(name), size=CLASS_SIZE) for name in trace.classes) + 0.04
    widths = box_widths(words, longest=longest, least=least)
    return Steps(
        "", words, widths, decoded[rows], belief[rows].argmax(-1), trace.outputs[rows], output[rows]
    )


def _symbol(trace: Trace, value: int) -> str:
    return trace.symbols[value] if trace.symbols else str(value)


def _class(name: str) -> str:
    return shorten(name, longest=4)


def _lines(row: Steps) -> list[Steps]:
    """Return the sequence in as many lines as it needs, cut after `MOST_LINES`."""
    ends = line_ends(row.widths, ROOM)[:MOST_LINES]
    begins = [0, *ends[:-1]]
    lines = [_cut(row, slice(begin, end)) for begin, end in zip(begins, ends, strict=True)]
    lines[0] = replace(lines[0], name=row.name)
    lines[-1] = replace(lines[-1], left_out=len(row.words) - ends[-1])
    return lines


def _cut(row: Steps, part: slice) -> Steps:
    return Steps(
        "", row.words[part], row.widths[part], row.decoded[part], row.machine[part],
        row.network_output[part], row.machine_output[part],
    )  # fmt: skip


def box_widths(words: Sequence[str], *, longest: int, least: float) -> np.ndarray:
    """Return the width (T,) in inches of the box of each word.

    One-letter alphabets get equal boxes, as wide as lets the longest sequence fit on a line.

    Args:
        words: T words.
        longest: steps of the longest sequence of the figure.
        least: no box is narrower.
    """
    if max(len(word) for word in words) <= 1:
        return np.full(len(words), np.clip(ROOM / longest, least, max(least, WIDEST)))
    return np.array([inches_wide(word, size=WORD_SIZE) + 0.1 for word in words]).clip(
        max(least, 0.2)
    )


def line_ends(widths: np.ndarray, room: float) -> list[int]:
    """Return the index after the last box of each line, filling lines of `room` inches."""
    ends, used = [], 0.0
    for index, width in enumerate(widths):
        if used and used + width > room + 1e-9:
            ends.append(index)
            used = 0.0
        used += width
    return [*ends, len(widths)]


def _line_height(machine: Machine) -> float:
    return STRIP + WORD + (CURVE if len(machine.classes) == 2 else 2 * STRIP) + 0.06


def _height(blocks: list[list[Steps]], machine: Machine) -> float:
    n_lines = sum(len(lines) for lines in blocks)
    return n_lines * (_line_height(machine) + LINE_GAP) + len(blocks) * (GAP - LINE_GAP) + 0.05


def _draw_blocks(axes: Axes, blocks: list[list[Steps]], machine: Machine) -> None:
    top = axes.get_ylim()[1] - 0.05
    for lines in blocks:
        for line in lines:
            _draw_line(axes, line, top, machine)
            top -= _line_height(machine) + LINE_GAP
        top -= GAP - LINE_GAP


def _draw_line(axes: Axes, line: Steps, top: float, machine: Machine) -> None:
    """Draw one line: the machine's states, the symbols in their decoded state, the outputs."""
    edges = LEFT + np.concatenate([[0], np.cumsum(line.widths)])
    strip, word = top - STRIP, top - STRIP - WORD
    for t, text in enumerate(line.words):
        place = (edges[t], edges[t + 1] - edges[t])
        _box(
            axes,
            place,
            (strip, STRIP),
            str(line.machine[t]),
            state_colour(int(line.machine[t])),
            STATE_SIZE,
        )
        _box(axes, place, (word, WORD), text, state_colour(int(line.decoded[t])), WORD_SIZE)
    if line.left_out:
        axes.text(
            edges[-1] + 0.06, word + WORD / 2, f"… +{line.left_out:,}", va="center", color=MUTED
        )
    below = word - 0.06
    centres = (edges[:-1] + edges[1:]) / 2
    if len(machine.classes) == 2:
        _draw_curves(axes, line, edges, (below - CURVE, CURVE))
    else:
        _draw_decisions(axes, line, centres, below, machine.classes)
    _draw_names(axes, line, (strip, word, below), machine)


def _box(
    axes: Axes,
    across: tuple[float, float],
    up: tuple[float, float],
    text: str,
    colour: str,
    size: float,
) -> None:
    (left, width), (bottom, height) = across, up
    axes.add_patch(Rectangle((left, bottom), width, height, fc=colour, ec="white", lw=0.6))
    axes.text(
        left + width / 2, bottom + height / 2 - 0.005, text, size=size, ha="center",
        va="center_baseline", color=ink_on(colour),
    )  # fmt: skip


def _draw_curves(axes: Axes, line: Steps, edges: np.ndarray, band: tuple[float, float]) -> None:
    """Draw the probability of the last class by network and machine, disagreements as crosses."""
    bottom, height = band
    centres = (edges[:-1] + edges[1:]) / 2
    for level in (0, 0.5, 1):
        style = {"color": FAINT, "lw": 0.6, "ls": "-" if level != 0.5 else ":"}
        axes.plot(edges[[0, -1]], [bottom + level * height] * 2, zorder=0, **style)  # type: ignore[arg-type]
    machine = bottom + line.machine_output[:, 1] * height
    network = bottom + line.network_output[:, 1] * height
    axes.plot(centres, machine, color=MACHINE_INK, lw=1.2, ls=(0, (3, 1.5)), marker=".", ms=3)
    axes.plot(centres, network, color=INK, lw=1.0, marker=".", ms=4)
    wrong = line.differs
    axes.plot(centres[wrong], network[wrong], "x", color=ALARM, ms=6, mew=1.6, zorder=4)


def _draw_decisions(
    axes: Axes, line: Steps, centres: np.ndarray, top: float, classes: tuple[str, ...]
) -> None:
    """Write what network and machine decide, disagreements in red and bold."""
    given = np.isfinite(line.network_output[:, 0])
    chosen = (np.nan_to_num(line.network_output).argmax(-1), line.machine_output.argmax(-1))
    for row, decisions in enumerate(chosen):
        for t in np.flatnonzero(given):
            wrong = line.differs[t]
            axes.text(
                centres[t], top - (row + 0.5) * STRIP, _class(classes[decisions[t]]),
                size=CLASS_SIZE, ha="center", va="center_baseline", color=ALARM if wrong else INK,
                weight="bold" if wrong else "normal",
            )  # fmt: skip


def _draw_names(
    axes: Axes, line: Steps, levels: tuple[float, float, float], machine: Machine
) -> None:
    strip, word, below = levels
    edge = LEFT - 0.08
    small = {"size": CLASS_SIZE, "color": MUTED, "ha": "right", "va": "center"}
    axes.text(edge, strip + STRIP / 2, "machine's state", **small)  # type: ignore[arg-type]
    axes.text(
        edge, word + WORD / 2, line.name, ha="right", va="center", size=SMALL_SIZE, weight="bold"
    )
    if len(machine.classes) == 2:
        for level in (0, 1):
            axes.text(edge, below - CURVE * (1 - level), str(level), **small)  # type: ignore[arg-type]
        name = f"P({shorten(machine.classes[1], longest=10)})"
        axes.text(edge - 0.1, below - CURVE / 2, name, **small)  # type: ignore[arg-type]
        return
    for row, name in enumerate(("network", "machine")):
        axes.text(edge, below - (row + 0.5) * STRIP, name, **small)  # type: ignore[arg-type]


def _handles(rows: list[Steps], machine: Machine, method: str) -> list[list[Line2D]]:
    """Return the legend: a row of states and, where curves are drawn, a row of lines."""
    states = np.unique(np.concatenate([np.r_[row.decoded, row.machine] for row in rows]))
    square = {"marker": "s", "ls": "", "ms": 8}
    boxes = [Line2D([], [], color="none", label="state")]
    boxes += [Line2D([], [], color=state_colour(int(k)), label=str(k), **square) for k in states]  # type: ignore[arg-type]
    if len(machine.classes) != 2:
        return [boxes]
    name = f"P({machine.classes[1]})"
    dashed = {"color": MACHINE_INK, "ls": (0, (3, 1.5)), "lw": 1.2}
    lines = [
        Line2D([], [], color=INK, lw=1.0, marker=".", label=f"network's {name}"),
        Line2D([], [], label=f"{method_name(method)} machine's {name}", **dashed),  # type: ignore[arg-type]
        Line2D([], [], color=ALARM, marker="x", ls="", label="they decide differently"),
    ]
    return [boxes, lines]


def _foot(rows: list[Steps], trace: Trace, network: str) -> str:
    parts = [
        network,
        f"{len(rows)} of {count(len(trace), 'held-out sequence')}",
        "box colour: state decoded from activations; strip above: state of the machine, which sees inputs only",
        "picked at random; 'worst': the one with most disagreements",
    ]
    if len(trace.classes) > 2:
        parts.append("red: decisions that differ")
    return " · ".join(part for part in parts if part)
