"""Files of one cell that are somebody's own: data, a network, networks of the arena."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from markovlens.command.cells import Cell
from markovlens.config.arena import FAMILY as ARENA
from markovlens.config.arena import files_of, is_arena
from markovlens.config.custom import FAMILY as CUSTOM
from markovlens.config.custom import is_custom, section_of
from markovlens.config.loading import module_file
from markovlens.tasks.custom.reading import READERS

FOLDER = "own"


@dataclass(frozen=True, slots=True)
class Own:
    """One path of a config that is somebody's own.

    Attributes:
        path: as the config has it.
        name: in a bundle.
        files: the files there, by their name in a bundle; none where nothing is there.
    """

    path: str
    name: str
    files: Mapping[str, Path]


def own_paths(config: Mapping[str, Any], cell: Cell, home: Path) -> list[Own]:
    """Return what is somebody's own of a cell; `home` is where paths of the config begin."""
    return [
        Own(path, name, _files(home / path, name, suffixes))
        for path, name, suffixes in _named(config, cell)
    ]


def renamed(config: Mapping[str, Any], cell: Cell, own: Sequence[Own]) -> dict[str, Any]:
    """Return the config of one cell with the names that its own paths have in a bundle."""
    names = {each.path: each.name for each in own}
    spec = dict(config["networks"]["models"][cell.model])
    for key in ("weights", "file", "module"):
        if key in spec:
            path, colon, what = spec[key].partition(":")
            spec[key] = names.get(path, path) + colon + what
    models = {**config["networks"]["models"], cell.model: spec}
    tasks = dict(config["tasks"])
    if is_custom(cell.task):
        section = tasks[CUSTOM][section_of(cell.task)]
        tasks[CUSTOM] = {section_of(cell.task): {**section, "data": names[section["data"]]}}
    if is_arena(cell.task):
        tasks[ARENA] = {**tasks[ARENA], "folder": f"{FOLDER}/{ARENA}"}
    return {**config, "tasks": tasks, "networks": {**config["networks"], "models": models}}


def _named(
    config: Mapping[str, Any], cell: Cell
) -> Iterator[tuple[str, str, Container[str] | None]]:
    """Yield each path of the config, its name in a bundle, and which suffixes count in a folder."""
    if is_custom(cell.task):
        data = config["tasks"][CUSTOM][section_of(cell.task)]["data"]
        yield data, f"{FOLDER}/data/{Path(data).name}", READERS
    if is_arena(cell.task):
        for path in astuple(files_of(config["tasks"][ARENA]["folder"], cell.task)):
            yield str(path), f"{FOLDER}/{ARENA}/{path.name}", None
    spec = config["networks"]["models"][cell.model]
    files = [module_file(spec), *(spec.get(key) for key in ("weights", "file"))]
    for file in dict.fromkeys(map(str, filter(None, files))):
        yield file, f"{FOLDER}/network/{Path(file).name}", None


def _files(path: Path, name: str, suffixes: Container[str] | None) -> dict[str, Path]:
    """Return the file at a path, or those of a folder; none where nothing is there."""
    if path.is_file():
        return {name: path}
    found = [each for each in sorted(path.rglob("*")) if each.is_file()]
    if suffixes is not None:  # of data, what a run reads
        found = [each for each in found if each.parent == path and each.suffix.lower() in suffixes]
    return {f"{name}/{each.relative_to(path).as_posix()}": each for each in found}
