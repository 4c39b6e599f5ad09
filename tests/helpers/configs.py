"""Small configs for tests, loaded and checked as the workflow does, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from markovlens.abstractions import METHODS
from markovlens.config.checks import check_semantics, mistakes_in_bad
from markovlens.config.loading import load_config
from markovlens.errors import ConfigError
from markovlens.tasks import EMULATED, FORECASTS, TASKS

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
FAMILIES = {name: spec.family for name, spec in TASKS.items()}
KNOWN = FAMILIES, {name: spec.family for name, spec in FORECASTS.items()}, list(EMULATED)
SMALLEST = {"runs": [{"tasks": ["contains_000"], "models": ["gru"]}]}


def load(raw):
    return load_config(raw, schema_path=SCHEMA)


def load_with_others(raw):
    """Do the same, and tell all else beside wrong keys, as the workflow does."""

    def others(*given):
        return mistakes_in_bad(*given, *KNOWN, methods=list(METHODS))

    return load_config(raw, schema_path=SCHEMA, others=others)


def loaded(**sections):
    """Return the smallest config with some sections of its own, defaults filled in."""
    return load(SMALLEST | sections)


def check(config):
    check_semantics(config, *KNOWN, methods=list(METHODS))


def message(function, *arguments):
    with pytest.raises(ConfigError) as caught:
        function(*arguments)
    return str(caught.value)


def mistakes(raw):
    try:
        check(load(raw))
    except ConfigError as error:
        return str(error).splitlines()
    return []


def run_of(task, model):
    return {"runs": [{"tasks": [task], "models": [model]}]}


PAIR = {
    "networks": {
        "models": {
            "gru": {"cell": "gru"}, "pair": {"seq2seq": "gru"}, "g2p_en": {"pretrained": "g2p_en"},
        }
    }
}  # fmt: skip
