"""How a network stands by its specification: on words held out, on fresh ones, and as a machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from torch import nn

from markovlens.abstractions.base import Options
from markovlens.abstractions.study import study
from markovlens.activations.oracle import Oracle
from markovlens.activations.outputs import Link
from markovlens.activations.recorder import record
from markovlens.errors import DataError, reason_of
from markovlens.faithfulness.scores.tally import Bootstrap, Score, Tally
from markovlens.machines.deciding import told_apart
from markovlens.machines.machine import Machine
from markovlens.machines.minimisation import equivalent
from markovlens.reliance.repairing.hunting import broken, wrong_steps
from markovlens.reliance.repairing.options import RepairOptions
from markovlens.reliance.repairing.specification import Specification
from markovlens.seeding import seed_for
from markovlens.sequences import Sequences
from markovlens.spelling import count

if TYPE_CHECKING:
    from collections.abc import Mapping

LINK: Link = "classes"  # softmax of several columns, sigmoid of a single logit
METHOD = "lstar"


@dataclass(frozen=True, slots=True)
class Read:
    """The smallest automaton that L* reads off a network, or why there is none."""

    machine: Machine | None
    why_not: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Standing:
    """What holds of one network.

    Attributes:
        held_out: share of counterexamples that were neither learned nor looked at which the network
            still gets wrong, after any of their symbols; None where none was found.
        fresh: the same of words drawn afterwards, at random, by edits of sequences and along the
            specification.
        accuracy: share of test sequences at the end of which the network decides as specified.
        read: the machine read off it.
        specified: the automaton of the specification, None where it is a function.
    """

    held_out: Score | None
    fresh: Score
    accuracy: Score
    read: Read
    specified: Machine | None

    @property
    def n_states(self) -> int | None:
        """States of the machine, None without one."""
        return None if self.read.machine is None else self.read.machine.n_states

    @property
    def equivalent(self) -> bool | None:
        """Whether the machine decides as specified after every word; None where nobody can say."""
        if self.read.machine is None or self.specified is None:
            return None
        return self.differs is None

    @property
    def differs(self) -> tuple[int, ...] | None:
        """The shortest word on which the machine and the specification differ, if any is known."""
        if self.read.machine is None or self.specified is None:
            return None
        return equivalent(self.read.machine, self.specified)

    def __repr__(self) -> str:
        """Return the three shares and the machine in a line."""
        held_out = "" if self.held_out is None else f"held out {in_words(self.held_out)}, "
        return f"Standing: wrong on {held_out}fresh {in_words(self.fresh)}; {self.of_machine()}"

    def of_machine(self) -> str:
        """Return how many states the machine has, and whether it is the specification."""
        if self.read.machine is None:
            return f"none ({self.read.why_not})"
        said = {None: "", True: ", as specified", False: ", not as specified"}[self.equivalent]
        return f"{count(self.read.machine.n_states, 'state')}{said}"


def in_words(score: Score) -> str:
    """Return a share with its interval."""
    return f"{score.value:.3f} [{score.low:.3f}, {score.high:.3f}]"


@dataclass(frozen=True, slots=True)
class Reader:
    """By what machines are read off networks.

    Attributes:
        specification: names of symbols and classes.
        sequences: by split; sizes are chosen on the validation ones.
        options, seed: of the repair.
    """

    specification: Specification
    sequences: Mapping[str, Sequences]
    options: RepairOptions
    seed: int

    def read(self, network: nn.Module) -> Read:
        """Return the smallest automaton that L* reads off a network."""
        train, valid = (
            record(
                network,
                self.sequences[split],
                link=LINK,
                symbols=self.specification.symbols,
                classes=self.specification.classes,
            )
            for split in ("train", "valid")
        )
        found = study(
            METHOD,
            train,
            valid,
            n_states=self.options.n_states,
            seed=seed_for(self.seed, "repair", METHOD),
            options=Options(queries=self.options.queries),
            network=Oracle(network, like=self.sequences["train"], link=LINK),
        )
        try:
            return Read(told_apart(found.best, self.sequences["train"]))
        except DataError as error:
            return Read(None, reason_of(error))


@dataclass(frozen=True, slots=True)
class Judge:
    """What all networks of one repair are judged on.

    Attributes:
        reader: by what machines are read off them.
        held_out: counterexamples of the network as it was, None without any.
        fresh: words drawn for this alone.
    """

    reader: Reader
    held_out: Sequences | None
    fresh: Sequences

    def of(self, network: nn.Module, read: Read | None = None) -> Standing:
        """Return how a network stands; `read` is its machine where that is known."""
        reader = self.reader
        test, specification = reader.sequences["test"], reader.specification
        oracle = Oracle(network, like=test, link=LINK)
        read = read or reader.read(network)
        right = ~wrong_steps(oracle, specification, test)[np.cumsum(test.lengths) - 1]
        held_out = None if self.held_out is None else broken(oracle, specification, self.held_out)
        return Standing(
            None if held_out is None else self._share(held_out, "held out"),
            self._share(broken(oracle, specification, self.fresh), "fresh"),
            self._share(right, "test"),
            read,
            specification.machine,
        )

    def _share(self, hits: np.ndarray, what: str) -> Score:
        options = self.reader.options
        rng = np.random.default_rng(seed_for(self.reader.seed, "repair", "resamples", what))
        bootstrap = Bootstrap.draw(
            len(hits), n_resamples=options.bootstraps, rng=rng, level=options.level
        )
        return bootstrap.score(Tally(hits[:, None].astype(float), np.ones((len(hits), 1))))
