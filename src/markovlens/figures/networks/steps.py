"""Example sequences as a timeline prints them: which ones, how wide, cut into lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from markovlens.figures.networks.alike import differing, outputs_shown
from markovlens.figures.style import WIDTH
from markovlens.lettering import inches_wide, shorten
from markovlens.machines.keys import short_names
from markovlens.machines.machine import Machine
from markovlens.outputs import Output
from markovlens.sequences import starts_of
from markovlens.trace import Trace

LEFT = 0.95  # inches for the names of the rows
RIGHT = 0.1
NARROWEST, WIDEST = 0.128, 0.3  # width of a one-letter symbol
LONGEST_WORD, MOST_LINES = 16, 3
MOST_SIGNALS = 4  # channels that are drawn, the first ones
WORD_SIZE, STATE_SIZE, CLASS_SIZE = 8.0, 6.0, 6.5  # points
ROOM = WIDTH - LEFT - RIGHT - 0.5  # inches for the boxes of a line, less what "… +99" takes


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
        left_out: how many steps are left out after these.
        signals: (T, D), channels of rows in 0..1; D is 0 for symbols.
        differs: bool (T,), whether network and machine decide differently; False without an output.
    """

    name: str
    words: list[str]
    widths: np.ndarray
    decoded: np.ndarray
    machine: np.ndarray
    network_output: np.ndarray
    machine_output: np.ndarray
    left_out: int = 0
    signals: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    differs: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=bool))


def pick_examples(
    lengths: np.ndarray, errors: np.ndarray, rng: np.random.Generator, *, n_examples: int
) -> list[tuple[int, str]]:
    """Return the sequences to draw, each with a remark: random ones, and the worst as the last.

    Args:
        lengths: (S,), steps of each sequence.
        errors: (N,), how wrong the machine is at that step, 0 where it agrees with the network.
        rng: picks the random ones.
        n_examples: how many, the worst included.
    """
    n_examples = min(n_examples, len(lengths))
    wrong = np.add.reduceat(errors.astype(float), starts_of(lengths))
    worst = int(wrong.argmax())
    others = np.setdiff1d(np.arange(len(lengths)), [worst] if wrong[worst] else [])
    n_random = n_examples - bool(wrong[worst])
    chosen = rng.choice(others, n_random, replace=False)
    examples = [(int(index), "") for index in sorted(chosen)]
    return [*examples, (worst, " worst")] if wrong[worst] else examples


def steps_at(
    trace: Trace,
    decoded: np.ndarray,
    belief: np.ndarray,
    output: np.ndarray,
    *,
    words: Sequence[str],
    index: int,
    longest: int,
) -> Steps:
    """Return the sequence at `index`, of whose N steps `words` (N,) are read.

    `longest` is the longest sequence of the figure.
    """
    start = starts_of(trace.lengths)[index]
    rows = slice(start, start + trace.lengths[index])
    words = [shorten(word, longest=LONGEST_WORD) for word in words[rows]]
    least = NARROWEST
    if trace.output == Output.DISTRIBUTION and len(trace.classes) > 2:
        least = max(inches_wide(class_text(name), size=CLASS_SIZE) for name in trace.classes) + 0.04
    widths = box_widths(words, longest=longest, least=least)
    return Steps(
        "", words, widths, decoded[rows], belief[rows].argmax(-1), outputs_shown(trace)[rows],
        output[rows], signals=_signals(trace)[rows], differs=differing(output, trace)[rows],
    )  # fmt: skip


def words_of(machine: Machine, trace: Trace) -> list[str]:
    """Return what is read at each step (N,): names of symbols, or of the codes of rows."""
    if trace.reads_symbols:
        return [trace.symbols[symbol] for symbol in trace.inputs.tolist()]
    names = short_names(machine)
    return [names[code] for code in machine.symbols_of(trace.sequences).tolist()]


def _signals(trace: Trace) -> np.ndarray:
    """Return rows (N, D) in 0..1, each channel between its ends in the trace; (N, 0) of symbols."""
    if trace.reads_symbols:
        return np.empty((trace.n_steps, 0))
    rows = trace.sequences.rows[:, :MOST_SIGNALS]
    low, high = np.nanmin(rows, axis=0), np.nanmax(rows, axis=0)
    return (rows - low) / np.where(high > low, high - low, 1.0)


def class_text(name: str) -> str:
    """Return the name of a class, short enough to stand under a step."""
    return shorten(name, longest=4)


def lines_of_sequence(row: Steps) -> list[Steps]:
    """Return the sequence in as many lines as it needs, at most `MOST_LINES`.

    What does not fit is left out before the last line: many networks answer at the end only.
    """
    ends = line_ends(row.widths, ROOM)
    begins = [0, *ends[:-1]]
    if len(ends) > MOST_LINES:
        ends = [*ends[: MOST_LINES - 1], len(row.words)]
        begins = [*begins[: MOST_LINES - 1], tail_begin(row.widths, ROOM)]
    lines = [_cut(row, slice(begin, end)) for begin, end in zip(begins, ends, strict=True)]
    gaps = [begin - end for end, begin in zip(ends, [*begins[1:], ends[-1]], strict=True)]
    named = [row.name] + [""] * (len(lines) - 1)
    return [
        replace(line, name=name, left_out=gap)
        for line, name, gap in zip(lines, named, gaps, strict=True)
    ]


def tail_begin(widths: np.ndarray, room: float) -> int:
    """Return the index of the first box of the longest end of a sequence that fits into `room`."""
    from_end = np.cumsum(widths[::-1])
    return len(widths) - max(1, int((from_end <= room + 1e-9).sum()))


def _cut(row: Steps, part: slice) -> Steps:
    return Steps(
        "", row.words[part], row.widths[part], row.decoded[part], row.machine[part],
        row.network_output[part], row.machine_output[part], signals=row.signals[part],
        differs=row.differs[part],
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
