"""What a network's outputs are for: to decide, to predict what comes next, or what they are.

The share of steps at which a machine's likeliest class is the network's own says little of a
network that predicts: over sixty symbols every small machine gets about 1/60 of it, balanced. What
such a network knows is in its probabilities, and so is what a machine explains of it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from markovlens.outputs import Output
from markovlens.trace import NO_TARGET, Trace

DECIDES, PREDICTS = "decides", "predicts"
OTHERS = {Output.LABELS: "labels", Output.VALUES: "estimates", Output.RISK: "ranks"}
CONFIDENT = 0.75  # mean largest probability, from which on outputs over 3 or more classes decide
LEAST_SAID = 1e-3  # what a symbol counts with at least: one impossible one decides nothing
GAIN = 0.01  # share of the symbols' entropy that outputs must save to be their prediction


class Kind(NamedTuple):
    """What a network does, and what says so.

    Attributes:
        name: `DECIDES` or `PREDICTS`, or one of `OTHERS` where outputs are no distributions.
        reason: in words.
    """

    name: str
    reason: str


def output_kind(trace: Trace) -> Kind:
    """Return what the outputs of a network are for, by the first of these that speaks.

    Targets, where there are any: they are the symbols that come next, by name, or they are not. All
    of them are looked at that have a next symbol, and one that is no class is none of them; targets
    that are all the same would be the next symbols of sequences of it, and tell nothing.
    Else the symbols: outputs that have the names of all that come next foretell them better than
    their frequencies do.
    Else the outputs themselves: over three or more classes, without a clear favourite on average,
    they are a prediction. Two classes without targets are taken for a decision.
    """
    if trace.output != Output.DISTRIBUTION:
        return Kind(OTHERS[trace.output], f"its outputs are recorded as {trace.output}")
    following, targets = next_classes(trace), trace.targets
    has_next = np.ones(trace.n_steps, dtype=bool)
    has_next[np.cumsum(trace.lengths) - 1] = False
    if (targets != NO_TARGET).any():
        asked = (targets != NO_TARGET) & has_next
        if (targets[asked] != following[asked]).any() or not asked.any():
            return Kind(DECIDES, "its targets are not the symbols that come next")
        if len(np.unique(targets[asked])) > 1:
            return Kind(PREDICTS, "its targets are the symbols that come next")
        return Kind(DECIDES, "a guess: all its targets with a next symbol are the same one")
    known = trace.has_output & has_next
    named = known.any() and (following[known] != NO_TARGET).all()
    if named and _foretells(trace.outputs[known], following[known]):
        return Kind(PREDICTS, "its outputs foretell the symbols that come next")
    given = trace.outputs[trace.has_output]
    largest = given.max(axis=1).mean() if len(given) else 1.0
    reason = f"its largest probability is {largest:.2f} in the mean"
    spread = len(trace.classes) > 2 and largest < CONFIDENT
    return Kind(PREDICTS if spread else DECIDES, reason)


def next_classes(trace: Trace) -> np.ndarray:
    """Return the class (N,) with the name of the symbol after each step, -1 where there is none."""
    if not trace.reads_symbols:  # rows have no names
        return np.full(trace.n_steps, NO_TARGET)
    number = {name: index for index, name in enumerate(trace.classes)}
    of_symbol = np.array([number.get(name, NO_TARGET) for name in trace.symbols] or [NO_TARGET])
    following = np.full(trace.n_steps, NO_TARGET)
    following[:-1] = of_symbol[trace.inputs[1:]]
    following[np.cumsum(trace.lengths) - 1] = NO_TARGET
    return following


def _foretells(outputs: np.ndarray, following: np.ndarray) -> bool:
    """Return whether outputs (M, C) are a better code for classes (M,) than their frequencies."""
    said = outputs[np.arange(len(following)), following]
    share = np.bincount(following) / len(following)
    entropy = -np.log(share[following]).mean()
    return bool(-np.log(np.maximum(said, LEAST_SAID)).mean() < (1 - GAIN) * entropy)
