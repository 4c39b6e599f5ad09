"""Random bit flips in the numbers of a network and of a machine, at the same rate a bit.

Of a network they are in its weights as they lie in memory; of a machine in the tables that
`markovlens.export` writes in C: moves as the smallest unsigned integers that hold them, answers as
doubles. A flipped move may lead to no state, and a flipped weight to no finite number: there is no
answer then, and none is made up.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import torch
from torch import nn

from markovlens.activations.oracle import Oracle
from markovlens.activations.outputs import Link
from markovlens.faithfulness.claims.trust import answering
from markovlens.machines.machine import Machine
from markovlens.networks.shared import weights_of
from markovlens.outputs import NO_TARGET
from markovlens.reliance.exporting.plan import plan_of
from markovlens.sequences import Sequences, by_step

BITS = 8  # of a byte
LINK: Link = "classes"
NOWHERE = -1


class Subject(Protocol):
    """What can be asked for the final class (S,) of words, -1 where it gives no answer."""

    @property
    def n_bits(self) -> int:
        """Bits that may flip."""
        ...

    def answers(self, words: Sequences) -> np.ndarray:
        """Return the answers of what is as it was."""
        ...

    def flipped(self, words: Sequences, rate: float, rng: np.random.Generator) -> np.ndarray:
        """Return the answers after each bit flipped with a probability."""
        ...


def flip_bits(numbers: np.ndarray, rate: float, rng: np.random.Generator) -> np.ndarray:
    """Return a copy of numbers in which every bit is the other one with probability `rate`."""
    flat = np.frombuffer(numbers.tobytes(), dtype=np.uint8).copy()
    n_bits = BITS * len(flat)
    places = rng.choice(n_bits, size=rng.binomial(n_bits, rate), replace=False, shuffle=False)
    np.bitwise_xor.at(flat, places // BITS, np.left_shift(1, places % BITS).astype(np.uint8))
    return np.frombuffer(flat.tobytes(), dtype=numbers.dtype).reshape(numbers.shape)


class OfNetwork:
    """A copy of a network whose weights can be flipped; the network stays as it is."""

    def __init__(self, network: nn.Module, like: Sequences) -> None:
        """Copy the network; `like` is what it reads."""
        self._copy = copy.deepcopy(network).eval()
        self._answers = answering(Oracle(self._copy, like=like, link=LINK).outputs)
        self._weights = {
            name: value
            for name, value in weights_of(self._copy).items()
            if value.is_floating_point()
        }

    @property
    def n_bits(self) -> int:
        """Bits of its weights, and of what else it keeps in floats."""
        return sum(BITS * each.numel() * each.element_size() for each in self._weights.values())

    def answers(self, words: Sequences) -> np.ndarray:
        """Return its final answers (S,)."""
        return self._answers(words)

    def flipped(self, words: Sequences, rate: float, rng: np.random.Generator) -> np.ndarray:
        """Return its final answers (S,) with flipped weights, which are put back."""
        try:
            self._put(lambda value: flip_bits(value, rate, rng))
            with np.errstate(all="ignore"):
                return self._answers(words)
        finally:
            self._put(lambda value: value)

    def _put(self, change: Callable[[np.ndarray], np.ndarray]) -> None:
        kept = self._copy.state_dict()
        with torch.no_grad():
            for name, value in self._weights.items():
                kept[name].copy_(torch.from_numpy(change(value.cpu().numpy()).copy()))


@dataclass(frozen=True, slots=True)
class Tables:
    """The numbers of a machine as they are exported, see `exporting.plan.Moves`.

    Attributes:
        first: unsigned (V,), a state after the first symbol, or a row of `rows`.
        after: unsigned (V, K), the same after each state.
        rows: float64 (R, K), distributions over states; none of an automaton.
        readout: float64 (K, C).
    """

    first: np.ndarray
    after: np.ndarray
    rows: np.ndarray
    readout: np.ndarray

    @classmethod
    def of(cls, machine: Machine) -> Tables:
        """Return the tables of a machine; raises `DataError` where it cannot be exported."""
        plan = plan_of(machine)
        first, after = (
            each.astype(np.min_scalar_type(int(each.max())))
            for each in (plan.moves.first, plan.moves.after)
        )
        return cls(first, after, plan.moves.rows, np.asarray(machine.readout, np.float64))

    @property
    def n_bits(self) -> int:
        """Bits of all of them."""
        return BITS * sum(each.nbytes for each in (self.first, self.after, self.rows, self.readout))

    def flipped(self, rate: float, rng: np.random.Generator) -> Tables:
        """Return the tables with flipped bits."""
        parts = (self.first, self.after, self.rows, self.readout)
        return Tables(*(flip_bits(each, rate, rng) for each in parts))

    def answers(self, symbols: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Return the final class (S,) of words, -1 where they lead to no state or number."""
        walk = self._beliefs if len(self.rows) else self._states
        with np.errstate(all="ignore"):
            return walk(symbols, lengths)

    def _states(self, symbols: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        state = np.full(len(lengths), NOWHERE)
        for step, (active, rows) in enumerate(by_step(lengths)):
            read, before = symbols[rows], state[active]
            moved = self.after[read, before] if step else self.first[read]
            lost = (before == NOWHERE) & (step > 0) | (moved >= len(self.readout))
            state[active] = np.where(lost, NOWHERE, moved.astype(np.int64))
        return np.where(state == NOWHERE, NO_TARGET, _decided(self.readout[state]))

    def _beliefs(self, symbols: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        # One row more, of NaN: where a number of a row leads that there is not.
        rows_of = np.vstack([self.rows, np.full(self.rows.shape[1], np.nan)])
        belief = np.full((len(lengths), self.rows.shape[1]), np.nan)
        for step, (active, rows) in enumerate(by_step(lengths)):
            read = symbols[rows]
            if step == 0:
                belief[active] = rows_of[np.minimum(self.first[read], len(self.rows))]
                continue
            moves = rows_of[np.minimum(self.after[read], len(self.rows))]  # (S', K, K)
            belief[active] = _weighted(belief[active], moves)
        return _decided(_weighted(belief, self.readout))


def _weighted(belief: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Return sums (S, M) of numbers (..., K, M) weighted by belief (S, K).

    A state without belief has no part in them, whatever its numbers are.
    """
    weight = belief[:, :, None]
    return np.where(weight == 0, 0.0, weight * numbers).sum(axis=1)


def _decided(outputs: np.ndarray) -> np.ndarray:
    """Return the largest of the columns (S, C), -1 of rows with a number that is not finite."""
    return np.where(np.isfinite(outputs).all(axis=1), outputs.argmax(axis=1), NO_TARGET)


class OfMachine:
    """A machine whose exported tables can be flipped."""

    def __init__(self, machine: Machine) -> None:
        """Keep the machine and its tables."""
        self._machine, self._tables = machine, Tables.of(machine)

    @property
    def n_bits(self) -> int:
        """Bits of its tables."""
        return self._tables.n_bits

    def answers(self, words: Sequences) -> np.ndarray:
        """Return its final answers (S,)."""
        return self._tables.answers(self._machine.symbols_of(words), words.lengths)

    def flipped(self, words: Sequences, rate: float, rng: np.random.Generator) -> np.ndarray:
        """Return its final answers (S,) by flipped tables."""
        tables = self._tables.flipped(rate, rng)
        return tables.answers(self._machine.symbols_of(words), words.lengths)


Given: TypeAlias = nn.Module | Machine


def subject_of(given: Given, like: Sequences) -> Subject:
    """Return a network or a machine as what can be asked and flipped."""
    return OfMachine(given) if isinstance(given, Machine) else OfNetwork(given, like)
