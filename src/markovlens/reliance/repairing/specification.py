"""What a network should decide: the machine of a language, or a function that labels words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TypeAlias

import numpy as np

from markovlens.arguments import check_takes
from markovlens.arrays import check_codes, check_names
from markovlens.errors import DataError
from markovlens.machines.deciding import decide
from markovlens.machines.machine import Machine
from markovlens.machines.minimisation import moves_of
from markovlens.outputs import NO_TARGET, check_machine_decides
from markovlens.sequences import Sequences

Labels: TypeAlias = Callable[[Sequences], np.ndarray]
FEWEST_CLASSES = 2


@dataclass(frozen=True, slots=True)
class Specification:
    """What is right after each step of any word.

    Attributes:
        says: gives the right class (N,) after each step of words, -1 where it leaves that open.
        symbols: names of the V input symbols.
        classes: names of the C classes.
        machine: the automaton that it is, None where it is a function: then no machine can be held
            against it, and words that show a difference come of tests alone.
    """

    says: Labels
    symbols: tuple[str, ...]
    classes: tuple[str, ...]
    machine: Machine | None = None

    @classmethod
    def of(
        cls, given: Machine | Labels, symbols: Sequence[str] | None, classes: Sequence[str] | None
    ) -> Specification:
        """Return what a user gave.

        Raises:
            DataError: a machine that is no automaton, reads rows or makes no decisions; a function
                without names of symbols and classes.
        """
        if isinstance(given, Machine):
            check_machine_decides(given.output)
            moves_of(given)
            if given.codebook is not None or not given.symbols:
                raise DataError(
                    "specification: expected a machine that reads symbols, got one of "
                    f"{'rows' if given.codebook else 'no inputs'}; words of symbols are repaired",
                    page="wrong-kind",
                )
            return cls(lambda inputs: decide(given, inputs), given.symbols, given.classes, given)
        if isinstance(given, str | PathLike):
            raise DataError(
                f"specification: expected a machine, or a function of words, got {str(given)!r}; a "
                "file of a machine is read by `markovlens.read_machine`",
                page="wrong-kind",
            )
        check_takes("specification", given, 1, "words, that returns the right class of each step")
        if symbols is None or classes is None:
            raise DataError(
                "specification: expected `symbols` and `classes` beside a function, got none; give "
                "the names of what the network reads and answers",
                page="wrong-names",
            )
        if len(classes) < FEWEST_CLASSES:
            raise DataError(
                f"classes: expected two or more to decide between, got {classes!r}", page="too-few"
            )
        return cls(given, check_names("symbols", symbols), check_names("classes", classes))

    def wanted(self, words: Sequences) -> np.ndarray:
        """Return the right class (N,) after each step, -1 where any is; raises `DataError`."""
        said = np.asarray(self.says(words))
        if said.shape != (words.n_steps,):
            raise DataError(
                f"specification: expected a class for each of {words.n_steps} steps, got an array "
                f"{said.shape}; give -1 where nothing is asked for",
                page="counts-differ",
            )
        asked = said != NO_TARGET
        check_codes("specification: classes", said[asked], stop=len(self.classes))
        return said.astype(np.int64)
