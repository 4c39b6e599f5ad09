"""Whether every table of a run is one that the dictionary of columns defines."""

from __future__ import annotations

from pathlib import Path

from markovlens.files.whole import read_table
from markovlens.tables.fits import SPLIT
from markovlens.tables.registry import table_of
from markovlens.tables.table import Table
from markovlens.tasks import FORECASTS


def defined_in(results: Path) -> set[Table]:
    """Return the tables of a run; each is defined, its columns are there and in order.

    In CSV a column of text may look like numbers, and what a task has to read may be symbols or
    rows of values, so that of both only the columns are looked at.
    """
    found = [*results.glob("tables/*.csv"), *results.glob("*.csv"), *results.rglob("*.parquet")]
    known = set()
    for path in found:
        file = path.relative_to(results).as_posix()
        if "/activations/" in file or path.parent.name in FORECASTS:
            continue  # states and frames are lists, of as many numbers as there are units
        table = table_of(file)
        assert table is not None, file
        rows = read_table(path)
        looked_at = rows if path.suffix == ".parquet" and table is not SPLIT else rows.head(0)
        assert list(rows) == list(table.ordered(looked_at)), file
        known.add(table)
    return known
