"""Additive attention: weights, what answers rest on, and that it is built from its card again."""

import pytest
import torch

from markovlens.networks.attending import AdditiveAttention
from markovlens.networks.model import AttentiveModel, build, complete

SPEC = {"cell": "gru", "hidden": 4, "embedding": 3, "attention": 5}


@pytest.fixture
def model():
    torch.manual_seed(0)
    return build(SPEC, n_symbols=3, n_classes=2).eval()


def test_weights_are_the_softmax_of_the_energies_of_states_so_far():
    torch.manual_seed(0)
    attention = AdditiveAttention(4, 5)
    states = torch.randn(2, 6, 4)
    weights = attention(states)
    at, until = 1, 3
    met = attention.query(states[at, until]) + attention.key(states[at, : until + 1])
    energies = attention.energy(torch.tanh(met)).squeeze(-1)
    assert torch.allclose(weights[at, until, : until + 1], energies.softmax(dim=0), atol=1e-6)
    assert (weights[:, until, until + 1 :] == 0).all()


def test_an_answer_does_not_change_with_what_is_read_later(model):
    word = torch.tensor([[0, 1, 2, 1, 0]])
    assert torch.allclose(model(word)[:, :3], model(word[:, :3]), atol=1e-6)


def test_the_answer_comes_from_the_weighted_states_alone(model):
    word = torch.tensor([[0, 1, 2, 1]])
    states, _ = model.rnn(model.embedding(word))
    expected = model.head((model.attended(word)[0, -1, :, None] * states[0]).sum(dim=0))
    assert torch.allclose(model(word)[0, -1], expected, atol=1e-6)


def test_without_a_width_there_is_no_attention():
    assert complete(SPEC | {"attention": 0}) == complete({**SPEC, "attention": False})
    plain = build(SPEC | {"attention": 0}, n_symbols=3, n_classes=2)
    assert not isinstance(plain, AttentiveModel)
