"""Formal languages read off real values: what is planted is an automaton *and* a boundary.

The strings are those of `tasks.formal`. Each bit is then drawn as a row of standard Gaussian
channels on its side of a boundary, so that half of the strings are in the language though the two
sides are not equally likely:

- `real_NAME`: one channel, and a bit is 1 where x > 0.3;
- `oblique_NAME`: two channels, and a bit is 1 where x1 > x2.

With `_margin` behind the name no row lies within 0.1 standard deviations of the boundary, so that a
network can be right on every string. Without it none can, and the better it reads, the later its
first error: see `gate_of`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr, ndtri

from markovlens.channels import Channel
from markovlens.codebooks.cuts import cut_along
from markovlens.codebooks.tree import Tree
from markovlens.machines.machine import Machine
from markovlens.machines.machine import automaton as machine_of
from markovlens.sequences import Sequences
from markovlens.tasks.automata import START, Automaton, run
from markovlens.tasks.base import Split, Task, split_generators
from markovlens.tasks.formal import AUTOMATA, CLASSES, balanced_strings

MARGIN = 0.1  # standard deviations on either side of the boundary
SUFFIX = "_margin"
MISREADING = 0.01  # standard deviations by which the boundary of a network may be off at its gate


@dataclass(frozen=True, slots=True)
class Boundary:
    """A bit is 1 where rows of standard Gaussian channels lie beyond a plane.

    Attributes:
        channels: names of the D channels.
        direction: (D,), of length 1, normal to the plane.
        threshold: distance of the plane from 0, standard deviations.
        margin: distance from the plane within which there are no rows, standard deviations.
    """

    channels: tuple[Channel, ...]
    direction: np.ndarray
    threshold: float
    margin: float = 0.0

    def rows(self, bits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return a row (N, D) for each of `bits` (N,), Gaussian on the side of the bit."""
        rows = rng.standard_normal((len(bits), len(self.channels)))
        below, above = ndtr(self.threshold - self.margin), ndtr(self.threshold + self.margin)
        share = rng.random(len(bits))
        along = ndtri(np.where(bits == 1, above + share * (1 - above), share * below))
        return rows + np.outer(along - rows @ self.direction, self.direction)

    def bits(self, rows: np.ndarray) -> np.ndarray:
        """Return the bit, int (N,), of each row (N, D)."""
        return (rows @ self.direction > self.threshold).astype(np.int32)

    @property
    def codebook(self) -> Tree:
        """The codebook of two codes, 0 and 1, with the rule of each."""
        return cut_along(self.channels, self.direction, self.threshold)


BOUNDARIES = {
    "real": Boundary((Channel("x"),), np.array([1.0]), 0.3),
    "oblique": Boundary((Channel("x1"), Channel("x2")), np.array([1.0, -1.0]) / np.sqrt(2), 0.0),
}


def boundary_of(name: str) -> Boundary:
    """Return the boundary of a task by its name."""
    boundary = BOUNDARIES[name.partition("_")[0]]
    return replace(boundary, margin=MARGIN) if name.endswith(SUFFIX) else boundary


def language_of(name: str) -> str:
    """Return the language over symbols that a task is made of."""
    return name.partition("_")[2].removesuffix(SUFFIX)


def make(name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence) -> Task:
    """Return the task of one language over rows: half of the strings of each split are in it.

    Strings, lengths and targets are made as those of the languages over symbols, see
    `tasks.formal.make`. Truth and targets follow from the bits that the rows were drawn for.
    """
    automaton, boundary = AUTOMATA[language_of(name)], boundary_of(name)
    train, test = sizes["length_train"], sizes["length_test"]
    longest = {"train": train, "valid": test, "test": test}
    splits = {}
    for split, rng in split_generators(seeds).items():
        strings = balanced_strings(automaton, sizes[f"n_{split}"], longest=longest[split], rng=rng)
        splits[split] = _read_off(automaton, boundary, strings, rng)
    gate = gate_of(automaton, boundary, splits["valid"])
    machine = machine_from(automaton, boundary)
    return Task(
        name, "formal", (), CLASSES, splits, gate, machine=machine, channels=boundary.channels
    )


def machine_from(automaton: Automaton, boundary: Boundary) -> Machine:
    """Return the true machine: it reads rows through the true codebook."""
    codebook = boundary.codebook
    machine = machine_of(
        automaton.successor,
        automaton.accepting,
        start=START,
        symbols=codebook.names,
        classes=CLASSES,
    )
    return replace(machine, codebook=codebook)


def gate_of(automaton: Automaton, boundary: Boundary, valid: Split) -> float:
    """Return the validation accuracy at which a network counts as trained.

    It is that of the true automaton when its boundary is off by `MISREADING`, to the worse side;
    1 where the margin is wider than that. So it is lower for languages that never forget an error,
    and can be reached in all.
    """
    if boundary.margin > MISREADING:
        return 1.0
    return min(_off(automaton, boundary, valid, by) for by in (-MISREADING, MISREADING))


def _off(automaton: Automaton, boundary: Boundary, split: Split, by: float) -> float:
    """Return the accuracy of the automaton whose boundary is moved."""
    moved = replace(boundary, threshold=boundary.threshold + by)
    misread = Sequences(moved.bits(split.inputs.rows), split.inputs.lengths)
    said = automaton.accepting[run(automaton, misread)]
    return float((said == split.targets).mean())


def _read_off(
    automaton: Automaton, boundary: Boundary, strings: Sequences, rng: np.random.Generator
) -> Split:
    rows = boundary.rows(strings.values, rng)
    states = run(automaton, strings)
    targets = automaton.accepting[states].astype(np.int32)
    return Split(Sequences(rows, strings.lengths, boundary.channels), targets, states)
