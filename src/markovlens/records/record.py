"""Records as plain values and files, held to a published schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from jsonschema import Draft202012Validator

from markovlens.arguments import check_path, with_known_arguments
from markovlens.errors import DataError
from markovlens.files.whole import check_folder, json_text, naming, replacing
from markovlens.machines.machine import Machine
from markovlens.machines.storage import machine_to_dict
from markovlens.records.calls import Call, Recorded
from markovlens.records.digests import digest
from markovlens.running.provenance import describe

SCHEMA_VERSION = 1
SCHEMA = "record.schema.json"
SEAL = "seal"
ENDINGS = (".json",)
ADVICE = "give a file that `markovlens.write_record` wrote"


def record_of(result: Recorded) -> dict[str, Any]:
    """Return the record of a result: what it was made of and with, and what came out."""
    if not hasattr(result, "call") or not hasattr(result, "plain"):
        raise DataError(
            f"expected a result that keeps what it was made of, got {type(result).__name__}; "
            "`explain` and `compare_groups` give one",
            page="not-recordable",
        )
    call = result.call
    why_not = call.why_not if call else "it was loaded, and what a run was made of lies beside it"
    if call is None or why_not:
        raise DataError(
            "expected a result of which all is known that it was made of, got one that cannot be "
            f"recorded: {why_not}; make it with `explain` or `compare_groups`",
            page="not-recordable",
        )
    plain = {**made_with(call), "result": _as_in_a_file(_without_nan(result.plain))}
    return {**plain, SEAL: seal_of(plain)}


def made_with(call: Call) -> dict[str, Any]:
    """Return what a record says of a call: all of it but the result and the seal."""
    said = {
        "schema_version": SCHEMA_VERSION,
        "call": call.name,
        "inputs": dict(call.inputs),
        "order": dict(call.order),
        "machine": _in_whole(call.machine),
        "settings": dict(call.settings),
        "seed": call.seed,
        "versions": versions(),
    }
    return dict(_as_in_a_file(said))


def _as_in_a_file(value: Any) -> Any:
    """Return plain values with lists for tuples, numbers of JSON for those of numpy."""
    return json.loads(json_text(value))


def _without_nan(value: Any) -> Any:
    """Return plain values in which what is no number is None: JSON has none."""
    if isinstance(value, Mapping):
        return {key: _without_nan(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(each) for each in value]
    if isinstance(value, np.ndarray):
        return _without_nan(value.tolist())
    return None if isinstance(value, float | np.floating) and np.isnan(value) else value


def versions() -> dict[str, Any]:
    """Return with what a result is made: packages, Python, the platform, and our own code.

    The code is told by its bytes: a commit would be that of whatever repository it lies in.
    """
    told = describe()
    known = {name: told[name] for name in ("packages", "python", "platform", "processor")}
    return {**known, "code": _code()}


@cache
def _code() -> str:
    root = Path(str(files("markovlens")))
    return digest({str(path.relative_to(root)): path for path in sorted(root.rglob("*.py"))})


def _in_whole(machine: Machine | None) -> dict[str, Any] | None:
    if machine is None:
        return None
    try:
        return machine_to_dict(machine)
    except DataError:  # its codebook is of a kind of the user's own
        return None


def seal_of(record: Mapping[str, Any]) -> dict[str, str]:
    """Return the digest of each part of a record."""
    return {part: digest(json_text(value)) for part, value in record.items() if part != SEAL}


@with_known_arguments
def write_record(path: str | Path, result: Recorded) -> None:
    """Write the record of a result as JSON, the same bytes for the same record.

    Args:
        path: of the file; ends in .json.
        result: what `explain` or `compare_groups` returned.

    Raises:
        ConfigError: another ending of `path`.
        DataError: a result that does not keep what it was made of.
        StorageError: it cannot be written there.
    """
    check_folder(path, ENDINGS)
    with replacing(path) as temporary:
        temporary.write_text(json_text(record_of(result)), encoding="utf-8")


@with_known_arguments
def read_record(path: str | Path) -> dict[str, Any]:
    """Return the record in a file; raises `DataError` for a file that is none, and says where."""
    check_path(path)
    with naming(path, advice=ADVICE):
        return check_record(json.loads(Path(path).read_text(encoding="utf-8")))


def check_record(record: Any) -> dict[str, Any]:
    """Return a record as it is; raises `DataError` where it is none by the schema."""
    fault = next(iter(sorted(_validator().iter_errors(record), key=_place)), None)
    if fault is not None:
        place = ".".join(map(str, fault.absolute_path)) or "the whole"
        raise DataError(
            f"expected a record of schema {SCHEMA_VERSION}, got something else at {place} "
            f"({fault.message[:200]}); {ADVICE}",
            page="made-for-another-version",
        )
    return dict(record)


def schema() -> dict[str, Any]:
    """Return the JSON schema of records."""
    text = files("markovlens.records").joinpath(SCHEMA).read_text(encoding="utf-8")
    return dict(json.loads(text))


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


def _place(fault: Any) -> list[str]:
    return list(map(str, fault.absolute_path))
