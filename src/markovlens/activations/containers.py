"""Files of other tools, each as arrays by name; what is not whole is refused."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyarrow import parquet

from markovlens.activations.guards import check_claim, check_codecs, found_in
from markovlens.errors import DataError, reason_of

TABLES: dict[str, Callable[..., pd.DataFrame]] = {
    ".parquet": pd.read_parquet,
    ".feather": pd.read_feather,
    ".csv": pd.read_csv,
}
HDF5 = (".h5", ".hdf5", ".nwb")


@dataclass(frozen=True, slots=True)
class Container:
    """The arrays of one file.

    Attributes:
        path: of the file.
        names: returns the names of all arrays.
        get: returns the array of a name, None where there is none.
        group: returns what HDF5 has at a path; None where the file is none.
    """

    path: Path
    names: Callable[[], list[str]]
    get: Callable[[str], np.ndarray | None]
    group: Callable[[str], Any] | None = None

    def array(self, name: str) -> np.ndarray:
        """Return an array; raises `DataError` where it is not there, or holds Python objects."""
        found = self.get(name)
        if found is None:
            raise DataError(
                f"{self.path}: expected {name!r}, got {', '.join(self.names()) or 'nothing'}",
                page="column-missing",
            )
        if found.dtype == object and len(found) and np.ndim(found[0]):
            return np.stack(list(found))  # a column of lists: one row of units a step
        return found

    def trials(self, table: str, states: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows (N,) of a time series that lie in trials, and how many each has (S,).

        NWB's convention: a trial has the times from `start_time` to before `stop_time`, in seconds;
        a series has `timestamps`, or a `starting_time` and a rate.

        Raises:
            DataError: no HDF5, no such table, no times in order, or a trial without a step.
        """
        series = self.group(str(states).rpartition("/")[0]) if self.group else None
        if self.group is None or series is None:
            raise DataError(
                f"{self.path}: `trials` are those of NWB, and `states` then the path of the data "
                "of a time series: `acquisition/rates/data`",
                page="column-missing",
            )
        times = _times(self.path, self.group, series.name)
        starts, stops = (self.array(f"{table}/{name}_time") for name in ("start", "stop"))
        if (np.diff(times) < 0).any():
            raise DataError(
                f"{self.path}: expected timestamps in order, got some that go back",
                page="steps-out-of-order",
            )
        begin, end = np.searchsorted(times, starts), np.searchsorted(times, stops)
        if (end <= begin).any():
            raise DataError(
                f"{self.path}: expected steps in each trial, got none in trial "
                f"{np.flatnonzero(end <= begin)[0]}, counted from 0",
                page="steps-out-of-order",
            )
        rows = [np.arange(*each) for each in zip(begin, end, strict=True)]
        return np.concatenate(rows), end - begin


@contextmanager
def opened(path: Path) -> Iterator[Container]:
    """Yield the arrays of a file; raises `DataError` where it is not there, damaged or unknown."""
    suffix = path.suffix.lower()
    if not path.exists():
        raise DataError(
            f"{path}: expected a file with activations, it is not there", page="no-such-file"
        )
    kinds: dict[str, Callable[[Path], Any]] = {
        ".npz": _npz,
        ".zarr": _zarr,
        **dict.fromkeys(HDF5, _hdf5),
        **dict.fromkeys(TABLES, _table),
    }
    if suffix not in kinds:
        raise DataError(
            f"{path}: expected a file that ends in {', '.join(kinds)}, got {suffix!r}",
            page="unknown-file-kind",
        )
    try:
        with kinds[suffix](path) as container:
            yield container
    except DataError:
        raise
    except ModuleNotFoundError as error:
        raise DataError(
            f"{path}: needs {error.name}, which is not installed; `pip install {error.name}`",
            page="package-missing",
        ) from error
    except Exception as error:  # readers raise what they please on damaged files
        raise DataError(
            f"{path}: cannot be read ({reason_of(error)}); is it whole?", page="damaged-file"
        ) from error


@contextmanager
def _npz(path: Path) -> Iterator[Container]:
    with zipfile.ZipFile(path) as archive:
        for each in archive.infolist():
            check_claim(f"{path}/{each.filename}", each.file_size, each.compress_size)
    with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
        yield Container(path, lambda: list(held), held.get)


@contextmanager
def _table(path: Path) -> Iterator[Container]:
    if path.suffix.lower() == ".parquet":
        shown = parquet.read_metadata(path)
        check_claim(str(path), 8 * shown.num_rows * shown.num_columns, path.stat().st_size)
    frame = TABLES[path.suffix.lower()](path)
    yield Container(
        path,
        lambda: list(map(str, frame.columns)),
        lambda name: frame[name].to_numpy() if name in frame else None,
    )


@contextmanager
def _zarr(path: Path) -> Iterator[Container]:
    import zarr

    store = zarr.open(path, mode="r")

    def get(name: str) -> np.ndarray | None:
        held = store.get(name)
        if not isinstance(held, zarr.Array):
            return None
        _check_whole(f"{path}/{name}", held.nchunks_initialized, held.nchunks)
        check_codecs(f"{path}/{name}", (*held.filters, *held.compressors))
        itemsize = held.dtype.itemsize
        largest = max(math.prod(held.shape), math.prod(held.chunks)) * itemsize
        check_claim(f"{path}/{name}", largest, held.nbytes_stored())
        return np.asarray(held[...])

    yield Container(path, lambda: list(store.array_keys()), get)


@contextmanager
def _hdf5(path: Path) -> Iterator[Container]:
    import h5py

    with h5py.File(path, "r") as file:

        def names() -> list[str]:
            found: list[str] = []
            file.visititems(
                lambda name, held: found.append(name) if isinstance(held, h5py.Dataset) else None
            )
            return found

        def get(name: str) -> np.ndarray | None:
            held = found_in(file, name)
            if not isinstance(held, h5py.Dataset):
                return None
            if held.chunks:
                wanted = math.prod(-(-n // m) for n, m in zip(held.shape, held.chunks, strict=True))
                _check_whole(f"{path}/{name}", held.id.get_num_chunks(), wanted)
            check_claim(f"{path}/{name}", held.nbytes, held.id.get_storage_size())
            return _in_units(held)

        yield Container(path, names, get, group=lambda name: found_in(file, name))


def _in_units(held: Any) -> np.ndarray:
    """Return a dataset of HDF5; of a series of NWB in its units: data * conversion + offset."""
    values = np.asarray(held[()])
    conversion, offset = (held.attrs.get(name) for name in ("conversion", "offset"))
    if values.dtype.kind not in "iuf" or (conversion in (None, 1.0) and offset in (None, 0.0)):
        return values
    scaled = values * (1.0 if conversion is None else float(conversion))
    return scaled + (0.0 if offset is None else float(offset))


def _times(path: Path, get: Callable[[str], Any], name: str) -> np.ndarray:
    """Return the time (N,) of each row of a series of NWB, in seconds."""
    stamps, start = get(f"{name}/timestamps"), get(f"{name}/starting_time")
    if stamps is not None:
        return np.asarray(stamps[()])
    if start is not None:
        n_steps = len(get(f"{name}/data"))
        return float(start[()]) + np.arange(n_steps) / float(start.attrs["rate"])
    raise DataError(
        f"{path}: {name} has neither timestamps nor a starting_time", page="column-missing"
    )


def _check_whole(name: str, n_there: int, wanted: int) -> None:
    """Raise `DataError` where parts are missing, which readers fill with a value, mostly zeros."""
    if n_there != wanted:
        raise DataError(
            f"{name}: {wanted - n_there} of its {wanted} chunks are not there, and would be read "
            "as if they were zeros; copy it again, or write what is missing",
            page="damaged-file",
        )
