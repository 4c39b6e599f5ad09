"""What stands at the head of a file: what the machine is, and what of it the file leaves out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from markovlens.machines.formats.naming import Legend
from markovlens.machines.machine import BELIEF, Machine
from markovlens.machines.soft import SoftMachine
from markovlens.outputs import Output
from markovlens.spelling import count

NO_CODEBOOK = (
    "left out: the codebook that turns rows of real values into these symbols, which are its rules"
)
NO_LAW = "left out: the law by which rows move it; the moves are those of its codes in the mean"
NO_CHANCES = "left out: how sure the answers are; a state says its likeliest class alone"
NO_STRAYS = "left out: chance in the moves of states that nothing leads to"
NO_SPREAD = "left out: the standard deviations of the answers"


def says_one_class(machine: Machine) -> bool:
    """Return whether each state gives one class all probability."""
    certain = machine.output == Output.DISTRIBUTION and (machine.readout.max(axis=1) == 1).all()
    return bool(certain)


def losses(machine: Machine, *, chances: bool) -> list[str]:
    """Return a line for each thing of a machine that a file of another tool does not hold.

    Args:
        machine: that is written.
        chances: whether the format holds probabilities of answers.
    """
    found = [NO_LAW] if isinstance(machine, SoftMachine) else []
    if machine.codebook is not None:
        found.append(NO_CODEBOOK)
    if machine.output == Output.DISTRIBUTION and not chances and not says_one_class(machine):
        found.append(NO_CHANCES)
    if machine.spread is not None:
        found.append(NO_SPREAD)
    return found


def header(machine: Machine, legend: Legend, notes: Sequence[str]) -> list[str]:
    """Return the lines of the comment that a file begins with: ASCII, none with a break in it."""
    reads = "ignores its inputs" if machine.n_symbols == 1 else f"reads {machine.n_symbols} symbols"
    size = count(machine.n_states, "state")
    moves = "moves by chance" if machine.carries == BELIEF else "moves without chance"
    return [
        f"A machine of {size} that {reads} and {moves}; written by markovlens.",
        "The start is where it is before the first symbol; it has no answer.",
        *notes,
        legend.line(),
    ]


def unseen(machine: Machine) -> dict[str, str]:
    """Return which pairs of symbol and state were never met, packed; empty where all were."""
    if machine.seen.all():
        return {}
    return {"seen": np.packbits(machine.seen).tobytes().hex()}
