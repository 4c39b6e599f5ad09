"""Files of a user's data as one table: CSV, Parquet, NPZ and HDF5, one file or a folder of them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from markovlens.arguments import probably
from markovlens.errors import DataError, reason_of

FILE, ROW = "<file>", "<row>"  # columns that say where a row comes from, counted from 1
FOR_HDF5 = "pip install 'markovlens[hdf5]'"
# What stands for a missing number in CSV; where text is meant, only an empty cell is missing.
MISSING_NUMBERS = ("", "NA", "N/A", "n/a", "NaN", "nan", "NAN", "null", "NULL", "None")
LARGEST_BLOCK = 2**30  # bytes of CSV from which the types of columns are told


def read_files(
    data: str | Path, columns: Sequence[str], *, texts: Collection[str] = ()
) -> pd.DataFrame:
    """Return the columns of a file, or of all files of a folder, one below the other.

    Two more columns say where each row is from: `FILE` and `ROW`.

    Args:
        data: the file or folder.
        columns: names that each file must have; `FILE` itself is not asked of any.
        texts: those that are read as they are written, `007` as no number.

    Raises:
        DataError: no file, one that cannot be read, or a column that is not there.
    """
    wanted = [name for name in dict.fromkeys(columns) if name != FILE]
    tables = [_placed(path, _read(path, wanted, texts)) for path in files_in(data)]
    return pd.concat(tables, ignore_index=True)


def files_in(data: str | Path) -> list[Path]:
    """Return the file, or those of a folder that can be read, by name."""
    path = Path(data)
    if path.is_file():
        return [_known(path)]
    found = sorted(each for each in path.glob("*") if each.suffix.lower() in READERS)
    if not path.exists():
        raise DataError(
            f"{path}: expected a file or a folder, got nothing (it begins in {Path.cwd()})",
            page="no-such-file",
        )
    if not found:
        raise DataError(
            f"{path}: expected files that end in {', '.join(READERS)}, got none",
            page="unknown-file-kind",
        )
    return found


def columns_in(path: Path) -> list[str]:
    """Return the names of a file's columns without reading the rest of it."""
    try:
        return HEADERS[path.suffix.lower()](path)
    except DataError:
        raise
    except Exception as error:  # whatever a reader makes of a file that is none of its kind
        raise _unreadable(path, error) from error


def check_columns(path: Path, wanted: Sequence[str], known: Sequence[str]) -> None:
    """Raise `DataError` for a column that a file does not have."""
    for name in wanted:
        if name not in known:
            hint = probably(name, known)
            raise DataError(
                f"{path}: expected a column {name!r}, got {', '.join(map(str, known)) or 'none'}"
                f"{_separated(known)}{hint and f'; {hint}'}",
                page="column-missing",
            )
        if list(known).count(name) > 1:
            raise DataError(
                f"{path}: expected a column {name!r}, got several of that name",
                page="column-missing",
            )


def _separated(known: Sequence[str]) -> str:
    """Return what to do about a header that is split at another sign than the comma."""
    for sign, name in ((";", "semicolons"), ("\t", "tabs")):
        if len(known) == 1 and sign in known[0]:
            return f"; separate columns by commas, not by {name}"
    return ""


def _read(path: Path, columns: Sequence[str], texts: Collection[str]) -> pd.DataFrame:
    check_columns(path, columns, columns_in(path))
    try:
        table = READERS[path.suffix.lower()](path, columns, texts)
    except DataError:
        raise
    except Exception as error:
        raise _unreadable(path, error) from error
    if table.empty:
        raise DataError(f"{path}: expected rows, got none", page="nothing-there")
    return table


def _unreadable(path: Path, error: Exception) -> DataError:
    return DataError(
        f"{path}: expected a {path.suffix[1:].lower()} file, got one that cannot be read "
        f"({reason_of(error)})",
        page="damaged-file",
    )


def _known(path: Path) -> Path:
    if path.suffix.lower() not in READERS:
        raise DataError(
            f"{path}: expected a file that ends in {', '.join(READERS)}", page="unknown-file-kind"
        )
    return path


def _placed(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    table[FILE], table[ROW] = path.name, np.arange(1, len(table) + 1)
    return table


def _csv(path: Path, columns: Sequence[str], texts: Collection[str]) -> pd.DataFrame:
    """Return columns of a CSV file.

    Not by pandas (3.1.1): with `usecols` it drops what a row has too much, such as the digits after
    a decimal comma, and fills what it has too little, without a word. Arrow (26.0) names the row.
    """
    from pyarrow import csv as arrow

    block = min(max(path.stat().st_size, 1), LARGEST_BLOCK)
    table = arrow.read_csv(
        path,
        # One thread and one block: only so has an error its row, and a type all rows behind it.
        read_options=arrow.ReadOptions(block_size=block, use_threads=False),
        parse_options=arrow.ParseOptions(newlines_in_values=True),
        convert_options=arrow.ConvertOptions(
            include_columns=list(columns),
            column_types={name: pa.string() for name in texts},
            null_values=list(MISSING_NUMBERS),
        ),
    )
    for field in table.schema:
        if pa.types.is_binary(field.type):
            raise DataError(
                f"{path}: {field.name}: expected UTF-8, got another encoding", page="damaged-file"
            )
    return table.to_pandas(date_as_object=False)


def _parquet(path: Path, columns: Sequence[str], _: Collection[str]) -> pd.DataFrame:
    return pd.read_parquet(path, columns=list(columns))


def _npz(path: Path, columns: Sequence[str], _: Collection[str]) -> pd.DataFrame:
    with np.load(path, allow_pickle=False) as arrays:
        return _frame(path, {name: arrays[name] for name in columns})


def _hdf5(path: Path, columns: Sequence[str], _: Collection[str]) -> pd.DataFrame:
    with _opened(path) as file:
        found = {name: file[name][()] for name in columns}
    texts = {name: value for name, value in found.items() if value.dtype.kind in "OS"}
    found |= {
        name: np.array([_text(each) for each in value], dtype=object)
        for name, value in texts.items()
    }
    return _frame(path, found)


def _frame(path: Path, arrays: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Return arrays (N,) side by side."""
    for name, array in arrays.items():
        if array.ndim != 1:
            raise DataError(
                f"{path}: {name}: expected one value a row, (N,), got {array.shape}; give each "
                "channel an array of its own",
                page="column-missing",
            )
    sizes = {name: len(array) for name, array in arrays.items()}
    if len(set(sizes.values())) > 1:
        shown = ", ".join(f"{name} {size}" for name, size in sizes.items())
        raise DataError(
            f"{path}: expected arrays of one length, got {shown}", page="column-missing"
        )
    return pd.DataFrame(dict(arrays))


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _opened(path: Path):  # type: ignore[no-untyped-def]  # h5py is optional and has no types
    try:
        import h5py
    except ImportError as error:
        raise DataError(
            f"{path}: expected h5py, which reads HDF5, got none; {FOR_HDF5}, or save it as Parquet",
            page="package-missing",
        ) from error
    return h5py.File(path, "r")


def _names_of_csv(path: Path) -> list[str]:
    with open(path, newline="", encoding="utf-8-sig", errors="replace") as file:
        return next(csv.reader(file), [])


def _names_of_parquet(path: Path) -> list[str]:
    from pyarrow.parquet import read_schema

    return list(read_schema(path).names)


def _names_of_npz(path: Path) -> list[str]:
    with np.load(path, allow_pickle=False) as arrays:
        return list(arrays.files)


def _names_of_hdf5(path: Path) -> list[str]:
    with _opened(path) as file:
        return list(_datasets(file))


def _datasets(group, prefix: str = "") -> Iterator[str]:  # type: ignore[no-untyped-def]
    for name, item in group.items():
        if hasattr(item, "shape"):
            yield prefix + name
        else:
            yield from _datasets(item, f"{prefix}{name}/")


READERS: dict[str, Callable[[Path, Sequence[str], Collection[str]], pd.DataFrame]] = {
    ".csv": _csv,
    ".parquet": _parquet,
    ".npz": _npz,
    ".h5": _hdf5,
    ".hdf5": _hdf5,
}
HEADERS: dict[str, Callable[[Path], list[str]]] = {
    ".csv": _names_of_csv,
    ".parquet": _names_of_parquet,
    ".npz": _names_of_npz,
    ".h5": _names_of_hdf5,
    ".hdf5": _names_of_hdf5,
}
