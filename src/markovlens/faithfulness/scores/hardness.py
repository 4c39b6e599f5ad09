"""What a machine's number of states stands for: one state at a time, or a belief over all of them.

A machine that carries a belief, K probabilities, is no automaton of K states: three states can
stand in for five, or count a little. Its number of states compares with that of an automaton only
beside the size of the automaton of its most likely moves, and how often that one still agrees.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from markovlens.faithfulness.scores.intervals import SHARE
from markovlens.faithfulness.scores.tally import Bootstrap, Score, Tally, hits_and_steps
from markovlens.machines.deciding import decide, n_told_apart
from markovlens.machines.machine import Machine
from markovlens.machines.minimisation import harden
from markovlens.outputs import Output
from markovlens.trace import NO_TARGET, Trace

CARRIES, HARD_SIZE, N_LUMPED = "carries", "n_states_hard", "n_lumped"  # columns
WITHOUT_MOVES = "a machine without moves: it answers alike whatever it reads"
NETWORKS_OWN = MappingProxyType({CARRIES: None, HARD_SIZE: None, N_LUMPED: None})  # no machine


def nature_of(machine: Machine, trace: Trace, lumped: Machine | None = None) -> dict[str, Any]:
    """Return, by column, what a machine's number of states stands for; and how many lumping leaves.

    Args:
        machine: a method's machine.
        trace: strings like its count, see `hard_size`.
        lumped: the same machine over states with different futures, where it was lumped.
    """
    n_lumped = None if lumped is None else lumped.n_states
    # Automata decide: of other answers there is no smallest one that does.
    size = hard_size(machine, trace) if machine.output == Output.DISTRIBUTION else None
    return {CARRIES: machine.carries, HARD_SIZE: size, N_LUMPED: n_lumped}


def note_of(machine: Machine) -> str:
    """Return what must be known of a machine's closed loop, "" of one whose states move.

    One of several states that goes nowhere by what it reads, or by where it is, is scored as what
    knows no state: its states can be read off activations only.
    """
    rows = np.concatenate([machine.initial, *machine.transition])
    goes_nowhere = machine.n_states > 1 and bool((rows == rows[0]).all())
    return WITHOUT_MOVES if goes_nowhere else ""


def hard_size(machine: Machine, trace: Trace) -> int:
    """Return the states of the smallest automaton that decides as the most likely moves do.

    As in the verdict, strings like those of the trace count, and the start does not.
    """
    return n_told_apart(machine, trace.sequences)


def hard_agreement(
    machine: Machine, outputs: np.ndarray, trace: Trace, bootstrap: Bootstrap
) -> Score:
    """Return the share of steps with an output at which the most likely moves decide as the belief.

    Args:
        machine: whose `outputs` (N, C) come of its belief.
        outputs: what it answers, in closed loop.
        trace: gives the inputs, rows or their codes, and the steps that count.
        bootstrap: over its sequences.
    """
    codebook = None if trace.reads_symbols else machine.codebook
    likeliest = replace(harden(machine), codebook=codebook)
    same = decide(likeliest, trace.sequences) == outputs.argmax(axis=1)
    groups = np.where(trace.has_output, 0, NO_TARGET)
    return bootstrap.score(Tally(*hits_and_steps(same, groups, trace.lengths, 1), SHARE))
