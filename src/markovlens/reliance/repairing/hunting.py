"""Words on which a network breaks its specification, each asked of the network itself.

A machine that was read off the network says where to look: a word on which it and the
specification differ is a counterexample of the network if the network does so too, and spurious
otherwise. Beside it the tests of `faithfulness.scores.falsify` look where no machine was made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np

from markovlens.activations.oracle import Askable
from markovlens.faithfulness.scores.strings import (
    covering_strings,
    joined,
    mutated_strings,
    random_strings,
)
from markovlens.machines.alphabet import Alphabet
from markovlens.machines.machine import Machine
from markovlens.outputs import NO_TARGET, is_answered
from markovlens.reliance.repairing.differences import differing_words
from markovlens.reliance.repairing.specification import Specification
from markovlens.sequences import Sequences

MACHINE, NEAR = "machine", "near"
Draw: TypeAlias = Callable[[int, np.random.Generator], Sequences]


@dataclass(frozen=True, slots=True)
class Ground:
    """Where words come from.

    Attributes:
        specification: what is right.
        like: sequences such as the network reads.
        alphabet: which symbols may stand where.
        longest: no word is longer.
    """

    specification: Specification
    like: Sequences
    alphabet: Alphabet
    longest: int

    @classmethod
    def of(cls, specification: Specification, like: Sequences, longest: int | None) -> Ground:
        """Return the ground of sequences; words are up to twice as long as these by default."""
        alphabet = Alphabet.of(like, len(specification.symbols))
        return cls(specification, like, alphabet, longest or 2 * int(like.lengths.max()))

    def kinds(self) -> dict[str, Draw]:
        """Return what draws words of each kind that needs no machine of the network."""
        kinds: dict[str, Draw] = {"random": self.random, "mutation": partial(self.near, self.like)}
        right = self.specification.machine
        return kinds if right is None else kinds | {"coverage": partial(self._covering, right)}

    def tests(self, n_words: int, rng: np.random.Generator) -> dict[str, Sequences]:
        """Return so many words of each kind."""
        kinds = self.kinds()
        streams = zip(kinds, rng.spawn(len(kinds)), strict=True)
        return {name: kinds[name](n_words, stream) for name, stream in streams}

    def random(self, n_words: int, rng: np.random.Generator) -> Sequences:
        """Return words drawn at random."""
        return random_strings(n_words, alphabet=self.alphabet, longest=self.longest, rng=rng)

    def _covering(self, machine: Machine, n_words: int, rng: np.random.Generator) -> Sequences:
        return covering_strings(
            machine, n_words, alphabet=self.alphabet, longest=self.longest, rng=rng
        )

    def near(self, words: Sequences, n_words: int, rng: np.random.Generator) -> Sequences:
        """Return words of up to `longest` symbols, each 1 to 3 edits away from one of these."""
        return mutated_strings(
            words, n_words, alphabet=self.alphabet, longest=self.longest, rng=rng
        )

    def differing(
        self, machine: Machine | None, n_words: int, rng: np.random.Generator
    ) -> Sequences | None:
        """Return well-formed words on which a machine and the specification differ, if any."""
        if machine is None or self.specification.machine is None:
            return None
        words = differing_words(
            machine, self.specification.machine, n_words, longest=self.longest, rng=rng
        )
        kept = [] if words is None else [each for each in words if self.alphabet.well_formed(each)]
        return joined(kept) if kept else None


@dataclass(frozen=True, slots=True)
class Caught:
    """What a hunt found.

    Attributes:
        words: different words that the network gets wrong.
        asked: by source, how many words were asked.
        wrong: by source, how many of them the network gets wrong. Those of the source `machine`
            that it gets right are spurious: there the machine was wrong about the network.
    """

    words: tuple[tuple[int, ...], ...]
    asked: dict[str, int]
    wrong: dict[str, int]


def hunt(
    oracle: Askable,
    machine: Machine | None,
    ground: Ground,
    n_words: int,
    rng: np.random.Generator,
) -> Caught:
    """Return the words that a network gets wrong, of `n_words` of each source.

    The last source are edits of the words found: where a bug is rare, more of it lies beside what
    shows it.
    """
    streams = rng.spawn(3)
    sources = ground.tests(n_words, streams[0])
    differing = ground.differing(machine, n_words, streams[1])
    sources |= {} if differing is None else {MACHINE: differing}
    failed = {name: broken(oracle, ground.specification, words) for name, words in sources.items()}
    found = [sources[name].select(np.flatnonzero(failed[name])) for name in _able(failed)]
    if found:
        near = ground.near(joined([word for some in found for word in some]), n_words, streams[2])
        failed[NEAR] = broken(oracle, ground.specification, near)
        if failed[NEAR].any():
            found.append(near.select(np.flatnonzero(failed[NEAR])))
    words = dict.fromkeys(tuple(word.tolist()) for some in found for word in some)
    return Caught(
        tuple(words),
        {name: len(each) for name, each in failed.items()},
        {name: int(each.sum()) for name, each in failed.items()},
    )


def _able(failed: dict[str, np.ndarray]) -> Iterable[str]:
    """Return the sources with any word that the network gets wrong, the machine's first."""
    return sorted((name for name in failed if failed[name].any()), key=lambda name: name != MACHINE)


def broken(oracle: Askable, specification: Specification, words: Sequences) -> np.ndarray:
    """Return which words (S,) the network gets wrong after any of their symbols.

    An answer that is not finite is wrong.
    """
    return np.logical_or.reduceat(wrong_steps(oracle, specification, words), words.starts)


def wrong_steps(oracle: Askable, specification: Specification, words: Sequences) -> np.ndarray:
    """Return the steps (N,) at which the network does not decide what the specification asks."""
    wanted = specification.wanted(words)
    outputs = oracle.outputs(words)
    said = np.where(is_answered(outputs), outputs.argmax(axis=1), NO_TARGET - 1)
    return np.asarray((wanted != NO_TARGET) & (said != wanted))


def first_wrong(
    oracle: Askable, specification: Specification, words: Sequences
) -> list[tuple[int, ...]]:
    """Return of each word its shortest beginning after which the network is wrong, or all of it."""
    wrong = np.split(wrong_steps(oracle, specification, words), words.starts[1:])
    ends = (int(np.argmax(steps)) + 1 if steps.any() else len(steps) for steps in wrong)
    return [tuple(word[:end].tolist()) for word, end in zip(words, ends, strict=True)]
