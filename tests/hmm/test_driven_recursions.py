"""What models that rows drive compute: every path by hand, gradients by differences."""

import numpy as np
import pytest
from scipy.optimize import check_grad
from scipy.special import logsumexp

from helpers.driven import MEAN, SCALE, drawn, enumerated, random_model, rows
from markovlens.hmm.driving import DRIVEN
from markovlens.hmm.gaussians import KINDS
from markovlens.hmm.generalised import expect_soft
from markovlens.hmm.softmax import _loss, draws, effective_parameters


@pytest.mark.parametrize("driven", DRIVEN)
@pytest.mark.parametrize("kind", KINDS)
def test_recursions_equal_enumeration(rng, driven, kind):
    """The row read at step t carries the state from t - 1 to t, by enumeration of all paths."""
    model, lengths = random_model(rng, driven=driven, kind=kind), [5, 1, 4, 5, 2]
    X, inputs = rng.normal(size=(17, 2)), rows(rng, 17)
    X[[2, 5, 16]], inputs[3, 1], inputs[5] = np.nan, np.nan, np.nan
    smoothed, filtered = (f(X, lengths, inputs) for f in (model.predict_proba, model.filter))
    scores, states = (f(X, lengths, inputs) for f in (model.score_sequences, model.predict))
    for index, (last, length) in enumerate(zip(np.cumsum(lengths), lengths, strict=True)):
        part = slice(last - length, last)
        paths, joint = enumerated(model, X[part], inputs[part])
        weights = np.exp(joint - logsumexp(joint))
        assert scores[index] == pytest.approx(logsumexp(joint), rel=1e-10)
        np.testing.assert_allclose(
            smoothed[part], np.eye(3)[paths].transpose(1, 2, 0) @ weights, atol=1e-10
        )
        np.testing.assert_array_equal(states[part], paths[joint.argmax()])
        # The last step of a sequence is filtered as it is smoothed.
        np.testing.assert_allclose(filtered[last - 1], smoothed[last - 1], atol=1e-10)
        ahead = model.filter(X[part][:2], None, inputs[part][:2])
        np.testing.assert_allclose(filtered[part][:2], ahead, atol=1e-10)


def test_expected_moves_equal_enumeration(rng):
    model = random_model(rng)
    X, inputs = rng.normal(size=(5, 2)), rows(rng, 5)
    packed, _ = model._ready(X, None, inputs)
    found, _ = expect_soft(model.soft_parameters(), packed)
    paths, joint = enumerated(model, X, inputs)
    weights, u = np.exp(joint - logsumexp(joint)), (inputs - MEAN) / SCALE
    expected = np.zeros((4, 3, 3))
    for path, weight in zip(paths, weights, strict=True):
        for t, state in enumerate(path):
            origin = 3 if t == 0 else path[t - 1]
            expected[origin, state] += weight * np.concatenate([[1.0], u[t]])
    np.testing.assert_allclose(found.linear, expected, atol=1e-10)


def test_far_outputs_are_redone_in_logarithms(rng):
    model = random_model(rng)
    X, inputs = rng.normal(size=(4, 2)), rows(rng, 4)
    X[2] += 1e3
    model.coef_ *= 40.0
    packed, _ = model._ready(X, None, inputs)
    paths, joint = enumerated(model, X, inputs)
    assert model.score(X, None, inputs) == pytest.approx(logsumexp(joint), rel=1e-10)
    found, _ = expect_soft(model.soft_parameters(), packed)
    moves = np.zeros((3, 3))
    for path, weight in zip(paths, np.exp(joint - logsumexp(joint)), strict=True):
        np.add.at(moves, (path[:-1], path[1:]), weight)
    np.testing.assert_allclose(found.linear[:3, :, 0], moves, atol=1e-8)


def search_of(rng, driven="both"):
    model = random_model(rng, driven=driven)
    X, inputs, _ = drawn(rng, model, [30, 20, 10])
    packed, _ = model._ready(X, [30, 20, 10], inputs)
    found, visits = expect_soft(model.soft_parameters(), packed)
    return model.soft_parameters().chain, found, visits


def test_gradient_equals_finite_differences(rng):
    chain, found, visits = search_of(rng)
    loss = _loss(found.linear, draws(chain.weights.shape, 0.7), visits)
    shape, elsewhere = chain.weights.shape, chain.weights + rng.normal(size=chain.weights.shape)
    error = check_grad(
        lambda w: loss(w.reshape(shape))[0],
        lambda w: loss(w.reshape(shape))[1].ravel(),
        elsewhere.ravel(),
    )
    assert error < 1e-4 * np.linalg.norm(loss(elsewhere)[1])


def test_at_the_model_the_gradient_is_that_of_the_likelihood(rng):
    """Fisher's identity: Q and the log-likelihood have one gradient where Q was made."""
    model = random_model(rng)
    X, inputs, _ = drawn(rng, model, [8, 5])
    packed, _ = model._ready(X, [8, 5], inputs)
    found, visits = expect_soft(model.soft_parameters(), packed)
    chain = model.soft_parameters().chain
    gradient = -_loss(found.linear, np.zeros(3), visits)(chain.weights)[1]
    for place in [(0, 1, 1), (2, 0, 2), (1, 2, 0)]:
        scores, step = [], 1e-5
        for sign in (-1, 1):
            kept = (model.coef_.copy(), model.intercept_.copy())
            target = model.intercept_ if place[2] == 0 else model.coef_
            where = place[:2] if place[2] == 0 else (*place[:2], place[2] - 1)
            target[where] += sign * step
            scores.append(model.score(X, [8, 5], inputs))
            model.coef_, model.intercept_ = kept
        assert gradient[place] == pytest.approx((scores[1] - scores[0]) / (2 * step), rel=1e-5)


def test_curvature_equals_differences_of_gradients(rng):
    chain, _, visits = search_of(rng)
    for part in visits():
        own = chain.weights[part.origins]
        curved = part.curvature(chain.weights).reshape(*own.shape, *own.shape[1:])
        moved, step = chain.weights.copy(), 1e-5
        moved[part.origins, 1, 2] += step
        ahead = part.normaliser(moved)[1]
        moved[part.origins, 1, 2] -= 2 * step
        slope = (ahead - part.normaliser(moved)[1]) / (2 * step)
        np.testing.assert_allclose(curved[:, :, :, 1, 2], slope, atol=1e-6)


def test_more_data_make_parameters_effective(rng):
    """All of the logits count where data decide, and none where the prior does."""
    chain, _, visits = search_of(rng)
    free = (3 + 1) * (3 - 1) * 3
    assert effective_parameters(chain, visits(), 1e-6).sum() == pytest.approx(free, abs=0.01)
    assert effective_parameters(chain, visits(), 1e9).sum() < 0.1
