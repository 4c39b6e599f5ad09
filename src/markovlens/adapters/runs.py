"""Networks of frameworks, called on one step or on whole sequences, as what they can do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from markovlens.adapters.contract import State
from markovlens.adapters.foreign import Foreign
from markovlens.adapters.reads import Reads
from markovlens.errors import DataError, reason_of

TRIED = (3, 6)  # sequences and steps, as many as `adapting` tries: nothing is compiled twice
INSTEAD = "record one of its recurrent layers: give it alone"


class Runs(Protocol):
    """Calls of a network of some framework."""

    def outputs(self, inputs: Tensor) -> Tensor:
        """Return what it says to whole sequences, (B, T, C) or, at their end alone, (B, C)."""
        ...

    def initial(self, batch: int) -> State:
        """Do what `contract.Stepwise.initial` does."""
        ...

    def step(self, state: State, inputs: Tensor) -> tuple[State, Tensor]:
        """Do what `contract.Stepwise.step` does."""
        ...

    def watch(self, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the states (B, T, ...) of a run of whole sequences, and what `outputs` does."""
        ...


def foreign_of(
    about: str, runs: Runs, reads: Reads, *, backwards: bool, limits: Sequence[str] = ()
) -> Foreign:
    """Return a network with the functions that it has, tried on a few inputs.

    Args:
        about: what it is, in words.
        runs: its calls.
        reads: what it reads.
        backwards: whether one of its layers begins at the end of a sequence.
        limits: what it cannot do, in words.

    Raises:
        DataError: it fails on inputs of that kind.
    """
    example = reads.made(*TRIED)
    answers_all = _called(about, runs, example).ndim > 2
    reason = "" if backwards else _takes_steps(runs, example)
    kind = Watching if backwards or reason else Both
    limits = [*limits, *([reason] if reason else [])]
    return Foreign(about, reads, kind(runs, answers_all), tuple(limits), instead=INSTEAD)


def _called(about: str, runs: Runs, example: Tensor) -> Tensor:
    try:
        return runs.outputs(example)
    except DataError:
        raise
    except Exception as error:  # frameworks raise what they please
        raise DataError(
            f"{about} fails on inputs {tuple(example.shape)} of {example.dtype} "
            f"({reason_of(error)}); give `like`, sequences such as it reads",
            page="network-fails",
        ) from error


def _takes_steps(runs: Runs, example: Tensor) -> str:
    """Return why a network takes no single steps, in words; nothing where it does."""
    try:
        runs.step(runs.initial(len(example)), example[:, 0])
    except DataError:
        raise
    except Exception as error:  # whatever a layer says to a single step
        return f"it takes no single steps ({reason_of(error)})"
    return ""


class Watching:
    """A network that is run on whole sequences."""

    def __init__(self, runs: Runs, answers_all: bool) -> None:
        """Keep the runs, and whether the network answers at every step or at the last alone."""
        self._runs, self._answers_all = runs, answers_all

    def watch(self, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the states (B, T, ...) after each step, and the outputs (B, T, C)."""
        states, outputs = self._runs.watch(inputs)
        if self._answers_all:
            return states, outputs
        said = outputs.new_full((*inputs.shape[:2], outputs.shape[-1]), torch.nan)
        said[:, -1] = outputs
        return states, said


class Both(Watching):
    """A network that is run on single steps, too."""

    def __init__(self, runs: Runs, answers_all: bool) -> None:
        """Keep the runs, and whether whole sequences are answered at every step."""
        super().__init__(runs, answers_all)
        self.initial, self.step = runs.initial, runs.step
