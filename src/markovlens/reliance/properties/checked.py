"""What is said of a property: whether it holds, how likely, and the words that show it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from markovlens.machines.machine import BELIEF, Machine
from markovlens.reliance.properties.inputs import Inputs
from markovlens.reliance.properties.patterns import Property
from markovlens.reliance.properties.witness import Word

MOST_SHOWN = 3  # words that are printed


class Finding(StrEnum):
    """What is said of a property, in a word."""

    HOLDS = "holds on the machine"
    """No word that may come breaches it, or few enough do: computed for the machine."""
    VIOLATED = "violated on the machine"
    """A word breaches it, or too many do; the network was not asked."""
    VALUE = "probability"
    """Only the probability was asked."""


@dataclass(frozen=True, slots=True, repr=False)
class Checked:
    """One property of one machine.

    Attributes:
        stated: the property.
        finding: what is said of it.
        probability: (least, most), how likely a breach is, or what is to be reached: by the choices
            of symbols that make it so, the same where symbols are drawn; None where not asked.
        words: that show a violation: one of the shortest, or the likeliest until the bound is
            passed, 200 at most.
        machine: that was checked.
        inputs: the words that may come.
    """

    stated: Property
    finding: Finding
    probability: tuple[float, float] | None
    words: tuple[Word, ...]
    machine: Machine
    inputs: Inputs

    @property
    def holds(self) -> bool | None:
        """Whether it holds; None where only the probability was asked."""
        return None if self.finding == Finding.VALUE else self.finding == Finding.HOLDS

    @property
    def word(self) -> str:
        """The first of the words that show a violation, in names; "" without any."""
        return self._spelt(self.words[0]) if self.words else ""

    def _spelt(self, word: Word) -> str:
        names = word.named(self.machine)
        return ("; " if any(" " in name for name in names) else " ").join(names)

    def __repr__(self) -> str:
        """Return what is said, and the words that show it."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        said = self.finding if self.probability is None else f"{self.finding}{self._chance()}"
        yield f"{self.stated}: {said}"
        for word in self.words[:MOST_SHOWN]:
            path = " ".join(map(str, word.states))
            likely = "" if self.inputs.weight is None else f", probability {word.probability:.3g}"
            unseen = "" if word.seen else "; some move was never seen when the machine was built"
            yield f"  {self._spelt(word)} (states {path}{likely}){unseen}"
        if len(self.words) > 1:
            total = sum(word.probability for word in self.words)
            more = f"the {len(self.words)} likeliest words" + (
                f", {len(self.words) - MOST_SHOWN} not shown,"
                if len(self.words) > MOST_SHOWN
                else ""
            )
            yield f"  {more} have a probability of {total:.3g} together"
        yield f"  on {self.inputs.said}{self._drawn()}"

    def _chance(self) -> str:
        assert self.probability is not None, "it is asked"
        least, most = self.probability
        shown = f"{most:.6g}" if least == most else f"{least:.6g} to {most:.6g}"
        what = "" if self.finding == Finding.VALUE else ", probability"
        return f"{what} {shown}"

    def _drawn(self) -> str:
        drawn = "; the machine carries a belief, and was checked as drawing a state at each step"
        return drawn if self.machine.carries == BELIEF else ""


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
