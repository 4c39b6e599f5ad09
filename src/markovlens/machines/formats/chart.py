"""What a file says of a machine, before it is one: states by name, and where each symbol leads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from markovlens.errors import DataError
from markovlens.machines.answers import ROW_SUM_TOLERANCE
from markovlens.machines.formats.naming import Legend
from markovlens.machines.machine import Machine
from markovlens.outputs import Output

BOTH = ("reject", "accept")  # the classes of an automaton that names none
MOST_STATES = 4096
MOST_CELLS = 2**25  # of `transition`: 256 MiB
_NUMBERED = re.compile(r"[A-Za-z]{0,5}_?\d+")  # names of states that only count, such as q0


@dataclass(frozen=True, slots=True)
class Chart:
    """States, answers and moves as a file names them.

    Attributes:
        start: the state before the first symbol.
        answers: (C,) of each state, the start too; None of one without.
        moves: by state and symbol, the probability of each next state.
        symbols: those that are read; empty of an autonomous machine, whose symbol is then "".
        classes: the C classes, or values.
        output: what the answers are.
        names: of states that somebody named.
        rejects: the class of all that follows where the file has no move; without one, every state
            must have a move for every symbol.
    """

    start: str
    answers: Mapping[str, np.ndarray | None]
    moves: Mapping[tuple[str, str], Mapping[str, float]]
    symbols: tuple[str, ...]
    classes: tuple[str, ...]
    output: Output = Output.DISTRIBUTION
    names: Mapping[str, str] = field(default_factory=dict)
    rejects: int | None = None


def check_size(n_states: int, n_symbols: int = 1) -> None:
    """Raise `DataError` for more states, or with symbols more moves, than a machine here may have.

    Readers ask this while they count, so that a file of a million states costs no memory.
    """
    if n_states > MOST_STATES or n_states**2 * n_symbols > MOST_CELLS:
        raise DataError(
            f"expected at most {MOST_STATES} states, and {MOST_CELLS} pairs of states and symbols, "
            f"got {n_states} or more states with {n_symbols} symbols; minimise it where it was "
            "made",
            page="unreadable-machine",
        )


def machine_of(chart: Chart, legend: Legend | None = None) -> Machine:
    """Return the machine of a chart.

    The start is one of its states only where some move leads back to it, or there is no other.

    Args:
        chart: what the file says.
        legend: names of its tokens, and which pairs of symbol and state were met.

    Raises:
        DataError: too many states, a move to a state that is none or with a probability that is
            none, rows that do not sum to 1, a symbol without a move, a state without an answer.
    """
    legend = legend or Legend()
    _check_sources(chart)
    check_size(len(chart.answers) + 1, max(len(chart.symbols), 1))
    states = _states(chart)
    symbols = chart.symbols or ("",)
    number = {state: index for index, state in enumerate(states)}
    sunk = [len(states)] if _has_holes(chart, [chart.start, *states], symbols) else []
    size = len(states) + len(sunk)
    rows = np.zeros((len(symbols), size + 1, size))
    seen = np.ones((len(symbols), size + 1), dtype=bool)
    for source, state in enumerate([chart.start, *states]):
        for code, symbol in enumerate(symbols):
            row = chart.moves.get((state, symbol))
            if row is None:
                rows[code, source, sunk[0]], seen[code, source] = 1.0, False
            else:
                _fill(rows[code, source], row, number, (state, symbol))
    for sink in sunk:
        rows[:, sink + 1, sink], seen[:, sink + 1] = 1.0, False
    readout = [_answer(chart, state) for state in states]
    readout += [np.eye(len(chart.classes))[chart.rejects or 0] for _ in sunk]
    return Machine(
        rows[:, 0],
        rows[:, 1:],
        np.array(readout),
        _symbols(chart, legend),
        tuple(legend.classes.get(name, name) for name in chart.classes),
        _seen(legend, seen[:, 1:]),
        output=chart.output,
        states=_named(states, chart.names, legend.states, size),
    )


def _check_sources(chart: Chart) -> None:
    """Raise `DataError` for a move from a state that the file does not declare."""
    stranger = next((name for name, _ in chart.moves if name not in chart.answers), None)
    if stranger is not None:
        raise DataError(
            f"expected moves between known states, got one from {stranger!r}; add it",
            page="unreadable-machine",
        )


def _symbols(chart: Chart, legend: Legend) -> tuple[str, ...]:
    """Return the names of symbols; that of the only one of a chain is in the legend, if any is."""
    only = tuple(legend.symbols.values()) if len(legend.symbols) == 1 else ()
    return tuple(legend.symbols.get(name, name) for name in chart.symbols) or only


def _states(chart: Chart) -> list[str]:
    """Return the states of the machine, in the order of the file."""
    entered = any(chart.start in row for row in chart.moves.values())
    others = [state for state in chart.answers if state != chart.start]
    return list(chart.answers) if entered or not others else others


def _has_holes(chart: Chart, states: Sequence[str], symbols: Sequence[str]) -> bool:
    """Return whether some state has no move for a symbol; raises where that means nothing."""
    holes = (
        (state, each) for state in states for each in symbols if (state, each) not in chart.moves
    )
    first = next(holes, None)
    if first is not None and chart.rejects is None:
        reads = f" that reads {first[1]!r}" if chart.symbols else ""
        raise DataError(
            f"expected a move from every state for every symbol, got none from {first[0]!r}{reads};"
            " add it, to a state of its own if need be",
            page="unreadable-machine",
        )
    return first is not None


def _fill(
    into: np.ndarray, row: Mapping[str, float], number: Mapping[str, int], where: tuple[str, str]
) -> None:
    """Write a row (K,) that sums to 1 to rounding; where it is a little off, it is scaled."""
    total = sum(row.values())
    good = all(0 <= chance <= 1 + ROW_SUM_TOLERANCE for chance in row.values())
    if not good or not abs(total - 1) <= ROW_SUM_TOLERANCE:
        raise DataError(
            f"expected probabilities that sum to 1 from {where[0]!r} that reads {where[1]!r}, got "
            f"{', '.join(f'{chance:g}' for chance in list(row.values())[:5])}",
            page="unreadable-machine",
        )
    for target, chance in row.items():
        if target not in number:
            raise DataError(
                f"expected moves between known states, got one to {target!r}; add it",
                page="unreadable-machine",
            )
        into[number[target]] = chance if len(row) > 1 else 1.0


def _answer(chart: Chart, state: str) -> np.ndarray:
    answer = chart.answers[state]
    if answer is None:
        raise DataError(
            f"expected an answer of every state, got none of {state!r}", page="unreadable-machine"
        )
    return answer


def _named(
    states: Sequence[str], names: Mapping[str, str], ours: Mapping[str, str], size: int
) -> tuple[str, ...]:
    """Return names of K states; none of those that a file only counts."""
    given = {state: names.get(state, state).strip() for state in states}
    counted = {state: "" for state, name in given.items() if _NUMBERED.fullmatch(name)}
    known = {**given, **counted, **ours}
    found = [known[state] for state in states]
    said = [name for name in found if name]
    if len(set(said)) < len(said):
        found = [""] * len(states)
    return tuple([*found, *[""] * (size - len(found))]) if any(found) else ()


def _seen(legend: Legend, seen: np.ndarray) -> np.ndarray:
    """Return which pairs (V, K) were met: as our own file says, if it is one."""
    packed = legend.more.get("seen")
    if not isinstance(packed, str) or len(packed) != 2 * -(-seen.size // 8):
        return seen
    bits = np.frombuffer(bytes.fromhex(packed), dtype=np.uint8)
    return np.unpackbits(bits, count=seen.size).reshape(seen.shape).astype(bool)
