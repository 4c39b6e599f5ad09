"""Files of machines among the methods of a config."""

import pytest

import markovlens as ml
from markovlens.config.loading import load_config
from markovlens.config.network_files import check_files
from markovlens.errors import ConfigError
from markovlens.machines.machine import automaton

SCHEMA = "workflow/schemas/config.schema.yaml"


def loaded(*methods):
    runs = [{"tasks": ["contains_000"], "models": ["srn"]}]
    raw = {"runs": runs, "abstractions": {"methods": list(methods)}}
    return load_config(raw, schema_path=SCHEMA)


def test_a_file_becomes_a_method_that_is_named_after_it():
    section = loaded("hmm", {"file": "mine/my expert*.dot"})["abstractions"]
    assert section["methods"] == ["hmm", "own_my_expert"]
    assert section["files"] == {"own_my_expert": "mine/my expert*.dot"}
    section = loaded({"file": "a.jff", "name": "first"}, {"file": "a.jff"})["abstractions"]
    assert section["methods"] == ["own_first", "own_a"]


def test_only_the_ending_of_a_file_is_left_out_of_its_name():
    section = loaded({"file": "expert.v1.dot"}, {"file": "expert.v2.dot"})["abstractions"]
    assert section["methods"] == ["own_expert_v1", "own_expert_v2"]


def test_a_loaded_config_loads_to_itself():
    config = loaded("hmm", {"file": "a.dot"})
    assert load_config(config, schema_path=SCHEMA) == config


def test_without_files_there_are_none():
    assert loaded("hmm")["abstractions"]["files"] == {}


@pytest.mark.parametrize(
    ("methods", "message"),
    [
        ([{"file": "a/x.dot"}, {"file": "b/x.dot"}], "got two machines of the name 'own_x'"),
        (["own_x", {"file": "b/x.dot"}], "got two machines of the name 'own_x'"),
        ([{"file": "a/x.dot"}, {"file": "b/X.dot"}], "expected names that differ more"),
        ([{"file": "x.dot", "name": "../x"}], "expected a name of letters, digits"),
        ([{"file": "{x}.dot"}], r"got the file '\{x\}.dot', expected a path without braces"),
        ([{"file": "a}/x.dot"}], "expected a path without braces; rename it"),
        ([{"file": "x.dot", "name": "{task}"}], "expected a name of letters, digits"),
        ([{"files": "x.dot"}], "abstractions.methods"),
        ([{"file": ""}], "abstractions.methods"),
        ([3], "abstractions.methods"),
    ],
)
def test_names_that_are_no_folder_are_refused(methods, message):
    with pytest.raises(ConfigError, match=message):
        loaded(*methods)


def test_files_are_looked_at_before_any_job(tmp_path):
    good = tmp_path / "expert.dot"
    machine = automaton([[0, 1], [1, 0]], [False, True], start=0, symbols=("0", "1"))
    ml.write_machine(good, machine)
    check_files(loaded({"file": str(good)}))
    good.write_text(good.read_text()[:-20])
    others = [{"file": "gone.dot"}, {"file": "expert.pdf", "name": "other"}]
    config = loaded({"file": str(good)}, *others)
    with pytest.raises(ConfigError) as caught:
        check_files(config)
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert "abstractions.methods: " in lines[0]
    assert "expert.dot: line" in lines[0]
    assert "gone.dot: no such file" in lines[1]
    assert "expert.pdf: expected a file that ends in" in lines[2]
