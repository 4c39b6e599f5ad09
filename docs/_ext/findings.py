"""The list of `findings/`, from the headers of its scripts, so that no page repeats them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

FOLDER = Path(__file__).resolve().parents[2] / "findings"
ADVICE, VERSIONS = "For users:", "Versions:"


@dataclass(frozen=True, slots=True)
class Finding:
    """What the header of one script says.

    Attributes:
        name: of the script.
        package: what surprised, with its version.
        versions: of all that was installed.
        what: what it does, and what was guessed.
        advice: what a user does about it; empty where the script does not say.
    """

    name: str
    package: str
    versions: str
    what: str
    advice: str


def findings(folder: Path = FOLDER) -> list[Finding]:
    """Return what every script of a folder says, by package."""
    found = [finding(path) for path in folder.glob("*.sh")]
    return sorted(found, key=lambda each: (each.package.lower(), each.name))


def finding(path: Path) -> Finding:
    """Return what the header of a script says.

    Raises:
        ValueError: it has no line of versions.
    """
    lines = [line[1:].strip() for line in _header(path.read_text())]
    begins = [place for place, line in enumerate(lines) if line.startswith(VERSIONS)]
    if not begins:
        raise ValueError(f"{path.name}: expected a line '# {VERSIONS} package 1.2.3, ...'")
    advice = [line.removeprefix(ADVICE).strip() for line in lines if line.startswith(ADVICE)]
    what = [line for line in lines[: begins[0]] if line and not line.startswith(ADVICE)]
    versions = lines[begins[0]].removeprefix(VERSIONS).strip()
    package = re.sub(r" \(.*", "", versions.split(", ")[0])
    return Finding(path.stem, package, versions, " ".join(what), " ".join(advice))


def _header(text: str) -> Iterator[str]:
    """Yield the comments after the first line."""
    for line in text.splitlines()[1:]:
        if not line.startswith("#"):
            return
        yield line


class Findings(Directive):
    """The list of all findings; its own text is for readers of the page's source."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the list."""
        return [nodes.definition_list("", *map(_item, findings()))]


def _item(found: Finding) -> nodes.definition_list_item:
    """Return the package, what it does, what to do about it, and the script that shows it."""
    told = nodes.definition("", _paragraph(found.what))
    if found.advice:
        told += nodes.paragraph("", "", nodes.strong("", "For you: "), *_inline(found.advice))
    told += _paragraph(f"`findings/{found.name}.sh`")
    return nodes.definition_list_item("", nodes.term("", "", nodes.strong("", found.package)), told)


def _paragraph(text: str) -> nodes.paragraph:
    return nodes.paragraph("", "", *_inline(text))


def _inline(text: str) -> list[nodes.Node]:
    """Return text in which what stands between backticks is code."""
    parts = text.split("`")
    return [
        nodes.literal(part, part) if i % 2 else nodes.Text(part) for i, part in enumerate(parts)
    ]


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive."""
    app.add_directive("findings", Findings)
    return {"parallel_read_safe": True}
