"""What a state machine does when nothing happens: the same symbol, again and again.

A machine of K states that reads one symbol all the time comes to a fixed state, or goes round a
cycle of at most K steps; one that carries a belief comes near a belief that no longer changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from markovlens.dynamics.resting import SETTLED, settled
from markovlens.machines.machine import Machine
from markovlens.sequences import Sequences

SAME = 1e-9  # by which each probability of a belief may differ from what it was a cycle before


@dataclass(frozen=True, slots=True)
class MachineRest:
    """What a machine does under one input, over and over.

    Attributes:
        answers: (S, C), what it answers after each step.
        period: steps of its cycle, 1 at a fixed point; NaN if it has come to none.
        settles: steps until it is in its cycle, its probabilities within .01; NaN if it is not.
    """

    answers: np.ndarray
    period: float
    settles: float


def machine_resting(machine: Machine, inputs: Sequences) -> MachineRest:
    """Return what a machine does on one sequence of S steps in which all inputs are the same."""
    beliefs = machine.run(inputs)
    period = _period(beliefs)
    settles = np.nan
    if not np.isnan(period):
        lag = int(period)
        settles = settled(np.abs(beliefs[lag:] - beliefs[:-lag]).max(axis=1), SETTLED) + 1
    return MachineRest(beliefs @ machine.readout, period, settles)


def _period(beliefs: np.ndarray) -> float:
    """Return after how many steps the last belief (K,) was there before; NaN if it never was."""
    apart = np.abs(beliefs[:-1] - beliefs[-1]).max(axis=1)
    (same,) = np.nonzero(apart <= SAME)
    return float(len(apart) - same[-1]) if len(same) else np.nan
