"""A machine's moves as writers need them: from the start and from each state, as decimal text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from markovlens.machines.formats.decimals import decimal, units
from markovlens.machines.machine import Machine

START = 0  # its number in files; state k of the machine is k + 1


class Move(NamedTuple):
    """Where a symbol leads from one state.

    Attributes:
        source: `START`, or 1 + the number of a state.
        symbol: its code.
        targets: 1 + the number of each state that it may lead to.
        units: of probability, `decimals.ONE` in all.
    """

    source: int
    symbol: int
    targets: tuple[int, ...]
    units: tuple[int, ...]

    @property
    def chances(self) -> list[str]:
        """The probabilities as decimal text; they sum to 1 to the last digit."""
        return [decimal(unit) for unit in self.units]


def moves_of(machine: Machine) -> Iterator[Move]:
    """Yield all moves, those from the start first, then state by state, symbol by symbol."""
    rows = np.concatenate([machine.initial[:, None], machine.transition], axis=1)
    for source in range(machine.n_states + 1):
        counted = units(rows[:, source])
        for symbol in range(machine.n_symbols):
            targets = np.flatnonzero(counted[symbol])
            chosen = counted[symbol, targets]
            yield Move(source, symbol, tuple((targets + 1).tolist()), tuple(chosen.tolist()))
