"""The workflow that comes with markovlens: in the package where installed, else in its checkout."""

from __future__ import annotations

import re
from pathlib import Path

from markovlens.errors import ConfigError

PACKAGE = Path(__file__).parents[1]
# In this order: as `envs/wheel.py` puts it into a wheel, and at the top of the repository.
PLACES = (PACKAGE / "_workflow", PACKAGE.parents[1])


def workflow_folder() -> Path:
    """Return the folder with the Snakefile and its `config`, `scripts` and `workflow`.

    Raises:
        ConfigError: the package was installed without them.
    """
    for folder in PLACES:
        if (folder / "Snakefile").is_file():
            return folder
    raise ConfigError(
        f"{PLACES[0]}: expected the workflow's files there, got none; install markovlens from its "
        "wheel or its repository, not by copying folders",
        page="package-missing",
    )


def shipped_configs() -> dict[str, Path]:
    """Return the configs that come with markovlens, by name."""
    return {path.stem: path for path in sorted((workflow_folder() / "config").glob("*.yaml"))}


def error_pages() -> Path:
    """Return the folder of the pages on errors."""
    return workflow_folder() / "docs" / "errors"


def rule_names() -> list[str]:
    """Return the names of the workflow's rules, read as text."""
    home = workflow_folder()
    files = [home / "Snakefile", *sorted((home / "workflow" / "rules").glob("*.smk"))]
    texts = [path.read_text(encoding="utf-8") for path in files]
    return [name for text in texts for name in re.findall(r"^ *rule (\w+):", text, re.MULTILINE)]
