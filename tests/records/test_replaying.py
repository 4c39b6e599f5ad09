import json
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

import markovlens as ml
from helpers.machines import trace_of
from markovlens.errors import DataError
from markovlens.machines.machine import automaton
from markovlens.records import record as records
from markovlens.records.calls import Call, recorded
from markovlens.records.record import check_record, schema, seal_of

SETTINGS = {"n_permutations": 99, "n_bootstraps": 100, "measures": ["switching"]}


@pytest.fixture
def machine():
    successor = np.array([[0, 1], [1, 0]])
    return automaton(successor, np.array([False, True]), start=0, symbols=("0", "1"))


@pytest.fixture
def groups():
    rng = np.random.default_rng(0)
    return {
        name: ml.Sequences(rng.integers(2, size=300), np.full(30, 10))
        for name in ("cases", "others")
    }


@pytest.fixture
def found(machine, groups):
    return ml.compare_groups(machine, groups, seed=3, **SETTINGS)


@pytest.fixture
def path(found, tmp_path):
    ml.write_record(tmp_path / "record.json", found)
    return tmp_path / "record.json"


def places(replayed):
    return {each.place for each in replayed.differences}


def test_a_replay_gives_the_same_bytes(path, groups, found, tmp_path):
    replayed = ml.replay(path, groups=groups)
    assert replayed.same
    assert repr(replayed) == "Replay: the same bytes"
    ml.write_record(tmp_path / "again.json", found)
    assert path.read_bytes() == (tmp_path / "again.json").read_bytes()
    assert records.json_text(replayed.record).encode() == path.read_bytes()


def test_a_changed_datum_is_named_and_what_came_of_it(path, groups):
    values = groups["cases"].values.copy()
    values[5] = 1 - values[5]
    other = {**groups, "cases": ml.Sequences(values, groups["cases"].lengths)}
    replayed = ml.replay(path, groups=other)
    assert not replayed.same
    assert replayed.differences[0].place == "inputs.groups.cases"
    assert "result.states.cases" in places(replayed)
    assert not {place for place in places(replayed) if place.startswith("versions")}
    line = next(each for each in replayed.differences if each.place == "result.rows.0.value_a")
    assert f"{line.recorded} recorded and {line.now} now" in str(line)


def test_a_changed_setting_and_another_seed_are_named(path, groups):
    assert "settings.level" in places(ml.replay(path, groups=groups, level=0.8))
    replayed = ml.replay(path, groups=groups, seed=4)
    assert "seed" in places(replayed)
    assert "result.rows.0.difference_low" in places(replayed)


def test_groups_in_another_order_are_named(path, groups):
    other = dict(reversed(groups.items()))
    replayed = ml.replay(path, groups=other)
    causes = [each.place for each in replayed.differences if each.part != "result"]
    assert causes == ["order.groups.0", "order.groups.1"]
    assert "another order, cases recorded and others now" in repr(replayed)


def test_another_machine_is_named(path, groups, machine):
    other = automaton(
        np.array([[1, 0], [0, 1]]), np.array([False, True]), start=0, symbols=("0", "1")
    )
    assert "inputs.machine" in places(ml.replay(path, groups=groups, machine=other))


def test_another_version_is_named_although_numbers_are_the_same(path, groups, monkeypatch):
    told = deepcopy(records.versions())
    told["packages"]["numpy"], told["python"] = "1.0", "2.7"
    monkeypatch.setattr(records, "versions", lambda: told)
    replayed = ml.replay(path, groups=groups)
    assert places(replayed) == {"versions.packages.numpy", "versions.python"}
    assert "versions.python: another version" in repr(replayed)


def test_a_record_that_was_edited_is_told_by_its_seal(path, groups):
    record = ml.read_record(path)
    record["settings"]["level"] = 0.8
    replayed = ml.replay(record, groups=groups)
    assert replayed.differences[0].place == "seal.settings"
    assert "edited since it was written" in repr(replayed)
    record = ml.read_record(path)
    record["result"]["rows"][0]["p"] = 0.001
    assert {"seal.result", "result.rows.0.p"} <= places(ml.replay(record, groups=groups))


def test_an_input_that_no_longer_fits_is_a_result_that_is_none(path):
    replayed = ml.replay(path, groups={"cases": ["01", "02"], "others": ["01", "10"]})
    assert replayed.record is None
    assert "none: group 'cases': unknown symbol '2'" in repr(replayed)
    wanted = {"inputs.groups.cases", "inputs.groups.others", "result"}
    assert places(replayed) == wanted  # why, too


@pytest.mark.parametrize(
    ("given", "place"), [({"level": 2.0}, "settings.level"), ({"seed": -1}, "seed")]
)
def test_a_setting_that_is_none_is_named_with_what_it_comes_to(path, groups, given, place):
    assert places(ml.replay(path, groups=groups, **given)) == {place, "result"}


def test_names_in_arrays_of_numpy_are_those_of_lists(machine, groups, tmp_path):
    named = {name: [f"{name} {i // 2}" for i in range(30)] for name in groups}
    found = ml.compare_groups(machine, groups, subjects=named, seed=3, **SETTINGS)
    ml.write_record(tmp_path / "a.json", found)
    for made in (np.array, lambda names: list(np.array(names))):
        subjects = {name: made(each) for name, each in named.items()}
        assert ml.replay(tmp_path / "a.json", groups=groups, subjects=subjects).same


def test_names_of_subjects_and_folders_stay_out(machine, groups, tmp_path):
    subjects = {name: [f"Jane Doe {name} {i // 2}" for i in range(30)] for name in groups}
    found = ml.compare_groups(machine, groups, subjects=subjects, seed=0, **SETTINGS)
    ml.write_record(tmp_path / "record.json", found)
    text = (tmp_path / "record.json").read_text()
    assert "Jane" not in text
    for folder in (Path.home(), Path.cwd(), tmp_path, Path(ml.__file__).parent):
        assert str(folder) not in text
    other = {name: each[::-1] for name, each in subjects.items()}
    assert "inputs.subjects.cases" in places(
        ml.replay(tmp_path / "record.json", groups=groups, subjects=other)
    )


@dataclass(frozen=True)
class Made:
    call: Call | None = None


@recorded()
def toy(*, symbols, file, seed):
    return Made()


def test_text_that_begins_like_a_path_is_kept_and_paths_are_not(tmp_path):
    made = toy(symbols=("/", "/home/x", "a"), file=tmp_path / "net.pt", seed=0)
    assert made.call.settings == {"symbols": ["/", "/home/x", "a"], "file": "net.pt"}


def test_states_read_off_activations_are_told_although_no_machine_is_held(tmp_path):
    truth = automaton(np.array([[1, 0], [0, 1]]), np.array([0, 1]), start=0, symbols=("0", "1"))
    train, valid, *rest = (trace_of(truth, seed=seed) for seed in range(4))
    study = ml.study("kmeans", train, valid, n_states=[2], seed=0)
    groups = dict(zip("ab", rest, strict=True))
    ml.write_record(tmp_path / "r.json", ml.compare_groups(study, groups, seed=0, **SETTINGS))
    assert ml.read_record(tmp_path / "r.json")["machine"] is None
    assert ml.replay(tmp_path / "r.json", groups=groups, machine=study).same
    with pytest.raises(
        DataError, match="replay: expected machine, of which the record has digests"
    ):
        ml.replay(tmp_path / "r.json", groups=groups)


def test_every_record_is_one_by_the_schema(path):
    record = ml.read_record(path)
    assert schema()["properties"]["schema_version"]["const"] == record["schema_version"] == 1
    assert set(schema()["required"]) == set(record)
    assert record["seal"] == seal_of(record)
    assert check_record(record) == record


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"schema_version": 2},
            "expected a record of schema 1, got something else at schema_version",
        ),
        ({"call": "rm"}, "got something else at call"),
        ({"inputs": {"groups": "short"}}, "got something else at inputs.groups"),
        ({"more": 1}, "got something else at the whole"),
    ],
)
def test_what_is_no_record_is_refused(path, groups, change, message):
    record = {**json.loads(path.read_text()), **change}
    with pytest.raises(DataError, match=message):
        ml.replay(record, groups=groups)
    path.write_text(json.dumps(record))
    with pytest.raises(DataError, match=message):
        ml.read_record(path)


def test_files_that_are_none_and_unknown_arguments_are_told(path, groups, tmp_path):
    (tmp_path / "text.json").write_text("no json")
    with pytest.raises(DataError, match=r"text.json: .*give a file that `markovlens.write_record`"):
        ml.read_record(tmp_path / "text.json")
    with pytest.raises(DataError, match="no such file"):
        ml.replay(tmp_path / "none.json")
    with pytest.raises(DataError, match=r"replay: unknown 'group'; did you mean groups\?"):
        ml.replay(path, group=groups)
    with pytest.raises(DataError, match="replay: expected groups"):
        ml.replay(path)


def test_results_that_cannot_be_recorded_say_why(machine, tmp_path):
    with pytest.raises(
        DataError, match="expected a result that keeps what it was made of, got Machine"
    ):
        ml.write_record(tmp_path / "r.json", machine)


def test_an_explanation_is_made_again_and_a_changed_weight_is_named(tmp_path):
    example = ml.example()
    few = example.sequences.select(np.arange(40))
    made = ml.explain(
        example.network, few, symbols=example.symbols, classes=example.classes,
        methods=["kmeans"], n_states=[2, 3], options=ml.Options(restarts=1), seed=0,
    )  # fmt: skip
    ml.write_record(tmp_path / "r.json", made)
    inputs = {"network": example.network, "sequences": few}
    assert ml.replay(tmp_path / "r.json", **inputs).same
    compiled = torch.compile(example.network, backend="eager")
    assert ml.replay(tmp_path / "r.json", network=compiled, sequences=few).same
    with torch.no_grad():
        next(example.network.parameters()).view(-1)[0] += 0.5
    replayed = ml.replay(tmp_path / "r.json", **inputs)
    assert replayed.differences[0].place == "inputs.network"


@pytest.mark.parametrize("how", ["after", "at once", "taken away"])
def test_names_of_states_are_kept_by_the_record(how, tmp_path):
    example = ml.example()
    few = example.sequences.select(np.arange(40))
    made = ml.explain(
        example.network, few, symbols=example.symbols, classes=example.classes,
        methods=["kmeans"], n_states=[2, 3], options=ml.Options(restarts=1), seed=0,
        names=None if how == "after" else {0: "calm"},
    )  # fmt: skip
    if how != "at once":
        made = made.named({0: "at rest" if how == "after" else ""})
    ml.write_record(tmp_path / "r.json", made)
    inputs = {"network": example.network, "sequences": few}
    assert ml.replay(tmp_path / "r.json", **inputs).same
    other = ml.replay(tmp_path / "r.json", **inputs, names={0: "b"})
    assert other.differences[0].place.startswith("settings.names")
    assert not any("  " in str(each) for each in other.differences)


def test_an_explanation_whose_settings_are_functions_is_made_but_not_recorded(tmp_path):
    example = ml.example()
    few = example.sequences.select(np.arange(40))
    made = ml.explain(
        example.network, few, symbols=example.symbols, classes=example.classes,
        methods=["kmeans"], n_states=[2], seed=0, forward=torch.nn.Module.__call__,
    )  # fmt: skip
    with pytest.raises(DataError, match="got one that cannot be recorded: cannot write function"):
        ml.write_record(tmp_path / "r.json", made)
