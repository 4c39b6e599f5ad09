import numpy as np
import pytest
import torch
from torch import nn

from markovlens.activations.oracle import Oracle, ask
from markovlens.activations.recorder import record
from markovlens.embedding.pod import embed, pod
from markovlens.errors import DataError
from markovlens.networks.model import build
from markovlens.sequences import Sequences

CELLS = ["srn", "mgu", "gru", "lstm"]


def network(cell, layers=1):
    torch.manual_seed(0)
    spec = {"cell": cell, "hidden": 6, "layers": layers}
    return build(spec, n_symbols=3, n_classes=2).eval()


def words(lengths, seed=0):
    rng = np.random.default_rng(seed)
    return Sequences(rng.integers(3, size=sum(lengths)), np.array(lengths))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layers", [1, 2])
def test_reading_on_from_a_state_is_reading_the_whole(cell, layers):
    oracle = Oracle(network(cell, layers))
    whole = words([7, 4, 9, 7])
    cut = np.array([3, 1, 8, 6])
    parts = [(word[:n], word[n:]) for word, n in zip(whole, cut, strict=True)]
    heads, tails = (Sequences.from_list(part) for part in zip(*parts, strict=True))
    resumed = oracle.resume(oracle.states_after(heads), tails)
    wanted = np.concatenate(
        [
            answers[n:]
            for answers, n in zip(Sequences(oracle.outputs(whole), whole.lengths), cut, strict=True)
        ]
    )
    np.testing.assert_allclose(resumed, wanted, atol=1e-6)


def test_symbol_by_symbol_it_comes_to_the_same_state():
    oracle = Oracle(network("lstm", layers=2))
    inputs = words([4, 4, 4])
    states = None
    for symbols in inputs.values.reshape(3, 4).T:
        outputs, states = oracle.advance(states, symbols)
    np.testing.assert_allclose(outputs, oracle.outputs(inputs)[[3, 7, 11]], atol=1e-6)
    np.testing.assert_allclose(states, oracle.states_after(inputs), atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_it_sees_what_is_recorded(cell):
    model, inputs = network(cell, layers=2), words([1, 5, 3, 5])
    for index in range(2):
        plain = record(model, inputs, layers=f"rnn.l{index}")
        basis = pod(plain.states, n_components=4)
        trace = embed(plain, basis)
        oracle = Oracle(model, layer=f"rnn.l{index}", basis=basis)
        np.testing.assert_allclose(oracle.outputs(inputs), plain.outputs, atol=1e-6)
        last = np.cumsum(inputs.lengths) - 1
        seen = oracle.observe(oracle.states_after(inputs))
        np.testing.assert_allclose(seen, trace.states[last], atol=1e-5)


def test_the_top_layer_is_read_out_as_the_network_does():
    model, inputs = network("gru"), words([5, 3])
    plain = record(model, inputs)
    basis = pod(plain.states)
    found = Oracle(model, basis=basis).read_out(basis.project(plain.states))
    np.testing.assert_allclose(found, plain.outputs, atol=1e-5)
    assert Oracle(network("gru", layers=2), layer="rnn.l0").read_out(plain.states) is None


def test_a_network_that_cannot_be_asked_says_what_it_lacks():
    with pytest.raises(DataError, match="batch_first"):
        Oracle(nn.GRU(2, 3))
    with pytest.raises(DataError, match="initial"):
        Oracle(nn.Linear(2, 3))
    assert ask(nn.GRU(2, 3), layer="l0") is None


class Rows(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn, self.head = nn.GRU(2, 4, batch_first=True), nn.Linear(4, 2)

    def forward(self, rows):
        return self.head(self.rnn(rows)[0])


def test_a_network_of_rows_asks_for_rows_to_be_tried_on():
    with pytest.raises(DataError, match="since no `like` was given.* give `like=sequences`"):
        Oracle(Rows())
    rows = Sequences(np.zeros((3, 2)), np.array([3]))
    assert Oracle(Rows(), like=rows).n_features == 4
    with pytest.raises(DataError) as caught:  # what is given is what it fails on
        Oracle(Rows(), like=Sequences(np.zeros((3, 5)), np.array([3])))
    assert "no `like`" not in str(caught.value)
