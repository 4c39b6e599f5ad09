"""What no schema sees in a config: parts that do not go together, and names that cannot be."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from snakemake.io import PeriodicityDetector

from helpers.configs import PAIR, SMALLEST, check, load, load_with_others, loaded, message, run_of
from markovlens.config.checks import _single_logits
from markovlens.config.loading import layer_of, pairs
from markovlens.config.names import LONGEST, trouble

HALF_RIGHT = {
    "sed": 1,
    "runs": [
        {"tasks": ["tomita_8", "custom_mine", "arena", 3], "models": ["gru2", "gru"]},
        {"tasks": ["parity"]},
    ],
    "tasks": {"custom": {"mine": {"data": 7}}},
    "networks": {"models": {"gru": {"cell": "gru", "hiden": 3}, 4: None}},
    "abstractions": {"methods": ["hmn", {"file": "a.dot"}]},
    "robustness": 5,
}  # fmt: skip
WRONG_NAMES = ["unknown task 'tomita_8'", "unknown model 'gru2'", "unknown method 'hmn'"]


def test_wrong_names_are_told_beside_wrong_keys():
    """What is described wrongly is there, and is no unknown name."""
    text = message(
        load_with_others, HALF_RIGHT | {"networks": {"models": {"gru": {"cell": "gru", "hi": 3}}}}
    )
    assert "config: unknown key 'sed'" in text
    assert "networks.models.gru: unknown key 'hi'" in text
    assert [line.partition(": ")[2].partition(";")[0] for line in text.splitlines()][
        -len(WRONG_NAMES) :
    ] == WRONG_NAMES
    assert text.count("unknown") == len(WRONG_NAMES) + 2
    other = message(load_with_others, HALF_RIGHT | {"faithfulness": {"level": float("nan")}})
    for said in ("key 4 is not text", "got nan, expected a finite", "key 'sed'", WRONG_NAMES[0]):
        assert said in other


def test_no_mistake_is_told_twice():
    raw = {"runs": [{1: 2}, {"tasks": ["parity"], 3: 4}], "sed": 1, "robustness": 5}
    for reading, missing in ((load_with_others, 2), (load, 2)):
        lines = message(reading, raw).splitlines()
        assert len(lines) == len(set(lines))
        assert sum("missing" in line for line in lines) == missing


@pytest.mark.parametrize("networks", [{"models": []}, 3])
def test_where_no_models_can_be_read_none_is_unknown(networks):
    text = message(load_with_others, run_of("tomita_8", "gru") | {"networks": networks, "sed": 1})
    assert "unknown task 'tomita_8'" in text
    assert "unknown model" not in text
    without = message(load_with_others, run_of("parity", "gruu") | {"sed": 1})
    assert "unknown model 'gruu'; did you mean gru?" in without


@pytest.mark.parametrize(
    ("section", "key"), [("tasks", "custom"), ("abstractions", "files"), ("networks", "models")]
)
@pytest.mark.parametrize("value", [5, True, 0.5, "mine", ["mine"], None])
def test_names_are_told_beside_a_section_that_is_none(section, key, value):
    text = message(load_with_others, run_of("tomita_8", "gru") | {section: {key: value}})
    assert f"{section}.{key}: got " in text
    assert "unknown task 'tomita_8'" in text


def test_wrong_names_are_told_beside_what_else_is_wrong_and_nothing_follows_from_them():
    wrong = loaded(
        runs=[{"tasks": ["parity", "tomita_8"], "models": ["gru", "gru2"]}],
        embedding=run_of("circle_ellipse", "gru"),
        abstractions={"n_states": [3, 2], "engine": "hmmlearn", "methods": ["hmn"]},
        attractors={},
    )
    places = [line.partition(":")[0] for line in message(check, wrong).splitlines()]
    assert places == [
        "runs[0].tasks", "runs[0].models", "abstractions.methods",
        "embedding.runs[0].models", "abstractions.n_states",
    ]  # fmt: skip


GENERATOR = {"networks": {"models": {"gru": {"cell": "gru"}, "relu": {"generator": "relu"}}}}
TWO_LAYERS = {"cell": "gru", "layers": 2, "layer": "rnn.l2"}


@pytest.mark.parametrize(
    ("sections_", "expected"),
    [
        (run_of("tomita_8", "gru"), "runs[0].tasks: unknown task 'tomita_8'; did you mean tomita_"),
        (run_of("parity", "gru2"), "runs[0].models: unknown model 'gru2'; did you mean gru? the"),
        ({"attractors": {}}, "attractors: got no task in `runs` that it is of, expected flip_flop"),
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
            {"formation": run_of("chain_2", "gru")},
            "formation.runs: got gru for chain_2, expected a generator",
        ),
        (
            {"formation": run_of("parity", "relu")} | GENERATOR,
            "formation.runs: got relu for parity, expected a model with a cell",
        ),
        (
            {"formation": run_of("parity", "gru")}
            | {"networks": {"models": {"gru": TWO_LAYERS | {"layer": "rnn.l0"}}}},
            "formation.runs: got gru for parity, whose layer is rnn.l0, expected a model without",
        ),
        (
            {"formation": {"noise_runs": 5, "noise_steps": 74}},
            "formation.noise_steps: got 74, expected at least 75, for 150 steps in half of the 5",
        ),
        (
            {"formation": run_of("mess3", "gru")},
            "formation.runs[0].tasks: unknown task 'mess3'; the tasks are",
        ),
        (
            {"layers": run_of("dyck_1", "gru")},
            "layers.runs: got 'dyck_1', expected tasks whose true machine is known",
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
            {"abstractions": {"coreset": 11}},
            "abstractions.coreset: got 11, expected at least 12, a step a cluster",
        ),
        (
            {"abstractions": {"coreset": 71, "methods": ["overcluster"]}},
            "abstractions.coreset: got 71, expected at least 72, a step a cluster",
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
    beside = message(load_with_others, SMALLEST | sections_ | {"nosuch": 1}).splitlines()
    assert beside[0].startswith("config: unknown key 'nosuch'")
    assert beside[1:] == [text]


LENGTHS = {"length_train": 20, "length_test": 5}


@pytest.mark.parametrize(
    ("sections_", "is_told"),
    [
        ({"tasks": {"formal": LENGTHS}, "seed": "x"}, True),
        ({"tasks": {"formal": LENGTHS | {"n_test": 0}}}, True),
        ({"tasks": {"formal": LENGTHS, "custom": 5}, "abstractions": 7, "runs": 3}, True),
        ({"tasks": {"formal": LENGTHS}, "networks": {"models": {"gru": {"cell": 3}}}}, True),
        ({"tasks": {"formal": LENGTHS}, "faithfulness": {"level": float("nan")}}, True),
        ({"tasks": {"formal": LENGTHS}, "abstractions": {"files": {"a": "a.dot"}}}, True),
        ({"tasks": {"formal": LENGTHS | {"length_train": "twenty"}}}, False),
        ({"tasks": {"formal": LENGTHS | {"length_test": float("inf")}}}, False),
        ({"tasks": {"formal": {"lenght_train": 3, "length_test": 5}}}, False),
        ({"tasks": {"formals": LENGTHS}}, False),
        ({"tasks": {"formal": [LENGTHS]}}, False),
    ],
)
def test_what_does_not_go_together_is_told_beside_mistakes_that_do_not_concern_it(
    sections_, is_told
):
    lines = message(load_with_others, SMALLEST | sections_).splitlines()
    told = "tasks.formal.length_test: got 5, expected at least length_train, which is 20"
    assert lines.count(told) == is_told
    assert len(lines) > is_told


def test_a_wrong_value_is_told_once_and_nothing_follows_from_it():
    """What is checked beyond the schema would look at each of these."""
    wrong = {
        "runs": [{"tasks": ["parity"], "models": ["gru", "gru", 3]}],
        "networks": {
            "models": {"gru": {"cell": "gruu", "hidden": 4}, "g": {"generator": "relu"}},
            "training": {"default": {"steps": 5, "evaluate_every": "x"}},
        },
        "embedding": {"n_components": 33, "runs": run_of("human_motion", "gru")["runs"]},
        "abstractions": {"n_states": [3, 2, "x"], "coreset": 1, "criterion": "slope"},
        "activations": {"n_train": -1},
        "robustness": {"n_train": [9000]},
        "formation": {"noise_runs": "x", "noise_steps": 1},
        "reliance": {"trust": {}, "repair": 5},
        "attractors": {},
    }
    places = [line.partition(": ")[0] for line in message(load_with_others, wrong).splitlines()]
    assert places == sorted(set(places))


def test_a_layer_named_in_full_is_no_unknown_model_beside_a_wrong_key():
    models = {"deep": {"cell": "gru", "layers": 2, "layer": "all"}, "gru": {"cell": "gru"}}
    runs = [{"tasks": ["parity"], "models": ["deep.rnn.l0", "gru.rnn.l0"]}]
    raw = {"networks": {"models": models}, "runs": runs}
    kept = raw | {"runs": [{"tasks": ["parity"], "models": ["deep.rnn.l0"]}]}
    check(load(kept))
    lines = message(load_with_others, raw | {"nosuch": 1}).splitlines()
    assert len(lines) == 2
    assert "unknown model 'gru.rnn.l0'" in lines[1]


@pytest.mark.parametrize(("output", "n_lines"), [("values", 1), ("distribution", 0)])
def test_a_single_logit_is_for_classes(output, n_lines):
    mine = {"data": "mine.csv", "inputs": ["x"], "target": "y", "output": output}
    config = loaded(
        tasks={"custom": {"mine": mine}},
        networks={"models": {"gru": {"cell": "gru", "single_logit": True}}},
        **run_of("custom_mine", "gru"),
    )
    lines = [*_single_logits(config)]
    assert len(lines) == n_lines
    assert all("gru.single_logit: got true, expected false where custom_mine" in x for x in lines)


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


def test_states_are_followed_along_trainings_of_languages_and_of_emulating_networks():
    runs = [*run_of("parity", "gru")["runs"], *run_of("chain_2", "relu")["runs"]]
    check(loaded(formation={"runs": runs}, **GENERATOR))
