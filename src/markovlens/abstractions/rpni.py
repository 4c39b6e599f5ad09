"""RPNI (Oncina & Garcia 1992): the network's labelled prefixes, folded into an automaton."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from aalpy.learning_algs.deterministic_passive.GsmRPNI import GsmRPNI

from markovlens.abstractions.base import Evidence, Fitted, Options, each_budget
from markovlens.abstractions.learners import answers, check_alphabet, number_states, quietly
from markovlens.abstractions.merging import prefix_tree
from markovlens.abstractions.tables import complete, count_table
from markovlens.errors import DataError
from markovlens.machines.machine import Machine
from markovlens.machines.minimisation import minimise
from markovlens.sequences import starts_of
from markovlens.trace import Trace


@each_budget("the automaton of all training prefixes has")
def fit(evidence: Evidence, largest: int, options: Options) -> Fitted:
    """Return the automaton that agrees with every training prefix, for every budget that it fits.

    States are merged in the order of their shortest words wherever no label is contradicted; no
    activation is looked at. Moves that no training word makes follow `options.unseen`.
    """
    check_alphabet(evidence, options)
    return Fitted(learn(evidence, options, largest=largest))


class Bounded(list):
    """AALpy's log of promotions and merges; raises `DataError` when too many states are kept."""

    def __init__(self, most: int) -> None:
        """Allow `most` promotions."""
        super().__init__()
        self._left = most

    def append(self, entry: list) -> None:
        """Count one more step of the learner."""
        super().append(entry)
        self._left -= entry[0] == "promote"
        if self._left < 0:
            raise DataError(
                "the training prefixes need more than twice the largest budget",
                page="every-fit-failed",
            )


def learn(evidence: Evidence, options: Options, *, largest: int) -> Machine:
    """Return the minimal machine of RPNI's automaton.

    Raises:
        DataError: there is no label, or more than twice `largest` states are kept. The latter
            stops it where labels are noise and it would go on for minutes.
    """
    trace = evidence.train
    labelled = _labelled(trace)
    if not labelled:
        raise DataError("the network answers at no training step", page="no-answers")
    with quietly(evidence.seed):
        learner = GsmRPNI(labelled, "moore", print_info=False)
        learner.log = Bounded(2 * largest)
        model = learner.run_rpni()
    number = number_states(model)
    moves: list[dict[int, int]] = [{} for _ in number]
    decisions = np.zeros(len(number), dtype=np.int64)
    for state in model.states:
        here = number[state.state_id]
        moves[here] = {v: number[target.state_id] for v, target in state.transitions.items()}
        decisions[here] = state.output if state.output is not None else 0
    states, kept = np.unique(_run(trace, moves), return_inverse=True)
    readout = answers(trace, kept, decisions[states])
    return minimise(complete(count_table(trace, kept, readout), trace, unseen=options.unseen))


def _labelled(trace: Trace) -> list[tuple[tuple[int, ...], int]]:
    """Return each distinct training prefix once, with the network's decision after it."""
    rows = prefix_tree(trace).rows
    ends = np.cumsum(trace.lengths)
    begins = starts_of(trace.lengths)[np.searchsorted(ends, rows, side="right")]
    return [
        (tuple(trace.inputs[begin : row + 1].tolist()), int(trace.decisions[row]))
        for begin, row in zip(begins.tolist(), rows.tolist(), strict=True)
        if trace.has_output[row]
    ]


def _run(trace: Trace, moves: Sequence[dict[int, int]]) -> np.ndarray:
    """Return the state (N,) after each step; every training prefix has one."""
    states = np.empty(trace.n_steps, dtype=np.int64)
    for begin, length in zip(starts_of(trace.lengths), trace.lengths, strict=True):
        at = 0
        for row in range(begin, begin + length):
            at = states[row] = moves[at][int(trace.inputs[row])]
    return states
