"""How kept tables are searched and shown, and sentences that stand only while numbers do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from markovlens.faithfulness.claims.claims import t_interval


class StaleSentence(Exception):
    """A sentence of a template says what the kept numbers no longer say."""


def having(table: pd.DataFrame, wanted: dict[str, object]) -> pd.DataFrame:
    """Return the rows that have these values, one of them where a list of them is given."""
    kept = np.ones(len(table), dtype=bool)
    for column, value in wanted.items():
        several = isinstance(value, list | tuple)
        kept &= table[column].isin(value) if several else table[column] == value
    return table[kept]


def only(table: pd.DataFrame, wanted: dict[str, object]) -> pd.Series:
    """Return the only row that has these values."""
    rows = having(table, wanted)
    if len(rows) != 1:
        raise LookupError(f"expected one row with {wanted}, got {len(rows)}")
    return rows.iloc[0]


def markdown(lines: Iterable[Sequence[str]]) -> str:
    """Return a table of Markdown, of which the first line is the head."""
    head, *rest = lines
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *rest])


def from_markdown(text: str) -> pd.DataFrame:
    """Return what a table of Markdown holds, its head as names of columns."""
    head, _, *rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")] for line in text.splitlines()
    ]
    return pd.DataFrame(rows, columns=head)


def with_ends(row: pd.Series, digits: int = 2, value: str = "value") -> str:
    """Return a value of a row with its interval, the value alone where it has none."""
    if pd.isna(row["low"]):
        return f"{row[value]:.{digits}f}"
    return "{1:.{0}f} [{2:.{0}f}, {3:.{0}f}]".format(digits, row[value], row["low"], row["high"])


def least_to_most(values: pd.Series, form: str = ".2f") -> str:
    """Return the least and the largest of some values in words, one where they read alike."""
    if values.empty:
        return "–"
    return " to ".join(dict.fromkeys(f"{end:{form}}" for end in (values.min(), values.max())))


def holds(condition: object, sentence: str) -> str:
    """Return nothing where a sentence is true of the kept numbers, else refuse to render it."""
    if not condition:
        raise StaleSentence(
            f"expected numbers of which it is true that {sentence}, got others: write that part "
            "of the template anew, by what the numbers say now"
        )
    return ""


def mean_with_ends(values: pd.Series) -> pd.Series:
    """Return the mean of values with Student's interval, as a row has it."""
    low, high = t_interval(values.to_numpy())
    return pd.Series({"value": values.mean(), "low": low, "high": high})


def interval_of_mean(values: pd.Series, digits: int = 2) -> str:
    """Return the mean of values with Student's interval."""
    return with_ends(mean_with_ends(values), digits)
