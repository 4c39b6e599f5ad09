"""Models that rows drive, fitted: monotone, planted laws found, units, streams, files."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from helpers.driven import MEAN, SCALE, drawn, random_model
from markovlens.errors import ConfigError, DataError
from markovlens.hmm import GaussianHMM, InputOutputHMM, load_model, save_model
from markovlens.hmm.driving import DRIVEN, Scaling
from markovlens.hmm.gaussians import KINDS
from markovlens.hmm.generalised import expect_soft
from markovlens.hmm.softmax import update_soft


def test_a_long_search_ends_at_the_regression_of_scikit_learn(rng):
    """With states known, each origin is a logistic regression; theirs is the same problem."""
    from sklearn.linear_model import LogisticRegression

    model = random_model(rng, driven="transitions", apart=60.0)
    X, inputs, states = drawn(rng, model, [400])
    packed, _ = model._ready(X, None, inputs)
    found, visits = expect_soft(model.soft_parameters(), packed)
    start = model.soft_parameters().chain
    ends = update_soft(start, found.linear, found.squares, visits, strength=0.5, steps=500)
    theirs = LogisticRegression(C=2.0, tol=1e-10, max_iter=5000)
    u, origin = (inputs - MEAN) / SCALE, 1
    at = np.flatnonzero(states[:-1] == origin)
    theirs.fit(u[at + 1], states[at + 1])
    # Theirs leaves intercepts free, ours draws them a little: slopes nearly agree.
    ours = ends.weights[origin, :, 1:]
    np.testing.assert_allclose(ours, theirs.coef_, atol=0.02)


@pytest.mark.parametrize("driven", DRIVEN)
@pytest.mark.parametrize("kind", KINDS)
def test_the_objective_never_falls(rng, driven, kind):
    X, inputs, _ = drawn(rng, random_model(rng, driven=driven, kind=kind), [40] * 12)
    X[rng.random(len(X)) < 0.1] = np.nan
    inputs[rng.random(inputs.shape) < 0.1] = np.nan
    start = GaussianHMM(3, kind, random_state=0, n_iter=25, tol=-np.inf, means_weight=2.0)
    model = InputOutputHMM(start, driven).fit(X, [40] * 12, inputs)
    history = np.array(model.monitor_.history)
    assert len(history) == 26
    assert np.diff(history).min() > -1e-8 * np.abs(history).max()
    assert history[-1] - history[0] > 5.0


def test_one_hot_rows_are_the_input_driven_model(rng):
    """Rows that name a symbol, logits that are its log-probabilities: one and the same model."""
    k, v, n = 3, 4, 60
    symbols, X = rng.integers(v, size=n), rng.normal(size=(n, 2))
    theirs = GaussianHMM(k, "full", transitions="input", n_symbols=v)
    theirs.startprob_ = rng.dirichlet(np.ones(k), v)
    theirs.transmat_ = rng.dirichlet(np.ones(k), (v, k))
    theirs.means_, theirs.covars_ = rng.normal(size=(k, 2)), np.tile(np.eye(2), (k, 1, 1))
    ours = InputOutputHMM(GaussianHMM(k, "full"))
    ours.intercept_, ours.start_intercept_ = np.zeros((k, k)), np.zeros(k)
    ours.coef_ = np.log(theirs.transmat_).transpose(1, 2, 0)
    ours.start_coef_ = np.log(theirs.startprob_).T
    ours.means_, ours.covariances_ = theirs.means_, theirs.covariances_
    ours.input_mean_, ours.input_scale_ = np.zeros(v), np.ones(v)
    one_hot, lengths = np.eye(v)[symbols], [20, 40]
    for name in ("score_sequences", "filter", "predict_proba", "predict"):
        found, expected = (
            getattr(model, name)(X, lengths, inputs)
            for model, inputs in ((ours, one_hot), (theirs, symbols))
        )
        np.testing.assert_allclose(found, expected, atol=1e-10)


def test_fits_to_one_hot_rows_reach_the_input_driven_fit(rng):
    """As the draw to zero goes to nothing, the two fits have one likelihood."""
    k, v, lengths = 2, 3, [100] * 30
    symbols = rng.integers(v, size=3000)
    driven = GaussianHMM(k, "full", transitions="input", n_symbols=v, input_strength=0.0)
    driven.startprob_ = rng.dirichlet(np.full(k, 3.0), v)
    driven.transmat_ = rng.dirichlet(np.full(k, 3.0), (v, k))
    driven.means_, driven.covars_ = np.array([[-3.0], [3.0]]), np.ones((k, 1, 1))
    parts = [driven.sample(100, rng, inputs=symbols[i * 100 :][:100])[0] for i in range(30)]
    X = np.concatenate(parts)
    tight = {"tol": 1e-9, "n_iter": 300}
    theirs = GaussianHMM(
        k, "full", random_state=0, transitions="input", input_strength=0.0, **tight
    )
    theirs.fit(X, lengths, symbols)
    scores = []
    for strength in (10.0, 1e-6):
        start = GaussianHMM(k, "full", random_state=0, **tight)
        ours = InputOutputHMM(start, strength=strength, search_steps=20)
        scores.append(
            ours.fit(X, lengths, np.eye(v)[symbols]).score(X, lengths, np.eye(v)[symbols])
        )
    expected = theirs.score(X, lengths, symbols)
    assert scores[0] < expected - 0.1
    assert scores[1] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("driven", DRIVEN)
def test_units_and_offsets_of_inputs_change_nothing(rng, driven):
    X, inputs, _ = drawn(rng, random_model(rng, driven=driven, apart=3.0), [40] * 8)
    inputs[5, 0] = np.nan
    start = GaussianHMM(3, "full", random_state=0, n_iter=10, tol=-np.inf)
    plain = InputOutputHMM(start, driven).fit(X, [40] * 8, inputs)
    other = inputs * [1e6, 1e-6] + [1e7, 3.0]
    moved = InputOutputHMM(start, driven).fit(X, [40] * 8, other)
    np.testing.assert_allclose(moved.monitor_.history, plain.monitor_.history, rtol=1e-7)
    np.testing.assert_allclose(moved.coef_, plain.coef_, atol=1e-4)


def test_planted_transitions_are_found(rng):
    truth = random_model(rng, driven="transitions", apart=4.0, sharp=2.5)
    X, inputs, states = drawn(rng, truth, [50] * 40)
    best = max(
        (
            InputOutputHMM(GaussianHMM(3, "full", random_state=seed)).fit(X, [50] * 40, inputs)
            for seed in range(3)
        ),
        key=lambda model: model.monitor_.history[-1],
    )
    found = best.predict(X, [50] * 40, inputs)
    most = adjusted_rand_score(states, truth.predict(X, [50] * 40, inputs))
    assert adjusted_rand_score(states, found) > most - 0.02
    assert best.score(X, [50] * 40, inputs) > truth.score(X, [50] * 40, inputs)
    order = [np.bincount(found[states == k], minlength=3).argmax() for k in range(3)]
    moves = best.transition_matrices(inputs)[:, order][:, :, order]
    assert np.abs(moves - truth.transition_matrices(inputs)).mean() < 0.05


def test_emissions_follow_planted_slopes(rng):
    truth = random_model(rng, driven="emissions", apart=5.0)
    X, inputs, states = drawn(rng, truth, [50] * 40)
    model = InputOutputHMM(GaussianHMM(3, "full", random_state=0), "emissions")
    model.fit(X, [50] * 40, inputs)
    order = [
        np.bincount(model.predict(X, [50] * 40, inputs)[states == k]).argmax() for k in range(3)
    ]
    np.testing.assert_allclose(
        model.slopes_[order] / model.input_scale_, truth.slopes_ / SCALE, atol=0.1
    )


@pytest.mark.parametrize("driven", DRIVEN)
def test_batches_give_the_fit_in_memory(rng, driven):
    lengths = [30] * 9
    X, inputs, _ = drawn(rng, random_model(rng, driven=driven, apart=2.0), lengths)
    inputs[7, 1] = np.nan
    start = GaussianHMM(3, "full", random_state=0, n_iter=6, tol=-np.inf).fit(X, lengths)
    whole = InputOutputHMM(start, driven).fit(X, lengths, inputs)

    def read():
        for first in range(0, len(X), 90):
            part = slice(first, first + 90)
            yield X[part], lengths[:3], inputs[part]

    parts = InputOutputHMM(start, driven).fit_batches(read, rng=rng)
    np.testing.assert_allclose(parts.monitor_.history, whole.monitor_.history, rtol=1e-9)
    np.testing.assert_allclose(parts.coef_, whole.coef_, atol=1e-6)
    assert parts.n_parameters() == pytest.approx(whole.n_parameters(), rel=1e-6)


def test_moments_of_batches_are_those_of_all_rows(rng):
    values = rng.normal(size=(90, 3)) * [1, 1e6, 0] + [1e3, 0, 5]
    values[:40, 0] = np.nan
    found = Scaling.of(np.split(values, [20, 50]))
    np.testing.assert_allclose(found.mean, np.nanmean(values, axis=0), rtol=1e-12)
    expected = [*np.nanstd(values[:, :2], axis=0), 1.0]  # a constant channel keeps its unit
    np.testing.assert_allclose(found.scale, expected, rtol=1e-9)


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
@pytest.mark.parametrize("driven", DRIVEN)
def test_files_keep_the_model(rng, tmp_path, driven, suffix):
    X, inputs, _ = drawn(rng, random_model(rng, driven=driven), [30, 30])
    model = InputOutputHMM(GaussianHMM(2, random_state=0, n_iter=3), driven)
    model.fit(X, [30, 30], inputs)
    save_model(model, tmp_path / f"model.{suffix}")
    again = load_model(tmp_path / f"model.{suffix}")
    assert again.score(X, [30, 30], inputs) == model.score(X, [30, 30], inputs)
    assert again.bic(X, [30, 30], inputs) == model.bic(X, [30, 30], inputs)
    assert again.monitor_ == model.monitor_


def test_what_makes_no_sense_is_refused_in_words(rng):
    X, inputs = rng.normal(size=(20, 2)), rng.normal(size=(20, 2))
    model = InputOutputHMM(GaussianHMM(2, random_state=0, n_iter=2))
    with pytest.raises(ConfigError, match="inputs: expected rows"):
        model.fit(X)
    with pytest.raises(DataError, match=r"inputs: expected rows \(20, P\)"):
        model.fit(X, None, inputs[:10])
    with pytest.raises(DataError, match="row 3, column 1"):
        model.fit(X, None, np.where(np.arange(40).reshape(20, 2) == 7, np.inf, inputs))
    with pytest.raises(DataError, match="none in column 1"):
        model.fit(X, None, inputs * [1, np.nan])
    with pytest.raises(DataError, match="expected 2 channels, as in the fit, got 1"):
        model.fit(X, None, inputs).score(X, None, inputs[:, :1])
    with pytest.raises(ConfigError, match="transitions='shared'"):
        InputOutputHMM(GaussianHMM(2, transitions="input")).fit(X, None, inputs)
    with pytest.raises(ConfigError, match="driven: expected one of"):
        InputOutputHMM(GaussianHMM(2), "outputs").fit(X, None, inputs)


def test_one_state_and_constant_channels_are_fitted(rng):
    X, inputs = rng.normal(size=(20, 2)), np.column_stack([np.full(20, 7.0), rng.normal(size=20)])
    model = InputOutputHMM(GaussianHMM(1, random_state=0), "both").fit(X, [1] * 20, inputs)
    assert np.isfinite(model.score(X, [1] * 20, inputs))
    assert model.coef_.shape == (1, 1, 2)
    several = InputOutputHMM(GaussianHMM(2, random_state=0)).fit(X, None, inputs)
    np.testing.assert_allclose(several.coef_[:, :, 0], 0.0, atol=1e-9)
