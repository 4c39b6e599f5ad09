"""The numbers of a machine's states, which do not depend on the seed of the fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from markovlens.abstractions.base import Fitted
from markovlens.machines.machine import Machine
from markovlens.machines.minimisation import harden, moves_of, reachable
from markovlens.machines.soft import SoftMachine
from markovlens.trace import Trace


def numbered(fitted: Fitted) -> Fitted:
    """Return the same abstraction, its states numbered in `walk_order`."""
    order = walk_order(fitted.machine)
    rank, decode = np.argsort(order), fitted.decode
    machine = permuted(fitted.machine, order)
    if decode is None:
        return replace(fitted, machine=machine)

    def renamed(read: Trace) -> np.ndarray:
        return rank[decode(read)]

    return replace(fitted, machine=machine, decode=renamed)


def walk_order(machine: Machine) -> np.ndarray:
    """Return the states (K,) as a breadth-first walk over most likely moves meets them.

    The walk begins before the first symbol and takes symbols in their order, as `minimise` does:
    machines that move alike get the same numbers, whatever cluster or seed they come from, and in
    every network. States that it does not meet follow in the order that they have.
    """
    moves = moves_of(harden(machine))
    met = reachable(moves.first, moves.successor)
    return np.concatenate([met, np.setdiff1d(np.arange(machine.n_states), met)])


def permuted(machine: Machine, order: np.ndarray) -> Machine:
    """Return the machine whose state j is state `order[j]` of the given one."""
    if isinstance(machine, SoftMachine):
        machine = replace(machine, law=machine.law.permuted(order))
    return replace(
        machine,
        initial=machine.initial[:, order],
        transition=machine.transition[:, order][:, :, order],
        readout=machine.readout[order],
        seen=machine.seen[:, order],
        spread=None if machine.spread is None else machine.spread[order],
        states=tuple(machine.states[state] for state in order) if machine.states else (),
    )
