"""How numbers are said in sentences."""

from __future__ import annotations

import pandas as pd
from scipy.stats import binomtest

SMALL = (
    "none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen", "twenty",
)  # fmt: skip


def bare(value: float, digits: int = 2) -> str:
    """Return a number without the zero before its point: `.96`, `-.10`, `1.00`."""
    said = f"{round(value, digits) + 0.0:.{digits}f}"
    return said.replace("0.", ".", 1) if said.lstrip("-").startswith("0.") else said


def about(value: float, digits: int = 3) -> str:
    """Return a large number to so many digits that count: `24,900`."""
    return f"{float(f'{value:.{digits}g}'):,.0f}"


def in_words(count: int) -> str:
    """Return a count in words up to twenty, and none for 0; in digits beyond."""
    return SMALL[count] if 0 <= count < len(SMALL) else f"{count:,}"


def ends(
    row: pd.Series,
    digits: int = 2,
    *,
    value: str = "value",
    at: tuple[str, str] = ("low", "high"),
) -> str:
    """Return a value of a row with its interval: `.962 [.906, .985]`."""
    return f"{bare(row[value], digits)} {span(row, digits, at=at)}"


def span(row: pd.Series, digits: int = 2, *, at: tuple[str, str] = ("low", "high")) -> str:
    """Return the interval of a row: `[.906, .985]`."""
    low, high = (bare(row[end], digits) for end in at)
    return f"[{low}, {high}]"


def wilson(values: pd.Series) -> str:
    """Return Wilson's 95 % interval of a share: `[.86, .95]`.

    Args:
        values: a truth a network, or what else is drawn by itself.
    """
    return share(values.sum(), len(values)).partition(" ")[2]


def share(hits: float, n: float) -> str:
    """Return a share of n cases with Wilson's 95 % interval: `.92 [.86, .95]`."""
    found = binomtest(round(hits), round(n)).proportion_ci(method="wilson")
    return f"{bare(hits / n)} [{bare(found.low)}, {bare(found.high)}]"


def counted(values: pd.Series) -> str:
    """Return of how many something is true, of how many: `132 of 144`."""
    return f"{int(values.sum())} of {len(values)}"
