"""What of a bad config is right: what does not go together in it is told with the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from markovlens.config.schema import Schema, fill, plain, resolve, validator

Place = tuple[str | int, ...]


def sound_parts(raw: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """Return the values of a config that are right, with defaults; what is wrong has no key.

    Lists and named entries, such as models, are left out whole where a part of them is wrong, and
    keys that may be meant by an unknown one, for which no default must stand.

    Args:
        raw: the config as it came.
        schema: its schema.
    """
    config = plain(raw)
    return _sound(config, schema, schema, wrong={*_wrong_places(config, schema)})


def _wrong_places(config: Mapping[str, Any], schema: Schema) -> Iterator[Place]:
    for error in validator(schema).iter_errors(config):
        place = tuple(error.absolute_path)
        if error.validator != "additionalProperties":
            yield place
            continue
        known = error.schema["properties"]
        for key in set(error.instance) - set(known):
            yield (*place, key)
            yield from ((*place, meant) for meant in get_close_matches(key, known, n=1))


def _sound(
    value: Mapping[str, Any],
    schema: Schema,
    root: Schema,
    *,
    wrong: Collection[Place],
    at: Place = (),
) -> dict[str, Any]:
    """Return what is right of a section."""
    known = {key: resolve(sub, root) for key, sub in schema.get("properties", {}).items()}
    defaults = {key: sub["default"] for key, sub in known.items() if "default" in sub}
    other: Schema = schema.get("additionalProperties") or {}
    found: dict[str, Any] = {}
    for key, item in {**defaults, **value}.items():
        place, sub = (*at, key), known.get(key, other)
        if not any(each[: len(place)] == place for each in wrong):
            found[key] = fill(item, sub, root)
        elif key in known and place not in wrong and isinstance(item, Mapping):
            found[key] = _sound(item, sub, root, wrong=wrong, at=place)
    return found
