"""The one writer of tables: CSV or Parquet, each held to its definition first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa

from markovlens.arguments import check_path
from markovlens.errors import DataError
from markovlens.files.whole import replacing, write_parquet
from markovlens.tables.table import Table

PARQUET = ".parquet"
SUFFIXES = (".csv", PARQUET)


def write_table(path: str | Path, frame: pd.DataFrame, table: Table) -> None:
    """Write a frame as CSV or Parquet, by the suffix of `path`.

    Parquet files of one table have the same types whatever is in them: a column without a number in
    this run is still a column of numbers, and files can be read together.

    Args:
        path: the file to write.
        frame: the rows; columns may be in any order.
        table: what it must be.

    Raises:
        ConfigError: the path ends otherwise.
        DataError: a column is unknown, missing or not of its type; nothing is written.
    """
    check_path(path, SUFFIXES)
    suffix = Path(path).suffix.lower()
    try:
        frame = table.ordered(frame)
    except DataError as error:
        raise DataError(
            f"{Path(path).name}: {error}; mend the rows, or the definition of {table.name} in "
            "markovlens.tables",
            page=error.page,
        ) from error
    if suffix == PARQUET:
        schema = table.schema(frame.columns)
        write_parquet(path, [pa.Table.from_pandas(frame, schema=schema, preserve_index=False)])
        return
    # Beside empty cells pandas has whole numbers as floats, and would round large ones.
    whole = frame.astype(dict.fromkeys(table.whole, "Int64"))
    with replacing(path) as temporary:
        whole.to_csv(temporary, index=False, float_format="%.6g", lineterminator="\n")


def write_tables(folder: str | Path, made: Mapping[Table, pd.DataFrame]) -> None:
    """Write tables into a folder, each under its own name; see `write_table`."""
    for table, frame in made.items():
        write_table(Path(folder, table.file), frame, table)
