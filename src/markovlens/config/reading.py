"""Configs in files, for whoever reads more than Snakemake hands over; loads pandas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from markovlens.config.loading import Config, load_config
from markovlens.errors import ConfigError
from markovlens.files.whole import naming


def read_config(path: Path, schema_path: Path) -> Config:
    """Return the config in a file, with its defaults; errors name the file.

    Raises:
        ConfigError: it does not follow the schema.
        DataError: it cannot be read.
    """
    raw = read_yaml(path)
    try:
        return load_config(raw, schema_path=schema_path)
    except ConfigError as error:
        raise ConfigError(f"Bad config in {path}:\n{error}", page=error.page) from error


def read_yaml(path: Path) -> Any:
    """Return what a file of YAML holds.

    Raises:
        ConfigError: it is none.
        DataError: it cannot be read.
    """
    with naming(path, advice="give the path of a whole file of YAML"):
        text = path.read_text(encoding="utf-8")
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise ConfigError(
            f"{path}: expected YAML, got {reason}; correct it there", page="bad-yaml"
        ) from error
