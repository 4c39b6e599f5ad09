"""A machine that reads one step at a time, as a device or a monitor at a bedside does.

    runner = Runner(machine)
    for row in rows:
        distribution = runner.step(row)

Between two steps it keeps the state, or the belief, and the few rows that its codebook looks back
on. `Machine.predict` gives the same for whole sequences at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np

from markovlens.codebooks.gate import Gate, Row
from markovlens.codebooks.stepping import LONGEST, Coder, coder_of
from markovlens.errors import DataError
from markovlens.machines.machine import STATE, Machine
from markovlens.machines.soft import SoftMachine
from markovlens.sequences import Sequences


class Runner:
    """One sequence being read by a machine.

    Attributes:
        machine: the machine.
        state: the likeliest state after the last step; None before the first.
        belief: (K,), probabilities of the states of a machine that carries a belief; else None.
        symbol: the last symbol read, 0 of a machine that ignores its inputs; None before the first.
        values: what came last: the row, or the one symbol.
    """

    def __init__(self, machine: Machine) -> None:
        """Begin before the first step; raises `DataError` for a machine that moves by a law."""
        if isinstance(machine, SoftMachine):
            raise DataError(
                "expected a machine that moves by its matrices, got one that moves by a softmax of "
                "the row; `predict` runs it on whole sequences, and `machine.plain` is the one of "
                "its matrices",
                page="not-deterministic",
            )
        self.machine = machine
        self.state: int | None = None
        self.belief: np.ndarray | None = None
        self.symbol: int | None = None
        self.values: list[float] = []
        self._past: deque[list[float]] = deque(maxlen=LONGEST)
        self._certain = machine.carries == STATE
        self._first = machine.initial.argmax(axis=-1).tolist()
        self._successor = machine.transition.argmax(axis=-1).tolist()
        self._code = self._coder()
        self._gate = None if machine.codebook is None else Gate(machine.codebook)

    def reset(self) -> None:
        """Begin a new sequence."""
        self.state = self.belief = self.symbol = None
        self.values = []
        self._past.clear()
        self._code = self._coder()

    def place(self) -> dict[str, Any]:
        """Return where it is in its sequence, as values that JSON has."""
        belief = None if self.belief is None else self.belief.tolist()
        past = [[None if x != x else x for x in row] for row in self._past]
        return {"state": self.state, "belief": belief, "past": past}

    def go_on(self, place: Mapping[str, Any]) -> None:
        """Go to where a runner of the same machine was, as its `place` said."""
        self.reset()
        self.state = place["state"]
        self.belief = None if place["belief"] is None else np.array(place["belief"], dtype=float)
        for row in place["past"]:  # a codebook looks back on no more than these
            self._past.append([np.nan if x is None else x for x in row])
            if self._code is not None:
                self._code(self._past[-1])

    def step(self, read: Row | int | str) -> np.ndarray:
        """Return the output distribution (C,) after one step more.

        Args:
            read: a row (D,) of the codebook's channels, NaN where a value is missing, or a dict or
                Series of them by name; of a machine of symbols the code of one, or its name.

        Raises:
            DataError: a row of another width or of what are no numbers, a row for a machine without
                a codebook, a symbol for one with a codebook, or no symbol of the machine.

        Warns:
            EvidenceWarning: a value lies far outside what its channel was known to be, or is
                missing and never was; once for each channel.
        """
        symbol = self.symbol = self._symbol(read)
        if self._certain:
            state = self.state
            self.state = self._first[symbol] if state is None else self._successor[symbol][state]
            said: np.ndarray = self.machine.readout[self.state]
            return said
        before = self.belief
        moves = self.machine
        self.belief = moves.initial[symbol] if before is None else before @ moves.transition[symbol]
        self.state = int(self.belief.argmax())
        said = self.belief @ moves.readout
        return said

    def _coder(self) -> Coder | None:
        codebook = self.machine.codebook
        return None if codebook is None else coder_of(codebook)

    def _symbol(self, read: Row | int | str) -> int:
        if self._gate is not None and self._code is not None:
            self.values = self._gate(read)
            self._past.append(self.values)
            return 0 if self.machine.n_symbols == 1 else self._code(self.values)
        if isinstance(read, str):
            read = int(Sequences.from_strings([[read]], self.machine.symbols).values[0])
        if isinstance(read, bool) or not isinstance(read, int | np.integer):
            raise DataError(
                f"expected the name of a symbol or its code, 0..{self.machine.n_symbols - 1}, got "
                f"{read!r}; it has no codebook that reads rows, as a study on rows makes one",
                page="needs-a-codebook",
            )
        if self.machine.n_symbols == 1:
            self.values = [int(read)]
            return 0
        if not 0 <= read < self.machine.n_symbols:
            raise DataError(
                f"expected a symbol of 0..{self.machine.n_symbols - 1}, got {read}",
                page="unknown-symbol",
            )
        self.values = [int(read)]
        return int(read)
