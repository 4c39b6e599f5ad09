"""Tasks as files: a Parquet table for each split, one row a step, and `task.json` for the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from markovlens.errors import DataError
from markovlens.files.parquet import METADATA_KEY, opened
from markovlens.files.whole import naming, read_json, write_json, write_parquet
from markovlens.machines.storage import machine_from_dict, machine_to_dict
from markovlens.sequences import Sequences, steps_of
from markovlens.tables.fits import SPLIT
from markovlens.tasks.base import SPLITS, Source, Split, Task
from markovlens.tasks.windows import Forecast
from markovlens.tasks.windows_store import save_forecast

SCHEMA_VERSION = 1
CARD = "task.json"
CARD_KEYS = {"name", "family", "symbols", "classes", "gate", "machine", "source"}
SCHEMA = SPLIT.schema(SPLIT.names)


def save_task(folder: str | Path, task: Task | Forecast) -> None:
    """Write `task` as `train.parquet`, `valid.parquet`, `test.parquet` and `task.json`.

    Integers are kept as int32, a truth of -1 as null. Forecasting tasks have tables of their own,
    see `windows_store`.
    """
    folder = Path(folder)
    if isinstance(task, Forecast):
        save_forecast(folder, task)
        return
    for split, part in task.splits.items():
        table = _to_table(part).replace_schema_metadata(_header(task.name, split))
        write_parquet(folder / f"{split}.parquet", [table])
    write_json(folder / CARD, _card(task))


def load_task(folder: str | Path) -> Task:
    """Return the task that `save_task` wrote.

    Raises:
        DataError: a file is missing, damaged, or not of this task.
    """
    folder = Path(folder)
    path = folder / CARD
    card = read_json(path)
    if not isinstance(card, dict) or card.get("schema_version") != SCHEMA_VERSION:
        raise DataError(f"{path}: expected a task written by markovlens; make the task again")
    if absent := CARD_KEYS - set(card):
        raise DataError(f"{path}: lacks {', '.join(sorted(absent))}; make the task again")
    splits = {split: _load_split(folder, card["name"], split) for split in SPLITS}
    with naming(path):
        return _from_card(card, splits)


def _card(task: Task) -> dict[str, Any]:
    """Return all but the sequences as plain values."""
    return {
        "schema_version": SCHEMA_VERSION,
        "name": task.name,
        "family": task.family,
        "symbols": task.symbols,
        "classes": task.classes,
        "gate": task.gate,
        "machine": task.machine and machine_to_dict(task.machine),
        "source": task.source and asdict(task.source),
    }


def _from_card(card: Mapping[str, Any], splits: dict[str, Split]) -> Task:
    machine, source = card["machine"], card["source"]
    return Task(
        name=card["name"],
        family=card["family"],
        symbols=tuple(card["symbols"]),
        classes=tuple(card["classes"]),
        splits=splits,
        gate=card["gate"],
        machine=machine and machine_from_dict(machine),
        source=source and Source(**{name: np.array(rows) for name, rows in source.items()}),
    )


def _header(name: str, split: str) -> dict[bytes, str]:
    """Return what marks a file as one split of one task."""
    header = {"schema_version": SCHEMA_VERSION, "task": name, "split": split}
    return {METADATA_KEY: json.dumps(header, sort_keys=True)}


def _to_table(split: Split) -> pa.Table:
    lengths = split.inputs.lengths
    sequence = np.repeat(np.arange(len(lengths)), lengths)
    columns = [sequence, steps_of(lengths), split.inputs.values, split.targets]
    arrays = [pa.array(column, pa.int32()) for column in columns]
    truth = pa.array(split.truth, pa.int32(), mask=split.truth < 0)
    return pa.Table.from_arrays([*arrays, truth], schema=SCHEMA)


def _load_split(folder: Path, name: str, split: str) -> Split:
    path = folder / f"{split}.parquet"
    with naming(path), opened(path) as file:
        table = file.read()
        wanted = SCHEMA.with_metadata(_header(name, split))
        if not table.schema.equals(wanted, check_metadata=True):
            raise DataError(f"{path}: expected the {split} split of task {name}; make it again")
        return _from_table(table, path)


def _from_table(table: pa.Table, path: Path) -> Split:
    if not len(table):
        raise DataError(f"{path}: expected at least one sequence, got an empty split")
    columns = {name: table[name] for name in SCHEMA.names}
    truth = columns.pop("truth").fill_null(-1).to_numpy()
    sequence, step, values, targets = (column.to_numpy() for column in columns.values())
    lengths = np.bincount(sequence)
    if not lengths.all() or not np.array_equal(step, steps_of(lengths)):
        raise DataError(f"{path}: expected whole sequences, one after another; make it again")
    return Split(Sequences(values, lengths), targets, truth)
