"""What tests on which nothing failed, or little, say of all others: exact bounds, in words.

A bound is of the distribution that the tests were drawn from and of no other, and it is never a
proof: with the confidence that is said, no more than that share of what is drawn likewise fails.

Sources: Clopper & Pearson, "The use of confidence or fiducial limits illustrated in the case of the
binomial", 1934 (the bounds); Angluin, "Learning regular sets from queries and counterexamples",
1987 (how many tests each of several machines takes, so that all bounds hold at once).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log

from scipy.special import betaincinv

from markovlens.errors import DataError
from markovlens.faithfulness.scores.distinct import of_them_distinct
from markovlens.spelling import inflected


@dataclass(frozen=True, slots=True)
class Guarantee:
    """How few of what is drawn like the tests fail.

    Attributes:
        n_tests: how many were made, each drawn apart from the others.
        n_failed: on how many it failed.
        confidence: 1 - delta, with which the bound holds.
        drawn: what the tests were, in words to follow "of": `sequences like the test sequences`.
        n_distinct: how many of them differ, where that is known; the bound is of draws, which may
            be the same, and not of copies.
    """

    n_tests: int
    n_failed: int
    confidence: float
    drawn: str
    n_distinct: int | None = None

    @property
    def epsilon(self) -> float:
        """The largest share that fails."""
        return most_failures(self.n_failed, self.n_tests, self.confidence)

    @property
    def kept(self) -> str:
        """The bound in words: `at least 98.5 % of sequences like these`."""
        return f"at least {_percent(1 - self.epsilon)} of {self.drawn}"

    @property
    def made(self) -> str:
        """What it rests on, in words."""
        good = self.n_tests - self.n_failed
        count = f"all {self.n_tests}" if not self.n_failed else f"{good} of {self.n_tests}"
        tests = inflected(self.n_tests, "test") + of_them_distinct(self.n_distinct, self.n_tests)
        return f"{count} {tests}, confidence {_percent(self.confidence)}; tested, not proved"

    def __str__(self) -> str:
        """Return the bound and what it rests on."""
        return f"{self.kept} ({self.made})"


def most_failures(n_failed: int, n_tests: int, confidence: float) -> float:
    """Return the share of failures that is not exceeded with a confidence: 1 without any test.

    It is the exact (Clopper-Pearson) one-sided bound; 1 - (1 - confidence)^(1/n) if none failed.

    Raises:
        DataError: counts that are none, or a confidence outside (0, 1).
    """
    if not 0 <= n_failed <= n_tests:
        raise DataError(
            f"expected failures among {n_tests} tests, got {n_failed}; count again",
            page="out-of-range",
        )
    if not 0 < confidence < 1:
        raise DataError(
            f"expected a confidence between 0 and 1, got {confidence}; give 0.95",
            page="out-of-range",
        )
    if n_failed == n_tests:
        return 1.0
    return float(betaincinv(n_failed + 1, n_tests - n_failed, confidence))


def least_failures(n_failed: int, n_tests: int, confidence: float) -> float:
    """Return the share of failures that is reached with a confidence, as `most_failures`."""
    return 1.0 - most_failures(n_tests - n_failed, n_tests, confidence)


def tests_needed(turn: int, *, epsilon: float, delta: float) -> int:
    """Return the tests that the machine of a turn, 0 of the first, must pass without a failure.

    (ln(1/delta) + (turn + 1) ln 2) / epsilon: the risks delta / 2^(turn + 1) of all turns together
    are delta at most, however many machines are tried one after the other.
    """
    return ceil((log(1 / delta) + (turn + 1) * log(2)) / epsilon)


def risk_of(turn: int, delta: float) -> float:
    """Return the part delta / 2^(turn + 1) of a risk that the machine of a turn may take."""
    return float(delta / 2.0 ** (turn + 1))


def _percent(share: float) -> str:
    """Return a share as `98.5 %`, rounded down, so that no bound is better than it is."""
    text = f"{int(share * 100_000) / 1000:.2f}".rstrip("0").rstrip(".")
    return f"{text} %"
