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

    Names that only count stand for any. A class that the machine never answers may be missing in
    it, and `reject` and `accept` stand for the first and second of any two.

    Raises:
        DataError: another alphabet, a class that the network has not, or another kind of answer.
    """
    check_kind_of_answer(machine, trace.output)
    if machine.classes == BOTH and len(trace.classes) == 2 and set(BOTH) != set(trace.classes):
        machine = replace(machine, classes=trace.classes)
    if set(machine.classes) <= set(trace.classes):
        machine = _answering(machine, trace.classes)
    if machine.n_symbols > 1 and set(machine.symbols) == set(trace.symbols):
        machine = _reading(machine, trace.symbols)
    check_alphabet(machine, trace.symbols, trace.classes)
    symbols = trace.symbols if machine.n_symbols > 1 else machine.symbols
    return replace(machine, classes=trace.classes, symbols=symbols)


def _answering(machine: Machine, classes: tuple[str, ...]) -> Machine:
    readout = np.zeros((machine.n_states, len(classes)))
    readout[:, [classes.index(name) for name in machine.classes]] = machine.readout
    return replace(machine, readout=readout, classes=classes)


def _reading(machine: Machine, symbols: tuple[str, ...]) -> Machine:
    order = [machine.symbols.index(name) for name in symbols]
    return replace(
        machine,
        initial=machine.initial[order],
        transition=machine.transition[order],
        seen=machine.seen[order],
        symbols=symbols,
    )
