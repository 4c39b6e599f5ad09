"""Links of pages that are read on the code host, too, lead to the pages of the site."""

from __future__ import annotations

import re

from sphinx.application import Sphinx

PAGES = {
    "README.md": "index.md",
    "config/README.md": "config.md",
    "results/README.md": "results.md",
    "benchmarks/README.md": "benchmarks.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "CITATION.cff": "sources.md",
}
LINK = re.compile(r"\]\((?:\.\./)*([\w/.-]+)(#[\w-]+)?\)")


def to_pages(app: Sphinx, name: str, source: list[str]) -> None:
    """Lead links out of `docs/` to the page that shows the same file, where there is one."""
    depth = name.count("/")

    def page(link: re.Match[str]) -> str:
        if link[1] not in PAGES:
            return link[0]
        return f"]({'../' * depth}{PAGES[link[1]]}{link[2] or ''})"

    source[0] = LINK.sub(page, source[0])


def included(app: Sphinx, path: object, name: str, source: list[str]) -> None:
    """Do the same to what a page includes."""
    to_pages(app, name, source)


def setup(app: Sphinx) -> dict[str, bool]:
    """Read every page so."""
    app.connect("source-read", to_pages)
    app.connect("include-read", included)
    return {"parallel_read_safe": True}
