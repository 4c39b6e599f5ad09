from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from copy import deepcopy
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from snakemake.io import PeriodicityDetector

from markovlens.abstractions import METHODS
from markovlens.abstractions.base import Options
from markovlens.config.arena import expand
from markovlens.config.checks import check_semantics
from markovlens.config.loading import embedding_pairs, layer_of, load_config, pairs
from markovlens.config.names import LONGEST, trouble
from markovlens.config.schema import fill, problems, read_schema, resolve
from markovlens.errors import ConfigError
from markovlens.status import Criterion
from markovlens.tasks import EMULATED, FORECASTS, TASKS

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
FAMILIES = {name: spec.family for name, spec in TASKS.items()}
SMALLEST = {"runs": [{"tasks": ["contains_000"], "models": ["gru"]}]}


def load(raw):
    return load_config(raw, schema_path=SCHEMA)


def loaded(**sections):
    """Return the smallest config with some sections of its own, defaults filled in."""
    return load(SMALLEST | sections)


def check(config):
    forecasts = {name: spec.family for name, spec in FORECASTS.items()}
    check_semantics(
        config, tasks=FAMILIES, forecasts=forecasts, emulated=list(EMULATED), methods=list(METHODS)
    )


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


# --- defaults --------------------------------------------------------------------------------


def test_defaults_are_filled_and_the_input_is_left_alone():
    raw = deepcopy(SMALLEST)
    config = load(raw)
    assert raw == SMALLEST
    assert config["seeds"] == [0, 1, 2]
    assert config["abstractions"]["covariance"] == ["full"]
    assert config["networks"]["models"]["lstm"] == {
        "cell": "lstm", "hidden": 32, "layers": 1, "embedding": 8, "dropout": 0.0, "layer": None,
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


# --- structure -------------------------------------------------------------------------------

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


# --- semantics -------------------------------------------------------------------------------


def run_of(task, model):
    return {"runs": [{"tasks": [task], "models": [model]}]}


PAIR = {
    "networks": {
        "models": {
            "gru": {"cell": "gru"}, "pair": {"seq2seq": "gru"}, "g2p_en": {"pretrained": "g2p_en"},
        }
    }
}  # fmt: skip
TWO_LAYERS = {"cell": "gru", "layers": 2, "layer": "rnn.l2"}


@pytest.mark.parametrize(
    ("sections_", "expected"),
    [
        (run_of("tomita_8", "gru"), "runs[0].tasks: unknown task 'tomita_8'; did you mean tomita_"),
        (run_of("parity", "gru2"), "runs[0].models: unknown model 'gru2'; did you mean gru? the"),
        (
            {"abstractions": {"methods": ["hmn"]}},
            "abstractions.methods: unknown method 'hmn'; did you mean hmm? the methods are hmm",
        ),
        (
            {"runs": [*SMALLEST["runs"], *SMALLEST["runs"]]},
            "runs: task contains_000 with model gru stands there 2 times, expected once",
        ),
        (
            run_of("parity", "g2p_en"),
            "runs: model g2p_en is pretrained for pronunciation and cannot run task parity",
        ),
        (
            run_of("pronunciation", "gru"),
            "runs: task pronunciation needs a model with pretrained: g2p_en, got gru",
        ),
        (
            {"networks": {"models": {"gru": TWO_LAYERS}}},
            "networks.models.gru.layer: unknown layer 'rnn.l2'; did you mean rnn.l1? the layers",
        ),
        (
            run_of("parity", "pair") | PAIR,
            "runs[0].models: got 'pair', expected a model that reads symbols, one of gru",
        ),
        (
            {"embedding": run_of("circle_ellipse", "gru")} | PAIR,
            "embedding.runs[0].models: got 'gru', expected an encoder-decoder, one of pair, g2p_en",
        ),
        (
            run_of("circle_ellipse", "gru"),
            "runs[0].tasks: unknown task 'circle_ellipse'; the tasks are equals_0110",
        ),
        (
            {"embedding": run_of("parity", "pair")} | PAIR,
            "embedding.runs[0].tasks: unknown task 'parity'; the tasks are circle_ellipse, planar",
        ),
        (
            {"embedding": run_of("pronunciation", "pair")} | PAIR,
            "embedding.runs: task pronunciation needs a pretrained model, got pair",
        ),
        (
            {"embedding": run_of("human_motion", "g2p_en")} | PAIR,
            "embedding.runs: model g2p_en is pretrained for pronunciation, not for task human",
        ),
        (
            {"networks": {"training": {"motion": {"steps": 10}}}},
            "networks.training.motion.evaluate_every: got 20, expected at most steps, which is 10",
        ),
        (
            {"abstractions": {"engine": "hmmlearn", "methods": ["hmm_input"]}},
            "abstractions.engine: got 'hmmlearn', expected ours where hmm is none of the methods",
        ),
        (
            {"abstractions": {"criterion": "slope", "n_states": [2, 3]}},
            "abstractions.n_states: got [2, 3], expected 5 numbers or more, which abstractions.",
        ),
        (
            {"abstractions": {"n_states": [3, 2]}},
            "abstractions.n_states: got [3, 2], expected rising numbers",
        ),
        (
            {"abstractions": {"n_states": [50]}, "activations": {"n_train": 2}},
            "abstractions.n_states: got 50, expected at most 40, the steps of the 2 formal",
        ),
        (
            {"activations": {"n_train": 3000}},
            "activations.n_train: got 3000, expected at most tasks.formal.n_train, which is 2000",
        ),
        (
            {"tasks": {"formal": {"length_test": 5}}},
            "tasks.formal.length_test: got 5, expected at least length_train, which is 20",
        ),
        (
            {"embedding": {"n_components": 33}},
            "embedding.n_components: got 33, expected at most 32, the units of model gru",
        ),
        (
            {"networks": {"training": {"default": {"steps": 5}}}},
            "networks.training.default.evaluate_every: got 50, expected at most steps, which is 5",
        ),
        (
            {"networks": {"training": {"markov": {"steps": 20}}}},
            "networks.training.markov.evaluate_every: got 50, expected at most steps, which is 20",
        ),
    ],
)
def test_a_mistake_that_no_schema_sees_is_named_in_one_line(sections_, expected):
    text = message(check, loaded(**sections_))
    assert text.startswith(expected)
    assert len(text.splitlines()) == 1


def named(*names):
    models = {name: {"cell": "gru"} for name in names}
    return {"networks": {"models": models}} | run_of("parity", names[0])


@pytest.mark.parametrize(
    ("sections_", "expected"),
    [
        (named("a" * 252), "networks.models: got 'a"),
        (named("ab" * 50 + "c"), "expected at most 100 characters, not 101 (it becomes a folder)"),
        (named("x" + "ab" * 20), "expected a name that does not end in 20 times 'ab' (Snakemake"),
        (named("gru."), "expected a name that does not end in a dot (it becomes a folder)"),
        (named("gru", "Gru"), "got 'gru' and 'Gru', expected names that differ in more than case"),
        (
            {"networks": {"models": {"gru": {"module": "m:N", "weights": "w.pt", "layer": "l."}}}},
            "networks.models.'gru'.layer: got 'l.', expected a name that does not end in a dot",
        ),
    ],
)
def test_a_name_that_cannot_be_a_folder_is_named_in_one_line(sections_, expected):
    text = message(check, loaded(**sections_))
    assert expected in text
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize("name", [".", "..", "a/b", "a b", "a ", "-a", "", "a\n", "ä", "{model}"])
def test_a_name_of_other_characters_is_refused_by_the_schema(name):
    assert "expected a name of letters, digits" in message(load, named(name))


@pytest.mark.parametrize(
    "name", ["ab" * 40 + "cd" * 10, "a" * 19, "ab" * 19 + "a", "a-b.c_d", "0", "A", "a..b"]
)
def test_a_name_that_can_be_a_folder_is_taken(name):
    check(loaded(**named(name)))


@given(st.text("ab", min_size=1, max_size=3), st.integers(1, 40), st.text("abc", max_size=3))
def test_snakemake_and_the_config_refuse_the_same_repeats(part, times, rest):
    name = rest + part * times
    if len(name) <= LONGEST:
        refused = PeriodicityDetector().is_periodic(name) is not None
        assert (trouble(name) is not None) == refused


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[no]", "got False, expected text (quote it)"),
        ("[1_000]", "got 1000, expected text (quote it)"),
        ("[0123]", "got 83, expected text (quote it)"),
        ("[2024-01-01]", "expected text (quote it)"),
    ],
)
def test_what_yaml_takes_for_no_text_is_to_be_quoted(text, expected):
    raw = yaml.safe_load(f"runs: [{{tasks: [parity], models: {text}}}]")
    assert expected in message(load, raw)


def test_only_sizes_of_families_that_run_are_checked():
    check(loaded(tasks={"markov": {"n_train": 10}}))


def test_pairs_are_in_the_order_of_the_file():
    run = {"tasks": ["parity", "dyck_1"], "models": ["srn", "gru"]}
    assert pairs(loaded(runs=[run])) == [
        ("parity", "srn"), ("parity", "gru"), ("dyck_1", "srn"), ("dyck_1", "gru"),
    ]  # fmt: skip


def test_the_layer_is_the_last_unless_one_is_named():
    models = {
        "deep": {"cell": "gru", "layers": 3},
        "first": {"cell": "gru", "layers": 3, "layer": "rnn.l0"},
        "mine": {"module": "a.b:c", "weights": "w.pt", "layer": "core.l1"},
    }
    config = loaded(networks={"models": models}, runs=[{"tasks": ["parity"], "models": ["deep"]}])
    assert [layer_of(config, name) for name in models] == ["rnn.l2", "rnn.l0", "core.l1"]


# --- the files that we ship ------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["config", "smoke", "paper", "merrill", "arena", "real_languages", "real"]
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
        for name in ("paper", "merrill", "real_languages", "real", "wild")
    )
    configs = [load(yaml.safe_load(file.read_text())) for file in files]
    assert {task for config in configs for task, _ in pairs(config)} == set(TASKS)
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
