"""Captions of figures: the files that `snakemake --report` reads, rendered as it renders them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from docutils.core import publish_parts
from jinja2 import Environment
from markupsafe import Markup

from markovlens.files.whole import naming

# A caption is text: it reads no file, holds no raw HTML, and no settings file of a user changes it.
SAFE: dict[str, Any] = {
    "_disable_config": True,
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "report_level": 5,
    "smart_quotes": False,
}


@dataclass(frozen=True, slots=True)
class Captions:
    """The folder `workflow/report`, and the config that its captions quote."""

    folder: Path
    config: dict[str, Any]

    def of(self, name: str, *, task: str = "", model: str = "") -> Markup:
        """Return a caption as HTML; empty if there is none of that name.

        Args:
            name: of the file without its suffix.
            task, model: what the figure is of, where it is of one network.

        Raises:
            DataError: the file cannot be read.
        """
        path = self.folder / f"{name}.rst"
        if not path.is_file():
            return Markup()
        with naming(path):
            text = path.read_text(encoding="utf-8")
        place = SimpleNamespace(task=_plain(task), model=_plain(model))
        snakemake = SimpleNamespace(config=self.config, wildcards=place)
        # Jinja's own escaping is off: what it makes is no HTML yet, and docutils escapes.
        source = Environment().from_string(text).render(snakemake=snakemake)
        parts = publish_parts(source, writer="html5", settings_overrides=SAFE)
        return Markup(parts["body"])


def _plain(name: str) -> str:
    """Return a name in which no character means anything in reStructuredText."""
    return re.sub(r"([^\w\s])", r"\\\1", name)
