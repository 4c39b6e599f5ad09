"""What a property says of every word of a small machine, one by one; networks that are machines."""

from itertools import product

import numpy as np

from helpers.machines import trace_of
from markovlens.faithfulness.scores.shrinking import NEVER
from markovlens.machines.machine import automaton
from markovlens.reliance.properties.letters import Letters, truth_of
from markovlens.reliance.properties.network import Asked
from markovlens.sequences import Sequences

# State 0: nothing yet, 1: an a was read, 2: an a and then a b, for good.
TRUTH = automaton(np.array([[1, 0], [1, 2], [2, 2]]), np.array([0, 0, 1]), start=0,
                  symbols=("a", "b"))  # fmt: skip
# The same without memory of the a: any b is enough.
HASTY = automaton(np.array([[0, 1], [1, 1]]), np.array([0, 1]), start=0, symbols=("a", "b"))


def paths(machine, word):
    """Yield each path of states of a machine on a word, with its probability."""
    for states in product(range(machine.n_states), repeat=len(word)):
        likely = machine.initial[word[0], states[0]]
        for symbol, before, after in zip(word[1:], states[:-1], states[1:], strict=True):
            likely *= machine.transition[symbol, before, after]
        if likely:
            yield states, likely


def first_breach(machine, stated, word, states):
    """Return the step at which a word with its path breaches a property."""
    letters = truth_of(stated.statements, Letters.of(machine))
    truth = letters[list(word), list(states)]
    return int(stated.watch.first_breach(truth, np.array([len(word)]))[0])


def breach_of(machine, stated, word):
    """Return how likely a machine breaches a property somewhere on a word."""
    return sum(
        likely
        for states, likely in paths(machine, word)
        if first_breach(machine, stated, word, states) != NEVER
    )


def words_of(n_symbols, length):
    return product(range(n_symbols), repeat=length)


def sequences(*words):
    return Sequences.from_list([np.array(word) for word in words])


class Running:
    """A network that runs a machine, and counts what it is asked."""

    def __init__(self, machine):
        self.machine, self.asked = machine, 0

    def outputs(self, inputs):
        self.asked += len(inputs)
        return self.machine.predict(inputs)


def network_of(machine, **how):
    trace = trace_of(machine, **how)
    return Asked(Running(machine), trace, trace, machine, False)
