"""`markovlens errors`: the pages on errors, as they are shipped."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markovlens.arguments import known_names
from markovlens.errors import DataError
from markovlens.running.shipped import error_pages

INDEX = "index.md"  # the register of identifiers
ROW = re.compile(r"\| \[(?P<page>[a-z-]+)\]\((?P=page)\.md\) \| (?P<meaning>.+) \|")


def page_on(identifier: str) -> str:
    """Return the page on an error, in Markdown.

    Raises:
        DataError: there is none of this identifier.
    """
    known = [page for page, _ in registered()]
    if identifier not in known:
        names = known_names("identifiers", identifier, known)
        raise DataError(f"unknown error {identifier!r}; {names}", page="unknown-name")
    return (error_pages() / f"{identifier}.md").read_text(encoding="utf-8").strip()


def listed() -> str:
    """Return all identifiers, below the headings of their groups, with what each is about."""
    return "\n".join(_lines()).strip()


def registered() -> list[tuple[str, str]]:
    """Return each identifier with what it is about, in the order of the index."""
    return [(row["page"], row["meaning"]) for row in map(ROW.fullmatch, _index()) if row]


def _lines() -> Iterator[str]:
    width = max(len(page) for page, _ in registered())
    for line in _index():
        if row := ROW.fullmatch(line):
            yield f"  {row['page']:{width}}  {row['meaning']}"
        elif line.startswith("## "):
            yield f"\n{line.removeprefix('## ')}"


def _index() -> list[str]:
    return (error_pages() / INDEX).read_text(encoding="utf-8").splitlines()
