"""Draws the charts that code hosts draw by Mermaid, without its scripts: by Graphviz, as SVG."""

from __future__ import annotations

import re
import shutil
import subprocess

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

EDGE = re.compile(r"^\s*(\S+) --> (.+)$")


class Flowchart(Directive):
    """A chart of lines `a --> b & c`; its text, where no Graphviz is."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the picture."""
        if shutil.which("dot") is None:
            return [nodes.literal_block(text="\n".join(self.content))]
        return [nodes.raw("", _drawn(list(self.content)), format="html")]


def _drawn(lines: list[str]) -> str:
    """Return the chart as wide as the page, without the arrows that follow from others."""
    svg = _piped("dot", "-Tsvg", given=_piped("tred", given=_dot(lines)))
    svg = re.sub(r'<svg width="\S+" height="\S+"', "<svg style='width: 100%; height: auto'", svg)
    return svg[svg.index("<svg") :]


def _piped(*command: str, given: str) -> str:
    return subprocess.run(command, input=given, capture_output=True, text=True, check=True).stdout


def _dot(lines: list[str]) -> str:
    edges = [match.groups() for match in map(EDGE.match, lines) if match]
    arrows = [
        f'"{source}" -> "{target.strip()}";' for source, ends in edges for target in ends.split("&")
    ]
    style = "rankdir=TB; nodesep=0.12; ranksep=0.35; node [shape=box, fontname=sans, fontsize=11];"
    return "\n".join(["digraph {", style, *arrows, "}"])


def setup(app: Sphinx) -> dict[str, bool]:
    """Take the place of Mermaid's directive."""
    app.add_directive("mermaid", Flowchart)
    return {"parallel_read_safe": True}
