"""What is true at one step: of the symbol that was read, of the answer, of the machine's state.

A statement is asked of letters. A machine has a letter for each symbol and each state after it; a
network has one for each step that it made, with no state that anybody could name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from markovlens.arguments import known_names
from markovlens.errors import DataError
from markovlens.machines.machine import Machine
from markovlens.outputs import HALF, Output

READS, ANSWERS, STATE, ANY = "reads", "answers", "state", "any"
ABOVE, BELOW = "above", "below"


@dataclass(frozen=True, slots=True)
class Letters:
    """Steps of any shape (...).

    Attributes:
        symbols: int (...), the symbol read.
        answers: float (..., C), the output after it.
        answered: bool (...), whether there is any: of no answer nothing is true.
        states: int (...), the machine's state after it; None of a network.
        machine: whose names are meant.
    """

    symbols: np.ndarray
    answers: np.ndarray
    answered: np.ndarray
    states: np.ndarray | None
    machine: Machine

    @classmethod
    def of(cls, machine: Machine, answered: np.ndarray | None = None) -> Letters:
        """Return the letters (V, K) of a machine; `answered` (V,) are the symbols with answers."""
        shape = machine.n_symbols, machine.n_states
        symbols, states = np.indices(shape)
        given = np.ones(shape[0], dtype=bool) if answered is None else answered
        answers = np.broadcast_to(machine.readout, (*shape, len(machine.classes)))
        return cls(symbols, answers, np.broadcast_to(given[:, None], shape), states, machine)


@dataclass(frozen=True, slots=True)
class Atom:
    """One thing that may be true of a step.

    Attributes:
        kind: `reads`, `answers`, `state`; `any` of a name that may be any of these.
        names: one of them is enough.
        side: `above` or `below` of an answer that is a number, else "".
        limit: the number.
    """

    kind: str
    names: tuple[str, ...]
    side: str = ""
    limit: float = 0.0

    def holds(self, letters: Letters) -> np.ndarray:
        """Return where (...) it is true; raises `DataError` for names that nothing has."""
        kind = self._kind(letters.machine)
        places = [_place(kind, name, letters.machine) for name in self.names]
        if kind == READS:
            return np.isin(letters.symbols, places)
        if kind == STATE:
            if letters.states is None:
                raise DataError(
                    "expected what a network shows, got a state of the machine",
                    page="wrong-property",
                )
            return np.isin(letters.states, places)
        return _answered(self, places, letters)

    def looks_at_states(self, machine: Machine) -> bool:
        """Return whether it speaks of states of the machine, which no network has."""
        return self._kind(machine) == STATE

    def _kind(self, machine: Machine) -> str:
        if self.kind != ANY:
            return self.kind
        known = {kind: names_of(kind, machine) for kind in (ANSWERS, READS, STATE)}
        kinds = [kind for kind, names in known.items() if self.names[0] in names]
        if len(kinds) == 1:
            return kinds[0]
        if kinds:
            ways = " or ".join(f"{kind} {self.names[0]!r}" for kind in kinds)
            raise DataError(
                f"property: {self.names[0]!r} may mean {ways}; write which", page="wrong-property"
            )
        every = [name for names in known.values() for name in names if name]
        raise DataError(
            f"property: expected a class, a symbol or a state, got {self.names[0]!r}; "
            f"{known_names('names', self.names[0], dict.fromkeys(every))}",
            page="wrong-property",
        )


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary of a statement."""

    of: Statement

    def holds(self, letters: Letters) -> np.ndarray:
        """Return where (...) it is true."""
        return ~self.of.holds(letters)

    def looks_at_states(self, machine: Machine) -> bool:
        """Return whether it speaks of states of the machine."""
        return self.of.looks_at_states(machine)


@dataclass(frozen=True, slots=True)
class Joined:
    """All of several statements, or one of them at least."""

    every: bool
    parts: tuple[Statement, ...]

    def holds(self, letters: Letters) -> np.ndarray:
        """Return where (...) it is true."""
        join = np.logical_and if self.every else np.logical_or
        return np.asarray(join.reduce([part.holds(letters) for part in self.parts]))

    def looks_at_states(self, machine: Machine) -> bool:
        """Return whether one speaks of states of the machine."""
        return any(part.looks_at_states(machine) for part in self.parts)


Statement = Atom | Not | Joined


def names_of(kind: str, machine: Machine) -> tuple[str, ...]:
    """Return the names that a kind of atom may have."""
    if kind == READS:
        return machine.symbols
    return machine.classes if kind == ANSWERS else machine.states


def truth_of(statements: Sequence[Statement], letters: Letters) -> np.ndarray:
    """Return int (...), bit i of which says whether statement i is true there."""
    truth = np.zeros(letters.symbols.shape, dtype=np.int64)
    for place, statement in enumerate(statements):
        truth |= statement.holds(letters).astype(np.int64) << place
    return truth


def _place(kind: str, name: str, machine: Machine) -> int:
    names = names_of(kind, machine)
    if name in names:
        return names.index(name)
    if kind == STATE and name.isdigit() and int(name) < machine.n_states:
        return int(name)
    if kind == READS and not machine.symbols:
        raise DataError(
            f"property: the machine reads no symbols, got reads {name!r}", page="wrong-property"
        )
    known = [*map(str, range(machine.n_states)), *filter(None, names)] if kind == STATE else names
    what = {READS: "symbols", ANSWERS: "classes", STATE: "states"}[kind]
    raise DataError(
        f"property: unknown {name!r} of {kind}; {known_names(what, name, dict.fromkeys(known))}",
        page="wrong-property",
    )


def _answered(atom: Atom, places: list[int], letters: Letters) -> np.ndarray:
    """Return where (...) the answer is as an atom says."""
    found: np.ndarray
    with np.errstate(invalid="ignore"):  # no answer is NaN
        if atom.side:
            values = letters.answers[..., places[0]]
            found = np.asarray(values > atom.limit if atom.side == ABOVE else values < atom.limit)
        elif letters.machine.output == Output.DISTRIBUTION:
            found = np.asarray(np.isin(letters.answers.argmax(axis=-1), places))
        elif letters.machine.output == Output.LABELS:
            found = np.asarray((letters.answers[..., places] > HALF).any(axis=-1))
        else:
            raise DataError(
                f"property: answers {atom.names[0]!r} is a number; write above or below which, "
                f"such as `answers {atom.names[0]} above 0.5`",
                page="wrong-property",
            )
    return np.asarray(found & letters.answered)
