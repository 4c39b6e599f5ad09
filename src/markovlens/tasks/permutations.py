"""Composed permutations: which one do the moves so far make? Asked after every move.

`s3` and `s5` are all permutations of three and of five places, moved by two generators: `swap`
exchanges the first two places, `cycle` moves every place on by one. The true automaton has a state
for each permutation, 6 and 120, each of which is a class of its own: no two are alike.

S5 is the smallest group of permutations that is not solvable; to compose its elements is complete
for NC1, and no recurrence that is linear and diagonal does it (Barrington 1989, "Bounded-width
polynomial-size branching programs ..."; Merrill et al. 2024, "The Illusion of State in State-Space
Models"). S3 is solvable, but does not commute.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from markovlens.machines.machine import automaton as machine_of
from markovlens.sequences import Sequences
from markovlens.tasks.automata import START, Automaton, run
from markovlens.tasks.base import Split, Task, split_generators

MOVES = ("swap", "cycle")

Permutation = tuple[int, ...]


def group(n: int) -> tuple[list[Permutation], np.ndarray]:
    """Return all permutations of n places, the identity first, and where moves lead, int (K, 2).

    They are in the order in which a walk in breadth from the identity meets them.
    """
    found = [tuple(range(n))]
    moves = ((1, 0, *range(2, n)), (*range(1, n), 0))
    rows = []
    for here in found:  # grows while it is walked
        reached = [tuple(move[place] for place in here) for move in moves]
        found += [each for each in dict.fromkeys(reached) if each not in found]
        rows.append([found.index(each) for each in reached])
    return found, np.array(rows)


def automaton_of(name: str) -> Automaton:
    """Return the automaton of `s3` or `s5`; it accepts the identity."""
    _, successor = group(int(name[1:]))
    return Automaton(successor, np.arange(len(successor)) == START)


def make(name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence) -> Task:
    """Return the task of one group: moves are drawn at random, each length as often.

    Every permutation is about as frequent once a string is a few times as long as there are places.
    """
    found, successor = group(int(name[1:]))
    automaton = automaton_of(name)
    train, test = sizes["length_train"], sizes["length_test"]
    longest = {"train": train, "valid": test, "test": test}
    splits = {}
    for split, rng in split_generators(seeds).items():
        lengths = rng.integers(1, longest[split] + 1, size=sizes[f"n_{split}"])
        values = rng.integers(len(MOVES), size=lengths.sum(), dtype=np.int32)
        strings = Sequences(values, lengths)
        states = run(automaton, strings)
        splits[split] = Split(strings, states, states)
    classes = tuple("".join(str(place + 1) for place in each) for each in found)
    machine = machine_of(
        successor, np.arange(len(found)), start=START, symbols=MOVES, classes=classes
    )
    return Task(name, "formal", MOVES, classes, splits, 1.0, machine)
