"""The key table of `config/README.md`, made from the config schema.

Run as `python -m markovlens.config.docs --write config/README.md` (or `--check`).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from markovlens.config.schema import TYPE_WORDS, Schema, read_schema, resolve
from markovlens.errors import MarkovlensError
from markovlens.files.generated import Part, add_arguments, renew

PART = Part("key table", "python -m markovlens.config.docs")
SCHEMA_PATH = "workflow/schemas/config.schema.yaml"

Row = tuple[str, str, str, str]


def key_table(schema: Schema) -> str:
    """Return a Markdown table with a row for each key of the schema."""
    header: Row = ("Key", "What it may be", "Default", "Meaning")
    lines = [_line(header), _line(("---",) * 4)]
    return "\n".join(lines + [_line(row) for row in _rows("", schema, schema)])


def main(argv: Sequence[str] | None = None) -> int:
    """Write or check the table in a Markdown file; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m markovlens.config.docs", description=__doc__)
    add_arguments(parser)
    parser.add_argument("--schema", type=Path, default=Path(SCHEMA_PATH))
    options = parser.parse_args(argv)
    try:
        wrong = renew(PART, key_table(read_schema(options.schema)), options)
    except MarkovlensError as error:
        wrong = str(error)
    if wrong:
        parser.exit(1, f"{options.file}: {wrong}\n")
    return 0


def _rows(path: str, schema: Schema, root: Schema) -> Iterator[Row]:
    """Yield the rows of a section, depth first."""
    required = schema.get("required", ())
    for key, sub in schema.get("properties", {}).items():
        yield from _key_rows(f"{path}{key}", resolve(sub, root), root, required=key in required)


def _key_rows(name: str, schema: Schema, root: Schema, *, required: bool) -> Iterator[Row]:
    children = schema.get("properties", {})
    if not children or not all("description" in resolve(c, root) for c in children.values()):
        default = "(required)" if required else _default(schema)
        yield f"`{name}`", _kind(schema, root), default, schema["description"]
    elif "properties" in schema:
        yield from _rows(f"{name}.", schema, root)
    if "additionalProperties" in schema and schema["additionalProperties"]:
        named = resolve(schema["additionalProperties"], root)
        for shape in named.get("oneOf", [named]):
            branch = resolve(shape, root)
            for key, kind, default, meaning in _rows(f"{name}.<name>.", branch, root):
                yield key, kind, default, f"*{branch['title']}*: {meaning}"
    yield from _rows(f"{name}[].", schema.get("items", {}), root)


def _default(schema: Schema) -> str:
    if "default" not in schema:
        return "(required)"
    if schema["default"] == {}:
        return "(none)"
    text = yaml.safe_dump(schema["default"], default_flow_style=True, width=1000, sort_keys=False)
    return f"`{text.removesuffix('...' + chr(10)).strip()}`"


def _kind(schema: Schema, root: Schema) -> str:
    """Return type and bounds in words."""
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    if "x-expected" in schema:
        return " or ".join([schema["x-expected"], *(["null"] if "null" in types else [])])
    if "properties" in schema:
        return "any of " + ", ".join(f"`{key}`" for key in schema["properties"])
    words = " or ".join(TYPE_WORDS[name].removeprefix("a ") for name in types)
    if "array" in types:
        items = resolve(schema["items"], root)
        return words if "properties" in items else f"{words}, each {_kind(items, root)}"
    return ", ".join([words, *_bounds(schema)])


def _bounds(schema: Schema) -> Iterator[str]:
    if "minimum" in schema and "maximum" in schema:
        yield f"{schema['minimum']} to {schema['maximum']}"
        return
    names = {
        "minimum": "at least",
        "exclusiveMinimum": "more than",
        "maximum": "at most",
        "exclusiveMaximum": "less than",
    }
    for key, words in names.items():
        if key in schema:
            yield f"{words} {schema[key]}"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    sys.exit(main())
