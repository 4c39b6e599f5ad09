"""What the command line gives of a config: Snakemake reads numbers in its lists as text."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import yaml

from markovlens.config.schema import impossible, plain, read_schema, validator


def as_in_a_file(
    config: Mapping[str, Any], given: Mapping[str, Any], *, schema_path: str | Path
) -> Mapping[str, Any]:
    """Return a config in which what `--config` gave is what it would be in a file.

    Of `--config 'seeds=[0]'` Snakemake (9.27) makes `["0"]`: inside lists and sections all is text.
    It becomes a number, true, false or null where the schema takes no text. What files say stays.

    Args:
        config: the config as it came, from files and the command line.
        given: what of it came from the command line.
        schema_path: the file of the schema.
    """
    if not given or [*impossible(config)]:  # `load_config` tells what is impossible
        return config
    found = plain(config)
    for error in [*validator(read_schema(schema_path)).iter_errors(found)]:
        place, text = tuple(error.absolute_path), error.instance
        if error.validator == "type" and isinstance(text, str) and _is_in(given, place):
            reduce(getitem, place[:-1], found)[place[-1]] = _value(text)
    return found


def _is_in(given: Any, place: tuple[str | int, ...]) -> bool:
    try:
        return isinstance(reduce(getitem, place, given), str)
    except (LookupError, TypeError):
        return False


def _value(text: str) -> Any:
    """Return what YAML makes of a text, if that is a single value; else the text."""
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    return value if value is None or isinstance(value, bool | int | float) else text
