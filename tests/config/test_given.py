"""What `--config` gives is read as a file would have it."""

import re

import pytest
import yaml
from snakemake.cli import parse_config

from helpers.configs import ROOT, SCHEMA, SMALLEST, load, message
from markovlens.config.given import as_in_a_file


def read(argument, **file):
    """Return the config of a file with an argument of `--config`, as Snakemake hands both over."""
    given = parse_config([argument])
    return as_in_a_file(SMALLEST | file | given, given, schema_path=SCHEMA)


@pytest.mark.parametrize(
    "argument",
    [
        "seeds=[0]",
        "seeds=[0, 7]",
        "seed=3",
        "faithfulness={level: 0.5}",
        "robustness={runs: [{tasks: [parity], models: [gru]}]}",
        "networks={models: {gru: {cell: gru, hidden: 8}}}",
        "embedding={choose: true}",
        "attractors=null",
    ],
)
def test_a_value_is_that_of_a_file(argument):
    key, _, value = argument.partition("=")
    assert read(argument)[key] == yaml.safe_load(value)


@pytest.mark.parametrize("page", ["config/README.md", "docs/running.md", "docs/command.md"])
def test_lists_of_numbers_are_as_pages_say(page):
    said = re.findall(r"--config '(.+?)'", (ROOT / page).read_text(encoding="utf-8"))
    assert said
    for argument in said:
        assert load(read(argument))["seeds"] == yaml.safe_load(argument.partition("=")[2])


def test_text_stays_text_where_text_is_expected():
    given = read('tasks={"arena": {"folder": "2024"}}')
    assert given["tasks"]["arena"]["folder"] == "2024"


@pytest.mark.parametrize("value", ["[a]", "[2024-01-01]", "['{']"])
def test_what_is_no_number_is_told_as_it_came(value):
    assert "seeds[0]: got '" in message(load, read(f"seeds={value}"))


def test_text_in_a_file_is_not_taken_for_a_number():
    assert "leave out quotes" in message(load, read("seed=1", seeds=["0"]))


def test_what_is_impossible_is_left_to_the_check_of_the_config():
    assert "key 1 is not text" in message(load, read("seeds=[0]", tasks={1: 2}))
