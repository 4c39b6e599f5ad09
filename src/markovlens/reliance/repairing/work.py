"""A repair under way: hunts, lessons, and what becomes of a copy of the network."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from torch import nn

from markovlens.activations.oracle import Oracle
from markovlens.errors import DataError
from markovlens.faithfulness.scores.strings import joined
from markovlens.machines.machine import Machine
from markovlens.networks.data import Padded, pad
from markovlens.networks.objectives import Objective
from markovlens.outputs import NO_TARGET, Output
from markovlens.reliance.repairing.hunting import Caught, Ground, first_wrong, hunt
from markovlens.reliance.repairing.options import RepairOptions
from markovlens.reliance.repairing.repaired import Repaired, Round
from markovlens.reliance.repairing.specification import Specification
from markovlens.reliance.repairing.splitting import (
    Word,
    Words,
    begins,
    distinct,
    split_found,
    split_sequences,
    without,
    words_of,
)
from markovlens.reliance.repairing.standing import LINK, Judge, Reader
from markovlens.reliance.repairing.tuning import Lesson, fine_tune
from markovlens.seeding import integer, seed_for
from markovlens.sequences import Sequences
from markovlens.tasks.base import SPLITS, Split, no_targets


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
        test: Sequences | None,
        options: RepairOptions,
        seed: int,
    ) -> Work:
        """Split the sequences and write down what the network answers to them."""
        rng = np.random.default_rng(seed_for(seed, "repair", "sequences"))
        split = split_sequences(sequences, rng)
        split["test"] = split["test"] if test is None else without(test, sequences)
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
        wrong = self._wrong(subject, caught)
        words, held = split_found(wrong, self._rehearsed(), self._rng("counterexamples"))
        first = {name: _sequences(some) for name, some in words.items() if some}
        rounds = [
            self._learn(changed, words, 0, (machine, caught)),
            *self._later(changed, words, held, reader),
        ]
        random = self._random(words, held)
        judge = Judge(reader, first.get("test"), self._fresh(words, random))
        specification = self.ground.specification
        steps = sum(each.steps for each in rounds)
        return Repaired(
            changed,
            specification,
            judge.of(subject, read),
            judge.of(changed),
            judge.of(self._control(random, steps)) if control and steps else None,
            tuple(rounds),
            first,
            min(wrong.values(), key=len, default=None),
        )

    def _later(
        self, changed: nn.Module, words: Words, held: frozenset[Word], reader: Reader
    ) -> Iterator[Round]:
        """Yield hunts after the first, up to one that finds nothing; they add to the words.

        Words that begin like those held out are not learned.
        """
        if not words["train"]:
            return
        for at in range(1, self.options.rounds):
            machine = reader.read(changed).machine
            caught = self._hunt(changed, machine, at)
            known = {word for some in words.values() for word in some}
            new = [each for each in caught.words if each not in known and not begins(each, held)]
            words["train"] += new[len(new) // 4 :]
            words["valid"] += new[: len(new) // 4]
            yield self._learn(changed, words, at, (machine, caught))
            if not caught.words:
                return

    def _hunt(self, network: nn.Module, machine: Machine | None, at: int) -> Caught:
        oracle = Oracle(network, like=self.sequences["train"], link=LINK)
        return hunt(oracle, machine, self.ground, self.options.words, self._rng("hunt", at))

    def _wrong(self, network: nn.Module, caught: Caught) -> dict[Word, Word]:
        """Return of each word found its shortest beginning after which the network is wrong."""
        if not caught.words:
            return {}
        oracle = Oracle(network, like=self.sequences["train"], link=LINK)
        words = _sequences(list(caught.words))
        wrong = first_wrong(oracle, self.ground.specification, words)
        return dict(zip(caught.words, wrong, strict=True))

    def _rehearsed(self) -> list[Word]:
        return [word for name in SPLITS[:2] for word in words_of(self.sequences[name])]

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

    def _control(self, random: Words, steps: int) -> nn.Module:
        """Return a copy that took as many steps on random words."""
        network = copy.deepcopy(self.network).eval()
        self._tuned(network, random, ("control", 0), steps)
        return network

    def _random(self, words: Words, held: frozenset[Word]) -> Words:
        """Return as many random words as were learned, none of which begins like one held out."""
        rng = self._rng("control")
        refused = partial(begins, beginnings=held)
        return {
            name: distinct(partial(self.ground.random, len(some), rng), len(some), refused)
            for name, some in words.items()
            if name != "test"
        }

    def _fresh(self, *learned: Words) -> Sequences:
        """Return different words that nothing was made of, a third of each kind of test."""
        used = {word for words in learned for some in words.values() for word in some}
        used.update(self._rehearsed())
        rng, n_words, fresh = self._rng("fresh"), self.options.fresh, list[Word]()
        for draw in self.ground.kinds().values():
            found = distinct(partial(draw, n_words, rng), n_words, used.__contains__)
            used.update(found)
            fresh += found
        if not fresh:
            raise DataError(
                f"longest: expected words of up to {self.ground.longest} symbols that were not "
                "learned, to judge by, got none; allow longer ones",
                page="too-few",
            )
        return _sequences(fresh)

    def _rng(self, *names: str | int) -> np.random.Generator:
        return np.random.default_rng(seed_for(self.seed, "repair", *names))


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
