"""Cells of a run, a task and a model each, and the config of one alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from markovlens.arguments import known_names
from markovlens.config.arena import FAMILY as ARENA
from markovlens.config.arena import is_arena
from markovlens.config.custom import FAMILY as CUSTOM
from markovlens.config.custom import is_custom, section_of
from markovlens.config.loading import (
    Config,
    dynamics_pairs,
    embedding_pairs,
    pairs,
    robustness_pairs,
)
from markovlens.errors import DataError

# By the section that asks for it: who is asked for there, and what is made last for each seed. The
# others end in the report, for which the workflow wants a cell of `runs`.
STUDIES: Mapping[str, tuple[Callable[[Config], list[tuple[str, str]]], str]] = {
    "robustness": (robustness_pairs, "faithfulness/robustness.parquet"),
    "embedding": (embedding_pairs, "embedding/energies.parquet"),
    "dynamics": (dynamics_pairs, "dynamics/numbers.parquet"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A task and a model of a config.

    Attributes:
        task: name of the task.
        model: name of the model.
    """

    task: str
    model: str

    @property
    def name(self) -> str:
        """As it becomes a file's name."""
        return f"{self.task}-{self.model}"

    def __str__(self) -> str:
        """Return it as it is said on the command line."""
        return f"{self.task}/{self.model}"

    @property
    def pair(self) -> tuple[str, str]:
        """Task and model, as the config's readers return them."""
        return self.task, self.model


def find_cell(config: Config, named: str) -> Cell:
    """Return the cell `TASK/MODEL` of a config.

    Raises:
        DataError: there is none; the nearest are named.
    """
    asked = [each(config) for each in (pairs, *(of for of, _ in STUDIES.values()))]
    known = {str(cell): cell for cells in asked for cell in (Cell(*pair) for pair in cells)}
    if named not in known:
        raise DataError(
            f"{named}: expected TASK/MODEL of this run, got another; "
            f"{known_names('cells', named, list(known))}",
            page="unknown-name",
        )
    return known[named]


def is_whole(config: Config, cell: Cell) -> bool:
    """Return whether a cell goes through the whole workflow, to its report."""
    return cell.pair in pairs(config)


def cut(config: Config, cell: Cell) -> dict[str, Any]:
    """Return a config of one cell: all settings as they were, no other task, no other model.

    Of a cell that only a study asks for, the first of `runs` stays: without one there is no run.
    """
    kept = cell if is_whole(config, cell) else Cell(*pairs(config)[0])
    cells = dict.fromkeys([kept, cell])
    models = {each.model: config["networks"]["models"][each.model] for each in cells}
    sections = config["tasks"][CUSTOM]
    own = [section_of(each.task) for each in cells if is_custom(each.task)]
    tasks = {**config["tasks"], CUSTOM: {name: sections[name] for name in own}}
    if not any(is_arena(each.task) for each in cells):
        tasks[ARENA] = {**tasks[ARENA], "folder": None}
    studies = {
        name: {**config[name], "runs": _only(cell) if cell.pair in of(config) else []}
        for name, (of, _) in STUDIES.items()
    }
    networks = {**config["networks"], "models": models}
    return {**config, **studies, "runs": _only(kept), "tasks": tasks, "networks": networks}


def _only(cell: Cell) -> list[dict[str, list[str]]]:
    return [{"tasks": [cell.task], "models": [cell.model]}]


def last_files(config: Config, cell: Cell) -> list[str]:
    """Return what studies make last of a cell that they ask for, by names under the results."""
    return [
        f"runs/{cell}/seed-{seed}/{last}"
        for of, last in STUDIES.values()
        if cell.pair in of(config)
        for seed in config["seeds"]
    ]
