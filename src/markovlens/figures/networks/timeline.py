"""Example sequences step by step: what is read, in which state, with which output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from markovlens.figures.colours import METHOD_COLOURS, ink_on, state_colour
from markovlens.figures.networks.alike import (
    Band,
    apart,
    bands_of,
    short,
)
from markovlens.figures.networks.steps import (
    CLASS_SIZE,
    LEFT,
    MOST_SIGNALS,
    STATE_SIZE,
    WORD_SIZE,
    Steps,
    class_text,
    lines_of_sequence,
    pick_examples,
    steps_at,
    words_of,
)
from markovlens.figures.networks.titles import timeline_finding
from markovlens.figures.style import (
    ALARM,
    FAINT,
    INK,
    MUTED,
    SMALL_SIZE,
    WIDTH,
    drawing_board,
    frame,
    method_name,
    styled,
)
from markovlens.figures.text import listing
from markovlens.machines.drawing import draw_key
from markovlens.machines.keys import key_of
from markovlens.machines.machine import Machine
from markovlens.machines.sketching import LINE
from markovlens.outputs import HALF, Output
from markovlens.spelling import count
from markovlens.trace import Trace

WORD = 0.21  # height of a symbol's box, inches
STRIP = 0.13  # height of the machine's own state
CURVE = 0.34  # height of the outputs
BAND_GAP = 0.1  # between two curves of outputs
GAP, LINE_GAP = 0.2, 0.1  # below a sequence, and below a line of it
SIGNALS = ("#4477AA", "#AA3377", "#228833", "#66666A")  # colours of the channels
MACHINE_INK = METHOD_COLOURS["lisor_k"]


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
    examples = pick_examples(trace.lengths, apart(output, trace), rng, n_examples=n_examples)
    longest = max(int(trace.lengths[index]) for index, _ in examples)
    words = words_of(machine, trace)
    rows = [
        steps_at(trace, decoded, belief, output, words=words, index=index, longest=longest)
        for index, _ in examples
    ]
    named = [
        replace(row, name=f"#{index}{why}")
        for row, (index, why) in zip(rows, examples, strict=True)
    ]
    blocks = [lines_of_sequence(row) for row in named]
    key = key_of(machine, width=WIDTH - LEFT, drawn=[word for row in rows for word in row.words])
    bands = bands_of(trace)
    figure, axes = drawing_board(_height(blocks, machine, bands) + LINE * len(key))
    _draw_blocks(axes, blocks, machine, bands)
    draw_key(axes, key, corner=(LEFT, LINE * len(key)))
    title = timeline_finding(machine, trace, decoded, method=method)
    handles = [*_handles(rows, trace, bands, method), *_channels(trace)]
    frame(figure, title, foot=_foot(blocks, trace, network), handles=handles)
    return figure


def _line_height(machine: Machine, bands: Sequence[Band]) -> float:
    said = len(bands) * CURVE + max(len(bands) - 1, 0) * BAND_GAP if bands else 2 * STRIP
    return _signals_height(machine) + STRIP + WORD + said + 0.06


def _signals_height(machine: Machine) -> float:
    return 0.0 if machine.codebook is None else CURVE + 0.04


def _height(blocks: list[list[Steps]], machine: Machine, bands: Sequence[Band]) -> float:
    n_lines = sum(len(lines) for lines in blocks)
    return (
        n_lines * (_line_height(machine, bands) + LINE_GAP) + len(blocks) * (GAP - LINE_GAP) + 0.05
    )


def _draw_blocks(
    axes: Axes, blocks: list[list[Steps]], machine: Machine, bands: Sequence[Band]
) -> None:
    top = axes.get_ylim()[1] - 0.05
    for lines in blocks:
        for line in lines:
            _draw_line(axes, line, top, machine, bands)
            top -= _line_height(machine, bands) + LINE_GAP
        top -= GAP - LINE_GAP


def _draw_line(
    axes: Axes, line: Steps, top: float, machine: Machine, bands: Sequence[Band]
) -> None:
    """Draw one line: the machine's states, the symbols in their decoded state, the outputs."""
    edges = LEFT + np.concatenate([[0], np.cumsum(line.widths)])
    _draw_signals(axes, line, edges, top - CURVE)
    top -= _signals_height(machine)
    strip, word = top - STRIP, top - STRIP - WORD
    changes = np.flatnonzero(np.diff(line.machine)) + 1
    for begin, end in pairwise([0, *changes, len(line.words)]):
        state, place = int(line.machine[begin]), (edges[begin], edges[end] - edges[begin])
        _box(axes, place, (strip, STRIP), str(state), state_colour(state), size=STATE_SIZE)
    for t, text in enumerate(line.words):
        place, colour = (edges[t], edges[t + 1] - edges[t]), state_colour(int(line.decoded[t]))
        _box(axes, place, (word, WORD), text, colour, size=WORD_SIZE)
    if line.left_out:
        axes.text(
            edges[-1] + 0.06, word + WORD / 2, f"… +{line.left_out:,}", va="center", color=MUTED
        )
    below = word - 0.06
    centres = (edges[:-1] + edges[1:]) / 2
    for row, band in enumerate(bands):
        _draw_curves(axes, line, edges, below - CURVE - row * (CURVE + BAND_GAP), band)
    if not bands:
        _draw_decisions(axes, line, centres, below, machine.classes)
    _draw_names(axes, line, (strip, word, below), bands)


def _box(
    axes: Axes,
    across: tuple[float, float],
    up: tuple[float, float],
    text: str,
    colour: str,
    *,
    size: float,
) -> None:
    (left, width), (bottom, height) = across, up
    axes.add_patch(Rectangle((left, bottom), width, height, fc=colour, ec="white", lw=0.6))
    axes.text(
        left + width / 2, bottom + height / 2 - 0.005, text, size=size, ha="center",
        va="center_baseline", color=ink_on(colour),
    )  # fmt: skip


def _draw_signals(axes: Axes, line: Steps, edges: np.ndarray, bottom: float) -> None:
    """Draw the channels of rows as steps, each between its ends."""
    for values, colour in zip(line.signals.T, SIGNALS, strict=False):
        axes.stairs(bottom + CURVE * values, edges, baseline=None, color=colour, lw=1.0)


def _channels(trace: Trace) -> list[list[Line2D]]:
    """Return the row of the legend that names the channels, and the ends between which they are."""
    if trace.reads_symbols:
        return []
    rows = trace.sequences.rows
    ends = zip(np.nanmin(rows, axis=0), np.nanmax(rows, axis=0), strict=True)
    labels = [
        f"{channel}, {low:.3g} to {high:.3g}"
        for channel, (low, high) in zip(trace.channels[:MOST_SIGNALS], ends, strict=False)
    ]
    more = len(trace.channels) - len(labels)
    named = [
        Line2D([], [], color=colour, lw=1.0, label=label)
        for label, colour in zip(labels, SIGNALS, strict=False)
    ]
    return [[*named, *([Line2D([], [], color="none", label=f"+{more} more")] if more else [])]]


def _draw_curves(axes: Axes, line: Steps, edges: np.ndarray, bottom: float, band: Band) -> None:
    """Draw one column of the output by network and machine, disagreements as crosses."""
    centres = (edges[:-1] + edges[1:]) / 2
    for level in (0, 0.5, 1):
        style = {"color": FAINT, "lw": 0.6, "ls": "-" if level != 0.5 else ":"}
        axes.plot(edges[[0, -1]], [bottom + level * CURVE] * 2, zorder=0, **style)  # type: ignore[arg-type]
    machine = bottom + band.height(line.machine_output[:, band.column]) * CURVE
    network = bottom + band.height(line.network_output[:, band.column]) * CURVE
    axes.plot(centres, machine, color=MACHINE_INK, lw=1.2, ls=(0, (3, 1.5)), marker=".", ms=3)
    axes.plot(centres, network, color=INK, lw=1.0, marker=".", ms=4)
    on = [given[:, band.column] > HALF for given in (line.network_output, line.machine_output)]
    wrong = line.differs & (on[0] != on[1])
    axes.plot(centres[wrong], network[wrong], "x", color=ALARM, ms=6, mew=1.6, zorder=4)


def _draw_decisions(
    axes: Axes, line: Steps, centres: np.ndarray, top: float, classes: tuple[str, ...]
) -> None:
    """Write what the network decides, and the machine where it differs, both in red and bold."""
    given = np.isfinite(line.network_output[:, 0])
    chosen = (np.nan_to_num(line.network_output).argmax(-1), line.machine_output.argmax(-1))
    for row, (decisions, shown) in enumerate(zip(chosen, (given, line.differs), strict=True)):
        for t in np.flatnonzero(shown):
            wrong = line.differs[t]
            axes.text(
                centres[t], top - (row + 0.5) * STRIP, class_text(classes[decisions[t]]),
                size=CLASS_SIZE, ha="center", va="center_baseline", color=ALARM if wrong else INK,
                weight="bold" if wrong else "normal",
            )  # fmt: skip


def _draw_names(
    axes: Axes, line: Steps, levels: tuple[float, float, float], bands: Sequence[Band]
) -> None:
    strip, word, below = levels
    edge = LEFT - 0.08
    small = {"size": CLASS_SIZE, "color": MUTED, "ha": "right", "va": "center"}
    axes.text(edge, strip + STRIP / 2, "machine's state", **small)  # type: ignore[arg-type]
    axes.text(
        edge, word + WORD / 2, line.name, ha="right", va="center", size=SMALL_SIZE, weight="bold"
    )
    for place, band in enumerate(bands):
        top = below - place * (CURVE + BAND_GAP)
        for level, end in ((0, band.low), (1, band.high)):
            axes.text(edge, top - CURVE * (1 - level), f"{end:.3g}", **small)  # type: ignore[arg-type]
        axes.text(edge - 0.1, top - CURVE / 2, short(band.name), **small)  # type: ignore[arg-type]
    if bands:
        return
    for row, name in enumerate(("network", "machine, if not")):
        axes.text(edge, below - (row + 0.5) * STRIP, name, **small)  # type: ignore[arg-type]


def _handles(
    rows: list[Steps], trace: Trace, bands: Sequence[Band], method: str
) -> list[list[Line2D]]:
    """Return the legend: a row of states and, where curves are drawn, a row of lines."""
    states = np.unique(np.concatenate([np.r_[row.decoded, row.machine] for row in rows]))
    square = {"marker": "s", "ls": "", "ms": 8}
    boxes = [Line2D([], [], color="none", label="state")]
    boxes += [Line2D([], [], color=state_colour(int(k)), label=str(k), **square) for k in states]  # type: ignore[arg-type]
    if not bands:
        return [boxes]
    name = listing(band.name for band in bands)
    dashed = {"color": MACHINE_INK, "ls": (0, (3, 1.5)), "lw": 1.2}
    lines = [
        Line2D([], [], color=INK, lw=1.0, marker=".", label=f"network's {name}"),
        Line2D([], [], label=f"{method_name(method)} machine's {name}", **dashed),  # type: ignore[arg-type]
    ]
    if trace.output in (Output.DISTRIBUTION, Output.LABELS):
        differ = "they decide differently"
        lines.append(Line2D([], [], color=ALARM, marker="x", ls="", label=differ))
    return [boxes, lines]


def _most(trace: Trace) -> str:
    of_numbers = trace.output in (Output.VALUES, Output.RISK)
    return "the largest squared error" if of_numbers else "most disagreements"


def _foot(blocks: list[list[Steps]], trace: Trace, network: str) -> str:
    parts = [
        network,
        f"{len(blocks)} of {count(len(trace), 'held-out sequence')}",
        "box colour: state decoded from activations",
        "strip above: state of the machine, which sees inputs only",
        f"picked at random; 'worst': the one with {_most(trace)}",
    ]
    if trace.output == Output.DISTRIBUTION and len(trace.classes) > 2:
        parts.append("red: decisions that differ")
    if any(line.left_out for lines in blocks for line in lines):
        parts.append("… +n: n steps left out")
    return " · ".join(part for part in parts if part)
