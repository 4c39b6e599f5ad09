"""The estimators as scikit-learn and hmmlearn users know them; persistence; batches."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from helpers.hmm import KINDS, planted, random_model
from markovlens.errors import ConfigError, DataError
from markovlens.hmm import (
    CategoricalHMM,
    DurationHMM,
    GaussianHMM,
    fit_batches,
    load_model,
    save_model,
)


def test_clone_parameters_and_pickle(rng):
    X = rng.normal(size=(60, 2))
    model = GaussianHMM(2, "full", random_state=0, sticky=1.5)
    copy = clone(model).set_params(n_components=3)
    assert copy.get_params()["sticky"] == 1.5
    fitted = model.fit(X)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict(X), fitted.predict(X))


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_saved_models_come_back(tmp_path, rng, suffix):
    pytest.importorskip("safetensors")
    X, inputs = rng.normal(size=(80, 2)), rng.integers(0, 2, 80)
    mask = np.ones((3, 3), bool)
    mask[0, 2] = False
    model = GaussianHMM(3, "full", random_state=0, transitions="input", transmat_mask=mask)
    model.fit(X, [40, 40], inputs)
    save_model(model, tmp_path / f"model{suffix}")
    again = load_model(tmp_path / f"model{suffix}")
    assert again.score(X, [40, 40], inputs) == model.score(X, [40, 40], inputs)
    assert again.monitor_ == model.monitor_
    assert again.n_parameters() == model.n_parameters()
    np.testing.assert_array_equal(again.transmat_mask, mask)
    assert len(list(tmp_path.iterdir())) == 2


def test_symbols_are_saved_too(tmp_path, rng):
    X = rng.integers(0, 4, 60)
    model = CategoricalHMM(2, random_state=0).fit(X)
    save_model(model, tmp_path / "symbols.npz")
    assert load_model(tmp_path / "symbols.npz").score(X) == model.score(X)


@pytest.mark.parametrize("kind", KINDS)
def test_samples_follow_the_model(rng, kind):
    model = random_model(rng, kind=kind)
    X, states = model.sample(20_000, random_state=0)
    counts = np.bincount(states, minlength=3) / len(states)
    np.testing.assert_allclose(counts, model.get_stationary_distribution(), atol=0.03)
    for state in range(3):
        rows = X[states == state]
        np.testing.assert_allclose(rows.mean(axis=0), model.means_[state], atol=0.15)
        np.testing.assert_allclose(np.cov(rows.T), model.covars_[state], atol=0.5)
    following = np.histogram2d(states[:-1], states[1:], bins=3)[0]
    rows = following / following.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(rows, model.transmat_, atol=0.05)


def test_input_driven_samples_follow_their_symbols(rng):
    model = random_model(rng, n_symbols=2)
    model.startprob_ = np.eye(3)[[1, 2]]
    model.transmat_ = np.stack([np.roll(np.eye(3), 1, axis=1), np.eye(3)])
    _, states = model.sample(5, random_state=0, inputs=[1, 0, 0, 1, 0])
    assert states.tolist() == [2, 0, 1, 1, 2]
    assert model.sample(2, random_state=0, currstate=0, inputs=[1, 1])[1].tolist() == [0, 0]
    with pytest.raises(ValueError, match="inputs"):
        model.sample(5, random_state=0)


def test_forecast_pushes_the_belief_forward(rng):
    model = random_model(rng, n_symbols=2)
    X, inputs = rng.normal(size=(7, 2)), rng.integers(0, 2, 7)
    out = model.forecast(X, 2, [4, 3], inputs=inputs, future=[[0, 1], [1, 1]])
    belief = model.filter(X, [4, 3], inputs)[[3, 6]]
    first = np.stack([belief[0] @ model.transmat_[0], belief[1] @ model.transmat_[1]])
    np.testing.assert_allclose(out.states[:, 0], first)
    np.testing.assert_allclose(out.states[:, 1], first @ model.transmat_[1])
    np.testing.assert_allclose(out.mean[:, 0], first @ model.means_)
    variance = np.diagonal(model.covars_, axis1=1, axis2=2)
    spread = np.einsum(
        "nk,knd->nd", first, variance[:, None] + (model.means_[:, None] - out.mean[:, 0]) ** 2
    )
    np.testing.assert_allclose(out.variance[:, 0], spread)


def test_filter_is_causal(rng):
    model = random_model(rng)
    X = rng.normal(size=(20, 2))
    np.testing.assert_allclose(model.filter(X)[:10], model.filter(X[:10]), atol=1e-12)


def test_decoding_by_map_takes_the_best_of_each_step(rng):
    model = random_model(rng)
    X = rng.normal(size=(20, 2))
    score, states = model.decode(X, algorithm="map")
    np.testing.assert_array_equal(states, model.predict_proba(X).argmax(axis=1))
    assert score == pytest.approx(model.score_samples(X)[0])


def test_scoring_needs_the_same_symbols_and_features(rng):
    model = random_model(rng, n_symbols=2)
    with pytest.raises(ValueError, match="symbols below 2"):
        model.score(rng.normal(size=(3, 2)), None, [0, 1, 2])
    with pytest.raises(ValueError, match="expected 2 features"):
        model.score(rng.normal(size=(3, 5)), None, [0, 1, 1])


def test_planted_symbols_come_back(rng):
    table = np.array([[0.9, 0.05, 0.05], [0.05, 0.05, 0.9]])
    source = CategoricalHMM(2, init_params="")
    source.startprob_, source.transmat_ = np.full(2, 0.5), np.array([[0.9, 0.1], [0.2, 0.8]])
    source.emissionprob_ = table
    X, _ = source.sample(4000, random_state=0)
    fits = [CategoricalHMM(2, random_state=seed, n_iter=200).fit(X) for seed in range(5)]
    model = max(fits, key=lambda fit: fit.score(X))
    order = np.argsort(-model.emissionprob_[:, 0])
    np.testing.assert_allclose(model.emissionprob_[order], table, atol=0.04)
    np.testing.assert_allclose(model.transmat_[order][:, order], source.transmat_, atol=0.04)


@pytest.mark.parametrize("driven", [False, True])
def test_batches_equal_memory(rng, driven):
    X, _, lengths = planted(rng, n_states=3, n_features=3, n_sequences=40, n_steps=15)
    X = X + 1e4
    X[7] = np.nan
    inputs = rng.integers(0, 3, len(X)) if driven else None

    def read():
        for first in range(0, 40, 7):
            last = min(first + 7, 40)
            rows = slice(15 * first, 15 * last)
            yield X[rows], lengths[first:last], None if inputs is None else inputs[rows]

    options = {"init_params": "", "n_iter": 6, "tol": -np.inf}
    fits = []
    for how in ("memory", "batches"):
        kind = "input" if driven else "shared"
        model = GaussianHMM(3, "full", transitions=kind, **options)
        shape = (3,) if driven else ()
        model.startprob_, model.transmat_ = (
            np.full((*shape, 3), 1 / 3),
            np.full((*shape, 3, 3), 1 / 3),
        )
        model.means_, model.covars_ = X[:3].copy(), np.tile(9 * np.eye(3), (3, 1, 1))
        if how == "memory":
            fits.append(model.fit(X, lengths, inputs))
        else:
            fits.append(fit_batches(model, read, rng=rng, stepwise_epochs=0))
    np.testing.assert_allclose(fits[0].monitor_.history, fits[1].monitor_.history, rtol=1e-10)
    np.testing.assert_allclose(fits[0].means_, fits[1].means_, rtol=1e-9)


def test_stepwise_batches_reach_the_same_likelihood(rng):
    X, _, lengths = planted(rng, n_states=4, n_features=3, n_sequences=200, n_steps=15)

    def read():
        return ((X[s : s + 300], lengths[:20]) for s in range(0, 3000, 300))

    whole = GaussianHMM(4, "full", random_state=0).fit(X, lengths)
    batched = fit_batches(GaussianHMM(4, "full"), read, rng=np.random.default_rng(0))
    assert batched.score(X, lengths) > whole.score(X, lengths) - 0.1 * len(X)
    assert np.isfinite(batched.monitor_.history).all()


def test_symbols_beyond_those_seen_may_be_announced(rng):
    X, inputs = rng.normal(size=(60, 2)), rng.integers(0, 2, 60)
    model = GaussianHMM(2, transitions="input", n_symbols=4, random_state=0).fit(X, None, inputs)
    assert model.transmat_.shape == (4, 2, 2)
    assert np.isfinite(model.score(X[:3], None, [3, 2, 0]))


def test_what_cannot_be_saved_or_is_not_there_is_said_in_words(tmp_path):
    with pytest.raises(ConfigError, match="or InputOutputHMM, got Duration"):
        save_model(DurationHMM(GaussianHMM(2)), tmp_path / "model.npz")
    with pytest.raises(DataError, match="expected model.json beside it"):
        load_model(tmp_path / "model.npz")
    for call in (load_model, lambda path: save_model(GaussianHMM(2), path)):
        with pytest.raises(ConfigError, match="a name that ends in .npz or .saf") as told:
            call(tmp_path / "model.svg")
        assert told.value.page == "unknown-file-kind"
    unplain = GaussianHMM(2).set_params(random_state=np.random.default_rng(0))
    with pytest.raises(DataError, match="random_state: expected a number") as told:
        save_model(unplain, tmp_path / "model.npz")
    assert told.value.page == "wrong-kind"
    assert not any(tmp_path.iterdir())


def test_a_model_of_another_version_or_without_its_arrays_is_said_in_words(tmp_path):
    (tmp_path / "model.json").write_text('{"schema_version": 1}')
    with pytest.raises(DataError, match="there is none") as told:
        load_model(tmp_path / "model.npz")
    assert told.value.page == "no-such-file"
    (tmp_path / "model.npz").write_bytes(b"")
    with pytest.raises(DataError, match="expected schema version 3, got 1") as told:
        load_model(tmp_path / "model.npz")
    assert told.value.page == "made-for-another-version"
