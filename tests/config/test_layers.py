"""`layer: all`: a model for each layer, told by the state dict where the network is the user's."""

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from helpers.workspace import REPOSITORY
from markovlens.config.layers import layers_in_weights
from markovlens.config.loading import layer_of, load_config, pairs
from markovlens.config.network_files import check_files
from markovlens.errors import ConfigError
from markovlens.recurrence.layers import recurrent_layers

SCHEMA = REPOSITORY / "workflow" / "schemas" / "config.schema.yaml"


class Mixed(nn.Module):
    """Every kind of recurrent layer of torch, twelve of one kind."""

    def __init__(self):
        super().__init__()
        self.deep = nn.GRU(2, 2, num_layers=12)
        self.both = nn.LSTM(2, 2, bidirectional=True)
        self.part = nn.ModuleDict({"cell": nn.GRUCell(2, 2), "read": nn.Linear(2, 2)})


def load(models, *, named, robust=()):
    runs = [{"tasks": ["parity"], "models": named}]
    config = {"runs": runs, "networks": {"models": models}}
    if robust:
        config["robustness"] = {"runs": [{"tasks": ["parity"], "models": list(robust)}]}
    return load_config(config, schema_path=SCHEMA)


def test_a_cell_of_all_layers_becomes_a_model_a_layer():
    models = {"deep": {"cell": "gru", "layers": 3, "layer": "all"}, "gru": {"cell": "gru"}}
    config = load(models, named=["gru", "deep"], robust=["deep"])
    names = ["deep.rnn.l0", "deep.rnn.l1", "deep.rnn.l2"]
    assert pairs(config) == [("parity", name) for name in ["gru", *names]]
    assert config["robustness"]["runs"][0]["models"] == names
    assert [layer_of(config, name) for name in names] == ["rnn.l0", "rnn.l1", "rnn.l2"]
    assert list(config["networks"]["models"]) == [*names, "gru"]
    assert config["networks"]["models"]["deep.rnn.l1"]["layers"] == 3


@pytest.mark.parametrize("ending", ["safetensors", "pt"])
def test_layers_in_weights_are_those_of_the_module(tmp_path, ending):
    network, path = Mixed(), tmp_path / f"own.{ending}"
    (save_file if ending == "safetensors" else torch.save)(network.state_dict(), path)
    found = layers_in_weights("own", {"weights": str(path)})
    assert set(found) == set(recurrent_layers(network))
    assert [name for name in found if name.startswith("deep")] == [f"deep.l{k}" for k in range(12)]
    spec = {"module": "own:Mixed", "weights": str(path), "layer": "all"}
    config = load({"own": spec, "gru": {"cell": "gru"}}, named=["own"])
    assert [model for _, model in pairs(config)] == [f"own.{layer}" for layer in found]


def test_a_module_that_nobody_asks_for_is_left_as_it_is():
    spec = {"module": "own:Mixed", "weights": "nowhere.pt", "layer": "all"}
    config = load({"own": spec, "gru": {"cell": "gru"}}, named=["gru"])
    assert list(config["networks"]["models"]) == ["own", "gru"]


def test_a_network_without_recurrent_weights_or_without_a_file_is_named(tmp_path):
    save_file(nn.Linear(2, 2).state_dict(), tmp_path / "linear.safetensors")
    (tmp_path / "text.pt").write_text("nothing")
    (tmp_path / "text.safetensors").write_text("nothing")
    spec = {"module": "own:Mixed", "layer": "all"}
    for name, message in (
        ("linear.safetensors", "own.layer: got 'all', expected weights with recurrent layers"),
        ("nowhere.pt", "own.weights: .*, expected a state dict .*No such file"),
        ("nowhere.safetensors", "own.weights: .*, expected a state dict .*No such file"),
        ("text.pt", "own.weights: .*, expected a state dict .*not a zip file"),
        ("text.safetensors", "own.weights: .*, expected a state dict"),
    ):
        with pytest.raises(ConfigError, match=message):
            load({"own": spec | {"weights": str(tmp_path / name)}}, named=["own"])


@pytest.mark.parametrize("section", ["layers", "formation", "embedding"])
def test_a_section_of_whole_networks_says_why_it_takes_no_model_of_all_layers(section):
    models = {"deep": {"cell": "gru", "layers": 2, "layer": "all"}, "gru": {"cell": "gru"}}
    run = {"tasks": ["parity"], "models": ["gru", "deep"]}
    config = {"runs": [run], "networks": {"models": models}, section: {"runs": [run]}}
    with pytest.raises(ConfigError) as raised:
        load_config(config, schema_path=SCHEMA)
    said = str(raised.value)
    assert f"{section}.runs[0].models: got 'deep', of which `layer: all` makes" in said
    assert "deep.rnn.l0, deep.rnn.l1, or a model without `layer`" in said
    assert "unknown" not in said


@pytest.mark.parametrize(
    ("section", "wanted"),
    [
        ("layers", "expected one network; .*: name one of own.both.l0, .*, own.part.cell.l0(?m:$)"),
        ("formation", "expected a model with a `cell`, or a generator; leave a module"),
        ("embedding", "expected an encoder-decoder; leave a module"),
    ],
)
@pytest.mark.parametrize("beside", [[], ["own"]], ids=["there alone", "in runs too"])
def test_a_section_of_whole_networks_takes_no_module_of_all_layers(
    section, wanted, beside, tmp_path
):
    path = tmp_path / "own.safetensors"
    save_file(Mixed().state_dict(), path)
    models = {"own": {"module": "own:Mixed", "weights": str(path), "layer": "all"},
              "gru": {"cell": "gru"}}  # fmt: skip
    runs = [{"tasks": ["parity"], "models": ["gru", *beside]}]
    there = [{"tasks": ["parity"], "models": ["own"]}]
    config = {"runs": runs, "networks": {"models": models}, section: {"runs": there}}
    said = rf'{section}\.runs\[0\]\.models: got ["\']?own["\']?, of which `layer: all` .*{wanted}'
    with pytest.raises(ConfigError, match=said):
        load_config(config, schema_path=SCHEMA)


@pytest.mark.parametrize("section", ["layers", "formation"])
def test_one_of_the_models_that_stand_for_layers_may_be_named_there(section):
    models = {"deep": {"cell": "gru", "layers": 2, "layer": "all"}}
    runs = [{"tasks": ["parity"], "models": ["deep.rnn.l1"]}]
    config = {"runs": [], "networks": {"models": models}, section: {"runs": runs}}
    found = load_config(config, schema_path=SCHEMA)
    assert found["networks"]["models"]["deep.rnn.l1"]["layer"] == "rnn.l1"


def test_the_name_of_a_layers_model_must_be_free():
    models = {"deep": {"cell": "gru", "layer": "all"}, "deep.rnn.l0": {"cell": "gru"}}
    with pytest.raises(ConfigError, match=r"makes a model 'deep.rnn.l0', but there is one"):
        load(models, named=["deep"])


def test_a_file_of_python_that_is_not_there_is_named(tmp_path):
    weights = tmp_path / "own.safetensors"
    save_file(Mixed().state_dict(), weights)
    spec = {"module": "my folder/nets.py:Mixed", "weights": str(weights), "layer": "deep.l3"}
    with pytest.raises(ConfigError, match="own.module: got 'my folder/nets.py', expected a file"):
        check_files(load({"own": spec}, named=["own"]))
    with pytest.raises(ConfigError, match=r"own.module: .*expected a path like .*folder/file.py:"):
        load({"own": spec | {"module": "nets.py"}}, named=["own"])


def test_a_misspelt_class_in_a_file_is_named_before_any_job(tmp_path):
    weights = tmp_path / "own.safetensors"
    save_file(Mixed().state_dict(), weights)
    (tmp_path / "nets.py").write_text("class Mixed: pass")
    spec = {"module": f"{tmp_path}/nets.py:Mixt", "weights": str(weights), "layer": "deep.l3"}
    with pytest.raises(ConfigError, match=r"own.module: .*has no 'Mixt'; did you mean Mixed"):
        check_files(load({"own": spec}, named=["own"]))
