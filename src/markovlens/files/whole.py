"""Writing without halves: every file is made under a temporary name and renamed when whole."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from markovlens.arguments import check_path
from markovlens.errors import DataError, StorageError
from markovlens.files.parquet import opened

# What libraries raise at damaged files; a zip's RuntimeError says that it wants a password.
UNREADABLE = (
    pa.ArrowException,
    ValueError,
    LookupError,
    TypeError,
    OSError,
    BadZipFile,
    EOFError,
    RuntimeError,
    zlib.error,
)
PARQUET = (".parquet", ".pq")
UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` when whole, else remove it.

    Raises:
        StorageError: the disk is full or read-only, the folder is not ours to write in, or the path
            is a folder.
        DataError: it is no path.
    """
    check_path(path)
    path = Path(path)
    if path.is_dir():
        raise StorageError(
            f"{path}: expected where to write a file, got a folder; add a file name",
            page="cannot-be-written",
        )
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    check_path(temporary)  # its name is longer
    _make_folder(path)
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        raise StorageError(
            f"{path}: cannot be written ({os.strerror(error.errno)}); free some space, or allow "
            "writing there, and run again: what is finished is kept",
            page="cannot-be-written",
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def check_folder(path: str | Path, endings: Collection[str] = ()) -> None:
    """Raise `StorageError` where a user's file would go into a folder that there is not.

    A run makes the folders of its results; a name that a user gives may be mistyped. Raises as
    `check_path` of what is no path, or has none of the endings of what is written.
    """
    check_path(path, endings)
    folder = Path(path).parent
    if not folder.exists():
        raise StorageError(
            f"{path}: expected a folder that is there, got {folder}, which is missing; make it "
            "first, or give another place",
            page="cannot-be-written",
        )


def _make_folder(path: Path) -> None:
    """Make the folder of a file; raises `StorageError` where there can be none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be written ({os.strerror(error.errno or 0)}); free some space, allow "
            "writing there, or give another place: what is finished is kept",
            page="cannot-be-written",
        ) from error


def write_json(path: str | Path, value: Any) -> None:
    """Write `value` as JSON with sorted keys; NaN is refused because JSON has none."""
    with replacing(path) as temporary:
        temporary.write_text(json_text(value), encoding="utf-8")


def json_text(value: Any) -> str:
    """Return what `write_json` writes: the same text for the same value."""
    return json.dumps(value, sort_keys=True, indent=1, allow_nan=False, default=_plain) + "\n"


def read_json(path: str | Path) -> Any:
    """Return the content of a JSON file.

    Raises:
        DataError: the file is missing or is not JSON.
    """
    with naming(path):
        return json.loads(Path(path).read_text(encoding="utf-8"))


def write_parquet(
    path: str | Path, tables: Iterable[pa.Table], *, of: str = "table to write"
) -> None:
    """Write Arrow tables of one schema, each as one row group, with checksums of pages.

    Args:
        path: the file to write.
        tables: one after another; only one is in memory at a time.
        of: what each is made of, for the message where there is none.

    Raises:
        DataError: there is none.
        ConfigError: the path has another ending.
    """
    check_path(path, PARQUET)
    with replacing(path) as temporary, ExitStack() as stack:
        writer = None
        for table in tables:
            if writer is None:
                new = pq.ParquetWriter(temporary, table.schema, write_page_checksum=True)
                writer = stack.enter_context(new)
            writer.write_table(table, row_group_size=max(1, len(table)))
        if writer is None:
            raise DataError(f"{path}: expected at least one {of}, got none", page="nothing-there")


def read_table(path: str | Path) -> pd.DataFrame:
    """Return a table that `tables.writer.write_table` wrote.

    Raises:
        DataError: the file is missing, truncated or not of its kind.
    """
    with naming(path):
        if Path(path).suffix == ".csv":
            return pd.read_csv(path)
        with opened(path) as file:
            return file.read().to_pandas()


def read_arrays(path: str | Path) -> dict[str, np.ndarray]:
    """Return the arrays of an `.npz` file by name; nothing is unpickled.

    Raises:
        DataError: the file is missing, truncated, damaged or not of its kind.
    """
    # Opened here: numpy leaves open what turns out to be no archive.
    with naming(path), open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
        # Every checksum: numpy looks at that of an array only where it reads to its end. Of two
        # arrays the second may have become a comment of the first.
        entries = arrays.zip.infolist()
        if arrays.zip.testzip() or any(entry.comment for entry in entries):
            raise ValueError("an array has changed since it was written")
        return {name: arrays[name] for name in arrays.files}


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def naming(path: str | Path, *, advice: str = "") -> Iterator[None]:
    """Turn the many errors of a bad file into one that names the file and the way out.

    Args:
        path: the file.
        advice: the way out of a file that is the user's own for sure; without it, it may as well
            be made by a rule. Only what a rule made is ever to be deleted.
    """
    try:
        yield
    except FileNotFoundError as error:
        way = advice or "make it by running its rule, or look at the path if it is your own"
        raise DataError(f"{path}: no such file; {way}", page="no-such-file") from error
    except DataError as error:
        if str(path) in str(error):
            raise
        raise DataError(f"{path}: {error}", page=error.page) from error
    except UNREADABLE as error:
        if Path(path).is_dir():
            said = f"{path}: expected a file, got a folder; {advice or 'give one that is in it'}"
            raise DataError(said, page="no-such-file") from error
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        again = (
            f"if a run made it, delete it and run again (`snakemake {path}` makes just this file); "
            "if it is your own, keep it and give a whole copy"
        )
        raise DataError(
            f"{path}: cannot be read ({reason}); {advice or again}", page="damaged-file"
        ) from error


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"cannot write {type(value).__name__} as JSON")
