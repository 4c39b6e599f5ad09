"""A task whose labels are wrong for words with one feature, so that a network learns a bug.

The worked example of repair: what is right is known, what is wrong too, and how rare it is can be
chosen by the feature.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from markovlens.arguments import known_names
from markovlens.errors import ConfigError
from markovlens.faithfulness.scores.strings import joined
from markovlens.machines.machine import Machine
from markovlens.machines.machine import automaton as machine_of
from markovlens.machines.minimisation import minimise
from markovlens.reliance.repairing.differences import differing_words
from markovlens.tasks.automata import START, Automaton, run
from markovlens.tasks.base import Split, Task, split_generators
from markovlens.tasks.formal import AUTOMATA, BITS, CLASSES, balanced_strings, bit_languages

SHARE = 0.25  # of the words: those that the bug gets wrong, so that it can be learned


def planted(
    name: str, feature: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence
) -> tuple[Task, Machine]:
    """Return a task with a bug, whose `machine` has it too, and the machine of the right language.

    Words are those of `tasks.formal.make`, and a quarter more that the bug gets wrong.

    Args:
        name: a language over bits.
        feature: bits; once they were read in this order, the answer never changes again.
        sizes: as for `tasks.formal.make`.
        seeds: of the words.

    Raises:
        ConfigError: another name, no bits, or a bug that no word shows.
    """
    right, frozen = machine_in(name), frozen_after(AUTOMATA[name], feature)
    wrong = machine(frozen)
    longest = {"train": sizes["length_train"], "valid": sizes["length_test"]}
    splits = {}
    for split, rng in split_generators(seeds).items():
        most, count = longest.get(split, sizes["length_test"]), sizes[f"n_{split}"]
        usual = list(balanced_strings(frozen, count, longest=most, rng=rng))
        shown = differing_words(right, wrong, max(1, round(SHARE * count)), longest=most, rng=rng)
        if shown is None:
            raise ConfigError(
                f"bug: no word of {name} shows that {feature} does harm; try another",
                page="nothing-to-learn",
            )
        words = joined([*usual, *shown])
        states = run(frozen, words)
        splits[split] = Split(words, frozen.accepting[states].astype(np.int32), states)
    named = f"{name}, frozen after {feature}"
    return Task(named, "formal", BITS, CLASSES, splits, 1.0, wrong), right


def machine_in(name: str) -> Machine:
    """Return the minimal machine of a language over bits; raises `ConfigError` for others."""
    if name not in bit_languages():
        raise ConfigError(
            f"unknown language {name!r}; {known_names('names', name, bit_languages())}",
            page="unknown-name",
        )
    return machine(AUTOMATA[name])


def machine(automaton: Automaton) -> Machine:
    """Return the minimal machine of an automaton over bits."""
    moves, accepting = automaton.successor, automaton.accepting
    return minimise(machine_of(moves, accepting, start=START, symbols=BITS, classes=CLASSES))


def frozen_after(automaton: Automaton, feature: str) -> Automaton:
    """Return the automaton whose answer does not change any more once `feature` was read.

    States are pairs of a state and of how much of the feature was just read, those alone that some
    word reaches.

    Raises:
        ConfigError: the feature is empty, or not of bits.
    """
    if not isinstance(feature, str) or not feature or set(feature) - set(BITS):
        raise ConfigError(
            f"bug: expected a word of {' and '.join(BITS)}, got {feature!r}", page="unknown-name"
        )
    number, rows = {(START, 0): 0}, []
    walk = list(number)
    for state, read in walk:
        frozen = read == len(feature)
        after = [state, state] if frozen else automaton.successor[state].tolist()
        ahead = [(to, _read(feature, read, bit)) for to, bit in zip(after, BITS, strict=True)]
        for pair in ahead:
            if pair not in number:
                number[pair] = len(number)
                walk.append(pair)
        rows.append([number[pair] for pair in ahead])
    return Automaton(np.array(rows), automaton.accepting[[state for state, _ in walk]])


def _read(feature: str, read: int, bit: str) -> int:
    """Return how much of a feature was read after one more bit; all of it stays read."""
    if read == len(feature):
        return read
    seen = feature[:read] + bit
    return next(n for n in range(len(seen), -1, -1) if seen.endswith(feature[:n]))
