"""The arena: other people's networks in a folder that the config names, and what `runs` gets of it.

For each network NAME the folder has three files: `NAME.json` says what it is, `NAME.safetensors`
holds its weights, `NAME.words.npz` words and the original network's own answers (see
`tasks.arena` and `networks.arena`). Its task is called `arena_NAME`; the task `arena` in `runs`
stands for all that are there. Loads nothing heavy, so that a workflow may ask.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markovlens.arguments import known_names
from markovlens.config.names import alike, trouble
from markovlens.config.schema import raise_if, show
from markovlens.errors import ConfigError

FAMILY = "arena"
PREFIX = "arena_"


@dataclass(frozen=True, slots=True)
class ArenaFiles:
    """The files of one network.

    Attributes:
        description: JSON, what the network is.
        weights: safetensors.
        words: npz, words and reference answers.
    """

    description: Path
    weights: Path
    words: Path


def is_arena(task: str) -> bool:
    """Return whether a task is judged by a network from the folder."""
    return task.startswith(PREFIX)


def files_of(folder: str | Path | None, task: str) -> ArenaFiles:
    """Return where the files of the task `arena_NAME` are; a `ConfigError` without a folder."""
    if folder is None:
        raise ConfigError(
            f"task {task}: expected a folder in tasks.arena.folder, got none", page="bad-config"
        )
    name = task.removeprefix(PREFIX)
    suffixes = (".json", ".safetensors", ".words.npz")
    return ArenaFiles(*(Path(folder, name + suffix) for suffix in suffixes))


def tasks_in(folder: str | Path) -> list[str]:
    """Return the tasks of all networks in a folder that have their three files, by name.

    Raises:
        ConfigError: a network's name cannot become a folder, or not beside another's.
    """
    names = (PREFIX + path.stem for path in sorted(Path(folder).glob("*.json")))
    tasks = [task for task in names if _is_whole(files_of(folder, task))]
    lines = [
        f"tasks.arena.folder: got the network {show(task.removeprefix(PREFIX))}, expected {wanted};"
        " rename its files"
        for task in tasks
        if (wanted := trouble(task))
    ]
    lines += [
        f"tasks.arena.folder: got {first} and {second}, expected names that differ in more than"
        " case"
        for first, second in alike(tasks)
    ]
    raise_if(lines)
    return tasks


def expand(config: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the config with the networks of the folder in its `runs`, and what was left out.

    Without a folder, or with one that is not there or holds no network, the arena is left out of
    `runs`; the second value then has a line that says so. Other runs are as they were.

    Raises:
        ConfigError: `runs` has a task of the arena that is not in the folder.
    """
    if not any(_asks(run["tasks"]) for run in config["runs"]):
        return dict(config), []
    folder = config["tasks"][FAMILY]["folder"]
    found = tasks_in(folder) if folder else []
    if found:
        raise_if([line for i, run in enumerate(config["runs"]) for line in _strange(i, run, found)])
    runs = [run | {"tasks": _found(run["tasks"], found)} for run in config["runs"]]
    runs = [run for run in runs if run["tasks"]]
    return {**config, "runs": runs}, [] if found else [_why(folder)]


def _strange(place: int, run: Mapping[str, Any], found: list[str]) -> Iterator[str]:
    """Yield a line for each task of no network that is there: a name becomes a path."""
    for task in run["tasks"]:
        if is_arena(task) and task not in found:
            known = known_names("tasks", task, found)
            yield f"runs[{place}].tasks: unknown task {show(task)}; {known}"


def _is_whole(files: ArenaFiles) -> bool:
    return files.weights.is_file() and files.words.is_file()


def _asks(tasks: list[str]) -> bool:
    return any(task == FAMILY or is_arena(task) for task in tasks)


def _found(tasks: list[str], found: list[str]) -> list[str]:
    """Return the tasks with `arena` replaced by all that were found; none of it if none was."""
    if not found:
        return [task for task in tasks if not _asks([task])]
    return [name for task in tasks for name in (found if task == FAMILY else [task])]


def _why(folder: str | None) -> str:
    """Return why the arena is left out, and what to do."""
    if not folder:
        reason = "tasks.arena.folder names no folder"
    elif not Path(folder).is_dir():
        reason = f"the folder {folder} of tasks.arena.folder is not there"
    else:
        reason = f"the folder {folder} holds no network with its .json, .safetensors and .words.npz"
    return f"The arena is skipped: {reason}; config/README.md says what goes there."
