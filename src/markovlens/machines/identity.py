"""What a machine does, as one number: the same for machines that differ in names of states only."""

from __future__ import annotations

import hashlib

import numpy as np

from markovlens.machines.machine import Machine


def behaviour_of(machine: Machine) -> str:
    """Return a SHA-256 of how a machine moves and answers, and by which codes it reads rows.

    Names of symbols, states and classes do not count: who gives better ones changes no answer.
    """
    found = hashlib.sha256(machine.output.value.encode())
    for each in (machine.initial, machine.transition, machine.readout):
        found.update(repr(each.shape).encode())
        found.update(np.ascontiguousarray(each, dtype="<f8").tobytes())
    found.update(repr(machine.codebook and machine.codebook.names).encode())
    return found.hexdigest()
