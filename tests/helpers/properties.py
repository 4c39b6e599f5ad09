"""What a property says of every word of a small machine, one by one."""

from itertools import product

import numpy as np

from markovlens.faithfulness.scores.shrinking import NEVER
from markovlens.reliance.properties.letters import Letters, truth_of
from markovlens.sequences import Sequences


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
