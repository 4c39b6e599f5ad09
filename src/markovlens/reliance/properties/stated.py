"""Properties as a config states them: read before any job, so that a slip costs no run."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from markovlens.arguments import known_names
from markovlens.errors import DataError, reason_of
from markovlens.reliance.properties.grammar import parsed
from markovlens.reliance.properties.storm import is_formula


def misread(stated: Mapping[str, Sequence[str]], tasks: Collection[str]) -> Iterator[str]:
    """Yield a line for each task that is not run, and each property that is none.

    Names of answers and symbols are not known before the task is made, and formulas are read by
    the tool that they are for; both are told in the table.
    """
    for task, texts in stated.items():
        if task not in tasks:
            yield (
                f"reliance.properties: got {task!r}, expected a task of `runs`; "
                f"{known_names('tasks', task, tasks)}"
            )
        for place, text in enumerate(texts):
            if not is_formula(text) and (why := _fault(text)):
                yield f"reliance.properties.{task}[{place}]: {why}"


def _fault(text: str) -> str:
    """Return why a text is no property, "" of one that is."""
    try:
        parsed(text)
    except DataError as error:
        return reason_of(error)
    return ""
