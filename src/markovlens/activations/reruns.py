"""Recorded sequences that are run again: alone, from the state that was left, or changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from markovlens.activations.calling import OUTPUTS, Batch, Calls
from markovlens.activations.own import OwnCalls
from markovlens.errors import DataError
from markovlens.outputs import Output
from markovlens.sequences import Sequences

Part = dict[str, np.ndarray]  # (T, D) or (T, C), by what it is: `layer rnn.l0`, or `outputs`


class UnrunnableError(Exception):
    """A network that failed on one sequence alone."""


@dataclass(frozen=True)
class Recorded:
    """What was recorded of N steps.

    Attributes:
        inputs: the sequences.
        states: float (N, D) for each layer.
        outputs: float (N, C), NaN where there is none.
        batches: indices of the sequences that were run together.
        output: what the outputs are.
    """

    inputs: Sequences
    states: Mapping[str, np.ndarray]
    outputs: np.ndarray
    batches: Sequence[np.ndarray]
    output: Output = Output.DISTRIBUTION

    @cached_property
    def starts(self) -> np.ndarray:
        """Row (S,) at which each sequence begins."""
        return self.inputs.starts

    @property
    def labelled(self) -> Part:
        """All that was recorded, by what it is."""
        states = {f"layer {name}": each for name, each in self.states.items()}
        return states | {OUTPUTS: self.outputs}

    def of(self, index: int) -> Part:
        """Return what was recorded of one sequence."""
        begin = int(self.starts[index])
        rows = slice(begin, begin + int(self.inputs.lengths[index]))
        return {label: each[rows] for label, each in self.labelled.items()}

    def mates(self, index: int) -> np.ndarray:
        """Return the indices of all sequences that were run together with one, itself included."""
        return next(batch for batch in self.batches if index in batch)


class Reruns:
    """The network that was recorded, and the recording to compare it with.

    Attributes:
        longest: steps of a sequence that are run again; all when None. A network that takes no
            shorter sequences makes it None.
        eps: relative rounding error of the network.
    """

    def __init__(self, calls: Calls | OwnCalls, recorded: Recorded, *, longest: int | None) -> None:
        self.calls, self.recorded, self.longest = calls, recorded, longest
        self.eps = calls.eps

    def alone(self, index: int, *, fresh: bool = True) -> Part:
        """Return what the network does on one sequence alone.

        Raises:
            DataError: states or outputs have another shape than in a batch.
            UnrunnableError: the network fails on one sequence.
        """
        try:
            return _row(self._read(self.values(index)[None], fresh=fresh), 0)
        except (DataError, UnrunnableError):
            if self.longest is None:
                raise
        self.longest = None  # it may have been made for this length alone
        return self.alone(index, fresh=fresh)

    def changed(self, index: int, place: int, value: np.ndarray) -> Part:
        """Return what it does with another symbol, or row of signals, at one step."""
        values = self.values(index).copy()
        values[place] = value
        return _row(self._read(values[None]), 0)

    def together(self, index: int, changes: Sequence[tuple[int, np.ndarray]]) -> list[Part]:
        """Return what it does in one batch on a sequence, and on it with each of the changes."""
        values = np.repeat(self.values(index)[None], len(changes) + 1, axis=0)
        for row, (place, value) in enumerate(changes, start=1):
            values[row, place] = value
        batch = self._read(values)
        return [_row(batch, row) for row in range(len(values))]

    def values(self, index: int) -> np.ndarray:
        """Return the steps (T, ...) of a sequence that are run again."""
        begin, length = self.recorded.starts[index], self.recorded.inputs.lengths[index]
        return self.recorded.inputs.values[begin : begin + min(length, self.longest or length)]

    def parted(self, index: int) -> set[str]:
        """Return what is not as it was recorded when a sequence is run alone."""
        return apart(self.alone(index), self.recorded.of(index), self.eps)

    def is_cut(self, index: int) -> bool:
        """Return whether only the first steps of a sequence are run again."""
        return len(self.values(index)) < self.recorded.inputs.lengths[index]

    def _read(self, values: np.ndarray, *, fresh: bool = True) -> Batch:
        try:
            return self.calls.read(values, fresh=fresh)
        except DataError:
            raise
        except Exception as error:  # whatever somebody's network does
            raise UnrunnableError(f"{type(error).__name__}: {error}") from error


def apart(found: Part, wanted: Part, eps: float) -> set[str]:
    """Return what differs between two runs, over the steps that both have."""
    return {label for label in found if parting(found[label], wanted[label], eps) is not None}


def parting(found: np.ndarray, wanted: np.ndarray, eps: float) -> int | None:
    """Return the step at which two runs (T, D) part; None where they do not.

    Batches of other sizes are added up in another order, and a chaotic network lets that rounding
    grow until nothing is alike. Such runs come apart little by little from next to nothing; runs of
    other rows, steps or states differ at once.
    """
    n_steps = min(len(found), len(wanted))
    gaps = gaps_of(found[:n_steps], wanted[:n_steps])
    wide = np.flatnonzero(gaps > eps**0.5)
    if not wide.size:
        return None
    step = int(wide[0])
    is_rounding = gaps[0] <= 32 * eps and step > 0 and gaps[step - 1] > max(eps**0.5 / 100, 8 * eps)
    return None if is_rounding else step


def gaps_of(found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the largest difference (T,) at each step, 1 being the size of a unit's numbers."""
    # `fmax` passes over NaN, which is an answer that was not given.
    sizes = np.fmax.reduce(np.fmax(np.abs(found), np.abs(wanted)), axis=0, initial=0.0)
    sizes = np.maximum(sizes, 0.1 * sizes.max(initial=0.0))
    gaps = np.abs(found - wanted) / np.where(sizes > 0, sizes, 1.0)
    return np.fmax.reduce(gaps, axis=1, initial=0.0)


def _row(batch: Batch, row: int) -> Part:
    states = {f"layer {name}": each[row] for name, each in batch.states.items()}
    return states | {OUTPUTS: batch.outputs[row]}
