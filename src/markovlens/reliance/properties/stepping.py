"""A machine on words that may come as a machine of its own, whose states know the last symbol."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from markovlens.errors import DataError
from markovlens.machines.machine import Machine
from markovlens.reliance.properties.inputs import ENDS, Inputs

OVER = (ENDS, 0, 0)  # the word is over


@dataclass(frozen=True, slots=True)
class Stepped:
    """The larger machine: autonomous where symbols are drawn.

    Attributes:
        machine: of L states.
        symbol: int (L,), the symbol that was read last.
        state: int (L,), the state of the machine that it is made of.
        inside: bool (L,), whether a symbol was read; not where the word is over before.
    """

    machine: Machine
    symbol: np.ndarray
    state: np.ndarray
    inside: np.ndarray


def steps_of(machine: Machine, inputs: Inputs) -> Stepped:
    """Return the machine on words, each state of which is a context, a symbol and a state.

    Raises:
        DataError: symbols are chosen, and not every one may come everywhere.
    """
    drawn = inputs.weight is not None
    if not drawn and len(inputs.symbol) != machine.n_symbols:
        raise DataError(
            "formula: expected words of any symbols, got an alphabet with marks; state the "
            "property by a pattern, or choose `inputs` that are drawn",
            page="wrong-property",
        )
    weight = np.ones(len(inputs.symbol)) if inputs.weight is None else inputs.weight
    number: dict[tuple[int, int, int], int] = {}
    arcs: list[tuple[int, int, int, float]] = []  # symbol, from (-1 of the start), to, probability

    def come(context: int, state: int, at: int) -> None:
        left = 1.0
        for move in range(inputs.first[context], inputs.first[context + 1]):
            symbol, follows = int(inputs.symbol[move]), int(inputs.follows[move])
            row = machine.initial[symbol] if at < 0 else machine.transition[symbol, state]
            for then in np.flatnonzero(row).tolist():
                place = number.setdefault((follows, symbol, then), len(number))
                chance = float(weight[move] * row[then])
                arcs.append((0 if drawn else symbol, at, place, chance))
            left -= float(weight[move])
        if drawn and left > 1e-12:
            arcs.append((0, at, number.setdefault(OVER, len(number)), left))

    come(0, 0, -1)
    done = 0
    while done < len(number):
        context, symbol, state = list(number)[done]
        if context == ENDS:
            arcs += [(v, done, done, 1.0) for v in range(1 if drawn else machine.n_symbols)]
        else:
            come(context, state, done)
        done += 1
    return _built(machine, list(number), arcs, drawn)


def _built(
    machine: Machine,
    places: list[tuple[int, int, int]],
    arcs: list[tuple[int, int, int, float]],
    drawn: bool,
) -> Stepped:
    n_symbols, size = 1 if drawn else machine.n_symbols, len(places)
    table = np.zeros((n_symbols, size + 1, size))
    for symbol, at, then, chance in arcs:
        table[symbol, at, then] += chance  # the start is the last row
    table /= table.sum(axis=2, keepdims=True)
    symbol, state = np.array([place[1:] for place in places]).T
    made = Machine(
        table[:, -1], table[:, :-1], machine.readout[state], () if drawn else machine.symbols,
        machine.classes, np.ones((n_symbols, size), dtype=bool), output=machine.output,
    )  # fmt: skip
    return Stepped(made, symbol, state, np.array([place != OVER for place in places]))
