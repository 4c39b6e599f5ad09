"""Your own data: the sections of `tasks.custom`, and what their tasks are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FAMILY = "custom"
PREFIX = "custom_"


def is_custom(task: str) -> bool:
    """Return whether a task is made of a user's data."""
    return task.startswith(PREFIX)


def section_of(task: str) -> str:
    """Return the name of the section that the task `custom_NAME` is described by."""
    return task.removeprefix(PREFIX)


def custom_tasks(config: Mapping[str, Any]) -> list[str]:
    """Return the tasks of all sections, in the order of the config."""
    return [PREFIX + name for name in config["tasks"][FAMILY]]
