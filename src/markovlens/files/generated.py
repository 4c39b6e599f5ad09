"""Parts of a page that are made from code: they stand between two markers, and can be checked."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from markovlens.errors import DataError


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a page.

    Attributes:
        name: what it is.
        command: what writes it.
    """

    name: str
    command: str

    @property
    def begin(self) -> str:
        """The marker before it."""
        return f"<!-- {self.name}: made by `{self.command}`, do not edit -->"

    @property
    def end(self) -> str:
        """The marker behind it."""
        return f"<!-- end of {self.name} -->"

    def put(self, text: str, made: str) -> str:
        """Return a page with `made` in place of what stood between the markers.

        Raises:
            DataError: the markers are not there, once each and in order.
        """
        before, begin, rest = text.partition(self.begin)
        _, end, after = rest.partition(self.end)
        if not begin or not end:
            raise DataError(
                f"expected the markers {self.begin} and {self.end}, got none",
                page="made-for-another-version",
            )
        return f"{before}{self.begin}\n\n{made}\n\n{self.end}{after}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the page, and whether to write or to check it."""
    parser.add_argument("file", type=Path)
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--write", action="store_true", help="put the part into the file")
    mode.add_argument("--check", action="store_true", help="fail when the file has another one")


def renew(part: Part, made: str, options: argparse.Namespace) -> str:
    """Write or check a part of a page; return what is wrong, nothing if all is well.

    Args:
        part: which.
        made: what it should hold.
        options: of `add_arguments`.

    Raises:
        DataError: the markers are not there.
    """
    old = options.file.read_text(encoding="utf-8")
    new = part.put(old, made)
    if options.write:
        options.file.write_text(new, encoding="utf-8")
    elif new != old:
        return f"the {part.name} is not that of the code; --write it"
    return ""
