"""Titles of the pictures of one network: what is to be seen in them, with its floor beside it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from markovlens.figures.networks.alike import floor_in_words, how_alike, in_words, without_past
from markovlens.figures.style import method_name
from markovlens.figures.text import listing, percent
from markovlens.machines.machine import Machine
from markovlens.outputs import Output
from markovlens.spelling import count
from markovlens.trace import Trace


def graph_finding(machine: Machine, trace: Trace, *, method: str) -> str:
    """Return the title: how often the machine, alone, gives the network's decision.

    Of a network that makes none it is the measure of its kind.
    """
    name, size = method_name(method), count(machine.n_states, "state")
    owner = f"The {name}'s" if name[-1] != "s" else f"The {name}"
    if not trace.has_output.any():
        return f"{owner} {size}; the network gave no output to compare with"
    said = machine.predict(trace.sequences)
    if trace.output != Output.DISTRIBUTION:
        return (
            f"Run on inputs alone, the {name} machine of {size} {in_words(said, trace)}; "
            f"{floor_in_words(trace)}"
        )
    return (
        f"{owner} {size}, run on inputs alone, give the network's decision "
        f"at {percent(how_alike(said, trace))} of its outputs; always giving the commonest: "
        f"{percent(without_past(trace))}"
    )


def states_finding(
    trace: Trace, decoded: Mapping[str, np.ndarray], readouts: Mapping[str, np.ndarray]
) -> str:
    """Return the title: how well decoded states tell the true ones, or the output apart.

    States that split a true one are no mistake, so that each counts as the true state that it
    mostly meets; matched one to one, all but one of them would be wrong.
    """
    if trace.knows_truth:
        scores = {name: mostly_met(states, trace.truth) for name, states in decoded.items()}
        said = listing(f"{percent(score)} ({method_name(m)})" for m, score in scores.items())
        alone = mostly_met(np.zeros_like(trace.truth), trace.truth)
        return (
            f"The true state that a decoded one mostly meets is right at {said} of steps; "
            f"the commonest alone: {percent(alone)}"
        )
    compared = trace.has_output
    if not compared.any():
        return "The network gave no output to compare the states with"
    own = {name: readouts[name][states] for name, states in decoded.items()}
    if trace.output != Output.DISTRIBUTION:
        first, answers = next(iter(own.items()))
        others = [
            f"{method_name(m)} {percent(how_alike(own[m], trace))}" for m in own if m != first
        ]
        beside = f" ({', '.join(others)})" if others else ""
        return (
            f"The decoded state's own answer ({method_name(first)}) {in_words(answers, trace)}"
            f"{beside}; {floor_in_words(trace)}"
        )
    scores = {name: how_alike(answers, trace) for name, answers in own.items()}
    said = listing(f"{percent(score)} ({method_name(m)})" for m, score in scores.items())
    return (
        f"The decoded state's own answer is the network's decision at {said} of outputs; "
        f"always giving the commonest: {percent(without_past(trace))}"
    )


def mostly_met(states: np.ndarray, truth: np.ndarray) -> float:
    """Return the share of steps of known truth at the true state that their state mostly meets."""
    known = truth >= 0
    together = contingency(states[known], truth[known])
    return float(together.max(axis=1).sum() / known.sum())


def contingency(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return how often each pair of labels (I, J) occurs together."""
    together = np.zeros((first.max() + 1, second.max() + 1), dtype=np.int64)
    np.add.at(together, (first, second), 1)
    return together


def timeline_finding(machine: Machine, trace: Trace, decoded: np.ndarray, *, method: str) -> str:
    """Return the title: how often, of all held-out steps, the machine keeps to the network."""
    belief = machine.run(trace.sequences)
    same_state = float((belief.argmax(-1) == decoded).mean())
    said = (
        f"Run on inputs alone, the {method_name(method)} machine is in the decoded state "
        f"at {percent(same_state)} of steps"
    )
    if not trace.has_output.any():
        return said
    output = belief @ machine.readout
    if trace.output != Output.DISTRIBUTION:
        return f"{said} and {in_words(output, trace)}; {floor_in_words(trace)}"
    same_output = percent(how_alike(output, trace))
    return f"{said} and decides as the network at {same_output} of outputs"
