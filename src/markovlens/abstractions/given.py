"""A machine that somebody made of the network, in a file, as one more abstraction.

Nothing of it is fitted: whatever numbers of states are asked for, it is the one machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from markovlens.abstractions.base import Evidence, Fitted, Method, Options
from markovlens.errors import DataError, reason_of
from markovlens.machines.formats.chart import BOTH
from markovlens.machines.formats.registry import read_machine
from markovlens.machines.machine import Machine
from markovlens.machines.matching import check_alphabet, check_kind_of_answer
from markovlens.machines.words import shown
from markovlens.trace import Trace


def given_machine(path: str | Path) -> Method:
    """Return the method that gives the machine in a file at every number of states."""

    def fit(
        evidence: Evidence, *, n_states: Sequence[int], rng: np.random.Generator, options: Options
    ) -> dict[int, Fitted | str]:
        machine = read_machine(path)
        try:
            if evidence.rows is not None:
                raise DataError(
                    f"{path}: expected a network of symbols, got one of rows, whose symbols are "
                    "the rules of a codebook of its own",
                    page="wrong-kind",
                )
            found = Fitted(in_order(machine, evidence.train))
        except DataError as error:
            return dict.fromkeys(n_states, reason_of(error))
        return dict.fromkeys(n_states, found)

    return fit


def in_order(machine: Machine, trace: Trace) -> Machine:
    """Return a machine with the symbols and classes of a trace in the trace's order.

    Names that only count stand for any, in the order of their numbers. A class that the machine
    never answers may be missing in it, and `reject` and `accept` stand for the first and second of
    any two.

    Raises:
        DataError: another alphabet, a class that the network has not, another kind of answer, or
            names in the machine alone: the order of a file's lines says nothing of which is which.
    """
    check_kind_of_answer(machine, trace.output)
    if machine.classes == BOTH and len(trace.classes) == 2 and set(BOTH) != set(trace.classes):
        machine = replace(machine, classes=trace.classes)
    machine = _answering(machine, _order("classes", machine.classes, trace.classes))
    machine = _reading(machine, _order("symbols", machine.symbols, trace.symbols))
    check_alphabet(machine, trace.symbols, trace.classes)
    symbols = trace.symbols if machine.symbols else ()
    return replace(machine, classes=trace.classes, symbols=symbols)


def _order(what: str, mine: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    """Return names of a machine in the order of a trace's, with those that it lacks of classes."""
    if set(mine) == set(others) or (what == "classes" and set(mine) <= set(others)):
        return others
    counted = tuple(map(str, range(len(mine))))
    if set(mine) == set(counted):
        return counted
    if len(mine) == len(others) > 1 and others == counted and not set(mine) & set(others):
        raise DataError(
            f"expected {what} that both or neither names, got {shown(mine)} of the machine and "
            f"{shown(others)} of the trace, which only count; record the network with `{what}=`",
            page="alphabets-differ",
        )
    return mine


def _answering(machine: Machine, classes: tuple[str, ...]) -> Machine:
    readout = np.zeros((machine.n_states, len(classes)))
    readout[:, [classes.index(name) for name in machine.classes]] = machine.readout
    return replace(machine, readout=readout, classes=classes)


def _reading(machine: Machine, symbols: tuple[str, ...]) -> Machine:
    order = [machine.symbols.index(name) for name in symbols] or slice(None)
    return replace(
        machine,
        initial=machine.initial[order],
        transition=machine.transition[order],
        seen=machine.seen[order],
        symbols=symbols,
    )
