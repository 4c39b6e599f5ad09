"""Every caption of the report, rendered as Snakemake renders it, is text without an error."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from docutils.core import publish_parts
from jinja2 import Environment, StrictUndefined

from helpers.workspace import REPOSITORY
from markovlens.config.loading import load_config

CAPTIONS = sorted((REPOSITORY / "workflow" / "report").glob("*.rst"))
SCHEMA = REPOSITORY / "workflow" / "schemas" / "config.schema.yaml"
# Snakemake 9.23 puts the names of its panels behind each text.
LINKS = "\n\n.. _Workflow: javascript:show_panel('workflow')\n"
WARNINGS = 2
RUN = [{"tasks": ["chain_2"], "models": ["one"]}]
# To reStructuredText a word that ends in an underscore is a link, one between bars another thing.
NAMES = {"plain": ("parity", "gru"), "marked": ("arena_a_", "my-gru_.2_")}


def config_of(*, embedded: bool, emulated: bool, rested=False, seeds=(0, 1), compare=None):
    raw = {"runs": [{"tasks": ["parity"], "models": ["gru"]}], "seeds": list(seeds)}
    raw |= {"embedding": {"runs": RUN}} if embedded else {}
    raw |= {"dynamics": {"runs": RUN if emulated else [], "rest": rested}}
    section = {"data": "a.csv", "symbols": "s", "target": "t", "compare": compare}
    raw |= {"tasks": {"custom": {"own": section}}} if compare else {}
    return load_config(raw, schema_path=SCHEMA)


def shipped(name):
    raw = yaml.safe_load((REPOSITORY / "config" / name).read_text())
    return load_config(raw, schema_path=SCHEMA)


CONFIGS = (
    {name: shipped(name) for name in ("config.yaml", "smoke.yaml", "paper.yaml")}
    | {
        "compared": config_of(embedded=False, emulated=False, compare={"column": "arm"}),
    }
    | {
        f"embedded {embedded}, emulated {emulated}": config_of(
            embedded=embedded,
            emulated=emulated,
            rested=emulated != embedded,
            seeds=(0,) if emulated else (0, 1),
        )
        for embedded in (False, True)
        for emulated in (False, True)
    }
)


def rendered(path: Path, config, names=NAMES["plain"]) -> str:
    """Return the HTML of a caption; a warning of docutils is an error."""
    environment = Environment(trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    wildcards = SimpleNamespace(task=names[0], model=names[1])
    snakemake = SimpleNamespace(config=config, wildcards=wildcards)
    text = environment.from_string(path.read_text() + LINKS).render(snakemake=snakemake)
    strict = {"halt_level": WARNINGS, "report_level": WARNINGS, "warning_stream": False}
    return publish_parts(text, writer="html", settings_overrides=strict)["body"]


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("path", CAPTIONS, ids=lambda path: path.stem)
def test_a_caption_is_text_without_an_error(path, names):
    html = rendered(path, CONFIGS["config.yaml"], names)
    assert "system-message" not in html
    assert "{{" not in html
    if "wildcards.model" in path.read_text():
        assert names[1] in html


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_the_landing_page_has_an_entry_for_each_part_of_the_report(config):
    html = rendered(REPOSITORY / "workflow" / "report" / "workflow.rst", config)
    parts = ["Comparison", "Networks"]
    parts += ["Encoder-decoders"] if config["embedding"]["runs"] else []
    parts += ["Emulating networks"] if config["dynamics"]["runs"] else []
    compared = [section["compare"] for section in config["tasks"]["custom"].values()]
    parts += ["Groups"] if any(compared) else []
    parts += ["At rest"] if config["dynamics"]["rest"] else []
    assert html.count("<li>") == len(parts)
    assert all(f"<em>{part}</em>: " in html for part in parts)
    assert "<strong>Two ways to run a machine.</strong>" in html
