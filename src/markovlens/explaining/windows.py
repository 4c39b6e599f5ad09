"""Excerpts of recorded sequences that show a state: from its midst, from its edge, and disputed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from markovlens.channels import Channel
from markovlens.codebooks.base import Codebook
from markovlens.codebooks.tree import Tree
from markovlens.explaining.walks import Walk
from markovlens.faithfulness.causes.editing import answers_of
from markovlens.machines.machine import Machine
from markovlens.machines.naming import visible
from markovlens.outputs import Output
from markovlens.spelling import fixed, significant
from markovlens.trace import Trace

AROUND = 4  # steps on either side
MOST = 3  # excerpts of a kind
MOST_CHANNELS = 6  # of a row that are told
DIGITS, MOST_DIGITS = 4, 17  # of a value
NO_CUTS: Mapping[float, str] = MappingProxyType({})
SAMPLE = 20_000  # steps among which the clearest are sought


@dataclass(frozen=True, slots=True)
class Window:
    """Some steps of a recorded sequence, around one of them.

    Attributes:
        sequence, step: which step, from 0, of which recorded sequence.
        inputs: what was read at each step of the excerpt, in words.
        states: the machine's state after each.
        at: the place of the step in the excerpt.
        network: what the network answered at the step, in words; "" where it gave no output.
    """

    sequence: int
    step: int
    inputs: tuple[str, ...]
    states: tuple[int, ...]
    at: int
    network: str


@dataclass(frozen=True, slots=True)
class Disputed:
    """Where machine and network differ: how often, and some excerpts."""

    count: int
    windows: tuple[Window, ...]


def typical_windows(machine: Machine, trace: Trace, walk: Walk, state: int) -> tuple[Window, ...]:
    """Return where the network's state lies nearest the mean of those of a state."""
    rows = _some(np.flatnonzero(walk.states == state))
    if not len(rows):
        return ()
    apart = _distances(trace, walk, rows, state)
    return _windows(machine, trace, walk, rows[np.argsort(apart, kind="stable")])


def boundary_windows(machine: Machine, trace: Trace, walk: Walk, state: int) -> tuple[Window, ...]:
    """Return where the network's state lies nearest the mean of another of the machine's states."""
    rows = _some(np.flatnonzero(walk.states == state))
    others = [other for other in np.unique(walk.states).tolist() if other != state]
    if not len(rows) or not others:
        return ()
    own = _distances(trace, walk, rows, state)
    nearest = np.min([_distances(trace, walk, rows, other) for other in others], axis=0)
    return _windows(machine, trace, walk, rows[np.argsort(nearest - own, kind="stable")])


def disputed_windows(machine: Machine, trace: Trace, walk: Walk, where: np.ndarray) -> Disputed:
    """Return at which of some steps, bool (N,), the network answers another thing."""
    if machine.output == Output.RISK:  # only of pairs of steps can one say so
        return Disputed(0, ())
    rows = np.flatnonzero(where & trace.has_output)
    said = answers_of(machine, machine.readout)[walk.states[rows]]
    rows = rows[said != answers_of(machine, trace.outputs[rows])]
    return Disputed(len(rows), _windows(machine, trace, walk, rows))


def shown_inputs(machine: Machine, values: np.ndarray, symbols: np.ndarray) -> tuple[str, ...]:
    """Return what was read at some steps in words: names of symbols, or values by channel."""
    if machine.codebook is None:
        return tuple(
            visible(machine.symbols[symbol]) if machine.symbols else "" for symbol in symbols
        )
    rows = _told(values.reshape(len(values), -1))
    shown = _shown_channels(machine.codebook.channels, machine.symbols)
    cuts = {place: _told_cuts(machine.codebook, place) for place, _ in shown}
    more = "" if len(shown) == rows.shape[1] else ", ..."
    return tuple(
        ", ".join(value_in_words(channel, row[place], cuts[place]) for place, channel in shown)
        + more
        for row in rows.tolist()
    )


def _told_cuts(codebook: Codebook, place: int) -> Mapping[float, str]:
    return codebook.told_cuts(place) if isinstance(codebook, Tree) else {}


def _told(values: np.ndarray) -> np.ndarray:
    """Return values as they were before they were kept in single precision: 2.345, not 2.34499."""
    return values.astype(str).astype(np.float64) if values.dtype == np.float32 else values


def value_in_words(channel: Channel, value: float, cuts: Mapping[float, str] = NO_CUTS) -> str:
    """Return a value of a channel in words, `heart rate 75 /min`.

    Where there are `cuts`, thresholds and how rules tell them, it has as many digits as it takes
    to be on the same side of them to a reader.
    """
    if np.isnan(value):
        return f"{channel.name} missing"
    if channel.levels:
        return f"{channel.name} {channel.levels[int(value)]}"
    texts = [
        significant(value, digits) for digits in range(DIGITS, MOST_DIGITS if cuts else DIGITS + 1)
    ]
    text = next((each for each in texts if _agrees(each, value, cuts)), texts[0])
    return f"{channel.name} {text} {channel.unit}".rstrip()


def _agrees(text: str, value: float, cuts: Mapping[float, str]) -> bool:
    """Return whether a value as told is on the side of each cut as told on which it is."""
    return all((float(text) > float(told)) == (value > cut) for cut, told in cuts.items())


def _shown_channels(channels: Sequence[Channel], rules: Sequence[str]) -> list[tuple[int, Channel]]:
    """Return the places of channels that are told: of many those of which rules speak."""
    every = list(enumerate(channels))
    if len(every) <= MOST_CHANNELS:
        return every
    ruling = [each for each in every if any(each[1].name in rule for rule in rules)]
    return (ruling or every)[:MOST_CHANNELS]


def answer_in_words(machine: Machine, output: np.ndarray) -> str:
    """Return one output (C,) in words: the likeliest class, the labels that are on, or numbers."""
    if np.isnan(output).any():
        return ""
    if machine.output == Output.DISTRIBUTION:
        return f"{machine.classes[int(output.argmax())]} {fixed(float(output.max()), 2)}"
    if machine.output == Output.LABELS:
        on = [name for name, value in zip(machine.classes, output, strict=True) if value > 0.5]
        return ", ".join(on) or "none"
    pairs = zip(machine.classes, output, strict=True)
    return ", ".join(f"{name} {significant(value)}" for name, value in pairs)


def _some(rows: np.ndarray) -> np.ndarray:
    return rows[:: 1 + len(rows) // SAMPLE]


def _distances(trace: Trace, walk: Walk, rows: np.ndarray, state: int) -> np.ndarray:
    members = _some(np.flatnonzero(walk.states == state))
    centre = trace.states[members].mean(axis=0, dtype=np.float64)
    return np.asarray(np.linalg.norm(trace.states[rows] - centre, axis=1))


def _windows(machine: Machine, trace: Trace, walk: Walk, rows: np.ndarray) -> tuple[Window, ...]:
    """Return the excerpts around the first rows (M,) that read differently and do not overlap."""
    found: dict[tuple[str, ...], Window] = {}
    for window in (_window(machine, trace, walk, int(row)) for row in _each(rows)):
        if not any(_overlap(window, other) for other in found.values()):
            found.setdefault(window.inputs[: window.at + 1], window)
        if len(found) == MOST:
            break
    return tuple(found.values())


def _overlap(one: Window, other: Window) -> bool:
    return one.sequence == other.sequence and abs(one.step - other.step) <= AROUND


def _each(rows: np.ndarray) -> Iterable[int]:
    return rows[: 40 * MOST].tolist()


def _window(machine: Machine, trace: Trace, walk: Walk, row: int) -> Window:
    starts = trace.sequences.starts
    sequence = int(np.searchsorted(starts, row, side="right") - 1)
    begin = max(int(starts[sequence]), row - AROUND)
    end = min(int(starts[sequence] + trace.lengths[sequence]), row + AROUND + 1)
    rows = slice(begin, end)
    return Window(
        sequence,
        row - int(starts[sequence]),
        shown_inputs(machine, trace.inputs[rows], walk.symbols[rows]),
        tuple(walk.states[rows].tolist()),
        row - begin,
        answer_in_words(machine, trace.outputs[row]),
    )
