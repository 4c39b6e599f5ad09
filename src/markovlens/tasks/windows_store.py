"""Forecasting tasks as files: a Parquet table for each split, one row a frame, and `task.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

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
from markovlens.files.whole import naming, read_json, write_json, write_parquet
from markovlens.tasks.base import SPLITS
from markovlens.tasks.skeleton import Skeleton
from markovlens.tasks.windows import Forecast, Windows

SCHEMA_VERSION = 1
KIND = "forecast"
CARD = "task.json"
PLAIN = ("name", "family", "channels", "classes", "mean", "scale", "rate", "gate")
COLUMNS = ("label", "group", "start")


def save_forecast(folder: str | Path, task: Forecast) -> None:
    """Write `task` as `train.parquet`, `valid.parquet`, `test.parquet` and `task.json`.

    A row is a frame: its window, its `step` (0 is the last past frame, 1 the first to forecast),
    what the window is (`label`, `group`, `start`) and the frame's F numbers.
    """
    folder = Path(folder)
    for split, part in task.splits.items():
        table = with_header(_to_table(part), _header(task.name, split))
        write_parquet(folder / f"{split}.parquet", [table])
    skeleton = task.skeleton and asdict(task.skeleton)
    card = {name: getattr(task, name) for name in PLAIN} | {"skeleton": skeleton}
    write_json(folder / CARD, card | {"schema_version": SCHEMA_VERSION, "kind": KIND})


def load_forecast(folder: str | Path) -> Forecast:
    """Return the task that `save_forecast` wrote.

    Raises:
        DataError: a file is missing, damaged, or not of this task.
    """
    folder = Path(folder)
    path = folder / CARD
    card = read_json(path)
    known = isinstance(card, dict) and card.get("kind") == KIND
    if not known or card.get("schema_version") != SCHEMA_VERSION:
        raise DataError(
            f"{path}: expected a forecasting task; make the task again",
            page="made-for-another-version",
        )
    with naming(path):
        name = card["name"]
    splits = {split: _load_split(folder, name, split) for split in SPLITS}
    with naming(path):
        return _from_card(card, splits)


def _from_card(card: Mapping[str, Any], splits: dict[str, Windows]) -> Forecast:
    plain = {name: card[name] for name in PLAIN}
    for name in ("channels", "classes"):
        plain[name] = tuple(card[name])
    for name in ("mean", "scale"):
        plain[name] = np.array(card[name])
    return Forecast(**plain, splits=splits, skeleton=_skeleton(card["skeleton"]))


def _skeleton(card: Mapping[str, Any] | None) -> Skeleton | None:
    if card is None:
        return None
    names, parents, kinds = (tuple(card[name]) for name in ("names", "parents", "kinds"))
    return Skeleton(names, parents, np.array(card["offsets"]), kinds)


def _header(name: str, split: str) -> dict[str, Any]:
    return {"schema_version": SCHEMA_VERSION, "kind": KIND, "task": name, "split": split}


def _to_table(windows: Windows) -> pa.Table:
    frames = np.concatenate([windows.past, windows.future], axis=1)
    n_windows, length, width = frames.shape
    steps = np.arange(length) - windows.past.shape[1] + 1
    columns = {"window": np.repeat(np.arange(n_windows), length), "step": np.tile(steps, n_windows)}
    columns |= {name: np.repeat(getattr(windows, name), length) for name in COLUMNS}
    arrays = {name: pa.array(column, pa.int32()) for name, column in columns.items()}
    return pa.table(arrays | {"frame": fixed_lists(frames.reshape(-1, width))})


def _load_split(folder: Path, name: str, split: str) -> Windows:
    path = folder / f"{split}.parquet"
    with naming(path), opened(path) as file:
        table = file.read()
        if header_of(table.schema) != _header(name, split):
            raise DataError(
                f"{path}: expected the {split} split of task {name}; make it again",
                page="made-for-another-version",
            )
        check_columns(table.schema, ("window", "step", "frame", *COLUMNS))
        window, step = (integers_of(table, column) for column in ("window", "step"))
        order, length = sorted_windows(window, step)
        frames = matrix_of(table["frame"])[order]
        frames = frames.reshape(-1, length, frames.shape[1])
        n_past = int((step[order][:length] <= 0).sum())
        rest = {column: integers_of(table, column)[order][::length] for column in COLUMNS}
        return Windows(frames[:, :n_past], frames[:, n_past:], **rest)
