"""Configs made at random from the schema: they can be run, or are refused by a `ConfigError`."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from hypothesis import event, given, settings
from hypothesis import strategies as st

from markovlens.abstractions import METHODS
from markovlens.config.arena import expand, is_arena
from markovlens.config.checks import check_semantics
from markovlens.config.loading import (
    dynamics_pairs,
    embedding_pairs,
    layer_of,
    load_config,
    pairs,
    robustness_pairs,
)
from markovlens.config.schema import read_schema, resolve
from markovlens.errors import ConfigError
from markovlens.networks.resources import weight_files
from markovlens.tasks import EMULATED, FORECASTS, TASKS, spec_of

SCHEMA_PATH = Path(__file__).resolve().parents[2] / "workflow/schemas/config.schema.yaml"
SCHEMA = read_schema(SCHEMA_PATH)
NAMES = ["contains_000", "parity", "mess3", "sentiment", "arena", "gru", "g2p_en", "hmm", "kmeans"]
TEXTS = st.sampled_from([*NAMES, "arena_net", "rnn.l0", "a.pt", "mine:Net", "..", "", "a\n", "é"])
WRONG = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.lists(st.integers())
SMALL = 60  # so that sizes often fit each other


def value_of(schema):
    """Return a strategy for values that mostly obey a schema, and now and then do not."""
    schema = resolve(schema, SCHEMA)
    right = _right(schema)
    return st.integers(0, 99).flatmap(lambda roll: WRONG if roll == 99 else right)


def _right(schema):
    if "oneOf" in schema:
        return st.one_of([value_of(branch) for branch in schema["oneOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema["type"]
    kinds = [kind] if isinstance(kind, str) else kind
    return st.one_of([_BY_TYPE[name](schema) for name in kinds])


def _section(schema):
    required = schema.get("required", [])
    known = {key: value_of(sub) for key, sub in schema.get("properties", {}).items()}
    fixed = st.fixed_dictionaries(
        {key: known[key] for key in required},
        optional={key: sub for key, sub in known.items() if key not in required},
    )
    if not isinstance(schema.get("additionalProperties"), dict):
        return fixed
    return st.dictionaries(TEXTS, value_of(schema["additionalProperties"]), min_size=1, max_size=3)


def _list(schema):
    return st.lists(value_of(schema["items"]), min_size=1, max_size=3)


def _whole(schema):
    low = schema.get("minimum", 0)
    return st.integers(low, min(schema.get("maximum", low + SMALL), low + SMALL))


def _number(schema):
    low = schema.get("minimum", schema.get("exclusiveMinimum", 0))
    high = schema.get("maximum", schema.get("exclusiveMaximum", low + 1))
    return st.floats(low, high, allow_nan=False)


_BY_TYPE = {
    "object": _section,
    "array": _list,
    "integer": _whole,
    "number": _number,
    "string": lambda _: TEXTS,
    "null": lambda _: st.none(),
    "boolean": lambda _: st.booleans(),
}


def prepared(raw):
    """Do all that the workflow does with a config before any job: see `common.smk`."""
    loaded = load_config(raw, schema_path=SCHEMA_PATH)
    config, _ = expand(loaded)
    arena = [task for task, _ in pairs(config) if is_arena(task)]
    families = {name: spec_of(name).family for name in [*TASKS, *arena]}
    forecasts = {name: spec.family for name, spec in FORECASTS.items()}
    check_semantics(
        config, tasks=families, forecasts=forecasts, emulated=list(EMULATED), methods=list(METHODS)
    )
    embedding_pairs(config)
    for _, model in dynamics_pairs(config):
        assert "generator" in config["networks"]["models"][model]
    for task, model in [*pairs(config), *robustness_pairs(config)]:
        assert layer_of(config, model)
        spec = config["networks"]["models"][model]
        weight_files(spec, "resources", task=task, arena=config["tasks"]["arena"]["folder"])
        assert config["tasks"][spec_of(task).family]
    return loaded


@settings(max_examples=60)
@given(raw=value_of(SCHEMA))
def test_a_config_can_be_run_or_is_refused_in_words(raw):
    try:
        config = prepared(raw if isinstance(raw, dict) else {})
    except ConfigError as error:
        event("refused")
        lines = str(error).splitlines()
        assert lines
        assert all(": " in line and len(line) < 1000 for line in lines)
    else:
        event("can be run")
        assert load_config(config, schema_path=SCHEMA_PATH) == config


def runnable():
    """Return a strategy for configs of the right structure, whose sizes may not fit each other."""
    sections = {key: value_of(sub) for key, sub in SCHEMA["properties"].items() if key != "runs"}
    run = {
        "tasks": st.lists(st.sampled_from(["parity", "mess3"]), min_size=1, unique=True),
        "models": st.just(["gru"]),
    }
    runs = st.lists(st.fixed_dictionaries(run), min_size=1, max_size=2)
    del sections["networks"]
    return st.fixed_dictionaries({"runs": runs}, optional=sections)


@settings(max_examples=30)
@given(raw=runnable())
def test_structure_that_is_right_is_refused_for_a_reason_or_can_be_run(raw):
    with suppress(ConfigError):
        prepared(raw)
