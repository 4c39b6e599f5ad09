"""A person's own models of a network: files of machines among the methods that are compared.

`methods: [hmm, {file: expert.dot}]` compares the machine in that file as the method `own_expert`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from markovlens.config.names import alike, trouble
from markovlens.config.schema import raise_if, show
from markovlens.errors import DataError

PREFIX = "own_"
PLACE = "abstractions.methods"
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


def name_machines(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config with names for all methods, and the files of some as `abstractions.files`.

    A file is named after itself where no `name` is given, by its letters and digits, without the
    ending that says the format.

    Raises:
        ConfigError: a name that cannot be a folder, two alike, or braces in a path.
    """
    section = config["abstractions"]
    names, files = [], dict(section["files"])
    for entry in section["methods"]:
        if isinstance(entry, str):
            names.append(entry)
            continue
        names.append(PREFIX + (entry["name"] or _name_of(entry["file"])))
        files[names[-1]] = entry["file"]
    raise_if([*_bad_names(names, files)])
    return {**config, "abstractions": {**section, "methods": names, "files": files}}


def _name_of(path: str) -> str:
    """Return a name of letters, digits, `_` and `-` after a file: no wildcard, no folder."""
    return _UNSAFE.sub("_", Path(path).stem).strip("_") or "machine"


def _bad_names(names: list[str], files: Mapping[str, str]) -> Iterator[str]:
    for name in files:
        if name not in names:
            yield f"abstractions.files: got {show(name)}, expected the name of one of the methods"
        elif expected := trouble(name):
            yield f"{PLACE}: got the name {show(name)}, expected {expected}; give another `name`"
        elif names.count(name) > 1:
            yield f"{PLACE}: got two machines of the name {show(name)}; give one another `name`"
    for path in files.values():
        if "{" in path or "}" in path:  # of a wildcard to Snakemake, whose input the file is
            yield f"{PLACE}: got the file {show(path)}, expected a path without braces; rename it"
    for first, second in alike(dict.fromkeys(names)):
        yield f"{PLACE}: got {show(first)} and {show(second)}, expected names that differ more"


def unreadable_machines(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each file of a machine that is not there or holds none."""
    yield from unreadable(config["abstractions"]["files"].values())


def unreadable(paths: Iterable[str]) -> Iterator[str]:
    """Yield a line for each path at which no machine is."""
    for path in paths:
        from markovlens.machines.formats.registry import read_machine  # not for configs without any

        try:
            read_machine(path)
        except DataError as error:
            yield f"{PLACE}: {error} (the path begins in {Path.cwd()})"
