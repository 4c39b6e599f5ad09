"""What is done to words, and what is right afterwards.

| disturbance | what is done | what is right |
| --- | --- | --- |
| `length` | words so many times as long as the longest sequence | what the specification says |
| `edits` | so many passes of 1 to 3 edits (`strings.mutated_strings`) | the same, of the edited |
| `noise` | each symbol is another one with a probability | what it says of the word *before* |
| `bit_flips` | each bit of weights or tables flips with a probability | what it says |

Words are as many of each right class as can be, but for edits, whose answer is what it is. Under
noise nobody can be right for sure: the specification itself, reading what the others read, is the
ceiling.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from markovlens.arguments import check_choice, check_number
from markovlens.errors import ConfigError
from markovlens.faithfulness.claims.trust import final_truth
from markovlens.faithfulness.scores.strings import joined, mutated_strings, random_strings
from markovlens.machines.alphabet import Alphabet
from markovlens.machines.machine import Machine
from markovlens.machines.minimisation import moves_of
from markovlens.sequences import Sequences
from markovlens.tasks.automata import START, Automaton, completions, draw_strings

LENGTH, EDITS, NOISE, FLIPS = "length", "edits", "noise", "bit_flips"
UNITS = {
    LENGTH: "times the longest sequence",
    EDITS: "passes of 1 to 3 edits",
    NOISE: "share of symbols replaced",
    FLIPS: "flips a bit",
}
USUAL: Mapping[str, Sequence[float]] = {
    LENGTH: (1, 2, 4, 8, 16),
    EDITS: (1, 2, 4, 8),
    NOISE: (0.01, 0.03, 0.1, 0.3),
    FLIPS: (1e-6, 1e-5, 1e-4, 1e-3),
}


Made: TypeAlias = tuple[Sequences, np.ndarray | None]  # and what is right, if that is not read off


@dataclass(frozen=True, slots=True)
class Trial:
    """Words that all subjects read.

    Attributes:
        disturbance, size: what was done and how much of it.
        read: S words.
        right: (S,), the right class of each.
    """

    disturbance: str
    size: float
    read: Sequences
    right: np.ndarray

    @property
    def rate(self) -> float:
        """Chance of a flip of each bit."""
        return self.size if self.disturbance == FLIPS else 0.0


def check_disturbances(asked: Mapping[str, Sequence[float]]) -> None:
    """Raise `ConfigError` unless all are known and their sizes are possible."""
    for name, sizes in asked.items():
        check_choice("disturbance", name, UNITS)
        for size in sizes:
            check_number(name, size, least=0)
            if name in (NOISE, FLIPS) and size > 1:
                raise ConfigError(
                    f"{name}: expected a probability, got {size!r}", page="out-of-range"
                )
            if name in (LENGTH, EDITS) and (size < 1 or size != int(size)):
                raise ConfigError(
                    f"{name}: expected a whole number, 1 or more, got {size!r}", page="out-of-range"
                )


@dataclass(frozen=True, slots=True)
class Words:
    """Where words come from.

    Attributes:
        specification: the automaton of what is right.
        like: sequences such as the subjects read: their lengths, their marks, and what is edited.
        n_words: of each trial.
        seeds: of what is drawn; a trial does not depend on which others are asked for.
    """

    specification: Machine
    like: Sequences
    n_words: int
    seeds: np.random.SeedSequence

    def trials(self, asked: Mapping[str, Sequence[float]]) -> Iterator[Trial]:
        """Yield the words of every disturbance and size."""
        make = {LENGTH: self._long, EDITS: self._edited, NOISE: self._noisy, FLIPS: self._usual}
        for at, (name, one) in enumerate(make.items()):
            for size in asked.get(name, ()):
                words, right = one(size, self._rng(at, size))
                if right is None:
                    right = final_truth(self.specification, words)
                yield Trial(name, size, words, right)

    @property
    def longest(self) -> int:
        """Length of the longest sequence."""
        return int(self.like.lengths.max())

    @property
    def alphabet(self) -> Alphabet:
        """Which symbols may stand where."""
        return Alphabet.of(self.like, self.specification.n_symbols)

    def _rng(self, at: int, size: float) -> np.random.Generator:
        key = (at, *np.array([size]).view(np.uint32).tolist())
        spawned = np.random.SeedSequence(
            self.seeds.entropy, spawn_key=(*self.seeds.spawn_key, *key)
        )
        return np.random.default_rng(spawned)

    def _draw(self, length: int, rng: np.random.Generator) -> Sequences:
        return words_of_each_class(
            self.specification, self.n_words, length=length, alphabet=self.alphabet, rng=rng
        )

    def _long(self, size: float, rng: np.random.Generator) -> Made:
        return self._draw(self.longest * int(size), rng), None

    def _edited(self, size: float, rng: np.random.Generator) -> Made:
        words, alphabet = self.like, self.alphabet
        for _ in range(int(size)):
            words = mutated_strings(
                words, self.n_words, alphabet=alphabet, longest=2 * self.longest, rng=rng
            )
        return words, None

    def _noisy(self, size: float, rng: np.random.Generator) -> Made:
        words, inner = self._draw(self.longest, rng), np.array(self.alphabet.inner)
        shift = rng.integers(1, max(2, len(inner)), size=words.n_steps)
        hit = (rng.random(words.n_steps) < size) & np.isin(words.values, inner)
        place = np.searchsorted(inner, words.values[hit])
        values = words.values.copy()
        values[hit] = inner[(place + shift[hit]) % len(inner)]
        return Sequences(values, words.lengths), final_truth(self.specification, words)

    def _usual(self, size: float, rng: np.random.Generator) -> Made:
        return self._draw(self.longest, rng), None


def words_of_each_class(
    specification: Machine,
    n_words: int,
    *,
    length: int,
    alphabet: Alphabet,
    rng: np.random.Generator,
) -> Sequences:
    """Return words of one length, uniform among those of their class, the classes in equal parts.

    A class that has no word of that length has no part; where words have marks, they are drawn at
    random, whatever their class.
    """
    if alphabet.marked:
        return random_strings(n_words, alphabet=alphabet, longest=length, rng=rng)
    moves = moves_of(specification)
    successor = 1 + np.vstack([moves.first, moves.successor])
    made = []
    for name in range(len(specification.classes)):
        wanted = Automaton(successor, np.concatenate([[False], moves.decisions == name]))
        if completions(wanted, longest=length, accepted=True)[length, START]:
            made.append(wanted)
    shares = [len(part) for part in np.array_split(np.arange(n_words), len(made))]
    drawn = [
        draw_strings(each, np.full(count, length), accepted=True, rng=rng)
        for each, count in zip(made, shares, strict=True)
        if count
    ]
    return joined([word for some in drawn for word in some])
