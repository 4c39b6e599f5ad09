"""Every recursion against enumeration of all paths, and EM against hmmlearn."""

import warnings

import numpy as np
import pytest
from scipy.special import logsumexp

from helpers.hmm import KINDS, PLAIN, enumerate_paths, random_model, set_parameters
from markovlens.hmm import CategoricalHMM, GaussianHMM

hmmlearn = pytest.importorskip("hmmlearn.hmm")


def cases():
    return [(kind, symbols) for kind in KINDS for symbols in (None, 1, 3)]


@pytest.mark.parametrize(("kind", "n_symbols"), cases())
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_recursions_equal_enumeration(rng, kind, n_symbols, dtype):
    model = random_model(rng, kind=kind, n_symbols=n_symbols).set_params(dtype=dtype)
    tolerance = 1e-10 if dtype == "float64" else 2e-4
    lengths = [5, 1, 4, 5, 2]
    X = 2 * rng.normal(size=(sum(lengths), 2))
    X[[2, 5, 16]] = np.nan
    inputs = None if n_symbols is None else rng.integers(n_symbols, size=len(X))
    smoothed, filtered = model.predict_proba(X, lengths, inputs), model.filter(X, lengths, inputs)
    scores = model.score_sequences(X, lengths, inputs)
    states = model.predict(X, lengths, inputs)
    first = 0
    for index, length in enumerate(lengths):
        rows = slice(first, first + length)
        symbols = None if inputs is None else inputs[rows]
        paths, joint = enumerate_paths(model, X[rows], symbols)
        assert scores[index] == pytest.approx(logsumexp(joint), rel=tolerance)
        weights = np.exp(joint - logsumexp(joint))
        expected = np.eye(3)[paths].transpose(1, 2, 0) @ weights
        np.testing.assert_allclose(smoothed[rows], expected, atol=tolerance)
        np.testing.assert_array_equal(states[rows], paths[joint.argmax()])
        _, ahead = enumerate_paths(model, X[rows][:2], None if symbols is None else symbols[:2])
        last = np.eye(3)[np.tile(np.arange(3), len(ahead) // 3)].T @ np.exp(
            ahead - logsumexp(ahead)
        )
        np.testing.assert_allclose(filtered[rows][min(1, length - 1)], last, atol=tolerance)
        first += length
    assert model.decode(X, lengths, inputs=inputs)[0] <= scores.sum()


@pytest.mark.parametrize("kind", KINDS)
def test_path_equals_hmmlearn(rng, kind):
    lengths = np.concatenate([rng.integers(1, 40, 30), [1, 1, 200]])
    X = rng.normal(size=(lengths.sum(), 3)) + 2 * rng.integers(0, 3, (lengths.sum(), 1))
    options = {"n_components": 4, "covariance_type": kind, "n_iter": 12, "tol": -np.inf}
    ours = GaussianHMM(**options, init_params="", **PLAIN)
    theirs = hmmlearn.GaussianHMM(**options, init_params="", **PLAIN)
    for model in (ours, theirs):
        set_parameters(model, X).fit(X, lengths)
    expected = [*theirs.monitor_.history, theirs.score(X, lengths)]
    np.testing.assert_allclose(ours.monitor_.history, expected, rtol=1e-9)
    probabilities = ours.predict_proba(X, lengths), theirs.predict_proba(X, lengths)
    np.testing.assert_allclose(*probabilities, atol=1e-6)
    np.testing.assert_array_equal(ours.predict(X, lengths), theirs.predict(X, lengths))
    assert ours.bic(X, lengths) == pytest.approx(theirs.bic(X, lengths), rel=1e-9)
    assert ours.aic(X, lengths) == pytest.approx(theirs.aic(X, lengths), rel=1e-9)
    np.testing.assert_allclose(ours.means_, theirs.means_, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("kind", KINDS)
def test_offset_changes_nothing(rng, kind):
    lengths = [50, 30, 70]
    X = rng.normal(size=(150, 3)) + 3 * rng.integers(0, 3, (150, 1))
    paths = []
    for offset in (0.0, 1e7):
        model = GaussianHMM(3, kind, n_iter=8, tol=-np.inf, init_params="", **PLAIN)
        set_parameters(model, X).means_ += offset
        paths.append(model.fit(X + offset, lengths).monitor_.history)
    np.testing.assert_allclose(paths[0], paths[1], rtol=1e-8)


def test_categorical_path_equals_hmmlearn(rng):
    lengths = rng.integers(1, 30, 40)
    X = rng.integers(0, 5, (lengths.sum(), 1))
    options = {"n_iter": 10, "tol": -np.inf, "init_params": ""}
    ours, theirs = CategoricalHMM(3, **options), hmmlearn.CategoricalHMM(3, **options)
    table, moves = rng.dirichlet(np.ones(5), 3), rng.dirichlet(np.ones(3), 3)
    for model in (ours, theirs):
        model.startprob_, model.transmat_ = np.full(3, 1 / 3), moves.copy()
        model.emissionprob_ = table.copy()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            model.fit(X, lengths)
    np.testing.assert_allclose(ours.monitor_.history[:-1], theirs.monitor_.history, rtol=1e-9)
    np.testing.assert_allclose(ours.emissionprob_, theirs.emissionprob_, atol=1e-8)


def test_missing_steps_equal_marginalisation(rng):
    """With one step missing the chain simply takes two steps at once."""
    model = random_model(rng)
    X = rng.normal(size=(3, 2))
    X[1] = np.nan
    density = np.exp([[enumerate_paths(model, x[None])[1]] for x in X[[0, 2]]])[:, 0]
    first = density[0]  # start and density
    normals = density[1] / model.startprob_
    expected = first @ model.transmat_ @ model.transmat_ @ normals
    assert model.score(X) == pytest.approx(np.log(expected), rel=1e-12)


def test_input_model_with_one_symbol_is_the_shared_model(rng):
    X = rng.normal(size=(120, 2)) + 3 * rng.integers(0, 3, (120, 1))
    shared = GaussianHMM(3, "full", random_state=1, n_iter=10).fit(X, [60, 60])
    driven = GaussianHMM(
        3, "full", random_state=1, n_iter=10, transitions="input", input_strength=0
    )
    driven.fit(X, [60, 60], np.zeros(120, int))
    np.testing.assert_allclose(driven.transmat_[0], shared.transmat_, atol=1e-10)
    np.testing.assert_allclose(driven.monitor_.history, shared.monitor_.history, rtol=1e-12)
