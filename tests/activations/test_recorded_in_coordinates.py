import numpy as np
import pytest
import torch

from markovlens.activations import store
from markovlens.activations.recorder import record, record_to_parquet
from markovlens.activations.store import load_trace, trace_metadata
from markovlens.embedding.pod import embed, pod
from markovlens.embedding.projections import random_projection, unit_projection
from markovlens.errors import DataError
from markovlens.networks.model import build
from markovlens.sequences import Sequences


@pytest.fixture
def network():
    torch.manual_seed(0)
    return build({"cell": "lstm", "hidden": 12, "layers": 2}, n_symbols=3, n_classes=2).eval()


@pytest.fixture
def words() -> Sequences:
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 9, size=30)
    return Sequences(rng.integers(3, size=lengths.sum()), lengths)


BASES = [
    lambda states: pod(states, n_components=4),
    lambda states: random_projection(states, n_components=4, kind="sparse"),
    lambda states: unit_projection(states, [3, 17]),
]


@pytest.mark.parametrize("make", BASES)
@pytest.mark.parametrize("layer", [None, "rnn.l0"])
def test_it_is_what_embedding_the_whole_gives(network, words, make, layer, monkeypatch):
    monkeypatch.setattr(store, "ROW_GROUP_BYTES", 2000)  # several parts
    whole = record(network, words, layers=layer)
    basis = make(whole.states)
    wanted, found = embed(whole, basis), record(network, words, layers=layer, basis=basis)
    np.testing.assert_allclose(found.states, wanted.states, atol=1e-6)
    np.testing.assert_allclose(found.outputs, wanted.outputs, atol=1e-6)
    np.testing.assert_array_equal(found.lengths, wanted.lengths)
    assert found.origin == wanted.origin


def test_a_file_holds_coordinates_alone(network, words, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "ROW_GROUP_BYTES", 2000)
    whole = record(network, words)
    basis = pod(whole.states, n_components=4)
    record_to_parquet(network, words, tmp_path / "low.parquet", layer="rnn.l1", basis=basis)
    found = load_trace(tmp_path / "low.parquet")
    np.testing.assert_allclose(found.states, embed(whole, basis).states, atol=1e-6)
    assert "parts" not in trace_metadata(tmp_path / "low.parquet")


def test_a_basis_is_of_one_layer_and_of_its_width(network, words):
    basis = pod(record(network, words, layers="rnn.l0").states[:, :5])
    with pytest.raises(DataError, match=r"expected states \(\.\.\., 5\)"):
        record(network, words, basis=basis)
    with pytest.raises(DataError, match="basis: expected one layer, .* got a list of 2"):
        record(network, words, layers=["rnn.l0", "rnn.l1"], basis=basis)
    with pytest.raises(DataError, match="basis: expected Basis, got int"):
        record(network, words, basis=4)
    with pytest.raises(DataError, match="basis: expected Basis, got str"):
        record_to_parquet(network, words, "nowhere", layer="rnn.l1", basis="pod")


def test_layers_may_be_numbers_from_below_or_from_above(network, words):
    found = record(network, words, layers=[0, -1])
    assert list(found) == ["rnn.l0", "rnn.l1"]
    named = record(network, words, layers="rnn.l0")
    np.testing.assert_array_equal(record(network, words, layers=0).states, named.states)
    assert record(network, words, layers=-2).origin["layer"] == "rnn.l0"
    mixed = record(network, words, layers=["rnn.l1", 0])
    np.testing.assert_array_equal(mixed["rnn.l0"].states, named.states)
    for number in (2, -3, True):
        with pytest.raises(DataError, match=f"from -2 to 1, got {number}; .* rnn.l0, rnn.l1"):
            record(network, words, layers=number)
