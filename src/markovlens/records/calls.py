"""What was asked, kept beside its result, until somebody wants a record of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from markovlens.arguments import known_names
from markovlens.errors import DataError
from markovlens.machines.machine import Machine
from markovlens.records.digests import digest

# What can be replayed, and where it lives: it takes inputs, settings and `seed` by their names.
CALLS = {"compare_groups": "markovlens.groups.comparing"}


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a public function.

    Attributes:
        name: of the function, a key of `CALLS`.
        inputs: the digest of each input by name, of a group of them one for each name.
        settings: all other arguments but the seed, as values that JSON has.
        seed: as a whole number, or as entropy and spawn key.
        machine: what the record holds in whole, where it can be kept; None where none was given.
    """

    name: str
    inputs: Mapping[str, Any]
    settings: Mapping[str, Any]
    seed: Any
    machine: Machine | None = field(default=None, repr=False)


class Recorded(Protocol):
    """A result that a record can be made of."""

    @property
    def call(self) -> Call:
        """What was asked."""
        ...

    @property
    def plain(self) -> Mapping[str, Any]:
        """All its numbers and words, as values that JSON has."""
        ...


def called(
    name: str,
    inputs: Mapping[str, Any],
    settings: Mapping[str, Any],
    seed: Any,
    *,
    machine: Machine | None = None,
) -> Call:
    """Return a call; digests are taken at once, since arrays may change later.

    Inputs that are None were not given and are left out. Of paths in settings the name alone is
    kept: folders tell of persons.
    """
    digests = {key: _digests(value) for key, value in inputs.items() if value is not None}
    return Call(name, digests, without_folders(settings), seed_in_plain(seed), machine)


def _digests(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): digest(each) for key, each in value.items()}
    return digest(value)


def seed_in_plain(seed: Any) -> Any:
    """Return a seed as JSON has it."""
    if isinstance(seed, np.random.SeedSequence):
        return {"entropy": seed.entropy, "spawn_key": list(seed.spawn_key)}
    return int(seed)


def seed_of(plain: Any) -> Any:
    """Return the seed that `seed_in_plain` wrote."""
    if isinstance(plain, Mapping):
        return np.random.SeedSequence(plain["entropy"], spawn_key=tuple(plain["spawn_key"]))
    return plain


def without_folders(value: Any) -> Any:
    """Return plain values in which absolute paths are the names of their files."""
    if isinstance(value, Path) or (isinstance(value, str) and Path(value).is_absolute()):
        return Path(value).name
    if isinstance(value, Mapping):
        return {str(key): without_folders(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [without_folders(each) for each in value]
    return value


def function_of(name: str) -> Any:
    """Return the function that a record names; raises `DataError` for one that is none of ours."""
    if name not in CALLS:
        raise DataError(f"call: unknown {name!r}; {known_names('calls', name, CALLS)}")
    return getattr(import_module(CALLS[name]), name)
