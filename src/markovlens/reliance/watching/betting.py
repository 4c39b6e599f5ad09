"""Evidence against "nothing has changed" that may be looked at after every sequence, for ever.

A sequence gets a score. Where live sequences are exchangeable with the calibration sequences, the
rank of each score among all before it is uniform and independent of the ranks before (Vovk,
Gammerman & Shafer 2005, theorem 8.2: smoothed conformal p-values, in the online way: a p-value
against calibration sequences alone is uniform in the mean over calibrations, but not along one
endless stream). Against that one bets; the capital is a test martingale, and by Ville's inequality
it reaches 1/alpha in an endless stream with probability at most alpha (Ramdas, Grünwald, Vovk &
Shafer 2023, section 3).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from math import log2

POWERS = (0.1, 0.25, 0.5, 0.75)
SLOWNESS = 16  # sequences
RICHEST = 1e200  # beyond which capital is kept as it is: far above any threshold, and finite


class Ranks:
    """How many sequences had which score, in bins that were fixed before: bounded memory.

    Attributes:
        edges: B - 1 rising upper ends of bins; the last bin has all scores above them.
        counts: of B bins.
    """

    def __init__(self, edges: Sequence[float], counts: Sequence[int] | None = None) -> None:
        """Begin with these counts, or none."""
        self.edges = tuple(edges)
        self.counts = [0] * (len(self.edges) + 1) if counts is None else list(counts)

    def bin_of(self, score: float) -> int:
        """Return the bin of a score."""
        return bisect_left(self.edges, score)

    def p_value(self, place: int, tie: float) -> float:
        """Return the smoothed p-value of one sequence more in a bin; small where few lie above.

        It falls as `place` rises: a score that only grows within a sequence has a p-value that only
        falls.

        Args:
            place: its bin.
            tie: a uniform number in (0, 1], one for each sequence, drawn before it.
        """
        above = sum(self.counts[place + 1 :])
        alike = 1 + self.counts[place]
        return (above + tie * alike) / (1 + sum(self.counts))

    def add(self, place: int) -> None:
        """Count a sequence."""
        self.counts[place] += 1


class Wager:
    """Capital that is bet on small p-values: 1 at first, a test martingale under uniform ones.

    Every bet multiplies a part of the capital by `power * p ** (power - 1)`, whose mean over
    uniform p is 1; there are parts for several powers (a mixture, as large p-values are not known
    to be how small beforehand). Before each sequence a little of what was not yet bet is put on
    each: `reserve` never runs out, so that a change after long quiet is met with fresh money, and
    costs log n + 2 log log n more than one at the beginning.

    Attributes:
        capital: what each power's part is worth.
        n_bets: sequences so far.
    """

    def __init__(self, capital: Sequence[float] | None = None, n_bets: int = 0) -> None:
        """Begin with a capital of 1, or go on."""
        self.capital = [0.0] * len(POWERS) if capital is None else list(capital)
        self.n_bets = n_bets

    def worth(self, p_value: float = 1.0, *, settled: bool = False) -> float:
        """Return the capital if the running sequence ends with this p-value.

        It rises as the p-value falls. `settled`: between two sequences, without a bet.
        """
        if settled:
            return sum(self.capital) + reserve(self.n_bets)
        return sum(self._after(p_value)) + reserve(self.n_bets + 1)

    def settle(self, p_value: float) -> None:
        """Take the outcome of a sequence."""
        self.capital = self._after(p_value)
        self.n_bets += 1

    def _after(self, p_value: float) -> list[float]:
        fresh = (reserve(self.n_bets) - reserve(self.n_bets + 1)) / len(POWERS)
        return [
            min((part + fresh) * power * p_value ** (power - 1), RICHEST)
            for part, power in zip(self.capital, POWERS, strict=True)
        ]


def reserve(n_bets: int) -> float:
    """Return what of a capital of 1 is not yet bet: 1 / log2(2 + n / 16), which falls to 0 at last.

    Changes are as likely thought in any of the first dozens of sequences, and later ever less.
    """
    return 1 / log2(2 + n_bets / SLOWNESS)
