"""What is said of a property: whether it holds, how likely, and the words that show it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from markovlens.faithfulness.scores.guarantees import Guarantee
from markovlens.keyed import with_keys
from markovlens.machines.machine import Machine
from markovlens.reliance.properties.inputs import Inputs
from markovlens.reliance.properties.measuring import Measured, kept_by
from markovlens.reliance.properties.patterns import Property
from markovlens.reliance.properties.replaying import Replay
from markovlens.reliance.properties.storm import Formula
from markovlens.reliance.properties.witness import Word, spelt


class Finding(StrEnum):
    """What is said of a property, in a few words."""

    HOLDS = "holds on the machine"
    """No word that may come breaches it, or few enough do: computed; the network was not asked."""
    VIOLATED = "violated on the machine"
    """A word breaches it, or too many do; the network was not asked."""
    VALUE = "probability"
    """Only the probability was asked."""
    CONFIRMED = "violated by the network"
    """The network breaches it on the word given; or, of probabilities, too often on words drawn."""
    KEPT = "kept by the network on words drawn, violated on the machine"
    """Of probabilities: the network does it seldom enough, and the machine does not."""
    TESTED = "holds on the machine, no violation by the network found"
    """Tested, not proved: with the bounds that are said."""
    UNDECIDED = "undecided"
    """The network does not what the machine does, and no machine was found that it does."""


HOLDING = {Finding.HOLDS: True, Finding.TESTED: True, Finding.KEPT: True,
           Finding.VIOLATED: False, Finding.CONFIRMED: False}  # fmt: skip


@with_keys(words="words", measured="measurements")
@dataclass(frozen=True, slots=True, repr=False)
class Checked:
    """One property of one machine, and of its network where that was asked.

    Attributes:
        stated: the property.
        finding: what is said of it.
        on_machine: whether it holds of the machine that was given, alone; None where only the
            probability was asked.
        probability: (least, most), how likely the machine breaches it, or reaches what is asked
            for: by the choices of symbols that make it so, the same where symbols are drawn; None
            where it is not asked.
        words: of the machine that was given, that show a violation: one of the shortest, or the
            likeliest until the bound is passed, 200 at most.
        machine: that was given.
        inputs: the words that may come.
        replay: what the network did on words; None where it was not asked about any.
        measured: how often the network did it, on words drawn and on the sequences given.
    """

    stated: Property | Formula
    finding: Finding
    on_machine: bool | None
    probability: tuple[float, float] | None
    words: tuple[Word, ...]
    machine: Machine
    inputs: Inputs
    replay: Replay | None = None
    measured: tuple[Measured, ...] = ()

    @property
    def holds(self) -> bool | None:
        """Whether it holds; None where that is undecided, or only the probability was asked."""
        return HOLDING.get(self.finding)

    @property
    def word(self) -> str:
        """The word that shows a violation, in names; that of the network if there is one."""
        if self.replay is not None and self.replay.counterexample is not None:
            return spelt(self.replay.counterexample, self.machine)
        return spelt(self.words[0].symbols, self.machine) if self.words else ""

    @property
    def kept(self) -> Guarantee | None:
        """On how few sequences like those given the network breaches it; None where not tested."""
        return None if self.stated.asks or not self.measured else kept_by(self.measured[-1])

    @property
    def refined(self) -> Machine:
        """The machine as far as words of the network refined it; else the one that was given.

        It does as the network on the words that refined it. Its size is what that took, and need
        not be the network's: a verdict goes by the fewest states that are near enough.
        """
        replay = self.replay
        return self.machine if replay is None or replay.machine is None else replay.machine

    def __repr__(self) -> str:
        """Return what is said, and the words that show it."""
        from markovlens.reliance.properties.telling import lines_of

        return "\n".join(lines_of(self))


@with_keys(each="properties")
@dataclass(frozen=True, slots=True, repr=False)
class Checks:
    """Several properties of one machine.

    Attributes:
        each: one after the other.
    """

    each: tuple[Checked, ...]

    def __iter__(self) -> Iterator[Checked]:
        """Yield each."""
        return iter(self.each)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.each)

    def __getitem__(self, place: int) -> Checked:
        """Return one of them."""
        return self.each[place]

    @property
    def table(self) -> pd.DataFrame:
        """A row for each: `property`, `finding`, `least`, `most` and `word`."""
        return pd.DataFrame([_row(one) for one in self.each])

    def __repr__(self) -> str:
        """Return what is said of each."""
        return "\n".join(map(repr, self.each))


def _row(one: Checked) -> dict[str, object]:
    least, most = one.probability or (None, None)
    return {
        "property": str(one.stated),
        "finding": str(one.finding),
        "least": least,
        "most": most,
        "word": one.word,
    }
