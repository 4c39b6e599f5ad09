"""Alergia (Carrasco & Oncina 1994): merges of prefixes whose futures are statistically alike."""

from __future__ import annotations

from typing import Any

import numpy as np
from aalpy.learning_algs import run_Alergia

from markovlens.abstractions.base import Evidence, Fitted, Options, each_budget
from markovlens.abstractions.counting import build_machine
from markovlens.abstractions.learners import check_alphabet, follow, number_states, quietly
from markovlens.errors import DataError
from markovlens.sequences import Sequences
from markovlens.trace import Trace

START = "start"
Moves = list[dict[tuple[int, int], int]]


@each_budget("Alergia leaves")
def fit(evidence: Evidence, largest: int, options: Options) -> Fitted:
    """Return the probabilistic machine of the training words, for every budget that it fits.

    Where the network predicts the next symbol (its classes are the symbols), the words alone are
    learnt, as a Markov chain over states that each symbol leads to; elsewhere words and the
    network's decisions after each symbol are (IOAlergia). The states that this gives the training
    steps are counted as for any other method, and answer with the network's mean output in them.
    """
    check_alphabet(evidence, options)
    states = learn(evidence, options)
    size = int(states.max()) + 1
    if size > largest:  # a table of so many states would only be thrown away
        raise DataError(
            f"Alergia leaves {size} states, more than the budget", page="every-fit-failed"
        )
    return Fitted(build_machine(evidence.train, np.eye(size)[states], deterministic=False))


def learn(evidence: Evidence, options: Options) -> np.ndarray:
    """Return the state (N,) of each training step, numbered without gaps."""
    trace = evidence.train
    chain = trace.classes == trace.symbols
    with quietly(evidence.seed):
        model = run_Alergia(
            _words(trace, chain=chain),
            automaton_type="mc" if chain else "mdp",
            eps=options.alergia_epsilon,
        )
    number = number_states(model)
    states = follow(trace, _moves(model, number, trace, chain=chain), start=0)
    numbers: np.ndarray = np.unique(states, return_inverse=True)[1]
    return numbers


def _words(trace: Trace, *, chain: bool) -> list[list[Any]]:
    read = trace.sequences
    if chain:
        return [[START, *word.tolist()] for word in read]
    decided = Sequences(trace.decisions, trace.lengths)
    pairs = zip(read, decided, strict=True)
    return [[START, *zip(word.tolist(), answer.tolist(), strict=True)] for word, answer in pairs]


def _moves(model: Any, number: dict[Any, int], trace: Trace, *, chain: bool) -> Moves:
    """Return for each state the next state by (symbol, decision); in a chain by every decision."""
    every = [*range(len(trace.classes)), -1]
    moves: Moves = [{} for _ in number]
    for state in model.states:
        here = moves[number[state.state_id]]
        if chain:
            for target, _ in state.transitions:
                here |= {(target.output, each): number[target.state_id] for each in every}
            continue
        for symbol, targets in state.transitions.items():
            here |= {(symbol, target.output): number[target.state_id] for target, _ in targets}
    return moves
