"""Config files before they are read: what YAML takes without a word, or without saying where."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from markovlens.errors import ConfigError

NO_KEYS = "expected keys with values, got {}; `markovlens new NAME` makes a config to begin with"
NONE, A_LIST, ONE_VALUE = "none", "a list", "a single value"
TAB = "'\\t'"


def check_config_files(paths: Iterable[str | Path]) -> None:
    """Check that each file is YAML or JSON in which no key stands twice; missing ones are left.

    Snakemake (9.23) says only that a file is "not valid JSON or YAML", and of two equal keys takes
    the last.

    Raises:
        ConfigError: with one line for each problem: the file, line and column, what to do.
    """
    lines = [line for path in map(Path, paths) if path.is_file() for line in _problems(path)]
    if lines:
        raise ConfigError("\n".join(lines), page="bad-yaml")


def _problems(path: Path) -> Iterator[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        yield f"{path}: expected UTF-8, got another encoding ({error.reason} at byte {error.start})"
        return
    try:
        yield from (f"{path}: {line}" for line in _json_problems(text))
    except (ValueError, RecursionError):  # as Snakemake does: what is no JSON is YAML
        yield from _yaml_problems(path, text)


def _json_problems(text: str) -> list[str]:
    found: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
        found.extend(f"key {name!r} stands there twice; keep one" for name in twice)
        return dict(pairs)

    read = json.loads(text, object_pairs_hook=note)
    got = {type(None): NONE, list: A_LIST}.get(type(read), ONE_VALUE)
    return found if isinstance(read, dict) else [NO_KEYS.format(got)]


def _yaml_problems(path: Path, text: str) -> Iterator[str]:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        hint = "; indent with spaces" if TAB in str(error.problem) else ""
        yield f"{path}{_at(mark)}: expected YAML, {error.problem or error.context}{hint}"
    except yaml.YAMLError as error:
        yield f"{path}: expected YAML, {' '.join(str(error).split())}"
    except RecursionError:
        yield f"{path}: expected a config, got one that is nested too deep"
    else:
        if not isinstance(root, yaml.MappingNode):
            yield f"{path}: {NO_KEYS.format(_kind(root))}"
        yield from (f"{path}{line}" for line in _twice(root))


def _kind(root: yaml.Node | None) -> str:
    """Return what a document is that is no mapping."""
    if root is None or root.tag.endswith(":null"):
        return NONE
    return A_LIST if isinstance(root, yaml.SequenceNode) else ONE_VALUE


def _twice(root: yaml.Node | None) -> Iterator[str]:
    """Yield a line for each key that its mapping already has, in the order of the file."""
    waiting, visited = [root], set()
    while waiting:
        node = waiting.pop()
        if node is None or id(node) in visited or isinstance(node, yaml.ScalarNode):
            continue
        visited.add(id(node))  # an anchor may hold itself
        children = list(node.value)
        if isinstance(node, yaml.MappingNode):
            yield from _twice_in(node)
            children = [value for _, value in node.value]
        waiting += children[::-1]


def _twice_in(node: yaml.MappingNode) -> Iterator[str]:
    first: dict[tuple[str, str], yaml.Node] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        known = first.setdefault((key.tag, key.value), key)
        if known is not key:
            yield (
                f"{_at(key.start_mark)}: key {key.value!r} stands there a second time, after line "
                f"{known.start_mark.line + 1}; keep one"
            )


def _at(mark: Any) -> str:
    return f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
