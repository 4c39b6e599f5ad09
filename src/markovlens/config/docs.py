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
from markovlens.errors import ConfigError, MarkovlensError

BEGIN = "<!-- key table: made by `python -m markovlens.config.docs`, do not edit -->"
END = "<!-- end of key table -->"
SCHEMA_PATH = "workflow/schemas/config.schema.yaml"

Row = tuple[str, str, str, str]


def key_table(schema: Schema) -> str:
    """Return a Markdown table with a row for each key of the schema."""
    header: Row = ("Key", "What it may be", "Default", "Meaning")
    lines = [_line(header), _line(("---",) * 4)]
    return "\n".join(lines + [_line(row) for row in _rows("", schema, schema)])


def with_table(text: str, table: str) -> str:
    """Return `text` with what stands between the two markers replaced by `table`.

    Raises:
        ConfigError: the markers are not there, once each and in order.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ConfigError(f"the markers {BEGIN} and {END} are not there")
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{after}"


def main(argv: Sequence[str] | None = None) -> int:
    """Write or check the table in a Markdown file; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m markovlens.config.docs", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--schema", type=Path, default=Path(SCHEMA_PATH))
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--write", action="store_true", help="put the table into the file")
    mode.add_argument("--check", action="store_true", help="fail when the file has another table")
    options = parser.parse_args(argv)
    old = options.file.read_text(encoding="utf-8")
    try:
        new = with_table(old, key_table(read_schema(options.schema)))
    except MarkovlensError as error:
        parser.exit(1, f"{options.file}: {error}\n")
    if options.write:
        options.file.write_text(new, encoding="utf-8")
    elif new != old:
        parser.exit(
            1, f"{options.file}: the key table is not that of {options.schema}; --write it\n"
        )
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
        for shape in resolve(schema["additionalProperties"], root)["oneOf"]:
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
