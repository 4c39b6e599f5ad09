"""What a config may say, by its schema: defaults, and a structure that is broken."""

from __future__ import annotations

from contextlib import suppress
from copy import deepcopy

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.configs import ROOT, SCHEMA, SMALLEST, check, load, loaded, message, mistakes
from markovlens.config.loading import load_config
from markovlens.config.schema import fill, problems, read_schema, resolve
from markovlens.errors import ConfigError


def sections(schema, root):
    """Yield every schema of a key, at every depth."""
    schema = resolve(schema, root)
    for sub in schema.get("properties", {}).values():
        yield resolve(sub, root)
        yield from sections(sub, root)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from sections(schema[key], root)
    for branch in schema.get("oneOf", ()):
        yield from sections(branch, root)


def test_defaults_are_filled_and_the_input_is_left_alone():
    raw = deepcopy(SMALLEST)
    config = load(raw)
    assert raw == SMALLEST
    assert config["seeds"] == [0, 1, 2]
    assert config["abstractions"]["covariance"] == ["full"]
    assert config["networks"]["models"]["lstm"] == {
        "cell": "lstm", "hidden": 32, "layers": 1, "embedding": 8, "dropout": 0.0, "layer": None,
        "single_logit": False,
    }  # fmt: skip


def test_defaults_are_not_shared_between_configs():
    load(SMALLEST)["seeds"].append(9)
    assert load(SMALLEST)["seeds"] == [0, 1, 2]


def test_a_loaded_config_loads_to_itself():
    config = loaded(networks={"training": {"sentiment": {"steps": 200}}})
    assert load(config) == config


def test_every_default_obeys_its_own_schema():
    root = read_schema(SCHEMA)
    for schema in sections(root, root):
        if "default" in schema:
            inner = {**schema, "$defs": root["$defs"]}
            assert problems(fill(schema["default"], schema, root), inner) == []


def test_every_key_is_described_and_every_section_refuses_unknown_keys():
    root = read_schema(SCHEMA)
    overrides = root["$defs"]["training_override"]["properties"].values()
    undescribed = [resolve(schema, root) for schema in overrides]
    for schema in sections(root, root):
        assert schema in undescribed or schema["description"].endswith(".")
        assert "properties" not in schema or schema["additionalProperties"] is False


def test_a_family_takes_the_default_training_where_it_has_no_key_of_its_own():
    training = {"default": {"steps": 500, "batch": 7}, "sentiment": {"steps": 200}}
    config = loaded(networks={"training": training})
    assert config["networks"]["training"]["sentiment"]["steps"] == 200
    assert config["networks"]["training"]["sentiment"]["batch"] == 7
    assert config["networks"]["training"]["formal"]["steps"] == 500


MODELS = {"networks": {"models": {"m": {"cell": "gru"}}}}


@pytest.mark.parametrize(
    ("sections_", "expected"),
    [
        ({"sed": 1}, "config: unknown key 'sed'; did you mean seed? the keys are seed, seeds"),
        ({"abstractions": {"restrats": 1}}, "abstractions: unknown key 'restrats'; did you mean"),
        ({"abstractions": {"n_states": [0]}}, "abstractions.n_states[0]: got 0, expected at least"),
        ({"abstractions": {"n_states": []}}, "abstractions.n_states: got [], expected at least 1"),
        (
            {"abstractions": {"covariance": ["fu"]}},
            "got 'fu', expected one of spherical, diag, tied, full; did you mean full?",
        ),
        ({"seeds": [1, 1]}, "seeds: got [1, 1], expected no entry twice"),
        ({"seeds": [-1]}, "seeds[0]: got -1, expected at least 0"),
        ({"seed": True}, "seed: got True, expected a whole number"),
        ({"seed": 1.0}, "seed: got 1.0, expected a whole number"),
        ({"faithfulness": {"level": 1}}, "faithfulness.level: got 1, expected less than 1"),
        ({"faithfulness": {"smoothing": 0}}, "faithfulness.smoothing: got 0, expected more than 0"),
        ({"faithfulness": None}, "faithfulness: got nothing, expected a section of keys"),
        ({"faithfulness": {"level": float("nan")}}, "got nan, expected a finite number"),
        ({"runs": {}}, "runs: got {}, expected a list"),
        ({"runs": [{"tasks": ["parity"]}]}, "runs[0]: missing: models"),
        ({"runs": []}, "runs: got [], expected at least 1 entry, here or in the `runs` of robust"),
        (
            {"runs": [], "dynamics": {"rest": True}},
            "dynamics.rest: got an empty `runs` beside it, expected networks there",
        ),
        (
            {"runs": [], "reliance": {"exports": ["c"]}},
            "reliance.exports: got an empty `runs` beside it, expected networks there",
        ),
        ({3: 1}, "config: key 3 is not text"),
        (
            {"networks": {"training": {"default": {"learning_rate": "1e-3"}}}},
            "got '1e-3', expected a number (to YAML this is text",
        ),
        (
            {"networks": {"models": {"a": {"hidden": 3}}}},
            "networks.models.a: got {'hidden': 3}, expected a section with exactly one of cell",
        ),
        (
            {"networks": {"models": {"a": {"cell": "gru", "pretrained": "g2p_en"}}}},
            "expected a section with exactly one of cell, seq2seq, generator, pretrained, module",
        ),
        (
            {"networks": {"models": {"a": {"cell": "gru", "hiden": 3}}}},
            "networks.models.a: unknown key 'hiden'; did you mean hidden?",
        ),
        (
            {"networks": {"models": {"a/b": {"cell": "gru"}}}},
            "networks.models: got 'a/b', expected a name of letters",
        ),
        (
            {"networks": {"models": {"a": {"module": "x", "weights": "w.bin", "layer": "rnn"}}}},
            "networks.models.a.weights: got 'w.bin', expected a path that ends in .safetensors",
        ),
    ],
)
def test_a_broken_structure_is_named_in_one_line(sections_, expected):
    text = message(load, SMALLEST | sections_)
    assert expected in text
    assert len(text.splitlines()) == 1 or "module" in text


@pytest.mark.parametrize("raw", [None, [], "seed: 1", 3, {}])
def test_what_is_no_config_is_refused(raw):
    assert message(load, raw).startswith("config: ")


def test_all_mistakes_are_listed_a_line_each():
    text = message(load, SMALLEST | {"sed": 1, "seeds": [], "figures": {"format": "pdf"}})
    assert len(text.splitlines()) == 3


def test_an_anchor_that_holds_itself_is_refused():
    raw = yaml.safe_load("runs: &a [*a]")
    assert "nested deeper than" in message(load, raw)


def test_a_missing_schema_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"schema\.yaml: the config schema cannot be read"):
        load_config(SMALLEST, schema_path=tmp_path / "schema.yaml")


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


def paths(value, path=()):
    """Yield the path of every value in a config."""
    yield path
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths(item, (*path, key))


CONFIG = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
PLACES = [path for path in paths(CONFIG) if path]


@settings(max_examples=60)
@given(place=st.sampled_from(PLACES), value=plain)
def test_any_value_anywhere_loads_or_is_a_config_error(place, value):
    raw = deepcopy(CONFIG)
    inner = raw
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    lines = mistakes(raw)
    assert all(": " in line and len(line) < 1000 for line in lines)


@settings(max_examples=40)
@given(raw=st.dictionaries(st.sampled_from(["seed", "runs", "tasks", "networks", "x"]), plain))
def test_any_mapping_loads_or_is_a_config_error(raw):
    with suppress(ConfigError):
        check(load(raw))
