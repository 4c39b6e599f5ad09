"""What a repair returns: the rounds, and a network before and after."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from markovlens.keyed import with_keys
from markovlens.reliance.repairing.hunting import Caught
from markovlens.reliance.repairing.specification import Specification
from markovlens.reliance.repairing.standing import Standing, in_words
from markovlens.sequences import Sequences
from markovlens.spelling import inflected

HEADS = ("wrong on held-out", "on fresh words", "accuracy")


@dataclass(frozen=True, slots=True, repr=False)
class Round:
    """One hunt and what was made of it.

    Attributes:
        n_states: states of the machine that the hunt went by, None without one.
        caught: what it found.
        steps: gradient steps then taken, on its words and those of earlier hunts; 0 where it found
            none.
    """

    n_states: int | None
    caught: Caught
    steps: int

    def __repr__(self) -> str:
        """Return what was found where, and what was done."""
        by = ", ".join(
            f"{name} {wrong} of {self.caught.asked[name]}"
            for name, wrong in self.caught.wrong.items()
        )
        done = f"{self.steps} {inflected(self.steps, 'step')}" if self.steps else "nothing to learn"
        words = inflected(len(self.caught.words), "word")
        return f"{len(self.caught.words)} different {words} wrong ({by}); {done}"


@with_keys(rounds="rounds", counterexamples="splits")
@dataclass(frozen=True, slots=True, repr=False)
class Repaired:
    """A network before and after.

    Attributes:
        network: the repaired copy, in evaluation mode; the network that was given is as it was.
        specification: what was asked of it.
        before, after: how the network and the copy stand, judged on the same words.
        control: how another copy stands after as many steps on as many random words with their
            right answers; None where it was not asked for or nothing was learned.
        rounds: the hunts.
        counterexamples: the words found in the first hunt, by what they were for: `train`, `valid`
            and, held out until the end, `test`.
        witness: the shortest word found after which the network is wrong; None where none was.
    """

    network: nn.Module
    specification: Specification
    before: Standing
    after: Standing
    control: Standing | None
    rounds: tuple[Round, ...]
    counterexamples: dict[str, Sequences]
    witness: tuple[int, ...] | None

    @property
    def steps(self) -> int:
        """Gradient steps taken in all rounds."""
        return sum(each.steps for each in self.rounds)

    def __repr__(self) -> str:
        """Return a table: before, after and the control."""
        symbols = self.specification.symbols
        shown = None if self.witness is None else " ".join(symbols[v] for v in self.witness)
        first = (
            "nothing to repair: no word was found that breaks the specification"
            if shown is None
            else f"shortest word that it got wrong: {shown}"
        )
        standings = {"before": self.before, "after": self.after}
        standings |= {} if self.control is None else {"control": self.control}
        rounds = "".join(f"\n  round {at}: {each!r}" for at, each in enumerate(self.rounds, 1))
        lines = "".join(f"\n  {name:8}{_line(each)}" for name, each in standings.items())
        heads = "".join(f"{head:<23}" for head in HEADS)
        return (
            f"Repaired in {self.steps} {inflected(self.steps, 'step')}; {first}{rounds}\n"
            f"  {'':8}{heads}machine{lines}"
        )


def _line(standing: Standing) -> str:
    scores = (standing.held_out, standing.fresh, standing.accuracy)
    cells = "".join(f"{'-' if each is None else in_words(each):<23}" for each in scores)
    return f"{cells}{standing.of_machine()}"
