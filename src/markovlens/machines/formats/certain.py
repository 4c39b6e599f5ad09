"""Machines without chance as automata: each symbol leads from a state to one other."""

from __future__ import annotations

import numpy as np

from markovlens.machines.formats.header import NO_STRAYS
from markovlens.machines.machine import Machine


def successors(machine: Machine) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of the state after each symbol (V,) from the start, and (V, K) from others.

    Args:
        machine: that carries a state; where a state that no string reaches moves by chance, its
            likeliest move is taken.
    """
    return machine.initial.argmax(axis=-1) + 1, machine.transition.argmax(axis=-1) + 1


def strays(machine: Machine) -> list[str]:
    """Return a line that says so where states that no string reaches move by chance."""
    return [] if machine.is_deterministic else [NO_STRAYS]
