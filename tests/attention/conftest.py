"""A small task with planted evidence, an automaton that solves it, and a network that is it."""

import numpy as np
import pytest

from markovlens.machines.machine import Machine, automaton
from markovlens.sequences import Sequences

FILLER, BAD, GOOD, NOT = range(4)


@pytest.fixture(scope="session")
def keyword_machine() -> Machine:
    """Return the automaton of one keyword, which *not* directly before it turns round.

    States: nothing yet, after *not*, negative, positive.
    """
    successor = np.array([[0, 2, 3, 1], [0, 3, 2, 1], [2, 2, 2, 2], [3, 3, 3, 3]])
    return automaton(
        successor,
        np.array([0, 0, 0, 1]),
        start=0,
        symbols=("filler", "bad", "good", "not"),
        classes=("negative", "positive"),
    )


@pytest.fixture(scope="session")
def keyword_words() -> Sequences:
    """Return texts, of which the last has no positive answer."""
    return Sequences.from_list(
        [
            np.array(word, dtype=np.int32)
            for word in (
                [FILLER, GOOD, FILLER, FILLER],
                [FILLER, NOT, BAD, FILLER, FILLER],
                [NOT, FILLER, GOOD],
                [FILLER, FILLER, BAD],
            )
        ]
    )


@pytest.fixture(scope="session")
def keyword_truth() -> np.ndarray:
    """Return which steps of `keyword_words` decide."""
    return np.array([0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 1], dtype=bool)


class Reader:
    """A network that does what a machine says."""

    def __init__(self, machine):
        self.machine = machine

    def outputs(self, inputs):
        """Return the outputs after each step."""
        return self.machine.predict(inputs)


@pytest.fixture(scope="session")
def keyword_network(keyword_machine) -> Reader:
    """Return a network that is the automaton."""
    return Reader(keyword_machine)
