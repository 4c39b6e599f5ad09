"""What the config schema says: its defaults, and its errors in words that a user can act on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import date
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from markovlens.arguments import known_names, probably
from markovlens.errors import ConfigError
from markovlens.spelling import count, is_number

if TYPE_CHECKING:  # jobs check no config, but whoever knows tasks comes by
    from jsonschema import ValidationError

Schema = dict[str, Any]

MAX_DEPTH = 20  # a config that nests deeper holds a YAML anchor inside itself
MAX_SHOWN = 60  # characters of a wrong value that a message repeats

# That of C, where PyYAML has it, takes a tenth of the time: each job on a cluster reads the schema.
QUICKEST = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
TYPE_WORDS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "a section of keys",
    "string": "text",
}


def read_schema(path: str | Path) -> Schema:
    """Return the JSON schema in a YAML file.

    Raises:
        ConfigError: there is no such file.
    """
    try:
        return yaml.load(Path(path).read_text(encoding="utf-8"), Loader=QUICKEST)
    except OSError as error:
        raise ConfigError(
            f"{path}: the config schema cannot be read ({error.strerror})", page="bad-config"
        ) from error


def resolve(schema: Schema, root: Schema) -> Schema:
    """Return a schema with its `$ref` replaced by what it points to; keys beside it win."""
    if "$ref" not in schema:
        return schema
    target = root
    for part in schema["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    return resolve({**target, **{k: v for k, v in schema.items() if k != "$ref"}}, root)


def impossible(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[str]:
    """Yield a line for everything that YAML allows and no config can mean.

    Raises:
        ConfigError: it is nested so deep that it may hold itself.
    """
    if len(path) > MAX_DEPTH:
        raise ConfigError(
            f"{where(path[:3])}: nested deeper than {MAX_DEPTH} levels", page="bad-config"
        )
    if isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(key, str):
                yield from impossible(item, (*path, key))
            else:
                yield f"{where(path)}: key {show(key)} is not text; quote it"
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from impossible(item, (*path, i))
    elif isinstance(value, float) and not isfinite(value):
        yield f"{where(path)}: got {value}, expected a finite number"


def plain(value: Any) -> Any:
    """Return a deep copy in dicts and lists, without the keys that are no text."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items() if isinstance(key, str)}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def fill(value: Any, schema: Schema, root: Schema) -> Any:
    """Return a valid `value` with the defaults of its schema in it, at every depth."""
    schema = resolve(schema, root)
    if "oneOf" in schema:
        return fill(value, branch_of(value, schema["oneOf"], root), root)
    if isinstance(value, list):
        return [fill(item, schema.get("items", {}), root) for item in value]
    if not isinstance(value, dict):
        return value
    known = {key: resolve(sub, root) for key, sub in schema.get("properties", {}).items()}
    defaults = {k: deepcopy(sub["default"]) for k, sub in known.items() if "default" in sub}
    other = schema.get("additionalProperties") or {}
    return {
        key: fill(item, known.get(key, other), root) for key, item in (defaults | value).items()
    }


def branch_of(value: Any, branches: list[Schema], root: Schema) -> Schema:
    """Return the branch of a `oneOf` whose telling key (its first required one) `value` has.

    Raises:
        ValidationError: no branch is told, or more than one.
    """
    from jsonschema import ValidationError

    by_key = {b["required"][0]: b for b in (resolve(branch, root) for branch in branches)}
    told = [key for key in by_key if isinstance(value, dict) and key in value]
    if len(told) == 1:
        return by_key[told[0]]
    keys = ", ".join(by_key)
    given = value if isinstance(value, dict) and not told else ()
    hint = next((f"; {hint}" for key in given if (hint := probably(key, by_key))), "")
    raise ValidationError(f"got {show(value)}, expected a section with exactly one of {keys}{hint}")


# --- errors ----------------------------------------------------------------------------------


def problems(value: Any, schema: Schema) -> list[str]:
    """Return a line for everything in which `value` breaks the schema, in the order of its keys."""
    errors = sorted(validator(schema).iter_errors(value), key=lambda e: where(e.absolute_path))
    # Once each: there is an error for every key that a section misses, and a line names them all.
    return list(dict.fromkeys(line for error in errors for line in _lines(error)))


def where(path: Iterable[str | int]) -> str:
    """Return a path of keys as text, such as `runs[0].tasks`."""
    parts = [f"[{p}]" if isinstance(p, int) else f".{_key(p)}" for p in path]
    return "".join(parts).removeprefix(".") or "config"


def show(value: Any) -> str:
    """Return a wrong value in one short line."""
    text = "nothing" if value is None else repr(value)
    text = " ".join(text.split())  # a repr may hold line ends, a message may not
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def validator(schema: Schema) -> Any:
    """Return a validator whose `oneOf` reports on the branch that was meant, not on all of them."""
    from jsonschema import Draft202012Validator, ValidationError, validators

    def one_of(
        validator: Any, branches: list[Schema], value: Any, _: Schema
    ) -> Iterator[ValidationError]:
        try:
            yield from validator.descend(value, branch_of(value, branches, schema))
        except ValidationError as error:
            yield error

    types = Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    )
    extend: Any = validators.extend  # the stubs give it no types
    extended = extend(Draft202012Validator, {"oneOf": one_of}, type_checker=types)
    return extended(schema)


def _lines(error: Any) -> Iterator[str]:
    place = where(error.absolute_path)
    if error.validator == "additionalProperties":
        known = error.schema["properties"]
        for key in sorted(set(error.instance) - set(known)):
            yield f"{place}: unknown key {show(key)}; {known_names('keys', key, list(known))}"
    else:
        yield f"{place}: {_phrase(error)}"


def _phrase(error: Any) -> str:
    """Return what came and what was expected, for one failed keyword of the schema."""
    limit, keyword = error.validator_value, str(error.validator)
    if keyword == "required":
        return f"missing: {', '.join(key for key in limit if key not in error.instance)}"
    if keyword == "pattern":
        limit = error.schema.get("x-expected", f"text like {limit}")
    if keyword == "type":
        limit = _types(limit, error.instance)
    if keyword in _EXPECTED:
        hint = probably(error.instance, limit) if keyword == "enum" else ""
        said = f"got {show(error.instance)}, expected {_EXPECTED[keyword](limit)}"
        return f"{said}; {hint}" if hint else said
    return " ".join(error.message.split())


_EXPECTED: dict[str, Callable[[Any], str]] = {
    "type": str,
    "pattern": str,
    "enum": lambda values: "one of " + ", ".join(map(str, values)),
    "minimum": lambda limit: f"at least {limit}",
    "maximum": lambda limit: f"at most {limit}",
    "exclusiveMinimum": lambda limit: f"more than {limit}",
    "exclusiveMaximum": lambda limit: f"less than {limit}",
    "minItems": lambda limit: f"at least {count(limit, 'entry', 'entries')}",
    "minProperties": lambda limit: f"at least {count(limit, 'entry', 'entries')}",
    "uniqueItems": lambda _: "no entry twice",
}


def _types(types: str | Sequence[str], value: Any) -> str:
    names = [types] if isinstance(types, str) else types
    words = " or ".join(TYPE_WORDS[name] for name in names)
    if names == ["string"] and isinstance(value, bool | int | float | date):
        return f"{words} (quote it)"
    if isinstance(value, str) and {"number", "integer"} & set(names) and is_number(value):
        return f"{words} (to YAML this is text: leave out quotes, write 0.001 or 1.0e-3)"
    return words


def _key(key: str) -> str:
    return key if key.replace("_", "").replace("-", "").isalnum() else show(key)


def faults(check: Callable[..., object], *arguments: Any, **named: Any) -> list[str]:
    """Return the lines of what a check of a config raises; none where it finds nothing wrong."""
    try:
        check(*arguments, **named)
    except ConfigError as error:
        return str(error).splitlines()
    return []


def raise_if(lines: list[str]) -> None:
    """Raise what is wrong with a config, if anything is.

    Raises:
        ConfigError: with these lines.
    """
    if lines:
        raise ConfigError("\n".join(lines), page="bad-config")
