"""What the page of groups quotes of `benchmarks/groups.py`."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from kept_tables import having, markdown, only
from kept_words import bare

HELD = "interval holds the mean difference"
FOUND = "found after Holm"
LEVEL = 0.05
DIGITS = {"null": 3, "power": 2, "dwell": 2}


@dataclass(frozen=True)
class Groups:
    """Kept tables, whose cells are shares with their intervals, as text.

    Attributes:
        null: a row a design: how often groups that are drawn alike are called different.
        power: a row a design: how often a longer dwell time is found.
        dwell: a row a length of sequences: mean dwell times by estimator.
    """

    null: pd.DataFrame
    power: pd.DataFrame
    dwell: pd.DataFrame

    def listed(self, name: str) -> str:
        """Return a line for each row of a table."""
        table: pd.DataFrame = getattr(self, name)
        rows = table.itertuples(index=False)
        lines = [[_said(cell, DIGITS[name]) for cell in row] for row in rows]
        return markdown([table.columns.tolist(), *lines])

    def erring(self, design: str, test: str) -> float:
        """Return how often a test errs by a design of the null table."""
        return _value(only(self.null, {"groups": design})[test])

    def above(self) -> list[str]:
        """Return the designs, and tests, of subjects as units whose interval lies above 5 %."""
        subjects = self.null[~self.null["groups"].str.startswith("control")]
        return [
            f"{row['groups']}, {test}"
            for _, row in subjects.iterrows()
            for test in subjects.columns[1:]
            if isinstance(row[test], str) and _low(row[test]) > LEVEL
        ]

    def found(self, subjects: int, longer: str) -> float:
        """Return how often a longer dwell time is found after Holm's correction."""
        wanted = {"subjects a group": subjects, "dwell time in 0": f"× {longer}"}
        return _value(only(self.power, wanted)[FOUND])

    def held(self) -> str:
        """Return how often intervals hold the mean difference, least and most."""
        shares = self.power[HELD].map(_value)
        return f"{bare(shares.min(), 3)} to {bare(shares.max(), 3)}"

    def level_kept(self) -> bool:
        """Return whether rates without a difference all have 5 % in their interval."""
        rows = having(self.power, {"dwell time in 0": "× 1"})["found, p < .05"]
        return all(_low(cell) <= LEVEL <= _high(cell) for cell in rows)


def _said(cell: object, digits: int) -> str:
    return f"{cell:.{digits}f}" if isinstance(cell, float) else str(cell)


def _value(cell: str) -> float:
    return float(cell.split()[0])


def _low(cell: str) -> float:
    return float(cell.split("[")[1].split(",")[0])


def _high(cell: str) -> float:
    return float(cell.split(", ")[1].rstrip("]"))
