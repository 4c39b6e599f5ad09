"""A layer's state put in place of what it was, for every cell and layer."""

import numpy as np
import pytest
import torch
from torch import nn

from markovlens.activations.oracle import Oracle
from markovlens.embedding.pod import pod
from markovlens.networks.model import build
from markovlens.sequences import Sequences


def network(cell, layers=2):
    torch.manual_seed(0)
    return build({"cell": cell, "hidden": 6, "layers": layers}, n_symbols=3, n_classes=2).eval()


@pytest.fixture
def words() -> Sequences:
    rng = np.random.default_rng(0)
    return Sequences(rng.integers(3, size=24), np.full(6, 4))


@pytest.mark.parametrize("cell", ["srn", "mgu", "gru", "lstm", "min_gru", "lru"])
@pytest.mark.parametrize("layer", ["rnn.l0", "rnn.l1"])
@pytest.mark.parametrize("state", ["all", "h"])
def test_what_is_put_is_observed_and_all_else_stays(cell, layer, state, words):
    other = {"rnn.l0": "rnn.l1", "rnn.l1": "rnn.l0"}[layer]
    oracle = Oracle(network(cell), layer=layer, state=state)
    beside = Oracle(network(cell), layer=other)
    states = oracle.states_after(words)
    points = np.random.default_rng(1).normal(size=oracle.observe(states).shape)
    put = oracle.put(states, points)
    np.testing.assert_allclose(oracle.observe(put), points, atol=1e-5)
    np.testing.assert_array_equal(beside.observe(put), beside.observe(states))
    np.testing.assert_allclose(oracle.put(states, oracle.observe(states)), states, atol=1e-5)
    if state == "h" and cell == "lstm":  # c stays
        whole = Oracle(network(cell), layer=layer)
        np.testing.assert_array_equal(whole.observe(put)[:, 6:], whole.observe(states)[:, 6:])


class Counter:
    """Keeps the sum of what it read, and what it read last, as two parts."""

    def initial(self, batch):
        return {"sum": torch.zeros(batch, 1), "last": torch.zeros(batch, 1, 2)}

    def step(self, state, inputs):
        total = state["sum"] + inputs[:, None]
        last = torch.stack([inputs, -inputs], dim=-1)[:, None].float()
        return {"sum": total, "last": last}, nn.functional.pad(total, (1, 0))


@pytest.mark.parametrize(("layer", "columns"), [(None, [0, 1, 2]), ("sum", [0]), ("last", [1, 2])])
def test_parts_of_a_stepwise_network_are_put_where_they_are(layer, columns, words):
    oracle = Oracle(Counter(), layer=layer)
    states = oracle.states_after(words)
    put = oracle.put(states, np.full((6, len(columns)), 9.0))
    np.testing.assert_array_equal(put[:, columns], 9)
    others = [column for column in range(3) if column not in columns]
    np.testing.assert_array_equal(put[:, others], states[:, others])


def test_points_are_put_in_the_coordinates_of_the_basis(words):
    plain = Oracle(network("gru"))
    states = plain.states_after(words)
    basis = pod(plain.observe(states), n_components=2)
    put = Oracle(network("gru"), basis=basis).put(states, np.zeros((6, 2)))
    np.testing.assert_allclose(plain.observe(put), np.tile(basis.mean, (6, 1)), atol=1e-6)
