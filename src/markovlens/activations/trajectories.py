"""What was recorded from an encoder-decoder: its states along windows, as arrays and as Parquet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from markovlens.errors import DataError
from markovlens.files.parquet import (
    check_columns,
    fixed_lists,
    header_of,
    integers_of,
    matrix_of,
    opened,
    with_header,
)
from markovlens.files.rows import sorted_windows
from markovlens.files.whole import naming, write_parquet

SCHEMA_VERSION = 1
KIND = "trajectories"
PLACE = ("checkpoint", "window", "step")
COLUMNS = ("label", "group", "start")
VECTORS = ("input", "target", "output", "state")


@dataclass(frozen=True, slots=True)
class Trajectories:
    """Hidden states of an encoder-decoder on N windows, with all that happened at the same steps.

    Attributes:
        encoder: float32 (N, Te, D), the state after each past frame: h, and for an LSTM arcsinh(c)
            beside it.
        decoder: float32 (N, Td, D), the state behind each output, likewise.
        outputs: float32 (N, Td, G), what the network put out.
        past: float32 (N, Te, F), what the encoder read.
        future: float32 (N, Td, G), what was to be put out.
        label: int32 (N,), the class of each window.
        group: int32 (N,), what it was cut from; groups may be resampled, windows of one are alike.
        start: int32 (N,), where in its group it begins.
        classes: names of the labels.
    """

    encoder: np.ndarray
    decoder: np.ndarray
    outputs: np.ndarray
    past: np.ndarray
    future: np.ndarray
    label: np.ndarray
    group: np.ndarray
    start: np.ndarray
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check that states are finite and that all arrays have a row for each window."""
        n_windows = len(self.encoder)
        for name in ("decoder", "outputs", "past", "future", *COLUMNS):
            if len(getattr(self, name)) != n_windows:
                raise DataError(
                    f"expected {n_windows} rows of {name}, got {len(getattr(self, name))}",
                    page="counts-differ",
                )
        if not (np.isfinite(self.encoder).all() and np.isfinite(self.decoder).all()):
            raise DataError(
                "expected finite states, got NaN or infinity; look at the weights",
                page="not-finite",
            )

    def __len__(self) -> int:
        """Return the number of windows N."""
        return len(self.encoder)


def write_trajectories(
    path: str | Path, recorded: Mapping[int, Trajectories], *, metadata: Mapping[str, Any]
) -> None:
    """Write recordings of one network, each as one row group: one row a step.

    Args:
        path: the file to write.
        recorded: by the number of training steps after which the network was recorded, rising.
        metadata: plain values (task, model, seed, split) kept under the key `markovlens`.

    Raises:
        DataError: there is nothing to write.
    """
    if not recorded:
        raise DataError(f"{path}: expected at least one recording, got none", page="nothing-there")
    first = next(iter(recorded.values()))
    header = dict(metadata) | {
        "schema_version": SCHEMA_VERSION,
        "kind": KIND,
        "classes": list(first.classes),
        "n_past": first.encoder.shape[1],
    }
    write_parquet(
        path, (with_header(_to_table(made, step), header) for step, made in recorded.items())
    )


def iter_trajectories(path: str | Path) -> Iterator[tuple[int, Trajectories]]:
    """Yield the number of training steps and the recording after them, one at a time.

    Rows that another tool has sorted or cut into other row groups are put back in order, for which
    the whole file is read.

    Raises:
        DataError: the file is missing, damaged, or of another kind, or windows are not whole.
    """
    with naming(path), opened(path) as file:
        header = header_of(file.schema_arrow)
        if header.get("kind") != KIND or header["schema_version"] != SCHEMA_VERSION:
            raise DataError(
                f"{path}: expected states of an encoder-decoder; record them again",
                page="made-for-another-version",
            )
        check_columns(file.schema_arrow, (*PLACE, *COLUMNS, *VECTORS))
        for step, table in _recordings(file):
            yield step, _from_table(table, header)


def load_trajectories(path: str | Path) -> Trajectories:
    """Return the first recording of a file, which is the only one but in `checkpoints.parquet`."""
    return next(iter_trajectories(path))[1]


def _to_table(made: Trajectories, checkpoint: int) -> pa.Table:
    n_windows, n_past, _ = made.encoder.shape
    n_future = made.decoder.shape[1]
    length = n_past + n_future
    steps = np.tile(np.arange(length) - n_past + 1, n_windows)
    columns = {
        "checkpoint": np.full(len(steps), checkpoint),
        "window": np.repeat(np.arange(n_windows), length),
        "step": steps,
    }
    columns |= {name: np.repeat(getattr(made, name), length) for name in COLUMNS}
    arrays = {name: pa.array(column, pa.int32()) for name, column in columns.items()}
    reads = steps <= 0
    vectors = {
        "input": (made.past, ~reads),
        "target": (made.future, reads),
        "output": (made.outputs, reads),
    }
    for name, (values, missing) in vectors.items():
        rows = np.zeros((len(steps), values.shape[2]), dtype=np.float32)
        rows[~missing] = values.reshape(-1, values.shape[2])
        arrays[name] = fixed_lists(rows, missing)
    states = np.concatenate([made.encoder, made.decoder], axis=1)
    arrays["state"] = fixed_lists(states.reshape(-1, states.shape[2]))
    return pa.table(arrays)


def _recordings(file: pq.ParquetFile) -> Iterator[tuple[int, pa.Table]]:
    """Yield the rows of each number of training steps: a row group, as they were written."""
    names = ["checkpoint"]
    groups = [file.read_row_group(group, columns=names) for group in range(file.num_row_groups)]
    found = [np.unique(integers_of(group, *names)) for group in groups]
    steps = np.concatenate(found) if found else np.array([], dtype=int)
    if not steps.size:
        raise DataError("expected at least one recording, got no row", page="nothing-there")
    if len(found) == len(steps) == len(np.unique(steps)):
        yield from ((int(step), file.read_row_group(group)) for group, step in enumerate(steps))
        return
    table = file.read()
    checkpoints = integers_of(table, *names)
    yield from ((int(step), table.filter(checkpoints == step)) for step in np.unique(steps))


def _from_table(table: pa.Table, header: Mapping[str, Any]) -> Trajectories:
    window, step = (integers_of(table, name) for name in ("window", "step"))
    order, length = sorted_windows(window, step)
    n_past = int((step[order][:length] <= 0).sum())
    if n_past != header["n_past"] or n_past == length:
        raise DataError(
            f"expected {header['n_past']} past steps of each window and some after, got {n_past} "
            f"of {length}; keep whole windows",
            page="steps-out-of-order",
        )
    rows = {name: matrix_of(table[name])[order] for name in VECTORS}
    whole = {name: each.reshape(-1, length, each.shape[1]) for name, each in rows.items()}
    return Trajectories(
        encoder=whole["state"][:, :n_past],
        decoder=whole["state"][:, n_past:],
        outputs=whole["output"][:, n_past:],
        past=whole["input"][:, :n_past],
        future=whole["target"][:, n_past:],
        **{name: integers_of(table, name)[order][::length] for name in COLUMNS},
        classes=tuple(header["classes"]),
    )
