"""The shape of a machine, and the names that somebody gives its states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from markovlens.arguments import has_items
from markovlens.errors import DataError

if TYPE_CHECKING:
    from markovlens.machines.machine import Machine

UNSEEN = str.maketrans({"\n": r"\n", "\r": r"\r", "\t": r"\t"})


def visible(name: str) -> str:
    """Return the name of a symbol as it stands in a sentence: none is empty or breaks the line."""
    return name.translate(UNSEEN) or "''"


def check_shapes(machine: Machine) -> None:
    """Raise `DataError` unless a machine's arrays and names fit together."""
    if machine.initial.ndim != 2:
        raise DataError(
            f"machine initial: expected (V, K), got {machine.initial.shape}", page="unsound-machine"
        )
    n_symbols, n_states = machine.initial.shape
    expected = {
        "transition": (n_symbols, n_states, n_states),
        "readout": (n_states, len(machine.classes)),
        "seen": (n_symbols, n_states),
    }
    for name, shape in expected.items():
        if getattr(machine, name).shape != shape:
            raise DataError(
                f"machine {name}: expected {shape}, got {getattr(machine, name).shape}",
                page="unsound-machine",
            )
    autonomous = n_symbols == 1 and not machine.symbols
    if len(machine.symbols) != n_symbols and not autonomous:
        raise DataError(
            f"machine symbols: expected {n_symbols} names, as initial has rows, got "
            f"{len(machine.symbols)}: {machine.symbols}",
            page="unsound-machine",
        )
    if machine.states:
        object.__setattr__(machine, "states", names_of(machine.states, (), n_states))


def name_in(names: tuple[str, ...], state: int, n_states: int) -> str:
    """Return what one of K states is called; raises `DataError` for one that there is not."""
    if not isinstance(state, int | np.integer) or state not in range(n_states):
        raise DataError(
            f"expected one of the {n_states} states 0..{n_states - 1}, got {state!r}",
            page="out-of-range",
        )
    return (names and names[state]) or f"state {state}"


def names_of(
    names: Mapping[int, str] | Sequence[str], before: tuple[str, ...], n_states: int
) -> tuple[str, ...]:
    """Return a name for each of K states, "" of those without; empty if none has one.

    Args:
        names: by number of the state, or of all.
        before: those that it has, which stay unless another is given.
        n_states: K.

    Raises:
        DataError: there is no such state, not as many names as states, a name that is no text, or
            one name for two states.
    """
    listed = has_items(names) and not isinstance(names, str | Mapping)
    given = names if isinstance(names, Mapping) else dict(enumerate(names if listed else ()))
    if given is not names and not (listed and len(given) == n_states):
        raise DataError(
            f"states: expected a name for each of {n_states} states, or a dict of some by number, "
            f"got {names!r}",
            page="wrong-names",
        )
    found = list(before or [""] * n_states)
    for state, name in given.items():
        if isinstance(state, bool) or state not in range(n_states) or not isinstance(name, str):
            raise DataError(
                f"states: expected text for one of 0..{n_states - 1}, got {name!r} for {state!r}",
                page="wrong-names",
            )
        found[state] = name.strip()
    said = [name for name in found if name]
    if len(set(said)) < len(said):
        raise DataError(
            f"states: expected different names, got {', '.join(said)}", page="wrong-names"
        )
    return tuple(found) if said else ()


def numbered(state: int, names: Sequence[str]) -> str:
    """Return the number of a state with the name that it has, if any: `3 (after a negation)`."""
    return f"{state} ({names[state]})" if names and names[state] else str(state)


def joined_names(states: tuple[str, ...], blocks: np.ndarray) -> tuple[str, ...]:
    """Return the names of blocks (K,) of states that became one, -1 being none: all of each."""
    if not states:
        return ()
    members = [np.flatnonzero(blocks == block) for block in range(blocks.max() + 1)]
    return tuple(" / ".join(filter(None, (states[k] for k in block))) for block in members)
