"""A machine as tables of whole numbers and floats, from which every language is written."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from markovlens.channels import Channel
from markovlens.codebooks.centres import Centres
from markovlens.codebooks.context import CHANGE, ROW, Context
from markovlens.codebooks.tree import Tree
from markovlens.errors import DataError
from markovlens.machines.machine import STATE, Machine
from markovlens.machines.soft import SoftMachine


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """Where symbols lead.

    Attributes:
        first: int (V,), after the first symbol: a state, or of a belief a row of `rows`.
        after: int (V, K), the same after symbol v in state k.
        rows: float (R, K), the different distributions that there are; (0, K) of an automaton.
    """

    first: np.ndarray
    after: np.ndarray
    rows: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What the file of a machine holds.

    Attributes:
        machine: the machine, whose codebook says nothing of rows unlike those before.
        moves: where symbols lead.
    """

    machine: Machine
    moves: Moves

    @property
    def carries_belief(self) -> bool:
        """Whether it carries probabilities of its states, not one state."""
        return bool(len(self.moves.rows))

    @property
    def tree(self) -> Tree | None:
        """Its cuts, where it reads rows by them."""
        return self.machine.codebook if isinstance(self.machine.codebook, Tree) else None

    @property
    def centres(self) -> Centres | None:
        """Its centres, where it reads rows by them."""
        return self.machine.codebook if isinstance(self.machine.codebook, Centres) else None

    @property
    def channels(self) -> tuple[Channel, ...]:
        """What the columns of its rows are; none where it reads symbols."""
        return () if self.machine.codebook is None else self.machine.codebook.channels

    @property
    def context(self) -> Context:
        """How rows become features."""
        book = self.tree or self.centres
        return Context() if book is None else book.context

    @property
    def features(self) -> tuple[Channel, ...]:
        """What a row becomes with what its context adds."""
        return self.context.names(self.channels)

    @property
    def n_before(self) -> int:
        """Rows before this one that it looks back on."""
        if not self.reads_codes or self.context.kind == ROW:
            return 0
        return 1 if self.context.kind == CHANGE else self.context.n_rows - 1

    @property
    def changes(self) -> bool:
        """Whether what a row changed is looked at, not the rows before."""
        return self.n_before > 0 and self.context.kind == CHANGE

    @property
    def reads_codes(self) -> bool:
        """Whether rows become codes: a machine with one symbol ignores what they hold."""
        return bool(self.channels) and self.machine.n_symbols > 1


def plan_of(machine: Machine) -> Plan:
    """Return the tables of a machine.

    Raises:
        DataError: it moves by a law, or its codebook is of a kind of your own.
    """
    if isinstance(machine, SoftMachine):
        raise DataError(
            "expected a machine that moves by its matrices, got one that moves by a softmax of the "
            "row; `machine.plain` is the one of its matrices, and has a fidelity of its own",
            page="not-deterministic",
        )
    book = machine.codebook
    if book is not None:
        if not isinstance(book, Tree | Centres):
            raise DataError(
                "expected a codebook that can be written in other languages, a Tree or Centres, "
                f"got {type(book).__name__}; fit one, as `markovlens.choose_codebook` does",
                page="needs-a-codebook",
            )
        machine = replace(machine, codebook=replace(book, known=()))
    return Plan(machine, _automaton(machine) if machine.carries == STATE else _belief(machine))


def _automaton(machine: Machine) -> Moves:
    first, after = machine.initial.argmax(axis=-1), machine.transition.argmax(axis=-1)
    return Moves(first, after, np.empty((0, machine.n_states)))


def _belief(machine: Machine) -> Moves:
    """Return the moves by numbers of rows: of a vocabulary of thousands most rows are the same."""
    n_symbols, n_states = machine.initial.shape
    every = np.vstack([machine.initial, machine.transition.reshape(-1, n_states)]).astype(float)
    rows, number = np.unique(every, axis=0, return_inverse=True)
    number = number.reshape(-1)
    return Moves(number[:n_symbols], number[n_symbols:].reshape(n_symbols, n_states), rows)


def codes_of(tree: Tree) -> np.ndarray:
    """Return the code (M,) of each node that is a leaf, numbered from left to right, else 0."""
    codes = np.zeros(len(tree.feature), dtype=int)
    leaves = tree.below(0)
    codes[leaves] = np.arange(len(leaves))
    return codes
