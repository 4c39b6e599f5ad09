"""The patterns in which a property may be stated, and what watches each step by step.

They are those of Dwyer, Avrunin & Corbett ("Patterns in property specifications for finite-state
verification", 1999) whose breach a finite word shows, with their scopes: a part that is opened by
a step, that one included, and closed by another, that one not. Each becomes a table of moves over
what is true at a step, the last of whose states is entered when the property is breached.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from markovlens.faithfulness.scores.shrinking import NEVER
from markovlens.reliance.properties.letters import Letters, Statement, truth_of
from markovlens.sequences import Sequences, by_step


class Pattern(StrEnum):
    """What is asked of statements X, Y and Z."""

    NEVER = "never"
    """X is true at no step."""
    ALWAYS = "always"
    """X is true at every step."""
    COUNTED = "counted"
    """X is true at no more than n steps."""
    FOLLOWED = "followed"
    """Each X has a Y at the same step or one of the next n."""
    NEXT = "next"
    """Each X has a Y at the next step."""
    AFTER = "after"
    """X is true at no step from the first Y on."""
    AFTER_UNTIL = "after until"
    """X is true at no step from a Y on, until the next Z."""
    ONLY_AFTER = "only after"
    """X is true at no step before the first Y."""


@dataclass(frozen=True, slots=True)
class Watch:
    """A pattern as an automaton over what is true at a step.

    Attributes:
        moves: int (M, 2^A), the next state by that in which it is, 0 at the beginning, and by which
            of A statements are true, as `letters.truth_of` counts. State M - 1 is never left: it
            is entered at the step at which the property is breached.
    """

    moves: np.ndarray

    @property
    def breached(self) -> int:
        """The state of a breach, M - 1."""
        return len(self.moves) - 1

    def first_breach(self, truth: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Return the step (S,) at which each of S sequences breaches the property, or `NEVER`.

        Args:
            truth: int (N,), what is true at each step.
            lengths: int (S,), steps of each sequence.
        """
        state = np.zeros(len(lengths), dtype=np.int64)
        found = np.full(len(lengths), NEVER)
        for step, (active, rows) in enumerate(by_step(lengths)):
            state[active] = self.moves[state[active], truth[rows]]
            new = active[(state[active] == self.breached) & (found[active] == NEVER)]
            found[new] = step
        return found


def watch_of(pattern: Pattern, n_statements: int, number: int = 0) -> Watch:
    """Return the automaton of a pattern.

    Args:
        pattern: what is asked.
        n_statements: 1 to 3, in the order X, Y, Z.
        number: n of the patterns that count.
    """
    truth = np.arange(2**n_statements)
    x, y, z = (truth >> place & 1 == 1 for place in range(3))
    if pattern in (Pattern.NEVER, Pattern.ALWAYS):
        return _watch([np.where(x if pattern == Pattern.NEVER else ~x, 1, 0)])
    if pattern == Pattern.COUNTED:
        return _watch([np.where(x, seen + 1, seen) for seen in range(number + 1)])
    if pattern == Pattern.FOLLOWED:
        return _followed(x, y, number)
    if pattern == Pattern.NEXT:
        return _watch([np.where(x, 1, 0), np.where(y, np.where(x, 1, 0), 2)])
    if pattern == Pattern.ONLY_AFTER:
        met = np.where(y, 1, np.where(x, 2, 0))
        return _watch([met, np.ones_like(truth)])
    inside = np.where(z, 0, np.where(x, 2, 1))
    return _watch([np.where(y, inside, 0), inside])


def _followed(x: np.ndarray, y: np.ndarray, number: int) -> Watch:
    """Return the watch whose state s > 0 says that a Y must come within number + 1 - s steps."""
    due = np.where(x & ~y, 1, 0)
    return _watch([due, *(np.where(y, 0, waited + 1) for waited in range(1, number + 1))])


def _watch(rows: list[np.ndarray]) -> Watch:
    """Return a watch with the state of a breach after those that have rows."""
    return Watch(np.array([*rows, np.full_like(rows[0], len(rows))]))


ROUNDING = 1e-12  # of exact probabilities, by which a bound is not broken


@dataclass(frozen=True, slots=True)
class Bound:
    """How likely something may be.

    Attributes:
        most: whether `limit` is the largest probability that may be, else the smallest.
        limit: in 0..1.
    """

    most: bool
    limit: float

    def holds(self, least: float, most: float) -> bool:
        """Return whether probabilities from the least to the most are within it, but rounding."""
        if self.most:
            return most <= self.limit + ROUNDING
        return least >= self.limit - ROUNDING


def bounded_above(stated: object) -> bool:
    """Return whether a probability is bounded, so that enough words can show that it is passed."""
    return isinstance(stated, Property) and stated.bound is not None and stated.bound.most


@dataclass(frozen=True, slots=True)
class Property:
    """What must hold.

    Attributes:
        text: as it was stated.
        pattern: what is watched for; of the probability of reaching X it is `never`, so that a
            "breach" is that X is reached.
        statements: X, and where the pattern has them Y and Z.
        number: n of patterns that count.
        bound: of the probability of a breach; None where there must be none, or where only the
            probability is asked.
        asks: whether the probability is asked, and not only whether a breach is possible.
        steps: within how many steps a breach counts; None of any.
    """

    text: str
    pattern: Pattern
    statements: tuple[Statement, ...]
    number: int = 0
    bound: Bound | None = None
    asks: bool = False
    steps: int | None = None

    @property
    def watch(self) -> Watch:
        """What watches it."""
        return watch_of(self.pattern, len(self.statements), self.number)

    def first_breach(self, letters: Letters, inputs: Sequences) -> np.ndarray:
        """Return the step (S,) at which each sequence breaches it, or `NEVER`.

        Steps from `steps` on do not count.
        """
        found = self.watch.first_breach(truth_of(self.statements, letters), inputs.lengths)
        late = False if self.steps is None else found >= self.steps
        return np.where(late, NEVER, found)

    def __str__(self) -> str:
        """Return it as it was stated."""
        return self.text
