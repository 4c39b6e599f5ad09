"""Files and configs that mean harm: nothing they contain is run, nothing is written elsewhere."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from helpers.arena import write_network
from helpers.workspace import REPOSITORY, Workspace
from markovlens.config.arena import expand
from markovlens.config.loading import load_config
from markovlens.embedding.storage import load_basis
from markovlens.errors import ConfigError, DataError
from markovlens.files.whole import read_json, read_table
from markovlens.networks.pretrained import g2p_en
from markovlens.networks.store import CARD, WEIGHTS, load_network, save_network
from markovlens.networks.training import TrainingOptions, train
from markovlens.networks.weights import read_weights
from markovlens.tasks import make_task
from markovlens.tasks.arena import read_description, read_words

SCHEMA = REPOSITORY / "workflow/schemas/config.schema.yaml"
RUNS = [{"tasks": ["parity"], "models": ["gru"]}]
MARK = "executed"


class Hostile:
    """Writes a file if it is unpickled."""

    def __reduce__(self):
        return open, (MARK, "w")


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    """The mark would be left in the working folder."""
    monkeypatch.chdir(tmp_path)
    yield
    assert not Path(MARK).exists()


def test_the_mark_is_left_by_what_is_unpickled(tmp_path):
    # Else the other tests would pass whatever was done with their files.
    pickle.loads(pickle.dumps(Hostile())).close()
    assert Path(MARK).exists()
    Path(MARK).unlink()


def pickled(path):
    path.write_bytes(pickle.dumps({"weight": Hostile()}, protocol=2))


def saved_by_torch(path):
    torch.save({"weight": Hostile()}, path)


def array_of_objects(path):
    with open(path, "wb") as file:
        np.savez(file, weight=np.array([Hostile()], dtype=object), symbols=np.zeros(3))


CONTENTS = [pickled, saved_by_torch, array_of_objects]
READERS = {
    "weights.pt": read_weights,
    "weights.safetensors": read_weights,
    "checkpoint20.npz": g2p_en,
    "pod.npz": load_basis,
    "table.parquet": read_table,
    "card.json": read_json,
    "net.json": read_description,
}


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("name", list(READERS))
def test_no_reader_runs_what_a_file_contains(name, content, tmp_path):
    path = tmp_path / name
    content(path)
    with pytest.raises(DataError, match=name):
        READERS[name](path)


@pytest.mark.parametrize("content", CONTENTS)
def test_words_of_the_arena_are_not_unpickled(content, tmp_path):
    write_network(tmp_path, "net", cell="gru", layers=1, kind="binary")
    known = read_description(tmp_path / "net.json")
    content(tmp_path / "net.words.npz")
    with pytest.raises(DataError, match=r"net\.words\.npz"):
        read_words(tmp_path / "net.words.npz", known)


# --- import paths ----------------------------------------------------------------------------


@pytest.fixture
def network(tmp_path):
    sizes = {"n_train": 20, "n_valid": 8, "n_test": 8, "length_train": 5, "length_test": 8}
    options = TrainingOptions(steps=2, batch=4, evaluate_every=1, attempts=1)
    trained = train(
        make_task("parity", sizes=sizes, seed=0), {"cell": "srn"}, training=options, seed=0
    )
    save_network(tmp_path / "network", trained)
    return tmp_path / "network"


@pytest.mark.parametrize("own", [None, {"module": "mine:Reader", "kwargs": {}}])
def test_a_card_cannot_name_what_is_imported(own, network):
    card = json.loads((network / CARD).read_text())
    card["architecture"] = {"module": "builtins:open", "kwargs": {"file": MARK, "mode": "w"}}
    (network / CARD).write_text(json.dumps(card))
    with pytest.raises(DataError, match="only what the config names is imported"):
        load_network(network, own=own)


def test_a_card_cannot_choose_the_arguments_of_the_users_module(network):
    card = json.loads((network / CARD).read_text())
    card["architecture"] = {"module": "torch.nn:Linear", "kwargs": {"in_features": 10**12}}
    (network / CARD).write_text(json.dumps(card))
    own = {"module": "torch.nn:Linear", "kwargs": {"in_features": 2, "out_features": 2}}
    with pytest.raises(DataError, match="only what the config names is imported"):
        load_network(network, own=own)


def test_other_weights_than_those_of_the_card_are_refused(network):
    content = bytearray((network / WEIGHTS).read_bytes())
    content[-1] ^= 1  # the lowest or highest bits of the last number
    (network / WEIGHTS).write_bytes(content)
    with pytest.raises(DataError, match=WEIGHTS):
        load_network(network)


# --- paths in the config ---------------------------------------------------------------------

OUTSIDE = ["..", ".", "../x", "/tmp/x", "a/b", "a\\b", "", ".hidden", "a\n", "a\0b", "~", "a b"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_the_name_of_a_model_is_no_path(name):
    raw = {"runs": RUNS, "networks": {"models": {name: {"cell": "gru"}}}}
    with pytest.raises(ConfigError, match="it becomes a folder"):
        load_config(raw, schema_path=SCHEMA)


@pytest.mark.parametrize("layer", OUTSIDE)
@pytest.mark.parametrize(
    "spec", [{"cell": "gru"}, {"module": "mine:Reader", "weights": "mine.safetensors"}]
)
def test_the_name_of_a_layer_is_no_path(spec, layer):
    raw = {"runs": RUNS, "networks": {"models": {"gru": {**spec, "layer": layer}}}}
    with pytest.raises(ConfigError, match="it becomes a folder"):
        load_config(raw, schema_path=SCHEMA)


@pytest.mark.parametrize(
    "module", ["os.system", "os:system()", "../mine:Reader", "/tmp/mine:Reader", "os:system\n", ""]
)
def test_an_import_path_is_nothing_else(module):
    model = {"module": module, "weights": "w.pt", "layer": "rnn"}
    raw = {"runs": RUNS, "networks": {"models": {"gru": model}}}
    with pytest.raises(ConfigError, match="a path like"):
        load_config(raw, schema_path=SCHEMA)


@pytest.mark.parametrize(
    "task", ["arena_../../evil", "arena_net/../../../../evil", "arena_/tmp/evil", "arena_other"]
)
def test_the_name_of_a_network_of_the_arena_is_no_path(task, tmp_path):
    write_network(tmp_path, "net", cell="gru", layers=1, kind="binary")
    config = {"runs": [{"tasks": ["arena_net", task]}], "tasks": {"arena": {"folder": tmp_path}}}
    with pytest.raises(ConfigError, match=r"runs\[0\]\.tasks: unknown task"):
        expand(config)


def dry_run(folder, text):
    (folder / "config.yaml").write_text(text)
    return Workspace(folder).snakemake("--dry-run", config=folder / "config.yaml")


@pytest.mark.workflow
def test_a_config_cannot_ask_yaml_to_call_anything(tmp_path):
    text = yaml.safe_dump({"runs": RUNS})
    mark = tmp_path / MARK
    done = dry_run(tmp_path, f"{text}seed: !!python/object/apply:os.mkdir [{mark}]\n")
    assert done.returncode != 0
    assert "not valid JSON or YAML" in done.stdout + done.stderr


@pytest.mark.workflow
def test_no_file_of_the_workflow_lies_outside_its_results(tmp_path):
    raw = yaml.safe_load((REPOSITORY / "config/smoke.yaml").read_text())
    done = dry_run(tmp_path, yaml.safe_dump(raw))
    assert done.returncode == 0
    listed = Workspace(tmp_path).snakemake("--summary")
    files = [line.split("\t")[0] for line in listed.stdout.splitlines()[1:]]
    assert len(files) > 50
    allowed = [tmp_path / "results", tmp_path / "resources"]
    for file in files:
        path = (tmp_path / file).resolve()
        assert any(path.is_relative_to(place) for place in allowed), file
