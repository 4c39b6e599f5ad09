"""Names that become folders and wildcards: which can be both, on every system."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping

# A file name has 255 bytes on Linux and macOS; suffixes and the mark of a half-written file come on
# top of a name.
LONGEST = 100
OF_ROWS = ("real_", "oblique_")  # languages that are read off real values
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
# Snakemake (9.23) takes wildcards for a rule that feeds itself if they end in so many repeats.
_REPEATS = re.compile(r"(.+?)\1{19}$")


def trouble(name: str) -> str | None:
    """Return what a name should be that cannot be a folder or a wildcard; None if it can."""
    if len(name) > LONGEST:
        return f"at most {LONGEST} characters, not {len(name)} (it becomes a folder)"
    if not _NAME.fullmatch(name):
        return "a name of letters, digits, `_`, `.` and `-` (it becomes a folder)"
    if name.endswith("."):
        return "a name that does not end in a dot (it becomes a folder)"
    if found := _REPEATS.search(name):
        return f"a name that does not end in 20 times {found[1]!r} (Snakemake refuses it)"
    return None


def alike(names: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield pairs of names that differ in case only: one folder on macOS."""
    first: dict[str, str] = {}
    for name in names:
        known = first.setdefault(name.casefold(), name)
        if known != name:
            yield known, name


def languages(tasks: Mapping[str, str]) -> list[str]:
    """Return which tasks, given with their families, are languages over symbols."""
    formal = [task for task, family in tasks.items() if family == "formal"]
    return [task for task in formal if not task.startswith(OF_ROWS)]


def repeated(place: str, found: list[tuple[str, str]]) -> Iterator[str]:
    """Yield a line for each (task, model) that stands in a list of runs more than once."""
    for (task, model), count in Counter(found).items():
        if count > 1:
            yield (
                f"{place}: task {task} with model {model} stands there {count} times, expected once"
            )
