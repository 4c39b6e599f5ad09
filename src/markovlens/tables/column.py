"""What a column of a table is, and whether the cells that it is given are that."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass, replace
from math import inf

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api.types import infer_dtype

TEXT, FLAG, WHOLE, NUMBER = pa.string(), pa.bool_(), pa.int64(), pa.float64()
SINGLES, DOUBLES = pa.list_(pa.float32()), pa.list_(pa.float64())
ROUNDING = 1e-9  # by how much a number may miss its range
NUMERIC = ("integer", "floating", "mixed-integer-float")
INFERRED = {  # what pandas may say of cells of each kind
    "text": ("string",),
    "true or false": ("boolean",),
    "whole number": NUMERIC,
    "number": NUMERIC,
    "numbers": ("mixed",),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        name: of the column; `k<n>` stands for all of `k1`, `k2`, ...
        type: of its cells in Parquet; in a CSV they are the same, written out.
        meaning: in words, for whoever opens the file.
        unit: of its numbers; empty where they have none.
        values: the only words that may stand there; empty where any may.
        least, most: range of its numbers, both ends included.
        nullable: whether cells may be empty.
        optional: whether a table may be without this column.
    """

    name: str
    type: pa.DataType
    meaning: str
    _: KW_ONLY
    unit: str = ""
    values: tuple[str, ...] = ()
    least: float = -inf
    most: float = inf
    nullable: bool = False
    optional: bool = False

    @property
    def kind(self) -> str:
        """The type in words."""
        if pa.types.is_list(self.type):
            return "numbers"
        if pa.types.is_integer(self.type):
            return "whole number"
        return {TEXT: "text", FLAG: "true or false", NUMBER: "number"}[self.type]

    @property
    def said(self) -> str:
        """What may stand there, in words: type, unit and range, or the only words."""
        kind = [self.kind, self.unit, *_range(self.least, self.most)]
        words = [f"`{value}`" for value in self.values] or kind
        return ", ".join(filter(None, [*words, "or empty" if self.nullable else ""]))

    @property
    def field(self) -> pa.Field:
        """The column in a Parquet schema."""
        return pa.field(self.name, self.type, nullable=self.nullable)

    def is_of(self, name: str) -> bool:
        """Return whether a column of this name is this one."""
        pattern = re.escape(self.name).replace("<n>", r"\d+")
        return re.fullmatch(pattern, name) is not None

    def fault(self, cells: pd.Series) -> str:
        """Return what was expected of cells (N,) and what came; empty where all is well."""
        known = cells.dropna()
        if len(known) < len(cells) and not self.nullable:
            return f"expected {self.said} in every row, got {len(cells) - len(known)} empty"
        wrong = self._wrong(known) if len(known) else ""
        return f"expected {self.said}, got {wrong}" if wrong else ""

    def _wrong(self, known: pd.Series) -> str:
        """Return what is wrong with one or more cells of which none is empty.

        Arrow converts too gladly to be asked: pyarrow 26 makes 2 of 2.5 in a column of objects, 1.5
        of "1.5", and 1 of True.
        """
        inferred = infer_dtype(known)
        if inferred not in INFERRED[self.kind]:
            return f"{inferred}, such as {known.iloc[0]!r}"
        if self.values:
            return _first(map(repr, sorted(set(map(str, known.unique())) - set(self.values))))
        if INFERRED[self.kind] is not NUMERIC:
            return ""
        numbers = known.to_numpy(np.float64)
        bad = (numbers < self.least - ROUNDING) | (numbers > self.most + ROUNDING)
        if pa.types.is_integer(self.type):
            bad |= np.isinf(numbers) | (numbers != np.round(numbers))
        return _first(f"{number:g}" for number in numbers[bad])


def count(name: str, meaning: str, *, least: int = 0, nullable: bool = False) -> Column:
    """Return a column of whole numbers of things."""
    return Column(name, WHOLE, meaning, least=least, nullable=nullable)


def share(name: str, meaning: str, *, nullable: bool = False) -> Column:
    """Return a column of shares, or of probabilities."""
    return Column(name, NUMBER, meaning, least=0, most=1, nullable=nullable)


def empty_where(condition: str, *columns: Column) -> tuple[Column, ...]:
    """Return columns whose cells may be empty, with words that say where they are."""
    said = f"; empty {condition}" if condition else ""
    return tuple(replace(one, nullable=True, meaning=f"{one.meaning}{said}") for one in columns)


def _first(found: Iterable[str]) -> str:
    return next(iter(found), "")


def _range(least: float, most: float) -> list[str]:
    if least == -inf:
        return []
    return [f"at least {least:g}" if most == inf else f"{least:g} to {most:g}"]
