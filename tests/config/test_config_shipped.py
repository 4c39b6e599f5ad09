"""The configs that are shipped, and what the schema says of them."""

from __future__ import annotations

import subprocess
import sys

import pytest
import yaml

from helpers.configs import PAIR, ROOT, SCHEMA, check, load, loaded, run_of
from markovlens.abstractions.base import Options
from markovlens.config.arena import expand
from markovlens.config.loading import all_pairs, embedding_pairs, layer_of, pairs
from markovlens.config.schema import read_schema
from markovlens.status import Criterion
from markovlens.tasks import FORECASTS, TASKS


@pytest.mark.parametrize(
    "name",
    ["config", "smoke", "paper", "merrill", "arena", "real_languages", "real", "emulators"],
)
def test_the_shipped_configs_can_be_run(name):
    config = load(yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text()))
    config, _ = expand(config)
    check(config)
    assert all(layer_of(config, model) for _, model in pairs(config))


def test_encoder_decoders_are_embedded_and_may_be_named_in_one_config():
    sections_ = {"embedding": {**run_of("human_motion", "pair"), "n_windows": 50}} | PAIR
    config = loaded(**sections_)
    check(config)
    assert embedding_pairs(config) == [("human_motion", "pair")]
    assert config["networks"]["models"]["pair"] == {
        "seq2seq": "gru", "hidden": 64, "tied": True, "decoder": "own", "order": 0,
    }  # fmt: skip


def test_the_large_configs_run_every_task():
    files = (
        ROOT / "config" / f"{name}.yaml"
        for name in (
            "paper",
            "merrill",
            "real_languages",
            "recurrences",
            "real",
            "wild",
            "attractors",
            "alternatives",
        )
    )
    configs = [load(yaml.safe_load(file.read_text())) for file in files]
    assert {task for config in configs for task, _ in all_pairs(config)} == set(TASKS)
    embedded = {task for config in configs for task, _ in embedding_pairs(config)}
    assert embedded == {*FORECASTS, "pronunciation"}


def test_the_config_imports_nothing_heavy():
    heavy = {"torch", "pandas", "pyarrow", "matplotlib", "sklearn", "snakemake"}
    code = (
        "import sys, markovlens.config.loading; "
        f"sys.exit(', '.join({heavy!r} & set(sys.modules)) or None)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_schema_knows_every_criterion():
    abstractions = read_schema(SCHEMA)["properties"]["abstractions"]["properties"]
    assert abstractions["criterion"]["enum"] == list(Criterion)
    assert abstractions["criterion"]["default"] == Options().criterion
