"""A repair under way: hunts, lessons, and what becomes of a copy of the network."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from torch import nn

from markovlens.activations.oracle import Oracle
from markovlens.errors import DataError
from markovlens.faithfulness.scores.strings import joined, random_strings
from markovlens.machines.machine import Machine
from markovlens.networks.data import Padded, pad
from markovlens.networks.objectives import Objective
from markovlens.outputs import NO_TARGET, Output
from markovlens.reliance.repairing.hunting import Caught, Ground, hunt, shortest_wrong
from markovlens.reliance.repairing.options import RepairOptions
from markovlens.reliance.repairing.repaired import Repaired, Round
from markovlens.reliance.repairing.specification import Specification
from markovlens.reliance.repairing.standing import LINK, Judge, Reader
from markovlens.reliance.repairing.tuning import Lesson, fine_tune
from markovlens.seeding import integer, seed_for
from markovlens.sequences import Sequences
from markovlens.tasks.base import SPLITS, Split, no_targets

SHARES = (0.6, 0.8)  # up to which words are learned, and up to which they decide when to stop
FEWEST = 5  # sequences, or counterexamples, that can be split
Word = tuple[int, ...]
Words = dict[str, list[Word]]  # by split


@dataclass(frozen=True, slots=True)
class Work:
    """What a repair is made with.

    Attributes:
        network: as it was given; never changed.
        ground: where words come from.
        sequences: by split.
        kept: the lesson of what the copy may not forget.
        options, seed: as given to `repair`.
    """

    network: nn.Module
    ground: Ground
    sequences: dict[str, Sequences]
    kept: Lesson
    options: RepairOptions
    seed: int

    @classmethod
    def of(
        cls,
        network: nn.Module,
        specification: Specification,
        sequences: Sequences,
        *,
        options: RepairOptions,
        seed: int,
    ) -> Work:
        """Split the sequences and write down what the network answers to them."""
        if not sequences.are_symbols or len(sequences) < FEWEST:
            kind = "symbols" if sequences.are_symbols else "rows"
            raise DataError(
                f"sequences: expected {FEWEST} or more of symbols, got {len(sequences)} of {kind}",
                page="too-few",
            )
        rng = np.random.default_rng(seed_for(seed, "repair", "sequences"))
        parts = zip(SPLITS, parted(len(sequences), rng), strict=True)
        split = {name: sequences.select(part) for name, part in parts}
        subject = copy.deepcopy(network)
        learn, valid = (rehearsed(subject, specification, split[name]) for name in SPLITS[:2])
        ground = Ground.of(specification, split["train"], options.longest)
        return cls(network, ground, split, Lesson(learn, valid), options, seed)

    def done(self, machine: Machine | None, *, control: bool) -> Repaired:
        """Return the repaired copy and all that is told of it."""
        reader = Reader(self.ground.specification, self.sequences, self.options, self.seed)
        subject, changed = (copy.deepcopy(self.network).eval() for _ in range(2))
        read = reader.read(subject)
        machine = machine or read.machine
        caught = self._hunt(subject, machine, 0)
        words: Words = dict(zip(SPLITS, self._split(caught), strict=True))
        first = {name: _sequences(some) for name, some in words.items() if some}
        rounds = [
            self._learn(changed, words, 0, (machine, caught)),
            *self._later(changed, words, reader),
        ]
        judge = Judge(reader, first.get("test"), self._fresh(words))
        specification = self.ground.specification
        steps = sum(each.steps for each in rounds)
        return Repaired(
            changed,
            specification,
            judge.of(subject, read),
            judge.of(changed),
            judge.of(self._control(words, steps)) if control and steps else None,
            tuple(rounds),
            first,
            self._witness(subject, caught),
        )

    def _later(self, changed: nn.Module, words: Words, reader: Reader) -> Iterator[Round]:
        """Yield hunts after the first, up to one that finds nothing; they add to the words."""
        if not words["train"]:
            return
        for at in range(1, self.options.rounds):
            machine = reader.read(changed).machine
            caught = self._hunt(changed, machine, at)
            known = {word for some in words.values() for word in some}
            new = [word for word in caught.words if word not in known]
            words["train"] += new[len(new) // 4 :]
            words["valid"] += new[: len(new) // 4]
            yield self._learn(changed, words, at, (machine, caught))
            if not caught.words:
                return

    def _hunt(self, network: nn.Module, machine: Machine | None, at: int) -> Caught:
        oracle = Oracle(network, like=self.sequences["train"], link=LINK)
        return hunt(oracle, machine, self.ground, self.options.words, self._rng("hunt", at))

    def _split(self, caught: Caught) -> list[list[Word]]:
        """Return words to learn, to stop by and to judge by; all to learn where there are few."""
        if len(caught.words) < FEWEST:
            return [list(caught.words), list(caught.words), []]
        parts = parted(len(caught.words), self._rng("counterexamples"))
        return [[caught.words[place] for place in part.tolist()] for part in parts]

    def _learn(
        self, network: nn.Module, words: Words, at: int, hunted: tuple[Machine | None, Caught]
    ) -> Round:
        """Fine-tune a network on all words so far, unless this hunt found none."""
        machine, caught = hunted
        n_states = None if machine is None else machine.n_states
        if not caught.words:
            return Round(n_states, caught, 0)
        return Round(n_states, caught, self._tuned(network, words, ("learn", at), None))

    def _tuned(
        self, network: nn.Module, words: Words, names: tuple[str, int], exactly: int | None
    ) -> int:
        learn, valid = (
            labelled(self.ground.specification, _sequences(words[name])) for name in SPLITS[:2]
        )
        return fine_tune(
            network,
            [Lesson(learn, valid), self.kept],
            Objective(Output.DISTRIBUTION, self.ground.specification.classes),
            options=self.options,
            seed=integer(seed_for(self.seed, "repair", *names)),
            exactly=exactly,
        )

    def _control(self, words: Words, steps: int) -> nn.Module:
        """Return a copy that took as many steps on as many random words, none of them held out."""
        network, rng = copy.deepcopy(self.network).eval(), self._rng("control")
        drawn = {name: self._drawn(len(words[name]), words["test"], rng) for name in SPLITS[:2]}
        self._tuned(network, drawn, ("control", 0), steps)
        return network

    def _drawn(self, n_words: int, not_these: list[Word], rng: np.random.Generator) -> list[Word]:
        ground, without = self.ground, set(not_these)
        found = random_strings(n_words, alphabet=ground.alphabet, longest=ground.longest, rng=rng)
        return [word for each in found if (word := tuple(each.tolist())) not in without]

    def _fresh(self, words: Words) -> Sequences:
        """Return words that nothing was made of, a third of each kind of test."""
        drawn = self.ground.tests(self.options.fresh, self._rng("fresh")).values()
        used = {word for some in words.values() for word in some}
        return joined([word for some in drawn for word in some if tuple(word.tolist()) not in used])

    def _witness(self, network: nn.Module, caught: Caught) -> Word | None:
        if not caught.words:
            return None
        oracle = Oracle(network, like=self.sequences["train"], link=LINK)
        return shortest_wrong(oracle, self.ground.specification, _sequences(list(caught.words)))

    def _rng(self, *names: str | int) -> np.random.Generator:
        return np.random.default_rng(seed_for(self.seed, "repair", *names))


def parted(number: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Return the places of three, one and one fifth of so many things, at least one of each."""
    ends = [max(at, round(share * number)) for at, share in enumerate(SHARES, start=1)]
    return [np.sort(part) for part in np.split(rng.permutation(number), ends)]


def labelled(specification: Specification, words: Sequences) -> Padded:
    """Return words with the right class after each step."""
    return pad(Split(words, specification.wanted(words), no_targets(words.n_steps)))


def rehearsed(network: nn.Module, specification: Specification, words: Sequences) -> Padded:
    """Return sequences with what is right and, where that is open, what the network answers."""
    wanted = specification.wanted(words)
    given = Oracle(network, like=words, link=LINK).outputs(words).argmax(axis=1)
    targets = np.where(wanted == NO_TARGET, given, wanted)
    return pad(Split(words, targets, no_targets(words.n_steps)))


def _sequences(words: list[Word]) -> Sequences:
    return joined([np.array(word) for word in words])
