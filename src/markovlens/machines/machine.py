"""What every abstraction becomes: a small state machine that runs on inputs alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from markovlens.arrays import as_array, check_codes, check_names
from markovlens.errors import DataError
from markovlens.files.whole import naming, read_json, write_json
from markovlens.sequences import Sequences, by_step

ROW_SUM_TOLERANCE = 1e-6
MOST_SHOWN = 10  # names that a message repeats
STATE, BELIEF = "state", "belief"


@dataclass(frozen=True, slots=True)
class Machine:
    """A probabilistic Moore machine with V input symbols, K states and C output classes.

    A finite-state automaton is the case with one-hot rows. The start state, in which the machine
    is before the first symbol, is not among the K.

    Attributes:
        initial: (V, K), distribution of the state after the first symbol, a row for each symbol.
        transition: (V, K, K), `transition[v, i, j]` = P(next state j | state i, symbol v).
            V = 1 is an autonomous process, which ignores its inputs.
        readout: (K, C), the output distribution of each state.
        symbols: the V names of the input symbols; empty for an autonomous process.
        classes: the C names of the output classes.
        seen: (V, K) bool, whether (state, symbol) occurred when the machine was built; the other
            rows of `transition` are the builder's rule for the unseen.
    """

    initial: np.ndarray
    transition: np.ndarray
    readout: np.ndarray
    symbols: tuple[str, ...]
    classes: tuple[str, ...]
    seen: np.ndarray

    def __post_init__(self) -> None:
        """Check shapes, names, and that every row is a distribution."""
        for name in ("initial", "transition", "readout", "seen"):
            object.__setattr__(self, name, as_array(f"machine {name}", getattr(self, name)))
        for name in ("symbols", "classes"):
            object.__setattr__(self, name, check_names(f"machine {name}", getattr(self, name)))
        self._check_shapes()
        for name in ("initial", "transition", "readout"):
            _check_rows(name, getattr(self, name))

    def _check_shapes(self) -> None:
        if self.initial.ndim != 2:
            raise DataError(f"machine initial: expected (V, K), got {self.initial.shape}")
        n_symbols, n_states = self.initial.shape
        expected = {
            "transition": (n_symbols, n_states, n_states),
            "readout": (n_states, len(self.classes)),
            "seen": (n_symbols, n_states),
        }
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise DataError(
                    f"machine {name}: expected {shape}, got {getattr(self, name).shape}"
                )
        autonomous = n_symbols == 1 and not self.symbols
        if len(self.symbols) != n_symbols and not autonomous:
            raise DataError(
                f"machine symbols: expected {n_symbols} names, as initial has rows, got "
                f"{len(self.symbols)}: {self.symbols}"
            )

    @property
    def n_states(self) -> int:
        """Number of states K, the start state not counted."""
        return self.initial.shape[1]

    @property
    def n_symbols(self) -> int:
        """Number of input symbols V."""
        return self.initial.shape[0]

    @property
    def is_deterministic(self) -> bool:
        """Whether each row of `initial` and `transition` has a single possible state."""
        return bool((self.initial.max(-1) == 1).all() and (self.transition.max(-1) == 1).all())

    @property
    def carries(self) -> str:
        """What it knows between two symbols: one `STATE`, or a `BELIEF`, K probabilities.

        A belief takes endlessly many values, so that a machine with one is no automaton of K
        states. Only moves of states that some string gives a probability count.
        """
        moves = (self.initial, self.transition[:, self.visitable()])
        certain = all((rows.max(axis=-1) == 1).all() for rows in moves)
        return STATE if certain else BELIEF

    def visitable(self) -> np.ndarray:
        """Return whether some string gives each state (K,) a probability."""
        goes: np.ndarray = self.transition.max(axis=0) > 0
        inside: np.ndarray = self.initial.max(axis=0) > 0
        for _ in range(self.n_states):
            inside = np.asarray(inside | goes[inside].any(axis=0))
        return inside

    def run(self, inputs: Sequences) -> np.ndarray:
        """Return the belief (N, K) over states after each step, from the inputs alone."""
        return self._advance(inputs, None)

    def run_from(self, belief: np.ndarray, inputs: Sequences) -> np.ndarray:
        """Return the belief (N, K) after each step when sequence i begins in `belief[i]` (S, K).

        The first symbol then makes a move like any other, as in the middle of a sequence.
        """
        if belief.shape != (len(inputs), self.n_states):
            raise DataError(
                f"expected a belief ({len(inputs)}, {self.n_states}), got {belief.shape}"
            )
        return self._advance(inputs, belief)

    def _advance(self, inputs: Sequences, start: np.ndarray | None) -> np.ndarray:
        symbols = self._symbols_of(inputs)
        belief = np.empty((inputs.n_steps, self.n_states))
        for step, (active, rows) in enumerate(by_step(inputs.lengths)):
            read = symbols[rows]
            if step == 0 and start is None:
                belief[rows] = self.initial[read]
                continue
            before = start[active] if step == 0 and start is not None else belief[rows - 1]
            # Gathering a matrix a sequence is fast for two symbols and for two thousand.
            belief[rows] = np.einsum("si,sij->sj", before, self.transition[read])
        return belief

    def predict(self, inputs: Sequences) -> np.ndarray:
        """Return the output distribution (N, C) after each step, from the inputs alone."""
        return self.run(inputs) @ self.readout

    def _symbols_of(self, inputs: Sequences) -> np.ndarray:
        if self.n_symbols == 1:
            return np.zeros(inputs.n_steps, dtype=np.int64)
        return check_codes("symbols", inputs.values, stop=self.n_symbols)


def _check_rows(name: str, rows: np.ndarray) -> None:
    if not np.isfinite(rows).all() or rows.min() < 0:
        raise DataError(
            f"machine {name}: expected probabilities, got negative or non-finite values"
        )
    worst = np.abs(rows.sum(-1) - 1).max()
    if worst > ROW_SUM_TOLERANCE:
        raise DataError(f"machine {name}: expected rows that sum to 1, one is off by {worst:.2g}")


def check_alphabet(machine: Machine, symbols: tuple[str, ...], classes: tuple[str, ...]) -> None:
    """Check that a machine reads these symbols and answers in these classes, in this order.

    Names that only count from 0, as `record` gives them where it is told none, may stand for any.

    Raises:
        DataError: their number, their order or a name differs.
    """
    pairs = [("classes", machine.classes, classes)]
    if machine.n_symbols > 1:
        pairs.append(("symbols", machine.symbols, symbols))
    for what, mine, others in pairs:
        if not _mean_the_same(mine, others):
            raise DataError(
                f"expected {what} that machine and trace have in common, in one order, got "
                f"{_shown(mine)} of the machine and {_shown(others)} of the trace; "
                f"give both the same `{what}`"
            )


def _mean_the_same(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    numbers = tuple(map(str, range(len(first))))
    renamed = numbers in (first, second) and not set(first) & set(second)
    return first == second or (renamed and len(first) == len(second))


def _shown(names: tuple[str, ...]) -> str:
    more = ", ..." if len(names) > MOST_SHOWN else ""
    return f"{len(names)} ({', '.join(names[:MOST_SHOWN])}{more})"


def automaton(
    successor: np.ndarray,
    accepting: np.ndarray,
    *,
    start: int,
    symbols: tuple[str, ...],
    classes: tuple[str, ...] = ("reject", "accept"),
) -> Machine:
    """Return the `Machine` of a complete deterministic automaton.

    Args:
        successor: int (K, V), the next state for each state and symbol.
        accepting: bool (K,).
        start: the state before the first symbol; it is one of the K.
        symbols: names of the V symbols.
        classes: names of "not accepting" and "accepting".
    """
    successor = np.asarray(successor)
    one_hot = np.eye(len(successor))
    readout = np.eye(2)[np.asarray(accepting, dtype=int)]
    seen = np.ones(successor.T.shape, dtype=bool)
    return Machine(one_hot[successor[start]], one_hot[successor.T], readout, symbols, classes, seen)


def machine_to_dict(machine: Machine) -> dict[str, Any]:
    """Return the machine as plain values; rows of `transition` that repeat are written once.

    With a vocabulary of thousands, most (symbol, state) pairs were never seen and share the
    builder's fallback row of their state, so only the rows that differ from it are listed.
    """
    unseen = ~machine.seen
    fallback = machine.transition[unseen.argmax(0), np.arange(machine.n_states)]
    differs = (machine.transition != fallback).any(-1)
    return {
        "initial": machine.initial.tolist(),
        "fallback": fallback.tolist(),
        "rows": [
            {"symbol": int(v), "state": int(i), "next": machine.transition[v, i].tolist()}
            for v, i in zip(*np.nonzero(differs), strict=True)
        ],
        "seen": np.packbits(machine.seen).tobytes().hex(),
        "readout": machine.readout.tolist(),
        "symbols": list(machine.symbols),
        "classes": list(machine.classes),
    }


def machine_from_dict(plain: Mapping[str, Any]) -> Machine:
    """Return the machine that `machine_to_dict` wrote."""
    initial = np.array(plain["initial"], dtype=float)
    transition = np.repeat(np.array(plain["fallback"], dtype=float)[None], len(initial), axis=0)
    for row in plain["rows"]:
        transition[row["symbol"], row["state"]] = row["next"]
    bits = np.frombuffer(bytes.fromhex(plain["seen"]), dtype=np.uint8)
    seen = np.unpackbits(bits, count=initial.size).reshape(initial.shape).astype(bool)
    readout = np.array(plain["readout"], dtype=float)
    return Machine(
        initial, transition, readout, tuple(plain["symbols"]), tuple(plain["classes"]), seen
    )


def save_machine(path: str | Path, machine: Machine) -> None:
    """Write one machine as JSON."""
    write_json(path, machine_to_dict(machine))


def load_machine(path: str | Path) -> Machine:
    """Return a machine written by `save_machine`; raises `DataError` on a damaged file."""
    plain = read_json(path)
    with naming(path):
        return machine_from_dict(plain)
