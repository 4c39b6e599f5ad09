"""A network in a file of another framework goes through the stages as one with weights does."""

import numpy as np
import pytest
import torch
from torch import nn

from markovlens.activations.oracle import Oracle
from markovlens.activations.recorder import record
from markovlens.activations.stage import record_run
from markovlens.activations.store import load_trace
from markovlens.config.loading import load_config
from markovlens.config.network_files import check_files
from markovlens.errors import ConfigError, DataError
from markovlens.files.runs import Run
from markovlens.networks.architectures import make_network
from markovlens.networks.resources import weight_files
from markovlens.networks.store import load_network, save_network
from markovlens.tasks import make_task
from markovlens.tasks.store import save_task

SIZES = {"n_train": 60, "n_valid": 20, "n_test": 20, "length_train": 12, "length_test": 15}
SCHEMA = "workflow/schemas/config.schema.yaml"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class Tagger(nn.Module):
    def __init__(self, n_symbols, n_classes):
        super().__init__()
        torch.manual_seed(0)
        self.table = nn.Embedding(n_symbols, 3)
        self.rnn = nn.LSTM(3, 4, batch_first=True)
        self.head = nn.Linear(4, n_classes)

    def forward(self, symbols):
        return self.head(self.rnn(self.table(symbols))[0])


@pytest.fixture
def task():
    return make_task("contains_000", seed=0, sizes=SIZES)


@pytest.fixture
def spec(task, tmp_path):
    model = Tagger(len(task.symbols), len(task.classes)).eval()
    path = tmp_path / "tagger.pt"
    torch.jit.save(torch.jit.script(model), path)
    return {"file": str(path), "options": {}, "layer": "state"}


def own(spec):
    return {key: spec[key] for key in ("file", "options")}


def made(spec, task):
    return make_network(spec, task, training={}, seed=0)


def test_it_is_made_kept_and_loaded(spec, task, tmp_path):
    assert [str(path) for path in weight_files(spec, "nowhere")] == [spec["file"]]
    trained = made(spec, task)
    assert trained.card["n_parameters"] is None
    save_network(tmp_path / "network", trained)
    again = load_network(tmp_path / "network", own=own(spec))
    inputs = task.splits["test"].inputs
    found, wanted = (record(each, inputs, layers="state") for each in (again, trained.model))
    np.testing.assert_array_equal(found.states, wanted.states)
    oracle = Oracle(again, layer="state")
    np.testing.assert_allclose(oracle.outputs(inputs), found.outputs, atol=1e-6)
    half = record(again, inputs, layers="lstm0.c").states
    np.testing.assert_array_equal(half, found.states[:, 4:])


def test_it_is_recorded_by_the_stage(spec, task, tmp_path):
    save_task(tmp_path / "task", task)
    folder = tmp_path / "results" / "runs" / "contains_000" / "mine" / "0"
    save_network(folder / "network", made(spec, task))
    run = Run(folder, "state", own(spec))
    record_run(run, tmp_path / "task", n_train=20, length_train=None, seed=0)
    assert load_trace(run.trace("test")).states.shape[1] == 8


def test_a_file_that_has_changed_is_refused(spec, task, tmp_path):
    save_network(tmp_path / "network", made(spec, task))
    other = Tagger(len(task.symbols), len(task.classes)).eval()
    nn.init.zeros_(other.head.weight)
    torch.jit.save(torch.jit.script(other), spec["file"])
    with pytest.raises(DataError, match="is not the file that the results were made from"):
        load_network(tmp_path / "network", own=own(spec))


def test_a_file_that_the_config_does_not_name_is_not_opened(spec, task, tmp_path):
    save_network(tmp_path / "network", made(spec, task))
    with pytest.raises(DataError, match="which the config does not name"):
        load_network(tmp_path / "network", own=own(spec) | {"file": "other.pt"})
    with pytest.raises(DataError, match="which the config does not name"):
        load_network(tmp_path / "network")


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("gone.onnx", None, "models.mine.file: .*it is not there"),
        ("weights.bin", b"x", r"in a file that ends in .*\.onnx"),
        ("damaged.pt", b"text", "does not begin as a file of TorchScript does"),
    ],
)
def test_what_no_adapter_takes_is_refused_before_any_job(name, data, message, tmp_path):
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    config = load_config(
        {
            "networks": {"models": {"mine": {"file": str(path)}}},
            "runs": [{"tasks": ["contains_000"], "models": ["mine"]}],
        },
        schema_path=SCHEMA,
    )
    assert config["networks"]["models"]["mine"]["layer"] == "state"
    with pytest.raises(ConfigError, match=message):
        check_files(config)


def test_all_layers_of_a_file_are_not_told_apart(spec):
    models = {"mine": spec | {"layer": "all"}}
    runs = [{"tasks": ["contains_000"], "models": ["mine"]}]
    with pytest.raises(ConfigError, match=r"mine\.layer: got 'all', expected a part of the"):
        load_config({"networks": {"models": models}, "runs": runs}, schema_path=SCHEMA)
