"""Names that become folders and wildcards: which can be both, on every system."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

# A file name has 255 bytes on Linux and macOS; suffixes and the mark of a half-written file come on
# top of a name.
LONGEST = 100
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
