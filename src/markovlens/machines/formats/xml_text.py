"""XML without surprises: no entities, no deep nesting, no lost characters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from markovlens.errors import DataError

# Of XML 1.0 what every reader gives back as it was: no control characters, no space at an end.
FITS = re.compile(r"(?!\s)[ -~\u00a1-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+(?<!\s)")
DEEPEST = 64
MOST_ELEMENTS = 2**19


def comment(lines: Sequence[str]) -> str:
    """Return lines of a header as a comment; they hold no two dashes."""
    return "<!--\n" + "\n".join(lines) + "\n-->"


def parsed(content: bytes) -> Element:
    """Return the root of an XML file.

    Comments are left out, and names lose their namespaces.

    Raises:
        DataError: it is no XML, is nested deeply, or has a document type, whose entities could grow
            without bound or stand for other files.
    """
    parser, tree = expat.ParserCreate(), TreeBuilder()
    depth = count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        if depth > DEEPEST or count > MOST_ELEMENTS:
            raise DataError(
                f"expected XML nested at most {DEEPEST} deep, of at most {MOST_ELEMENTS} elements",
                page="unreadable-machine",
            )
        tree.start(name.rpartition(":")[2], attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        tree.end(name.rpartition(":")[2])

    def refuse(*_: object) -> None:
        raise DataError(
            "refused, since it has a document type (DOCTYPE); write it without", page="refused-file"
        )

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = tree.data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError) as error:  # the latter of an unknown encoding
        raise DataError(
            f"expected XML, cannot read it ({error}); save it anew where it was made, as UTF-8",
            page="unreadable-machine",
        ) from error
    return tree.close()
