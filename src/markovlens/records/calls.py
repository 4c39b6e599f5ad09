"""What was asked, kept beside its result, until somebody wants a record of it."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import wraps
from importlib import import_module
from pathlib import Path, PurePath
from typing import Any, ParamSpec, Protocol, TypeVar

import numpy as np

from markovlens.arguments import known_names
from markovlens.errors import DataError, reason_of
from markovlens.files.whole import json_text
from markovlens.machines.machine import Machine
from markovlens.records.digests import digest

# What can be replayed, and where it lives: it takes inputs, settings and `seed` by their names.
CALLS = {
    "compare_groups": "markovlens.groups.comparing",
    "explain": "markovlens.explaining.building",
}
NETWORK = "network"  # the input of which a text is the path of a file

P = ParamSpec("P")
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a public function.

    Attributes:
        name: of the function, a key of `CALLS`.
        inputs: the digest of each input by name, of a group of them one for each name.
        order: the names of each such group of inputs as they were given: which of two groups is
            compared with which depends on it.
        settings: all other arguments but the seed, as values that JSON has.
        seed: as a whole number, or as entropy and spawn key.
        machine: what the record holds in whole, where it can be kept; None where none was given.
        why_not: why no record can be made, in words; empty where one can.
    """

    name: str
    inputs: Mapping[str, Any]
    settings: Mapping[str, Any]
    seed: Any
    machine: Machine | None = field(default=None, repr=False)
    why_not: str = ""
    order: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def having(self, **settings: Any) -> Call:
        """Return the call with other settings, as values that JSON has."""
        return replace(self, settings={**self.settings, **settings})


class Recorded(Protocol):
    """A result that a record can be made of."""

    @property
    def call(self) -> Call | None:
        """What was asked; None where it is not known."""
        ...

    @property
    def plain(self) -> Mapping[str, Any]:
        """All its numbers and words, as values that JSON has."""
        ...


def recorded(*inputs: str) -> Callable[[Callable[P, Made]], Callable[P, Made]]:
    """Return a decorator for public functions whose results keep what they were made of.

    The result is a dataclass with a field `call`, which is set; `asked` of the function returns
    what that would be, and calls nothing. All arguments but `inputs` and `seed` are settings, those
    left to their defaults too. What cannot be told by a digest or kept as JSON hinders nobody: only
    a record of such a result is refused.

    Args:
        inputs: names of the arguments that a record has digests of.
    """

    def decorate(function: Callable[P, Made]) -> Callable[P, Made]:
        signature = inspect.signature(function)

        @wraps(function)
        def keeping(*args: P.args, **kwargs: P.kwargs) -> Made:
            made = function(*args, **kwargs)
            return replace(made, call=asked(*args, **kwargs))  # type: ignore[type-var]

        def asked(*args: P.args, **kwargs: P.kwargs) -> Call:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            return _call(function.__name__, _flat(bound), inputs)

        keeping.asked = asked  # type: ignore[attr-defined]
        return keeping

    return decorate


def _flat(bound: inspect.BoundArguments) -> dict[str, Any]:
    """Return all arguments by name, also those that were given as `**more`."""
    found: dict[str, Any] = {}
    for name, parameter in bound.signature.parameters.items():
        value = bound.arguments[name]
        found |= value if parameter.kind is parameter.VAR_KEYWORD else {name: value}
    return found


def _call(name: str, arguments: Mapping[str, Any], inputs: Sequence[str]) -> Call:
    """Return a call; digests are taken at once, since arrays may change later."""
    machine = arguments.get("machine")
    given = {key: arguments[key] for key in inputs if arguments[key] is not None}
    settings = {key: arguments[key] for key in arguments if key not in (*inputs, "seed")}
    try:
        return Call(
            name,
            {key: _digests(key, value) for key, value in given.items()},
            json.loads(json_text(_in_plain(settings))),
            seed_in_plain(arguments["seed"]),
            machine if isinstance(machine, Machine) else None,
            order={key: _names(value) for key, value in given.items() if _names(value)},
        )
    except (DataError, OSError, RecursionError, TypeError, ValueError) as error:
        return Call(name, {}, {}, 0, why_not=reason_of(error))


def _digests(key: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): digest(each) for name, each in value.items()}
    return digest(Path(value) if key == NETWORK and isinstance(value, str) else value)


def _names(value: Any) -> list[str]:
    """Return the names of several inputs in their order, none of one."""
    return list(map(str, value)) if isinstance(value, Mapping) else []


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


def _in_plain(value: Any) -> Any:
    """Return settings as plain values; of paths the names of their files.

    Folders tell of persons, and are others on the next machine. Text is text, also if it begins
    like a path: a symbol may be "/".
    """
    if isinstance(value, PurePath):
        return value.name
    if is_dataclass(value) and not isinstance(value, type):
        return _in_plain({each.name: getattr(value, each.name) for each in fields(value)})
    if isinstance(value, Mapping):
        return {str(key): _in_plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | range):
        return [_in_plain(each) for each in value]
    return value


def function_of(name: str) -> Any:
    """Return the function that a record names; raises `DataError` for one that is none of ours."""
    if name not in CALLS:
        raise DataError(
            f"call: unknown {name!r}; {known_names('calls', name, CALLS)}", page="unknown-name"
        )
    return getattr(import_module(CALLS[name]), name)
