"""What a study does unasked is the same from Python as from a config."""

from dataclasses import MISSING, Field, fields

import pytest

from helpers.workspace import REPOSITORY
from markovlens.abstractions.base import Options
from markovlens.config.schema import read_schema, resolve
from markovlens.networks.emulation import EmulationOptions
from markovlens.networks.training import TrainingOptions

SCHEMA = read_schema(REPOSITORY / "workflow/schemas/config.schema.yaml")


def section(*path: str) -> dict:
    found = SCHEMA
    for name in path:
        found = resolve(found["properties"][name], SCHEMA)
    return found["properties"]


def default_of(field: Field) -> object:
    value = field.default if field.default_factory is MISSING else field.default_factory()
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize(
    ("options", "path"),
    [
        (Options, ("abstractions",)),
        (TrainingOptions, ("networks", "training", "default")),
        (EmulationOptions, ("networks", "training", "emulation")),
    ],
)
def test_options_have_the_defaults_of_their_section(options, path):
    keys = section(*path)
    shared = [field for field in fields(options) if "default" in keys.get(field.name, {})]
    assert len(shared) >= 5
    assert {each.name: default_of(each) for each in shared} == {
        each.name: keys[each.name]["default"] for each in shared
    }
