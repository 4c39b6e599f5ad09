"""How many digits a rule takes that, read literally, decides as the rule that is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isinf

import numpy as np

from markovlens.codebooks.known import Known

FINE = 0.005  # of the spread of what is cut, and of gaps between cuts, that a rule may be off
LEAST, LEAST_OF_WEIGHTS = 2, 3
ENOUGH = 6  # digits of a number that is told as it is, and of all where the spread is not known
MOST = 17
SAME = 1e-9  # of a number, within which it is taken for one of few digits


@dataclass(frozen=True, slots=True)
class Extent:
    """How a feature's values lie.

    Attributes:
        spread: between which half of them lie; None where it is not known, or nothing.
        reach: the largest size of a value.
    """

    spread: float | None = None
    reach: float = inf

    @classmethod
    def of(cls, known: Known | None) -> Extent:
        """Return how the values lie of which something is known."""
        if known is None or known.population is None or known.low is None or known.high is None:
            return cls()
        low, high = known.population.middle
        return cls(high - low or None, max(abs(known.low), abs(known.high)))


def sum_spread(weights: np.ndarray, extents: Sequence[Extent]) -> float | None:
    """Return a spread of a weighted sum (F,) on the safe side: the least of its terms."""
    terms = [(abs(size), each.spread) for size, each in zip(weights.tolist(), extents, strict=True)
             if size]  # fmt: skip
    known = [size * spread for size, spread in terms if spread is not None]
    return min(known) if len(known) == len(terms) else None


def room_of(thresholds: Sequence[float], spread: float | None) -> float:
    """Return how far off thresholds of one feature, rising, may be told; infinite if unknown."""
    gaps = [above - below for below, above in pairwise(thresholds)]
    return FINE * float(min([spread or inf, *gaps]))


def told(value: float, room: float, *, is_known: bool) -> str:
    """Return a number in the fewest digits that are near enough, as it is where it has few.

    Args:
        value: any number.
        room: how far off it may be.
        is_known: whether the room is by the spread of values; otherwise `ENOUGH` digits are told.
    """
    off = min(room, SAME * abs(value))
    digits = _digits(value, off, LEAST)
    if digits > ENOUGH:
        digits = _digits(value, room, LEAST if is_known else ENOUGH)
    return plain(value, digits)


def told_weight(weight: float, room: float) -> str:
    """Return the size of a weight in a sum, off by no more than there is room."""
    size = abs(weight)
    if isinf(room):
        return told(size, room, is_known=False)
    return plain(size, _digits(size, room, LEAST_OF_WEIGHTS))


def _digits(value: float, room: float, least: int) -> int:
    """Return in how many digits, `least` or more, a number is off by no more than there is room."""
    for digits in range(least, MOST):
        if isinf(value) or abs(float(f"{value:.{digits}g}") - value) <= room:
            return digits
    return MOST


def plain(value: float, digits: int) -> str:
    """Return a number in so many digits, without the exponent that people do not read."""
    text = f"{value:.{digits}g}"
    return f"{float(text):.0f}" if "e+" in text and abs(value) < 1e6 else text
