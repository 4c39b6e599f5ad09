"""What a task is: sequences with targets in three splits and, where it is known, the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from markovlens.errors import DataError
from markovlens.machine import Machine
from markovlens.sequences import Sequences
from markovlens.trace import NO_TARGET

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True, slots=True)
class Split:
    """Sequences of one split.

    Attributes:
        inputs: symbols, `Sequences` of int (N,).
        targets: int (N,), the right class after each step, -1 where none is asked for.
        truth: int (N,), the true latent state after each step, -1 throughout where unknown.
    """

    inputs: Sequences
    targets: np.ndarray
    truth: np.ndarray

    def __post_init__(self) -> None:
        """Check that targets and truth have a row for each step."""
        for name in ("targets", "truth"):
            if len(getattr(self, name)) != self.inputs.n_steps:
                raise DataError(
                    f"expected {self.inputs.n_steps} {name}, got {len(getattr(self, name))}"
                )


@dataclass(frozen=True, slots=True)
class Source:
    """A hidden Markov source that writes the inputs, with its exact Bayes filter.

    Attributes:
        initial: (K,), distribution of the latent state that writes the first symbol.
        transition: (K, K), rows sum to 1.
        emission: (K, V), distribution of the symbol each latent state writes.
    """

    initial: np.ndarray
    transition: np.ndarray
    emission: np.ndarray


@dataclass(frozen=True, slots=True)
class Task:
    """A problem that networks are trained on or judged by.

    Attributes:
        name: as in the config.
        family: `formal`, `markov`, `sentiment` or `pronunciation`.
        symbols: names of the V input symbols.
        classes: names of the C output classes.
        splits: `train`, `valid`, `test`.
        gate: the validation accuracy at which a network counts as trained.
        machine: the true minimal machine, None where there is none or it is unknown.
        source: the hidden Markov source, None for the other tasks.
    """

    name: str
    family: str
    symbols: tuple[str, ...]
    classes: tuple[str, ...]
    splits: dict[str, Split]
    gate: float
    machine: Machine | None = None
    source: Source | None = None

    def __post_init__(self) -> None:
        """Check that the three splits are there."""
        if tuple(self.splits) != SPLITS:
            raise DataError(f"expected the splits {SPLITS}, got {tuple(self.splits)}")


def no_targets(n_steps: int) -> np.ndarray:
    """Return a column (N,) that says at each step: unknown or not asked for."""
    return np.full(n_steps, NO_TARGET, dtype=np.int32)
