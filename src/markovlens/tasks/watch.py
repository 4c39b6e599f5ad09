"""Shoulder exercises felt by a smartwatch: acceleration and turning of the wrist, seven exercises.

Source: Burns et al. 2018, "Shoulder physiotherapy exercise recognition: machine learning the
inertial signals from a smartwatch", as the seglearn package ships it: ten people, 20 repetitions of
every exercise with each arm, 50 Hz. Training, validation and test data are of different people.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from markovlens.errors import DataError
from markovlens.files.whole import naming
from markovlens.tasks.base import SPLITS
from markovlens.tasks.windows import (
    Forecast,
    Recording,
    Windows,
    cut,
    squared_error,
    standardise,
    standing_still,
)

RATE = 50.0  # Hz
N_SUBJECTS = {"train": 6, "valid": 2, "test": 2}
KEYS = ("X", "X_labels", "subject", "y", "y_labels")
# All that an array needs to be unpickled; everything else in the file is refused.
ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}


def make(
    name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence, watch: Path
) -> Forecast:
    """Return the task: windows of all exercises, `decimate` samples averaged into one frame.

    Which people are in which split is drawn from `seeds`.
    """
    data = read_watch(watch)
    lengths = {key: sizes[key] for key in ("past", "future", "stride")}
    splits = windows_by_person(data, lengths, decimate=sizes["decimate"], seeds=seeds)
    splits, mean, scale = standardise(splits)
    return Forecast(
        name,
        "watch",
        tuple(data["X_labels"]),
        tuple(data["y_labels"]),
        splits,
        mean,
        scale,
        rate=RATE / sizes["decimate"],
        gate=float(squared_error(standing_still(splits["valid"]), splits["valid"]).mean()),
    )


def windows_by_person(
    data: Mapping[str, Any],
    lengths: Mapping[str, int],
    *,
    decimate: int,
    seeds: np.random.SeedSequence,
) -> dict[str, Windows]:
    """Return the windows of each split, in the units of the recordings, each person in one split.

    Args:
        data: from `read_watch`.
        lengths: `past`, `future` and `stride`, as for `windows.cut`.
        decimate: samples that are averaged into one frame.
        seeds: from which it is drawn who is in which split.
    """
    subjects = np.random.default_rng(seeds).permutation(np.unique(data["subject"]))
    parts = np.split(subjects, np.cumsum(list(N_SUBJECTS.values())))[: len(SPLITS)]
    splits = {}
    for split, people in zip(N_SUBJECTS, parts, strict=True):
        recordings = [
            Recording(_averaged(series, decimate), int(data["y"][number]), number)
            for number, series in enumerate(data["X"])
            if data["subject"][number] in people
        ]
        splits[split] = cut(recordings, **lengths)
    return splits


def read_watch(path: str | Path) -> dict[str, Any]:
    """Return what is in the file: `X` (140 arrays (T, 6)), `y`, `subject` and the names.

    The file is a pickle. Nothing is unpickled but arrays and plain values, so that it could not run
    code even if it were not the pinned one.

    Raises:
        DataError: the file is missing, damaged, or holds anything else.
    """
    with naming(path), open(path, "rb") as file:
        np.lib.format.read_magic(file)
        np.lib.format.read_array_header_1_0(file)
        try:
            content = _ArraysOnly(file, encoding="latin1").load()
            found = content.item() if isinstance(content, np.ndarray) and not content.ndim else None
        except (pickle.UnpicklingError, EOFError) as error:
            raise ValueError(str(error)) from error
        if not isinstance(found, dict) or set(KEYS) - set(found):
            raise DataError(
                f"{path}: expected the keys {', '.join(KEYS)}; fetch the file again",
                page="download-damaged",
            )
        return found


class _ArraysOnly(pickle.Unpickler):
    """Refuses every global name but those of arrays."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("_codecs", "encode"):
            return _encode
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"refuses to load {module}.{name}, which is no array")
        return ALLOWED[module, name]


def _encode(text: str, encoding: str) -> bytes:
    """Return the bytes of an array: pickles that Python 2 can read write them as text."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"expected latin1, got {encoding!r}")
    return text.encode("latin1")


def _averaged(series: np.ndarray, factor: int) -> np.ndarray:
    """Return the means (T // factor, F) of `factor` samples in a row."""
    count = len(series) // factor
    return np.asarray(series[: count * factor].reshape(count, factor, -1).mean(axis=1))
