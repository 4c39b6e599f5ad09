"""Words and numbers as figures print them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from functools import partial

import numpy as np

from markovlens.lettering import inches_wide

ABSENT = "–"


def percent(share: float) -> str:
    """Return a share in [0, 1] as a percentage; only what is whole is called 0 % or 100 %."""
    if share in (0, 1):
        return f"{share:.0%}".replace("%", " %")
    digits = 0 if 0.02 <= share <= 0.985 else 1
    return f"{min(max(100 * share, 0.1), 99.9):.{digits}f} %"


def decimal(value: float) -> str:
    """Return a value with three decimals and no leading zero; only what is 1 is called 1."""
    if np.isnan(value):
        return ABSENT
    if value == 1:
        return "1"
    rounded = min(round(value, 3), 0.999) if value < 1 else value
    return f"{rounded:.3f}".replace("0.", ".", 1)


def spread(values: Sequence[int]) -> str:
    """Return "4" or "4 to 6": the range of whole numbers."""
    return str(min(values)) if min(values) == max(values) else f"{min(values)} to {max(values)}"


def listing(parts: Iterable[str]) -> str:
    """Return "a", "a and b" or "a, b and c"."""
    *others, last = parts
    return f"{', '.join(others)} and {last}" if others else last


def leading(said: Sequence[tuple[float, str]], *, most: int = 5) -> str:
    """Return the phrases with the largest numbers first, at most `most`, and how many are left out.

    Args:
        said: phrases, each with the number by which it is ranked; equal ones keep their order.
        most: how many a title can bear.
    """
    ranked = [words for _, words in sorted(said, key=lambda pair: -pair[0])]
    rest = len(ranked) - most
    return listing(ranked if rest < 2 else [*ranked[:most], f"{rest} more methods below"])


def fitted(text: str, longest: int, *, inches: float, size: float) -> str:
    """Return bold `text` in lines of at most `longest` characters that are no wider than `inches`.

    Args:
        text: of any length; a word that is too wide alone stays whole.
        longest: characters of a line.
        inches: the width of a line.
        size: of the font, in points.
    """
    text = unbroken(text)
    for width in range(longest, 1, -1):
        lines = balanced(text, width)
        if max(inches_wide(line, size=size, bold=True) for line in lines.split("\n")) <= inches:
            return lines
    return text


def balanced(text: str, longest: int) -> str:
    """Return `text` in as few lines of `longest` characters as needed, of about equal length."""
    wrap = partial(textwrap.wrap, text, break_on_hyphens=False)
    n_lines = len(wrap(longest))
    widths = range(max(1, len(text) // max(n_lines, 1)), longest + 1)
    fitting = (width for width in widths if len(wrap(width)) <= n_lines)
    return "\n".join(wrap(next(fitting, longest)))


def unbroken(text: str) -> str:
    """Return `text` with spaces before numbers and units that no line break may replace."""
    return re.sub(r" (?=%|of \d|× |K\b|= |[\d.]+\b)", "\u00a0", text)
