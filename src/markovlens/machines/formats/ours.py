"""Our own JSON: a machine whole, codebook, law and spread included, by `machine.schema.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator

from markovlens.errors import DataError
from markovlens.files.whole import json_text
from markovlens.machines.formats.chart import MOST_CELLS
from markovlens.machines.formats.naming import text_of
from markovlens.machines.machine import Machine
from markovlens.machines.storage import machine_from_dict, machine_to_dict

SCHEMA = "machine.schema.json"
SCHEMA_VERSION = 1
MOST_SYMBOLS = 2**20


def texts(machine: Machine) -> Mapping[str, str]:
    """Return the text of the one file."""
    return {"": json_text({"schema_version": SCHEMA_VERSION, **machine_to_dict(machine)})}


def read(content: bytes) -> Machine:
    """Return the machine in a file of ours; those without a version are of before there was one.

    Raises:
        DataError: it does not follow the schema, or its moves would take more memory than allowed.
    """
    plain = json.loads(text_of(content))
    check_machine(plain)
    return machine_from_dict(plain)


def check_machine(plain: Any) -> None:
    """Raise `DataError` for plain values that are no machine by the schema, or a too large one."""
    _check_size(plain)
    fault = next(iter(sorted(_validator().iter_errors(plain), key=lambda e: str(e.path))), None)
    if fault is not None:
        place = ".".join(map(str, fault.absolute_path)) or "the whole"
        raise DataError(
            f"got something else at {place} ({fault.message[:200]}), expected a machine as "
            f"`write_machine` writes it, of schema {SCHEMA_VERSION}",
            page="unreadable-machine",
        )


def _check_size(plain: Any) -> None:
    """Raise `DataError` for a machine of too many moves, before anything is made of it."""
    parts = plain if isinstance(plain, dict) else {}
    symbols, states = (parts.get(name) for name in ("initial", "fallback"))
    if isinstance(symbols, list) and isinstance(states, list):
        cells = len(symbols) * max(len(states), 1) ** 2
        if len(symbols) > MOST_SYMBOLS or cells > 4 * MOST_CELLS:
            raise DataError(
                f"expected at most {MOST_SYMBOLS} symbols and {4 * MOST_CELLS} moves, got a "
                f"machine of {len(symbols)} and {cells}",
                page="unreadable-machine",
            )


def schema() -> dict[str, Any]:
    """Return the JSON schema of machines."""
    text = files("markovlens.machines.formats").joinpath(SCHEMA).read_text(encoding="utf-8")
    return dict(json.loads(text))


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(schema())
