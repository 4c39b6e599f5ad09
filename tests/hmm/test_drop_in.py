"""Code written for hmmlearn means the same here: tolerance, starts, shapes, attributes."""

import logging
import pickle

import numpy as np
import pytest
from sklearn.base import clone

from helpers.hmm import KINDS, PLAIN, planted, set_parameters
from markovlens.errors import ConfigError, DataError
from markovlens.hmm import CategoricalHMM, GaussianHMM, fit_batches
from markovlens.hmm.packing import pack

hmmlearn = pytest.importorskip("hmmlearn.hmm")


def crowded(rng, n_sequences=20):
    """Overlapping clusters, on which EM takes its time."""
    X, _, lengths = planted(
        rng, n_states=3, n_features=2, n_sequences=n_sequences, n_steps=20, distance=1.0
    )
    return X, lengths


@pytest.mark.parametrize("tol", [10.0, 1e-2])
@pytest.mark.parametrize("kind", KINDS)
def test_tol_stops_where_hmmlearn_stops(rng, kind, tol):
    X, lengths = crowded(rng)
    fits = [
        set_parameters(made(3, kind, init_params="", n_iter=1000, tol=tol, **PLAIN), X).fit(
            X, lengths
        )
        for made in (GaussianHMM, hmmlearn.GaussianHMM)
    ]
    ours, theirs = fits
    # hmmlearn moves on once more after the pass that gained too little.
    assert ours.monitor_.iter == theirs.monitor_.iter - 1
    np.testing.assert_allclose(ours.monitor_.history, theirs.monitor_.history, rtol=1e-9)


def test_tol_may_be_given_by_position_as_to_hmmlearn(rng):
    X, lengths = crowded(rng)
    given = (3, "diag", 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, "viterbi", 0, 500, 0.5, False)
    start = {"params": "stmc", "init_params": ""}
    fits = [
        set_parameters(made(*given, **start), X).fit(X, lengths)
        for made in (GaussianHMM, hmmlearn.GaussianHMM)
    ]
    assert fits[0].monitor_.iter == fits[1].monitor_.iter - 1


def test_tol_of_symbols_is_a_gain_over_all_steps(rng):
    X = rng.integers(0, 4, 600)
    model = CategoricalHMM(2, random_state=0, tol=1e-3, n_iter=1000).fit(X, [20] * 30)
    gains = np.diff(model.monitor_.history)
    assert model.monitor_.converged
    assert (gains[:-1] >= 1e-3).all()
    assert gains[-1] < 1e-3


def test_our_own_tolerance_is_by_step_and_counts_only_without_tol(rng):
    X, lengths = crowded(rng)
    options = {"init_params": "", "n_iter": 1000, **PLAIN}

    def passes(n_copies, **given):
        model = set_parameters(GaussianHMM(3, **options, **given), X)
        model.fit(np.tile(X, (n_copies, 1)), np.tile(lengths, n_copies))
        return model.monitor_.iter

    assert passes(1, tol_per_step=1e-4) == passes(10, tol_per_step=1e-4)
    assert passes(1, tol=1e-2) < passes(10, tol=1e-2)
    assert passes(1, tol=1e-2, tol_per_step=np.inf) == passes(1, tol=1e-2)
    assert passes(1, tol=1e-2) == passes(1, tol_per_step=1e-2 / len(X))


@pytest.mark.parametrize("made", [GaussianHMM, CategoricalHMM])
def test_both_implementations_are_one_engine(rng, made):
    X = rng.normal(size=(60, 2)) if made is GaussianHMM else rng.integers(0, 3, 60)
    fits = [made(2, random_state=0, implementation=name).fit(X) for name in ("log", "scaling")]
    assert fits[0].monitor_ == fits[1].monitor_


def messages(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def test_what_a_start_would_overwrite_is_logged(rng, caplog):
    X, lengths = crowded(rng)
    model = set_parameters(GaussianHMM(3, random_state=0, init_params="mc"), X).fit(X, lengths)
    found = messages(caplog)
    assert [text.split()[0] for text in found] == ["means_", "covars_"]
    assert all("will be overwritten" in text for text in found)
    caplog.clear()
    assert model.set_params(init_params="").fit(X, lengths) is model
    assert messages(caplog) == []


def test_what_is_neither_set_nor_to_be_drawn_is_drawn_as_by_hmmlearn_and_logged(rng, caplog):
    X, lengths = crowded(rng)
    drawn = GaussianHMM(3, random_state=0, init_params="c").fit(X, lengths)
    found = messages(caplog)
    assert [text.split()[0] for text in found] == ["startprob_", "transmat_", "means_"]
    assert all("is not set and will be drawn" in text for text in found)
    assert drawn.monitor_ == GaussianHMM(3, random_state=0).fit(X, lengths).monitor_
    CategoricalHMM(2, init_params="st", random_state=0).fit([0, 1, 1, 0] * 9)
    assert "emissionprob_ is not set" in messages(caplog)[-1]


def test_too_few_numbers_for_the_parameters_are_logged(rng, caplog):
    GaussianHMM(3, "full", random_state=0, n_iter=2).fit(rng.normal(size=(8, 3)))
    assert any("degenerate" in text for text in messages(caplog))
    caplog.clear()
    GaussianHMM(3, "full", random_state=0, n_iter=2).fit(rng.normal(size=(80, 3)))
    assert messages(caplog) == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_rest_of_hmmlearn_s_interface_says_the_same(rng, kind):
    X, lengths = crowded(rng)
    ours, theirs = (
        set_parameters(made(3, kind, init_params=""), X)
        for made in (GaussianHMM, hmmlearn.GaussianHMM)
    )
    theirs.n_features = 2
    assert ours.n_features == 2
    np.testing.assert_allclose(ours.covars_, theirs.covars_)
    np.testing.assert_allclose(
        ours.get_stationary_distribution(), theirs.get_stationary_distribution()
    )
    for name in ("score", "bic", "aic"):
        expected = getattr(theirs, name)(X, lengths)
        assert getattr(ours, name)(X, lengths) == pytest.approx(expected)
    for name in ("predict", "predict_proba"):
        np.testing.assert_allclose(
            getattr(ours, name)(X, lengths), getattr(theirs, name)(X, lengths), atol=1e-9
        )
    for have, wanted in zip(
        ours.score_samples(X, lengths), theirs.score_samples(X, lengths), strict=True
    ):
        np.testing.assert_allclose(have, wanted, atol=1e-9)
    for algorithm in ("viterbi", "map"):
        _, have = ours.decode(X, lengths, algorithm)
        _, wanted = theirs.decode(X, lengths, algorithm)
        np.testing.assert_array_equal(have, wanted)
    X, states = ours.sample(5, random_state=np.random.RandomState(0), currstate=2)
    assert X.shape == (5, 2)
    assert states[0] == 2


def test_the_stationary_distribution_needs_the_moves_alone():
    moves = np.array([[0.5, 0.5], [0.25, 0.75]])
    model = CategoricalHMM(2)
    model.transmat_ = moves
    np.testing.assert_allclose(model.get_stationary_distribution(), [1 / 3, 2 / 3])


def test_numpy_s_global_seed_is_used_without_one_of_the_model(rng):
    X, lengths = crowded(rng)

    def fitted(seed):
        np.random.seed(seed)  # noqa: NPY002
        return GaussianHMM(3, n_iter=0).fit(X, lengths).means_

    np.testing.assert_array_equal(fitted(5), fitted(5))
    assert not np.array_equal(fitted(5), fitted(6))


def test_features_are_known_from_the_fit_and_may_be_announced(rng):
    X = [0, 1, 2, 1, 0, 2]
    model = CategoricalHMM(2, random_state=0)
    assert model.n_features is None
    assert model.fit(X).n_features == 3
    assert clone(model).n_features == 3
    model = CategoricalHMM(2, random_state=0, n_features=5).fit(X)
    assert model.emissionprob_.shape == (2, 5)
    gaussian = GaussianHMM(2, random_state=0)
    gaussian.n_features = 3
    with pytest.raises(ValueError, match="expected 3 features, as n_features says"):
        gaussian.fit(rng.normal(size=(20, 2)))
    again = pickle.loads(pickle.dumps(model))
    assert again.n_features == 5
    assert again.get_params()["n_features"] == 5


def test_a_fitted_start_may_be_set_on_another_model_of_each_kind(rng):
    X, lengths = crowded(rng)
    for kind in KINDS:
        fitted = GaussianHMM(2, kind, random_state=0, n_iter=5).fit(X, lengths)
        other = GaussianHMM(2, kind, init_params="", n_iter=0)
        other.startprob_, other.transmat_ = fitted.startprob_, fitted.transmat_
        other.means_, other.covars_ = fitted.means_, fitted.covars_
        assert other.fit(X, lengths).score(X, lengths) == pytest.approx(fitted.score(X, lengths))


def test_inputs_are_not_read_for_transitions_that_all_symbols_share(rng):
    X, inputs = rng.normal(size=(40, 2)), rng.integers(0, 3, 40)
    message = "expected none with transitions='shared', got 3"
    with pytest.raises(ConfigError, match=message):
        GaussianHMM(2).fit_packed(pack(X, None, inputs))
    with pytest.raises(ConfigError, match=message):
        fit_batches(GaussianHMM(2), lambda: [(X, None, inputs)], rng=rng)


def test_symbols_beyond_those_seen_may_be_announced_in_batches(rng):
    X, inputs = rng.normal(size=(40, 2)), rng.integers(0, 3, 40)
    model = GaussianHMM(2, transitions="input", n_symbols=5, n_iter=2)
    fit_batches(model, lambda: [(X, None, inputs)], rng=rng)
    assert model.transmat_.shape == (5, 2, 2)
    with pytest.raises(DataError, match="row 1"):
        fit_batches(
            model, lambda: [(X, None, np.ma.array(inputs, mask=np.arange(40) == 1))], rng=rng
        )
