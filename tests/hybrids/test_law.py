"""The HMM in torch says what enumeration of all paths says, and what our engine says."""

from itertools import product

import numpy as np
import pytest
import torch

from markovlens.hmm import CategoricalHMM
from markovlens.hybrids.law import HiddenMarkov

WORD = (0, 2, 2, 1)


@pytest.fixture
def tables():
    rng = np.random.default_rng(0)
    return rng.dirichlet(np.ones(3)), rng.dirichlet(np.ones(3), 3), rng.dirichlet(np.ones(4), 3)


def enumerated(tables, word):
    """Return P(word, last state) by the sum over all paths, (K,)."""
    initial, transition, emission = tables
    total = np.zeros(len(initial))
    for path in product(range(len(initial)), repeat=len(word)):
        chance = initial[path[0]] * emission[path[0], word[0]]
        for before, state, symbol in zip(path[:-1], path[1:], word[1:], strict=True):
            chance *= transition[before, state] * emission[state, symbol]
        total[path[-1]] += chance
    return total


@pytest.mark.parametrize("length", [1, 2, 4])
def test_the_forward_algorithm_is_the_sum_over_all_paths(tables, length):
    law, word = HiddenMarkov(*tables), WORD[:length]
    known, evidence = law.filter(torch.tensor([word]))
    joint = enumerated(tables, word)
    assert evidence.sum().item() == pytest.approx(np.log(joint.sum()), abs=1e-5)
    np.testing.assert_allclose(known[0, -1].exp().detach(), joint / joint.sum(), atol=1e-5)


def test_the_next_symbol_has_its_share_of_all_longer_words(tables):
    law = HiddenMarkov(*tables)
    known, _ = law.filter(torch.tensor([WORD]))
    longer = np.array([enumerated(tables, (*WORD, symbol)).sum() for symbol in range(4)])
    following = law.following(known)[0, -1].exp().detach()
    np.testing.assert_allclose(following, longer / longer.sum(), atol=1e-5)


def test_our_engine_has_the_same_likelihood_and_beliefs(tables):
    rng = np.random.default_rng(1)
    words = rng.integers(4, size=(5, 30))
    engine = CategoricalHMM(3, n_features=4)
    engine.startprob_, engine.transmat_, engine.emissionprob_ = tables
    lengths = np.full(5, 30)
    known, evidence = HiddenMarkov(*tables).filter(torch.from_numpy(words))
    scores = engine.score_sequences(words.ravel(), lengths)
    np.testing.assert_allclose(evidence.sum(dim=1).detach(), scores, rtol=1e-5)
    beliefs = engine.filter(words.ravel(), lengths)
    np.testing.assert_allclose(known.flatten(0, 1).exp().detach(), beliefs, atol=1e-5)


def test_its_gradient_is_that_of_its_likelihood():
    """Of a coin thrown once the likelihood's slope along a logit is 1 - p, by hand."""
    law = HiddenMarkov(np.ones(1), np.ones((1, 1)), np.array([[0.25, 0.75]]))
    _, evidence = law.filter(torch.tensor([[0]]))
    evidence.sum().backward()
    np.testing.assert_allclose(law.writes.grad, [[0.75, -0.75]], atol=1e-6)


def test_tables_with_zeros_stay_finite():
    law = HiddenMarkov(np.array([1.0, 0.0]), np.eye(2), np.eye(2))
    known, evidence = law.filter(torch.tensor([[0, 1, 0]]))
    assert torch.isfinite(known).all()
    assert torch.isfinite(evidence).all()
