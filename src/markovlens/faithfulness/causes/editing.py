"""Sequences with the fewest changes after which a machine answers otherwise, for a network to read.

A machine's edits are of symbols. Where a network reads rows, a symbol is the code of a row, and a
row gives way to the nearest training row of another code; none is put in or left out, since that
would move all others in time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from markovlens.arrays import variances
from markovlens.channels import Channel
from markovlens.machines.alphabet import Alphabet
from markovlens.machines.edits import (
    KINDS,
    SUBSTITUTE,
    Edit,
    Moves,
    edited,
    moves_for_edits,
    random_edits,
    shortest_edits,
)
from markovlens.machines.machine import Machine
from markovlens.outputs import HALF, Output
from markovlens.sequences import Sequences
from markovlens.trace import Trace

NO_SYMBOLS = "the machine ignores its inputs, so that no change of them leads elsewhere"
TRIES = 100  # draws of random edits of rows, at most
ONLY_ORDER = "of a risk only the order counts, so that no answer is another one by itself"


@dataclass(frozen=True, slots=True)
class Changed:
    """A sequence that was changed.

    Attributes:
        edits: in the order of the sequence.
        values: the sequence after them, symbols (T,) or rows (T, D).
    """

    edits: tuple[Edit, ...]
    values: np.ndarray


@dataclass(frozen=True, slots=True)
class Rows:
    """Training rows by their codes, one of which takes the place of a row.

    Attributes:
        channels: of the rows.
        of_code: (M, D) by code, those that have it.
        units: (D,), the standard deviation of each channel, 1 of one that never changes.
    """

    channels: tuple[Channel, ...]
    of_code: Mapping[int, np.ndarray]
    units: np.ndarray

    @classmethod
    def of(cls, inputs: Sequences, codes: np.ndarray) -> Rows:
        """Return the rows of training sequences by their codes (N,)."""
        units = np.sqrt(variances(np.nan_to_num(inputs.rows)))
        units[units == 0] = 1.0
        having = {code: inputs.rows[codes == code] for code in np.unique(codes).tolist()}
        return cls(inputs.channels, having, units)

    def nearest(self, row: np.ndarray, code: int) -> np.ndarray:
        """Return the nearest training row (D,) of a code, in standard deviations by channel.

        What is static stays as it is.
        """
        having = self.of_code[code]
        apart = np.nan_to_num((having - row) / self.units)
        found = having[(apart**2).sum(axis=1).argmin()].copy()
        static = [place for place, channel in enumerate(self.channels) if channel.static]
        found[static] = row[static]
        return found


@dataclass(frozen=True, slots=True)
class Editor:
    """What changes sequences for one machine.

    Attributes:
        machine: that is led elsewhere, by its most likely moves.
        moves: among which edits are sought.
        alphabet: where symbols may stand.
        rows: by which codes become rows; None where the network reads symbols.
    """

    machine: Machine
    moves: Moves
    alphabet: Alphabet
    rows: Rows | None = None

    @classmethod
    def of(cls, machine: Machine, trace: Trace) -> Editor:
        """Return the editor of a machine, given sequences of which symbols and rows are taken."""
        inputs, rows = trace.sequences, None
        codes = machine.symbols_of(inputs)
        if machine.codebook is not None:
            rows = Rows.of(inputs, codes)
            alphabet = Alphabet.free(machine.n_symbols)
        else:
            alphabet = Alphabet.of(inputs, machine.n_symbols)
        counts = np.bincount(codes, minlength=machine.n_symbols).astype(float)
        if rows is None:  # of others the machine may have been built
            counts += HALF * machine.seen.any(axis=1)
        # What was seen from every state the machine was asked about, or made by rule.
        first = np.array(machine.seen.all(axis=1))
        first[codes[inputs.starts]] = True
        moves = moves_for_edits(machine, alphabet, counts, first=first)
        return cls(machine, moves, alphabet, rows)

    @property
    def refusal(self) -> str:
        """Why no sequence can be changed for this machine; empty if some may."""
        if self.machine.n_symbols == 1:
            return NO_SYMBOLS
        return ONLY_ORDER if self.machine.output == Output.RISK else ""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of edits that may be made."""
        return KINDS if self.rows is None else (SUBSTITUTE,)

    def shortest(self, inputs: Sequences, goals: np.ndarray) -> list[Changed | None]:
        """Return each sequence with the fewest edits that lead to one of its goals, bool (S, K).

        None where no edits lead there, or none are needed.
        """
        words = Sequences(self.machine.symbols_of(inputs), inputs.lengths)
        found = shortest_edits(self.moves, words, goals, alphabet=self.alphabet, kinds=self.kinds)
        return [
            Changed(edits, self._apply(values, edits)) if edits else None
            for values, edits in zip(inputs, found, strict=True)
        ]

    def at_random(self, values: np.ndarray, n_edits: int, rng: np.random.Generator) -> np.ndarray:
        """Return another sequence after as many edits at random places.

        Rows give way to rows of other codes; as they are only where no such edits change them.
        """
        if self.rows is None:
            return random_edits(values, n_edits, alphabet=self.alphabet, rng=rng)
        inputs = Sequences.from_list([values], self.rows.channels)
        codes, known = self.machine.symbols_of(inputs), np.array(list(self.rows.of_code))
        others = [known[known != code] for code in codes]
        usable = [place for place, each in enumerate(others) if len(each)]
        # What is static stays, so that a row may be its own substitute.
        for _ in range(TRIES):
            places = np.sort(rng.permutation(usable)[:n_edits]).astype(int)
            edits = [
                Edit(SUBSTITUTE, int(place), int(rng.choice(others[place])), int(codes[place]))
                for place in places
            ]
            made = self._apply(values, tuple(edits))
            if not np.array_equal(made, inputs.rows, equal_nan=True):
                break
        return made

    def _apply(self, values: np.ndarray, edits: tuple[Edit, ...]) -> np.ndarray:
        if self.rows is None:
            return edited(values, edits)
        changed = np.array(values, dtype=np.float64).reshape(len(values), -1)
        for edit in edits:
            changed[edit.place] = self.rows.nearest(changed[edit.place], edit.symbol)
        return changed


def answers_of(machine: Machine, outputs: np.ndarray) -> np.ndarray:
    """Return outputs (N, C) as answers (N,) that are one or another.

    That is the likeliest class; of labels which are on; of values whether the first lies above the
    middle of what the machine's states answer.
    """
    if machine.output == Output.DISTRIBUTION:
        return np.asarray(outputs.argmax(axis=1))
    if machine.output == Output.LABELS:
        # Numbers of Python, since there may be more labels than an integer of numpy has bits.
        on = np.packbits(outputs > HALF, axis=1)
        return np.array([int.from_bytes(row.tobytes(), "big") for row in on], dtype=object)
    first = machine.readout[:, 0]
    return np.asarray(outputs[:, 0] > (first.min() + first.max()) / 2).astype(int)
