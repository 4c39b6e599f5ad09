"""Whether a result comes out again, and what differs where it does not."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markovlens.abstractions.base import Options
from markovlens.arguments import known_names, with_known_arguments
from markovlens.errors import ConfigError, DataError, reason_of
from markovlens.keyed import with_keys
from markovlens.machines.storage import machine_from_dict
from markovlens.records.calls import Call, function_of, seed_of
from markovlens.records.record import (
    SEAL,
    check_record,
    made_with,
    read_record,
    record_of,
    seal_of,
)

ABSENT = "nothing"
OPTIONS, NAMES = "options", "names"
MOST_SHOWN = 20
SHORT = 16  # digits of a digest that are shown
KINDS = {
    "inputs": "another input", "order": "another order",
    "settings": "another setting", "seed": "another seed",
    "machine": "another machine", "versions": "another version", "result": "another result",
    SEAL: "edited since it was written",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """One place at which a record and its replay differ.

    Attributes:
        place: such as `inputs.network`, `versions.packages.numpy` or `result.rows.3.p`.
        recorded, now: both values.
    """

    place: str
    recorded: Any
    now: Any

    @property
    def part(self) -> str:
        """The part of the record that it is in."""
        return self.place.partition(".")[0]

    def __str__(self) -> str:
        """Return the place, what kind of difference it is, and both values."""
        kind = KINDS.get(self.part, "another")
        return f"{self.place}: {kind}, {_short(self.recorded)} recorded and {_short(self.now)} now"


@with_keys(differences="differences")
@dataclass(frozen=True, slots=True, repr=False)
class Replay:
    """What came of making a result again.

    Attributes:
        differences: none where the record is the same to the byte; those of inputs, settings and
            versions, which may be causes, before those of the result.
        record: the record of the result as it is now; None where none could be made.
    """

    differences: tuple[Difference, ...]
    record: dict[str, Any] | None

    @property
    def same(self) -> bool:
        """Whether the record came out the same, byte for byte."""
        return not self.differences

    @property
    def _counted(self) -> str:
        """How many places of each part differ."""
        parts = Counter(each.part for each in self.differences)
        return ", ".join(f"{number} of {part}" for part, number in parts.items())

    def __repr__(self) -> str:
        """Return that all is the same, or what differs, a line each."""
        if self.same:
            return "Replay: the same bytes"
        shown = [f"  {each}" for each in self.differences[:MOST_SHOWN]]
        left = len(self.differences) - MOST_SHOWN
        more = [f"  and {left} more in `differences`"] if left > 0 else []
        return "\n".join([f"Replay: not the same, {self._counted}", *shown, *more])


@with_known_arguments
def replay(record: str | Path | Mapping[str, Any], **given: Any) -> Replay:
    """Make a result again from its record, and say what differs.

    Args:
        record: a file that `write_record` wrote, or what `read_record` returns.
        **given: the inputs that the record names, such as `groups` and `subjects`, under the names
            that its function has for them. A machine may be left out where the record holds it.
            Settings given beside take the place of those of the record, and are named as another.

    Where nothing comes out any more, such as of a network that reads other inputs now, that is what
    differs of the result, behind what may be the cause.

    Raises:
        DataError: no record, an input that the record needs and that is not given, or a name that
            its function does not have.
    """
    kept = read_record(record) if isinstance(record, str | Path) else check_record(record)
    arguments = _arguments(kept, given)
    edited = tuple(_between(SEAL, kept[SEAL], seal_of(kept)))
    function = function_of(kept["call"])
    try:
        made = record_of(function(**arguments))
    except (ConfigError, DataError) as error:
        failed = Difference("result", "a result", f"none: {reason_of(error)}")
        causes = _causes(kept, function.asked(**arguments))
        return Replay((*edited, *causes, failed), None)
    found = [*_differing(kept, made), *_between("result", kept["result"], made["result"])]
    return Replay((*edited, *found), made)


def _causes(kept: Mapping[str, Any], call: Call) -> list[Difference]:
    """Return what differs of a call without a result; nothing where it cannot be told."""
    return [] if call.why_not else list(_differing(kept, made_with(call)))


def _differing(kept: Mapping[str, Any], made: Mapping[str, Any]) -> Iterator[Difference]:
    for part in made:
        if part not in ("result", SEAL):
            yield from _between(part, kept[part], made[part])


def _arguments(kept: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return all arguments of the function; raises `DataError` where some lack or are unknown."""
    known = inspect.signature(function_of(kept["call"])).parameters
    takes_more = any(each.kind is each.VAR_KEYWORD for each in known.values())
    for name in given:
        if name not in known and not takes_more:
            raise DataError(
                f"replay: unknown {name!r}; {known_names('arguments', name, known)}",
                page="unknown-name",
            )
    settings = {name: _revived(name, value) for name, value in kept["settings"].items()}
    arguments = {**settings, "seed": seed_of(kept["seed"])}
    if kept["machine"] is not None:
        arguments["machine"] = machine_from_dict(kept["machine"])
    arguments |= given
    lacking = [name for name in kept["inputs"] if name not in arguments]
    if lacking:
        raise DataError(
            f"replay: expected {', '.join(lacking)}, of which the record has digests alone, got "
            f"none; give them as `{kept['call']}` got them",
            page="not-recordable",
        )
    return arguments


def _revived(name: str, value: Any) -> Any:
    """Return a setting as its function takes it."""
    if name == OPTIONS and value is not None:
        return Options(**value)
    if name == NAMES and isinstance(value, Mapping):  # keys of JSON are text
        return {int(state): given for state, given in value.items()}
    return value


def _between(place: str, recorded: Any, now: Any) -> Iterator[Difference]:
    """Yield the places at which two plain values differ."""
    if isinstance(recorded, Mapping) and isinstance(now, Mapping):
        for key in dict.fromkeys([*recorded, *now]):
            yield from _between(f"{place}.{key}", recorded.get(key, ABSENT), now.get(key, ABSENT))
    elif isinstance(recorded, list) and isinstance(now, list) and len(recorded) == len(now):
        for number, pair in enumerate(zip(recorded, now, strict=True)):
            yield from _between(f"{place}.{number}", *pair)
    elif recorded != now or type(recorded) is not type(now):
        yield Difference(place, recorded, now)


def _short(value: Any) -> str:
    text = str(value) or ABSENT
    is_digest = len(text) == 64 and set(text) <= set("0123456789abcdef")
    return f"{text[:SHORT]}..." if is_digest else text
