"""Tasks as files: a Parquet table for each split, one row a step, and `task.json` for the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from markovlens.channels import Channel, channels_from_plain, channels_to_plain
from markovlens.errors import DataError
from markovlens.files.parquet import (
    METADATA_KEY,
    input_array,
    input_type,
    inputs_of,
    opened,
    target_type,
    targets_of,
)
from markovlens.files.whole import naming, read_json, write_json, write_parquet
from markovlens.machines.storage import machine_from_dict, machine_to_dict
from markovlens.outputs import Output
from markovlens.sequences import Sequences, steps_of
from markovlens.tables.fits import SPLIT
from markovlens.tasks.base import SPLITS, Source, Split, Task
from markovlens.tasks.windows import Forecast
from markovlens.tasks.windows_store import save_forecast

SCHEMA_VERSION = 1
CARD = "task.json"
CARD_KEYS = {"name", "family", "symbols", "classes", "gate", "machine", "source"}
INPUT, TARGET = "input", "target"
SCHEMA = SPLIT.schema(SPLIT.names)


def save_task(folder: str | Path, task: Task | Forecast) -> None:
    """Write `task` as `train.parquet`, `valid.parquet`, `test.parquet` and `task.json`.

    Integers are kept as int32, rows as lists of float32 or float64, as they are, with their
    channels in each file's header, labels and values that are asked for as lists too; a truth of -1
    is null. Forecasting tasks have tables of their
    own, see `windows_store`.
    """
    folder = Path(folder)
    if isinstance(task, Forecast):
        save_forecast(folder, task)
        return
    for split, part in task.splits.items():
        table = _to_table(part).replace_schema_metadata(_header(task.name, split, task.channels))
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
        raise DataError(
            f"{path}: expected a task written by markovlens; make the task again",
            page="made-for-another-version",
        )
    if absent := CARD_KEYS - set(card):
        raise DataError(
            f"{path}: lacks {', '.join(sorted(absent))}; make the task again",
            page="made-for-another-version",
        )
    with naming(path):
        channels = channels_from_plain(card.get("channels", ()))
        output = Output(card.get("output", Output.DISTRIBUTION))
    splits = {split: _load_split(folder, card["name"], split, channels, output) for split in SPLITS}
    with naming(path):
        return _from_card(card, splits)


def _card(task: Task) -> dict[str, Any]:
    """Return all but the sequences as plain values, of keys that many tasks lack those it has."""
    plain = {
        "schema_version": SCHEMA_VERSION,
        "name": task.name,
        "family": task.family,
        "symbols": task.symbols,
        "classes": task.classes,
        "gate": task.gate,
        "machine": task.machine and machine_to_dict(task.machine),
        "source": task.source and asdict(task.source),
    }
    if task.channels:
        plain["channels"] = channels_to_plain(task.channels)
    if task.output != Output.DISTRIBUTION:
        plain["output"] = task.output.value
    return plain | ({"horizon": task.horizon} if task.horizon else {})


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
        channels=channels_from_plain(card.get("channels", ())),
        output=Output(card.get("output", Output.DISTRIBUTION)),
        horizon=card.get("horizon", 0),
    )


def _header(name: str, split: str, channels: tuple[Channel, ...]) -> dict[bytes, str]:
    """Return what marks a file as one split of one task."""
    header: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "task": name, "split": split}
    if channels:
        header["channels"] = channels_to_plain(channels)
    return {METADATA_KEY: json.dumps(header, sort_keys=True)}


def _to_table(split: Split) -> pa.Table:
    lengths = split.inputs.lengths
    sequence = np.repeat(np.arange(len(lengths)), lengths)
    counted = (sequence, steps_of(lengths))
    sequence, step = (pa.array(column, pa.int32()) for column in counted)
    kind, asked = input_type(split.inputs.values), target_type(split.targets)
    read, target = input_array(split.inputs.values, kind), input_array(split.targets, asked)
    truth = pa.array(split.truth, pa.int32(), mask=split.truth < 0)
    return pa.Table.from_arrays([sequence, step, read, target, truth], schema=_schema(kind, asked))


def _schema(read: pa.DataType, asked: pa.DataType) -> pa.Schema:
    """Return the columns of a split whose inputs and targets are of these types."""
    schema = SCHEMA
    for name, kind in ((INPUT, read), (TARGET, asked)):
        place = schema.get_field_index(name)
        schema = schema.set(place, schema.field(place).with_type(kind))
    return schema


def _load_split(
    folder: Path, name: str, split: str, channels: tuple[Channel, ...], output: Output
) -> Split:
    path = folder / f"{split}.parquet"
    with naming(path), opened(path) as file:
        table = file.read()
        found, whole = file.schema_arrow, pa.int32()
        read = found.field(INPUT).type if channels else whole
        asked = whole if output == Output.DISTRIBUTION else found.field(TARGET).type
        wanted = _schema(read, asked).with_metadata(_header(name, split, channels))
        if not table.schema.equals(wanted, check_metadata=True):
            raise DataError(
                f"{path}: expected the {split} split of task {name}; make it again",
                page="made-for-another-version",
            )
        return _from_table(table, path, channels, output)


def _from_table(
    table: pa.Table, path: Path, channels: tuple[Channel, ...], output: Output
) -> Split:
    if not len(table):
        raise DataError(
            f"{path}: expected at least one sequence, got an empty split", page="nothing-there"
        )
    truth = table["truth"].fill_null(-1).to_numpy()
    values = inputs_of(table, INPUT, len(channels))
    sequence, step = (table[name].to_numpy() for name in ("sequence", "step"))
    targets = targets_of(table, TARGET, output)
    lengths = np.bincount(sequence)
    if not lengths.all() or not np.array_equal(step, steps_of(lengths)):
        raise DataError(
            f"{path}: expected whole sequences, one after another; make it again",
            page="made-for-another-version",
        )
    return Split(Sequences(values, lengths, channels), targets, truth)
