"""Files that are not there are told with the keys that are wrong, in one message."""

import pytest

from helpers.configs import SCHEMA
from markovlens.config.loading import load_config
from markovlens.config.network_files import files_in_bad
from markovlens.errors import ConfigError

NAMED = {
    "networks": {
        "models": {
            "made": {"module": "gone.py:make", "weights": "gone.pt"},
            "read": {"file": "gone.onnx"},
            "idle": {"file": "gone_too.onnx"},
        }
    },
    "tasks": {"custom": {"mine": {"data": "gone.csv", "inputs": ["x"]}}},
    "abstractions": {"methods": ["hmm", {"file": "gone.dot"}]},
    "runs": [{"tasks": ["custom_mine"], "models": ["made", "read"]}],
}
FILES = ["gone.py", "gone.pt", "gone.onnx", "gone.dot", "gone.csv"]


def told(raw):
    with pytest.raises(ConfigError) as caught:
        load_config(raw, schema_path=SCHEMA, others=lambda *given: files_in_bad(*given))
    return str(caught.value).splitlines()


def changed(**sections):
    return {**NAMED, **sections}


BAD = {
    "another key": changed(sed=1),
    "no list": changed(seeds=0),
    "a model": changed(
        networks={"models": {**NAMED["networks"]["models"],
                             "read": {"file": "gone.onnx", "layr": "rnn.l0"}}}
    ),
    "data": changed(tasks={"custom": {"mine": {"data": "gone.csv", "input": ["x"]}}}),
    "a method": changed(abstractions={"methods": ["hmm", 3, {"file": "gone.dot"}]}),
}  # fmt: skip


@pytest.mark.parametrize("raw", BAD.values(), ids=BAD)
def test_a_wrong_key_and_all_files_that_are_missing_are_one_message(raw, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = told(raw)
    found = [line for line in lines if "gone" in line and "begins in" in line]
    assert all(sum(name in line for line in found) == 1 for name in FILES)
    assert len(found) == len(FILES) < len(lines)


def test_what_is_there_is_not_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("gone.py", "gone.pt", "gone.csv"):
        (tmp_path / name).touch()
    lines = told(changed(sed=1))
    assert [name for name in FILES if any(name in line for line in lines)] == FILES[2:4]


@pytest.mark.parametrize("runs", [None, 3, [], ["made"], [{"models": "made"}], [{"models": [3]}]])
def test_runs_that_are_none_name_no_files(runs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = told({**changed(sed=1), "runs": runs, "abstractions": {"methods": None}})
    assert not any("gone" in line for line in lines)
