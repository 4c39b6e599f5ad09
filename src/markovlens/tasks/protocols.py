"""A published protocol on formal languages, as near as its paper tells it.

- `merrill_1` .. `merrill_7`: the Tomita languages as Merrill & Tsilivis, "Extracting finite
  automata from RNNs using state merging", 2022, judge them: strings of 0 to 50 symbols. A begin
  symbol comes before each string, so that the empty one is judged too.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from markovlens.machines.machine import Machine
from markovlens.machines.machine import automaton as machine_of
from markovlens.sequences import Sequences
from markovlens.tasks.automata import START, Automaton, run
from markovlens.tasks.base import Split, Task, split_generators
from markovlens.tasks.formal import AUTOMATA, BITS, CLASSES, balanced_strings

BEGIN = "^"
SYMBOLS = (*BITS, BEGIN)


def make(name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence) -> Task:
    """Return the task of one Tomita language with a begin symbol before every string.

    Strings of 0 to `length` symbols are balanced as those of `tasks.formal`; one in `length + 1` is
    empty.
    """
    automaton = AUTOMATA[name.replace("merrill", "tomita")]
    longest = {
        "train": sizes["length_train"],
        "valid": sizes["length_test"],
        "test": sizes["length_test"],
    }
    splits = {}
    for split, rng in split_generators(seeds).items():
        strings = balanced_strings(automaton, sizes[f"n_{split}"], longest=longest[split], rng=rng)
        empty = rng.random(len(strings)) < 1 / (longest[split] + 1)
        splits[split] = _begun(automaton, strings, empty)
    return Task(name, "formal", SYMBOLS, CLASSES, splits, 1.0, _with_begin(automaton))


def without_begin(machine: Machine) -> Machine:
    """Return the machine as it is after the begin symbol, over the other symbols."""
    begin = machine.symbols.index(BEGIN)
    others = [index for index in range(machine.n_symbols) if index != begin]
    return Machine(
        np.stack([machine.initial[begin] @ machine.transition[index] for index in others]),
        machine.transition[others],
        machine.readout,
        tuple(machine.symbols[index] for index in others),
        machine.classes,
        machine.seen[others],
    )


def _begun(automaton: Automaton, strings: Sequences, empty: np.ndarray) -> Split:
    """Return the strings, those marked `empty` (S,) cut to nothing, each after a begin symbol."""
    begin = len(BITS)
    words = [
        np.concatenate([[begin], [] if cut else string]).astype(strings.values.dtype)
        for string, cut in zip(strings, empty, strict=True)
    ]
    inputs = Sequences.from_list(words)
    states = run(_skipping(automaton), inputs)
    return Split(inputs, automaton.accepting[states].astype(np.int32), states)


def _skipping(automaton: Automaton) -> Automaton:
    """Return the automaton that stays where it is on a begin symbol."""
    stay = np.arange(len(automaton.successor))[:, None]
    return Automaton(np.hstack([automaton.successor, stay]), automaton.accepting)


def _with_begin(automaton: Automaton) -> Machine:
    whole = _skipping(automaton)
    return machine_of(
        whole.successor, whole.accepting, start=START, symbols=SYMBOLS, classes=CLASSES
    )
