"""What a table is: its columns, what a row of it is, and where it lies."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from markovlens.errors import DataError
from markovlens.tables.column import WHOLE, Column


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the results.

    Attributes:
        files: where such tables lie under the results, names of networks and methods in brackets.
        row: what a row is, in words.
        columns: in their order.
    """

    files: tuple[str, ...]
    row: str
    columns: tuple[Column, ...]

    @property
    def file(self) -> str:
        """Name of its first file, without folder."""
        return self.files[0].rpartition("/")[2]

    @property
    def name(self) -> str:
        """Name of its first file, without folder and suffix."""
        return self.file.partition(".")[0]

    @property
    def anchor(self) -> str:
        """Its first file as a name that a page may link to."""
        return "columns-" + re.sub(r"\W+", "-", self.files[0]).strip("-")

    def lies_at(self, file: str) -> bool:
        """Return whether a file under the results is such a table."""
        patterns = (re.sub(r"<\w+>", "[^/]+", re.escape(each)) for each in self.files)
        return any(re.fullmatch(pattern, file) for pattern in patterns)

    @property
    def names(self) -> list[str]:
        """Names of the columns that every such table has, in order."""
        return [column.name for column in self.columns if not column.optional]

    @property
    def whole(self) -> list[str]:
        """Names of those of them that hold whole numbers."""
        return [name for name in self.names if self.column(name).type == WHOLE]

    def column(self, name: str) -> Column:
        """Return a column by its name.

        Raises:
            DataError: there is no such column.
        """
        found = next((column for column in self.columns if column.is_of(name)), None)
        if found is None:
            raise DataError(f"expected no column but {', '.join(self.names)}, got {name}")
        return found

    def schema(self, names: Iterable[str]) -> pa.Schema:
        """Return the Parquet schema of a table that has these columns."""
        return pa.schema([self.column(name).field.with_name(name) for name in names])

    def ordered(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a frame that is this table, its columns in order.

        Raises:
            DataError: a column is unknown, there twice, not of its type, or missing; of a frame
                without rows none need be there.
        """
        names = list(map(str, frame.columns))
        twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
        lacking = [name for name in self.names if name not in names]
        if twice or (lacking and len(frame)):
            wrong = f"{twice[0]} twice" if twice else f"no {', '.join(lacking)}"
            raise DataError(f"expected each column once, got {wrong}")
        names += lacking
        frame = frame.reindex(columns=names)
        columns = {name: self.column(name) for name in names}
        for name, column in columns.items():
            if fault := column.fault(frame[name]):
                raise DataError(f"column {name}: {fault}")
        names.sort(key=lambda name: self.columns.index(columns[name]))
        return frame[names]
