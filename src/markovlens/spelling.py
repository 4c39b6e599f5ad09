"""Symbols by name: their codes, what is said of one that has none; numbers in words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import isfinite

from markovlens.errors import DataError

UNKNOWN = "<unk>"  # our name, or its end, of a symbol that stands for all unknown ones
STAND_IN = re.compile(r".*[<\[{]unk(nown)?[>\]}]|unk", re.IGNORECASE)
MOST_SHOWN = 20  # symbols that a message repeats
LEAST_PERCENT = 0.05  # of less the digits say nothing
NOT_FINITE = "–"
PLAIN = (1e-4, 1e6)  # sizes of numbers that are written without a power of ten


def code(symbol: str, code_of: Mapping[str, int], number: int, place: int) -> int:
    """Return the code of a symbol; raises `DataError` where it has none, or is no name."""
    if not isinstance(symbol, str):
        raise DataError(
            f"expected names of symbols, got {symbol!r} in string {number} at place {place}; give "
            "names alone, or codes alone",
            page="unknown-symbol",
        )
    if symbol not in code_of:
        known = list(code_of)
        shown = ", ".join(known[:MOST_SHOWN]) + (", ..." if len(known) > MOST_SHOWN else "")
        raise DataError(
            f"unknown symbol {symbol!r} in string {number} at place {place}; the symbols are "
            f"{shown or '(none)'}: {_for_unknown(known)}; words are given as lists of tokens",
            page="unknown-symbol",
        )
    return code_of[symbol]


def _for_unknown(known: Sequence[str]) -> str:
    """Return what to do with a symbol that is not among the known ones."""
    if stand_ins := [symbol for symbol in known if STAND_IN.fullmatch(symbol)]:
        return f"put {' or '.join(map(repr, stand_ins))} in its place, which stands for all others"
    return "add it, or one symbol that stands for all unknown ones"


def is_number(text: str) -> bool:
    """Return whether a text is meant as a number, a finite one or not."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def fixed(value: float, digits: int) -> str:
    """Return a number with so many decimals; "–" of what is not finite, 0 without a sign.

    What lies half way goes to the even digit, as `format` rounds: 2.25 is 2.2. The explorer spells
    by the same rule (`explorer/static/spelling.js`).
    """
    return f"{value:z.{digits}f}" if isfinite(value) else NOT_FINITE


def percentage(share: float) -> str:
    """Return a share as "12.3 %", with "under 0.1 %" for what is more than none and rounds to 0."""
    percent = 100 * share
    return "under 0.1 %" if 0 < percent < LEAST_PERCENT else f"{fixed(percent, 1)} %"


def significant(value: float, digits: int = 3) -> str:
    """Return a number to so many digits that count, no zeros after them, its whole part entire.

    Below 0.0001 and from a million on as 1.2e-5 and 3.45e6. What lies half way, what is not finite
    and 0 are as in `fixed`; the explorer spells by the same rule.
    """
    if not isfinite(value) or not value:
        return fixed(value, 0)
    places = max(digits - 1 - int(f"{value:.16e}".split("e")[1]), 0)
    if PLAIN[0] <= abs(value) < PLAIN[1]:
        return _trimmed(fixed(value, places))
    mantissa, power = f"{value:.{digits - 1}e}".split("e")
    return f"{_trimmed(mantissa)}e{int(power)}"


def _trimmed(text: str) -> str:
    """Return decimals without zeros at their end."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return "1 state", "2 states", "2,000 words"."""
    return f"{number:,} {inflected(number, noun, plural)}"


def inflected(number: int, noun: str, plural: str | None = None) -> str:
    """Return the noun as it stands after a number: "state" after 1, else "states"."""
    return noun if number == 1 else plural or noun + "s"
