"""Published protocols on formal languages, as near as their papers tell them.

- `merrill_1` .. `merrill_7`: the Tomita languages as Merrill & Tsilivis, "Extracting finite
  automata from RNNs using state merging", 2022, judge them: strings of 0 to 50 symbols. A begin
  symbol comes before each string, so that the empty one is judged too.
- `lisor_0110`: Hou & Zhou, "Learning with interpretable structure from gated RNN", 2020: is this
  string of four bits 0110? Asked at its end only; all 16 strings are learned from and judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np

from markovlens.machine import Machine
from markovlens.machine import automaton as machine_of
from markovlens.sequences import Sequences
from markovlens.tasks.automata import START, Automaton, run
from markovlens.tasks.base import Split, Task, no_targets, split_generators
from markovlens.tasks.formal import AUTOMATA, BITS, CLASSES, balanced_strings

BEGIN = "^"
SYMBOLS = (*BITS, BEGIN)
LENGTH = 4  # of LISOR's strings


def make_merrill(name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence) -> Task:
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


def make_lisor(name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence) -> Task:
    """Return the task of the 16 strings; training draws from them, the other splits have each once.

    Only `sizes["n_train"]` counts.
    """
    automaton = AUTOMATA[name.replace("lisor", "equals")]
    every = np.array(list(product(range(2), repeat=LENGTH)), dtype=np.int32)
    rng = split_generators(seeds)["train"]
    drawn = every[rng.integers(len(every), size=sizes["n_train"])]
    splits = {
        split: _asked_at_the_end(automaton, strings)
        for split, strings in {"train": drawn, "valid": every, "test": every}.items()
    }
    machine = machine_of(
        automaton.successor, automaton.accepting, start=START, symbols=BITS, classes=CLASSES
    )
    return Task(name, "formal", BITS, CLASSES, splits, 1.0, machine)


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


def _asked_at_the_end(automaton: Automaton, strings: np.ndarray) -> Split:
    inputs = Sequences(strings.ravel(), np.full(len(strings), LENGTH))
    states = run(automaton, inputs)
    targets = no_targets(inputs.n_steps)
    last = np.cumsum(inputs.lengths) - 1
    targets[last] = automaton.accepting[states[last]]
    return Split(inputs, targets, states)
