"""What the methods that call AALpy share: silence, seeds, and how its automata become machines."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from typing import Any

import numpy as np

from markovlens.abstractions.base import Evidence, Options
from markovlens.errors import DataError
from markovlens.sequences import starts_of
from markovlens.trace import Trace

NO_ANSWER = -1  # before the first symbol, and where the network gives no output


@contextmanager
def quietly(seed: int) -> Iterator[None]:
    """Run AALpy without what it prints, and with Python's own random numbers seeded and put back.

    It draws from the global `random` and nothing else.
    """
    state = random.getstate()
    random.seed(seed)
    try:
        with redirect_stdout(StringIO()):
            yield
    finally:
        random.setstate(state)


def check_alphabet(evidence: Evidence, options: Options) -> None:
    """Raise `DataError` if there are more symbols than a learner of words can do with."""
    n_symbols = len(evidence.train.symbols)
    if n_symbols > options.max_symbols:
        raise DataError(
            f"{n_symbols} symbols are more than the {options.max_symbols} (max_symbols) up to "
            "which words are folded or asked one by one",
            page="every-fit-failed",
        )


def follow(
    trace: Trace, moves: Sequence[Mapping[tuple[int, int], int]], *, start: int
) -> np.ndarray:
    """Return the state (N,) after each step of an automaton that reads symbols and decisions.

    Args:
        trace: whose inputs and decisions are read.
        moves: for each state the next state by (symbol, decision).
        start: the state before the first symbol.
    """
    states = np.empty(trace.n_steps, dtype=np.int64)
    decisions = trace.decisions.tolist()
    inputs = trace.inputs.tolist()
    for begin, length in zip(starts_of(trace.lengths), trace.lengths, strict=True):
        at = start
        for row in range(begin, begin + length):
            at = states[row] = moves[at][inputs[row], decisions[row]]
    return states


def answers(trace: Trace, states: np.ndarray, decisions: np.ndarray) -> np.ndarray:
    """Return the network's mean output (K, C) in states (N,), where it decides as the state does.

    A state that the training sequences never reach answers its decision with certainty.
    """
    readout = np.eye(len(trace.classes))[decisions]
    for state, decision in enumerate(decisions):
        rows = (states == state) & (trace.decisions == decision)
        if rows.any():
            mean = trace.outputs[rows].mean(axis=0, dtype=np.float64)
            readout[state] = mean / mean.sum()
    return readout


def number_states(model: Any) -> dict[Any, int]:
    """Return a number for each AALpy state by its id: the start first, then as the model lists."""
    ids = [model.initial_state.state_id]
    ids += [state.state_id for state in model.states if state.state_id not in ids]
    return {name: number for number, name in enumerate(ids)}
