"""What an automaton decides, and how many of its states strings can tell apart."""

from __future__ import annotations

import numpy as np

from markovlens.machines.alphabet import Alphabet, as_if_well_formed
from markovlens.machines.machine import Machine
from markovlens.machines.minimisation import all_blocks, harden, minimise
from markovlens.sequences import Sequences


def decide(machine: Machine, inputs: Sequences) -> np.ndarray:
    """Return the class (N,) an automaton answers after each step: `predict`, many times faster."""
    answers: np.ndarray = machine.readout.argmax(axis=-1)[machine.walk(inputs)]
    return answers


def told_apart(machine: Machine, inputs: Sequences) -> Machine:
    """Return the smallest automaton of a machine's most likely moves on strings like `inputs`."""
    return minimise(_automaton(machine, inputs))


def blocks_told_apart(machine: Machine, inputs: Sequences) -> np.ndarray:
    """Return the state of `told_apart` for each state (K,), see `minimisation.all_blocks`."""
    return all_blocks(_automaton(machine, inputs))


def _automaton(machine: Machine, inputs: Sequences) -> Machine:
    if not inputs.are_symbols:
        inputs = Sequences(machine.symbols_of(inputs), inputs.lengths)
    alphabet = Alphabet.of(inputs, machine.n_symbols)
    return as_if_well_formed(harden(machine), alphabet)


def n_told_apart(machine: Machine, inputs: Sequences) -> int:
    """Return the number of states of an automaton that strings like `inputs` tell apart."""
    return told_apart(machine, inputs).n_states
