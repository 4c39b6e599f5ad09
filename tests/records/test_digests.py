from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import markovlens as ml
from helpers.machines import random_machine, trace_of
from markovlens.errors import DataError
from markovlens.machines.machine import automaton
from markovlens.records.digests import digest


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(2, 3, batch_first=True)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return self.gru(rows)[0]


def one_more(array):
    """Return an array of which one number is the next that there is."""
    array = array.copy()
    array.flat[0] = (
        np.nextafter(array.flat[0], np.inf) if array.dtype.kind == "f" else array.flat[0] + 1
    )
    return array


def test_one_bit_of_one_weight_is_another_network():
    torch.manual_seed(0)
    network, other = nn.GRU(2, 3), nn.GRU(2, 3)
    other.load_state_dict(network.state_dict())
    assert digest(network) == digest(other)
    with torch.no_grad():
        weight = other.weight_hh_l0
        weight[0, 0] = torch.nextafter(weight[0, 0], torch.tensor(torch.inf))
    assert digest(network) != digest(other)


def test_what_a_network_saves_beside_its_parameters_counts():
    network = nn.BatchNorm1d(2)
    before = digest(network)
    network.running_mean += 1
    assert digest(network) != before


def test_networks_of_half_precision_have_digests():
    assert digest(nn.Linear(2, 2).bfloat16()) != digest(nn.Linear(2, 2).half())


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_a_foreign_network_is_told_by_its_answers_and_not_by_its_name(tmp_path):
    torch.manual_seed(0)
    network = Tagger().eval()
    names = [tmp_path / name for name in ("a.pt", "same.pt", "other.pt")]
    torch.jit.script(network).save(names[0])
    names[1].write_bytes(names[0].read_bytes())
    with torch.no_grad():
        network.gru.weight_ih_l0[0, 0] += 1e-3
    torch.jit.script(network).save(names[2])
    like = ml.Sequences(np.random.default_rng(0).normal(size=(12, 2)), np.array([6, 6]))
    first, same, other = (digest(ml.adapt(str(name), like=like)) for name in names)
    assert first == same != other
    assert digest(names[0]) == digest(names[1]) != digest(names[2])  # the files themselves


@pytest.mark.parametrize("name", ["states", "inputs", "outputs", "targets", "truth"])
def test_one_number_of_a_trace_is_another_trace(name):
    trace = trace_of(random_machine(3, 3, 3))
    changed = getattr(trace, name).copy()
    if name == "outputs":
        changed[0] = changed[0][::-1]
    else:
        changed.flat[0] = changed.flat[0] - 1 if changed.flat[0] > 0 else changed.flat[0] + 1
    assert digest(trace) == digest(replace(trace))
    assert digest(replace(trace, **{name: changed})) != digest(trace)


def test_sequences_are_told_by_values_borders_and_channels():
    rows = np.arange(12.0).reshape(6, 2)
    plain = ml.Sequences(rows, np.array([3, 3]), ("a", "b"))
    others = [
        ml.Sequences(one_more(rows), np.array([3, 3]), ("a", "b")),
        ml.Sequences(rows, np.array([2, 4]), ("a", "b")),
        ml.Sequences(rows, np.array([3, 3]), (ml.Channel("a", "mmHg"), "b")),
        ml.Sequences(rows.astype(np.float32), np.array([3, 3]), ("a", "b")),
    ]
    assert len({digest(each) for each in (plain, *others)}) == 5
    assert digest(plain) == digest(ml.Sequences(rows.copy(order="F"), np.array([3, 3]), ("a", "b")))


def test_byte_order_and_memory_order_do_not_count():
    values = np.arange(6.0).reshape(2, 3)
    assert digest(values) == digest(np.asfortranarray(values))
    assert digest(values) == digest(values.astype(values.dtype.newbyteorder()))


def test_words_are_told_apart_wherever_they_are_cut():
    assert digest(["ab", "c"]) != digest(["a", "bc"]) != digest(["abc"])
    assert digest(["1"]) != digest([1]) != digest([1.0]) != digest([True])
    assert digest(pd.DataFrame({"a": [1.0]})) != digest(pd.DataFrame({"b": [1.0]}))


def test_names_are_told_from_numbers_and_their_order_does_not_count():
    assert digest({1: "a"}) != digest({"1": "a"})
    assert digest({1: "a", "1": "b"}) == digest({"1": "b", 1: "a"}) != digest({1: "b", "1": "a"})


def test_machines_are_told_by_their_numbers():
    machine = random_machine(3, 2, 2)
    assert digest(machine) == digest(replace(machine))
    assert digest(machine) != digest(random_machine(3, 2, 2, seed=1))


@pytest.mark.parametrize(
    "method", ["hmm", "kmeans", "lisor_k", "lisor_x", "overcluster", "merging", "gmm", "grid"]
)
def test_fits_are_told_by_their_decoders_too(method):
    truth = automaton(np.array([[1, 0], [0, 1]]), np.array([0, 1]), start=0, symbols=("0", "1"))
    train, valid = (trace_of(truth, seed=seed) for seed in range(2))
    first, same = (ml.study(method, train, valid, n_states=[2], seed=0) for _ in range(2))
    assert digest(first) == digest(same)
    fitted = first.fits[first.chosen]
    assert digest(fitted) == digest(same.fits[same.chosen])
    moved = replace(train, states=train.states + 0.01), replace(valid, states=valid.states + 0.01)
    other = ml.study(method, *moved, n_states=[2], seed=0)
    mixed = replace(fitted, decode=other.fits[other.chosen].decode)
    assert digest(mixed.machine) == digest(fitted.machine)
    assert digest(mixed) != digest(fitted)


def test_what_cannot_be_told_is_refused():
    with pytest.raises(
        DataError, match="expected a network, a machine, a recording .* got function"
    ):
        digest(one_more)


def test_weights_beside_a_model_and_files_of_a_folder_are_part_of_it(tmp_path):
    onnx = pytest.importorskip("onnx")
    digests = set()
    for value in (0.0, 1.0):
        weights = onnx.numpy_helper.from_array(np.full(300, value, dtype=np.float32), "W")
        out = onnx.helper.make_tensor_value_info("Y", onnx.TensorProto.FLOAT, [300])
        node = onnx.helper.make_node("Identity", ["W"], ["Y"])
        model = onnx.helper.make_model(onnx.helper.make_graph([node], "g", [], [out], [weights]))
        folder = tmp_path / str(value)
        folder.mkdir()
        options = {"save_as_external_data": True, "location": "w.bin", "size_threshold": 0}
        onnx.save(model, folder / "m.onnx", **options)
        digests |= {digest(folder / "m.onnx"), digest(folder)}
    assert (tmp_path / "0.0/m.onnx").read_bytes() == (tmp_path / "1.0/m.onnx").read_bytes()
    assert len(digests) == 4
