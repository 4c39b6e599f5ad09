import json
import sys

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from markovlens.errors import ConfigError, DataError
from markovlens.networks.architectures import construct, make_network
from markovlens.networks.model import build
from markovlens.networks.resources import weight_files
from markovlens.networks.store import CARD, WEIGHTS, load_network, save_network
from markovlens.networks.training import train
from markovlens.networks.user import import_module
from markovlens.networks.weights import load_weights, read_weights, write_weights

USER = {"module": "torch.nn:Linear", "kwargs": {"in_features": 2, "out_features": 3}}


def tiny():
    torch.manual_seed(0)
    return build({"cell": "mgu", "hidden": 4, "layers": 2}, n_symbols=2, n_classes=2)


@pytest.fixture
def folder(small, quick, tmp_path):
    save_network(tmp_path, train(small, {"cell": "lstm"}, training=quick, seed=0))
    return tmp_path


def test_a_network_comes_back_from_its_folder_alone(small, quick, tmp_path):
    trained = train(small, {"cell": "mgu", "hidden": 5, "layers": 2}, training=quick, seed=0)
    save_network(tmp_path, trained)
    loaded = load_network(tmp_path)
    symbols = torch.tensor([[0, 1, 1, 0]])
    assert torch.equal(loaded(symbols), trained.model(symbols))
    assert not any(module.training for module in loaded.modules())
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([WEIGHTS, CARD])


def test_a_card_says_what_the_network_is_and_no_time(folder):
    card = json.loads((folder / CARD).read_text())
    assert card["architecture"]["cell"] == "lstm"
    assert card["n_parameters"] == sum(p.numel() for p in load_network(folder).parameters())
    assert set(card["versions"]) == {"python", "torch", "markovlens"}
    assert set(card["scores"]) == {"train", "valid", "test"}
    assert card["gate"]["passed"] is (card["gate"]["value"] >= card["gate"]["threshold"])


@pytest.mark.parametrize("damage", ["truncated", "empty", "text"])
def test_damaged_weights_are_named(folder, damage):
    path = folder / WEIGHTS
    whole = path.read_bytes()
    path.write_bytes({"truncated": whole[:-9], "empty": b"", "text": b"weights" * 9}[damage])
    with pytest.raises(DataError, match=r"weights.safetensors: expected the weights .* run again"):
        load_network(folder)


def test_missing_files_are_named(folder):
    (folder / WEIGHTS).unlink()
    with pytest.raises(DataError, match=r"weights.safetensors: no such file"):
        load_network(folder)
    (folder / CARD).unlink()
    with pytest.raises(DataError, match=r"card.json: no such file"):
        load_network(folder)


@pytest.mark.parametrize("content", ["[]", '{"architecture": {"cell": "gru"}}', '{"a": 1}'])
def test_a_card_of_nothing_is_named(folder, content):
    (folder / CARD).write_text(content)
    with pytest.raises(DataError, match=r"card.json: .* again"):
        load_network(folder)


def test_weights_that_do_not_fit_say_which_and_how(tmp_path):
    path = tmp_path / "other.safetensors"
    tensors = dict(tiny().state_dict())
    tensors["extra"] = torch.zeros(1)
    del tensors["head.bias"]
    tensors["embedding.weight"] = torch.zeros(7, 8)
    save_file(tensors, path)
    with pytest.raises(DataError) as caught:
        load_weights(tiny(), path)
    message = str(caught.value)
    assert str(path) in message
    assert "missing: head.bias" in message
    assert "unexpected: extra" in message
    assert "embedding.weight: (7, 8) instead of (2, 8)" in message


@pytest.mark.parametrize(
    "content", [b"subject,minute\n0,1\n", b"weights" * 9, b".", b"0110\n1001\n"]
)
def test_a_file_that_is_no_weights_is_told_without_words_of_unpickling(tmp_path, content):
    (tmp_path / "data.csv").write_bytes(content)
    with pytest.raises(DataError, match=r"expected a state dict, cannot .*save_file") as caught:
        read_weights(tmp_path / "data.csv")
    assert "pop from" not in str(caught.value)
    assert "weights_only" not in str(caught.value)  # torch says how to unpickle it all the same


def test_weights_with_nan_are_refused(tmp_path):
    model = tiny()
    model.head.bias.data[0] = torch.nan
    write_weights(tmp_path / WEIGHTS, model)
    with pytest.raises(DataError, match="NaN or infinity: head.bias"):
        load_weights(tiny(), tmp_path / WEIGHTS)


def test_tied_weights_are_written(tmp_path):
    model = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)])
    model[1].weight = model[0].weight
    write_weights(tmp_path / WEIGHTS, model)
    load_weights(model, tmp_path / WEIGHTS)


@pytest.mark.parametrize("nothing", [{}, {"state_dict": {}}, {"model": {}, "step": 3}])
def test_a_file_without_any_tensor_is_no_weights(tmp_path, nothing):
    torch.save(nothing, tmp_path / "model.pt")
    with pytest.raises(DataError, match="expected a dict of tensors"):
        read_weights(tmp_path / "model.pt")


class Sly:
    """Would run code if it were unpickled."""

    def __reduce__(self):
        return exec, ("raise SystemExit('unpickled')",)


def test_a_pickle_is_not_opened(tmp_path):
    torch.save({"weight": Sly()}, tmp_path / "model.pt")
    with pytest.raises(DataError, match=r"model.pt: expected a state dict") as caught:
        read_weights(tmp_path / "model.pt")
    assert "(it is no file of torch's, or holds objects beside tensors)" in str(caught.value)


@pytest.mark.parametrize("name", [None, "state_dict", "model_state_dict", "model"])
def test_a_state_dict_is_read_alone_and_within_a_checkpoint(tmp_path, name):
    weights, optimiser = tiny().state_dict(), {"state": {}, "lr": 0.1}
    kept = weights if name is None else {"epoch": 3, name: weights, "optimizer": optimiser}
    torch.save(kept, tmp_path / "kept.pt")
    read = load_weights(tiny(), tmp_path / "kept.pt").state_dict()
    assert all(torch.equal(read[key], value) for key, value in weights.items())


@pytest.mark.parametrize("names", [["generator"], ["model", "state_dict"]])
def test_a_checkpoint_whose_weights_have_other_names_or_two_is_refused(tmp_path, names):
    torch.save({name: tiny().state_dict() for name in names}, tmp_path / "kept.pt")
    with pytest.raises(DataError, match=r"save model.state_dict\(\) alone.*model_state_dict"):
        load_weights(tiny(), tmp_path / "kept.pt")


class Reader(nn.Module):
    """Somebody else's network: answers at the end only."""

    def __init__(self, units):
        super().__init__()
        self.embedding = nn.Embedding(2, 3)
        self.gru = nn.GRU(3, units, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * units, 2)

    def forward(self, symbols):
        return self.head(self.gru(self.embedding(symbols))[0][:, -1])


def test_a_network_of_ones_own_gets_a_card_and_comes_back(asked_at_the_end, tmp_path, monkeypatch):
    package = tmp_path / "mine.py"
    package.write_text("from somewhere import Reader\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(__import__("sys").modules, "somewhere", _module_with(Reader))
    save_file(Reader(4).state_dict(), tmp_path / "mine.safetensors")
    spec = {
        "module": "mine:Reader",
        "kwargs": {"units": 4},
        "weights": str(tmp_path / "mine.safetensors"),
        "layer": None,
    }
    made = make_network(spec, asked_at_the_end, training={}, seed=0)
    assert made.card["seed"] is None
    assert made.card["scores"]["test"]["n_targets"] == 60
    save_network(tmp_path / "network", made)
    own = {"module": "mine:Reader", "kwargs": {"units": 4}}
    loaded = load_network(tmp_path / "network", own=own)
    assert torch.equal(loaded(torch.tensor([[0, 1]])), made.model(torch.tensor([[0, 1]])))


def _module_with(thing):
    from types import ModuleType

    module = ModuleType("somewhere")
    module.Reader = thing
    return module


@pytest.mark.parametrize(
    ("path", "kwargs", "message"),
    [
        ("torch.nn", {}, "expected package.module:callable"),
        ("no_such_package:Net", {}, "cannot import 'no_such_package'.*give its file as"),
        ("nowhere/nets.py:Net", {}, "expected a file of Python, nowhere.nets.py is not there"),
        ("torch.nn:Nothing", {}, "'torch.nn' has no 'Nothing'"),
        ("torch.nn:Linear", {"width": 3}, "cannot be called with .*width"),
        ("builtins:dict", {}, "expected an nn.Module, got dict"),
    ],
)
def test_what_is_not_found_is_named(path, kwargs, message):
    with pytest.raises(ConfigError, match=message):
        import_module(path, kwargs)


NETS = """
from dataclasses import dataclass

from torch import nn

from beside import UNITS


@dataclass
class Size:
    units: int = UNITS


class Reader(nn.Module):
    def __init__(self, extra=0):
        super().__init__()
        if extra < 0:
            raise RuntimeError("extra is below 0")
        self.rnn = nn.GRU(3, Size().units + extra, batch_first=True)
"""


def test_a_module_may_be_a_file_that_imports_what_lies_beside_it(tmp_path):
    (tmp_path / "my nets.py").write_text(NETS)
    (tmp_path / "beside.py").write_text("UNITS = 5")
    before = list(sys.path)
    made = import_module(f"{tmp_path}/my nets.py:Reader", {"extra": 2})
    assert made.rnn.hidden_size == 7
    assert sys.path == before
    with pytest.raises(ConfigError, match="has no 'Writer'"):
        import_module(f"{tmp_path}/my nets.py:Writer")
    with pytest.raises(ConfigError, match=r"cannot be called with .*RuntimeError: extra is below"):
        import_module(f"{tmp_path}/my nets.py:Reader", {"extra": -1})
    (tmp_path / "my nets.py").write_text("import torch\n1 / 0")
    with pytest.raises(ConfigError, match="cannot be imported .ZeroDivisionError: division by"):
        import_module(f"{tmp_path}/my nets.py:Reader")


def test_unknown_kinds_list_the_known():
    with pytest.raises(ConfigError, match="choose of srn, relu, mgu, gru, lstm"):
        construct({"cell": "elman", "n_symbols": 2, "n_classes": 2})
    with pytest.raises(ConfigError, match="choose of g2p_en, arena"):
        construct({"pretrained": "gpt"})
    with pytest.raises(ConfigError, match="unknown keys.*'width'"):
        construct({"cell": "gru", "width": 3, "n_symbols": 2, "n_classes": 2})
    kinds = "expected a cell, seq2seq, generator, pretrained, module or file"
    with pytest.raises(ConfigError, match=kinds):
        construct({"what": 1})


def test_each_kind_needs_its_own_files():
    assert weight_files({"cell": "gru"}, "down") == []
    assert [p.as_posix() for p in weight_files({"pretrained": "g2p_en"}, "down")] == [
        "down/g2p_en/checkpoint20.npz"
    ]
    assert [p.name for p in weight_files(USER | {"weights": "a/b.pt"}, "down")] == ["b.pt"]
