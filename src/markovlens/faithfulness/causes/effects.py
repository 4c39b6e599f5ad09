"""What exchanged states do to answers that are numbers: how far they move, and whether as foretold.

All changes are from what the undisturbed network says, in standard deviations of its output, so
that what a machine gets wrong in every state alike, or rounds off within one, is not held against
its states.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from markovlens.faithfulness.scores.intervals import AT_MOST_1, POSITIVE, SHARE
from markovlens.faithfulness.scores.tally import Bootstrap, Score, Tally, per_sequence
from markovlens.outputs import left_out

# With fewer base sequences some resample would hold none of them.
FEWEST_SEQUENCES = 20
EXPLAINED = ("swap_explained", "swap_explained_centroid", "swap_explained_random")
MOVED = ("swap_effect", "swap_effect_same_state", "swap_effect_random")
EFFECTS = (*EXPLAINED, *MOVED)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the network does from each of Q starts: `intervention.SWAPS`, `steering.STEERS`.

    Attributes:
        answers: (Q, R, G), as `Comparison.seen` has them.
        given: bool (Q, R), whether there is an answer: in a state that it never reaches by itself
            a network may compute numbers that are not finite.
    """

    answers: np.ndarray
    given: np.ndarray


@dataclass(frozen=True, slots=True)
class Continued:
    """The R steps that P bases go on for after their states were exchanged, G columns each.

    Attributes:
        from_base: (R, G), what the machine says from the base's state.
        from_donor: (R, G), what it says from the donor's.
        undisturbed: (R, G), what the network says without an exchange.
        counted: bool (R,), the steps that count: those with an output, of bases with a donor.
        has_same: bool (R,), those of them whose base has a donor of its own state, too.
        lengths: int (P,), the steps of each base.
        sequence: int (P,), the bases among all sequences of the trace.
    """

    from_base: np.ndarray
    from_donor: np.ndarray
    undisturbed: np.ndarray
    counted: np.ndarray
    has_same: np.ndarray
    lengths: np.ndarray
    sequence: np.ndarray

    def score(
        self,
        numerator: np.ndarray,
        weight: np.ndarray,
        bootstrap: Bootstrap,
        scale: str = SHARE,
    ) -> Score | None:
        """Return the score of what bases add (P, G), None if too few do.

        It is resampled by the sequence of the base.
        """
        shape = (bootstrap.counts.shape[1], weight.shape[1])
        numerators, weights = np.zeros(shape), np.zeros(shape)
        numerators[self.sequence], weights[self.sequence] = numerator, weight
        n_sequences = int((weights > 0).any(axis=1).sum())
        if n_sequences < FEWEST_SEQUENCES:
            return None
        tally = Tally(numerators, weights, scale)
        return replace(bootstrap.score(tally), n_sequences=n_sequences)

    def answered(self, given: np.ndarray) -> np.ndarray:
        """Return the steps (R,) of bases that are answered wherever they count.

        After a number that is not finite nothing that a network says can be trusted, so that the
        whole swap is left out.
        """
        lost = per_sequence(~given, np.where(self.counted, 0, -1), self.lengths, 1)[:, 0] > 0
        return np.repeat(~lost, self.lengths)

    def note(self, answered: np.ndarray, where: np.ndarray) -> str:
        """Say how many of the swaps with steps `where` (R,) are left out, "" if none are."""
        groups = np.where(where, 0, -1)
        steps, kept = (
            per_sequence(each, groups, self.lengths, 1) > 0 for each in (where, answered)
        )
        return left_out(int((steps & ~kept).sum()), int(steps.sum()), "swaps")

    def sums(self, values: np.ndarray, where: np.ndarray) -> np.ndarray:
        """Return the sums (P, G) over each base of values (R, G) at the steps `where` (R,)."""
        groups = np.where(where, 0, -1)
        return np.hstack([per_sequence(one, groups, self.lengths, 1) for one in values.T])


def effects(continued: Continued, seen: Seen, bootstrap: Bootstrap) -> dict[str, Score]:
    """Return how far answers move and how much of that the machine foretells, see `EFFECTS`.

    - `swap_effect`: how far a donor of another state moves the answer, mean absolute change;
      `swap_effect_same_state` and `swap_effect_random`: how far one of the same state does, which
      should be little, and a move as long in a random direction.
    - `swap_explained`: 1 less the squared change that the machine does not foretell over the
      squared change: 1 where every change is foretold, 0 for a machine that says nothing changes.
      `swap_explained_centroid` and `swap_explained_random` are the same of a network put at the
      mean of the donor's state, or moved at random, still over the change that the donor makes.

    Args:
        continued: what machine and network say.
        seen: what the network says after each of `intervention.SWAPS`.
        bootstrap: over the trace's sequences; the base's sequence is the unit.

    Returns:
        Nothing where too few bases have a donor, or nothing that is exchanged changes anything.
    """
    donor, centroid, same, random = seen.answers - continued.undisturbed
    known, known_centroid, known_same, known_random = map(continued.answered, seen.given)
    foretold = continued.from_donor - continued.from_base
    counted, within = continued.counted, continued.has_same
    scores: dict[str, Score | None] = {}
    moves = zip((donor, centroid, random), (known, known_centroid, known_random), strict=True)
    for name, (moved, answered) in zip(EXPLAINED, moves, strict=True):
        where = counted & known & answered
        room = continued.sums(donor**2, where)
        lost = continued.sums((moved - foretold) ** 2, where)
        found = continued.score(room - lost, room, bootstrap, AT_MOST_1)
        scores[name] = _noted(found, continued.note(known & answered, counted))
    moves = zip((donor, same, random), (known, known_same, known_random), strict=True)
    for name, (moved, answered), where in zip(
        MOVED, moves, (counted, within, counted), strict=True
    ):
        steps = continued.sums(np.ones_like(moved), where & answered)
        moved_by = continued.sums(np.abs(moved), where & answered)
        found = continued.score(moved_by, steps, bootstrap, POSITIVE)
        scores[name] = _noted(found, continued.note(answered, where))
    if scores.get(EXPLAINED[0]) is None:
        return {}
    return {name: score for name, score in scores.items() if score is not None}


def _noted(score: Score | None, note: str) -> Score | None:
    return None if score is None else replace(score, note=note)
