"""The data on which off-the-shelf fits fail: all must give a finite fit and a status."""

import numpy as np
import pytest
from scipy.special import logsumexp

from helpers.hmm import KINDS, enumerate_paths, random_model
from markovlens.hmm import CategoricalHMM, GaussianHMM
from markovlens.status import Status


def piles(rng):
    """States piled on a few points, as in automaton-like networks."""
    return rng.normal(size=(4, 5))[rng.integers(0, 4, 600)]


DATA = {
    "piles": piles,
    "piles with dust": lambda rng: piles(rng) + 1e-9 * rng.normal(size=(600, 5)),
    "constant column": lambda rng: np.column_stack([rng.normal(size=600), np.ones(600)]),
    "all rows equal": lambda rng: np.ones((600, 3)),
    "duplicated columns": lambda rng: np.repeat(rng.normal(size=(600, 1)), 3, axis=1),
    "offset": lambda rng: rng.normal(size=(600, 3)) + 1e7,
    "tiny scale": lambda rng: 1e-8 * rng.normal(size=(600, 3)),
    "huge scale": lambda rng: 1e8 * rng.normal(size=(600, 3)),
    "one far outlier": lambda rng: np.concatenate([rng.normal(size=(599, 2)), [[1e6, 1e6]]]),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("plain", [False, True])
def test_hard_data_give_finite_fits(rng, kind, name, plain):
    X = DATA[name](rng)
    options = {"min_covar": 0.0, "covars_prior": 0.0, "covars_weight": 0.0} if plain else {}
    model = GaussianHMM(12, kind, random_state=0, n_iter=10, **options)
    model.fit(X, [1] * 50 + [50] * 11)
    assert np.isfinite(model.monitor_.history).all()
    assert model.monitor_.status in (Status.OK, Status.NOT_CONVERGED)
    for values in (model.means_, model.covars_, model.startprob_, model.transmat_):
        assert np.isfinite(values).all()
    assert np.isfinite(model.score(X))


@pytest.mark.parametrize("kind", KINDS)
def test_more_states_than_rows(rng, kind):
    X = rng.normal(size=(6, 2))
    model = GaussianHMM(20, kind, random_state=0, n_iter=5).fit(X, [1] * 6)
    assert np.isfinite(model.score(X, [1] * 6))


def test_high_dimension_few_rows(rng):
    X = rng.normal(size=(150, 128))
    model = GaussianHMM(6, "full", random_state=0, n_iter=5).fit(X, [50] * 3)
    assert np.isfinite(model.monitor_.history).all()


def test_emptied_states_are_reseeded_and_reported(rng):
    X = rng.normal(size=(400, 2)) + 4 * rng.integers(0, 3, (400, 1))
    model = GaussianHMM(3, init_params="stc", random_state=0, n_iter=50)
    model.means_ = np.array([[0.0, 0.0], [4.0, 4.0], [1e4, 1e4]])
    model.fit(X)
    assert model.monitor_.reseeded == (2,)
    assert "re-seeded" in model.monitor_.reason
    best = GaussianHMM(3, random_state=0).fit(X)
    assert model.score(X) > best.score(X) - 5


def test_underflow_is_redone_in_logs(rng):
    """A cyclic chain forbids the state that explains each step: scaled scans underflow."""
    model = random_model(rng, kind="diag", n_states=3)
    model.startprob_ = np.array([1.0, 0.0, 0.0])
    model.transmat_ = np.roll(np.eye(3), 1, axis=1)
    model.means_ = np.array([[0.0, 0.0], [500.0, 0.0], [0.0, 500.0]])
    model.covars_ = np.ones((3, 2))
    X = model.means_[[0, 2, 1, 0, 0]] + rng.normal(size=(5, 2))
    with np.errstate(divide="ignore"):
        paths, joint = enumerate_paths(model, X)
    assert model.score(X) == pytest.approx(logsumexp(joint), rel=1e-10)
    expected = np.eye(3)[paths[joint.argmax()]]
    np.testing.assert_allclose(model.predict_proba(X), expected, atol=1e-12)
    np.testing.assert_allclose(model.filter(X), expected, atol=1e-12)
    with_easy = np.concatenate([X, X, model.means_])
    scores = model.score_sequences(with_easy, [5, 5, 3])
    np.testing.assert_allclose(scores[:2], logsumexp(joint), rtol=1e-10)
    model.set_params(init_params="", n_iter=3).fit(with_easy, [5, 5, 3])
    assert np.isfinite(model.monitor_.history).all()
    np.testing.assert_allclose(model.transmat_, np.roll(np.eye(3), 1, axis=1), atol=1e-9)


def test_impossible_sequences_have_no_likelihood_and_a_status():
    model = CategoricalHMM(2, init_params="", n_iter=5)
    model.startprob_, model.transmat_ = np.array([1.0, 0.0]), np.eye(2)
    model.emissionprob_ = np.eye(2)
    assert model.score([0, 0, 1]) == -np.inf
    assert model.fit([0, 0, 1]).monitor_.status == Status.FAILED
    np.testing.assert_array_equal(model.transmat_, np.eye(2))


def test_floats_of_32_bits_agree(rng):
    X = rng.normal(size=(3000, 4)) + 3 * rng.integers(0, 3, (3000, 1))
    fits = [
        GaussianHMM(3, "full", random_state=0, n_iter=10, tol=-np.inf, dtype=dtype).fit(
            X, [50] * 60
        )
        for dtype in ("float64", "float32")
    ]
    paths = [fit.monitor_.history for fit in fits]
    np.testing.assert_allclose(paths[0], paths[1], rtol=2e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1.0], [2.0]], [1]), "lengths sum to 1 but there are 2 rows"),
        (([[1.0], [2.0]], [2, 0]), "lengths of at least 1"),
        (([1.0, 2.0],), "expected shape"),
        (([[1.0, np.nan], [2.0, 1.0]],), "wholly NaN"),
        (([[np.inf], [2.0]],), "finite"),
        (([[np.nan], [np.nan]],), "at least one observed row"),
        (([[1.0], [2.0]], None, [0, 1]), "transitions="),
    ],
)
def test_bad_data_are_refused_in_words(arguments, message):
    with pytest.raises(ValueError, match=message):
        GaussianHMM(1).fit(*arguments)


@pytest.mark.parametrize(
    "options",
    [
        {"covariance_type": "round"},
        {"transitions": "other"},
        {"n_components": 0},
        {"transmat_prior": 0.5},
        {"transmat_mask": np.zeros((2, 2))},
    ],
)
def test_bad_settings_are_refused(rng, options):
    model = GaussianHMM(2).set_params(**options)
    with pytest.raises((ValueError, AttributeError)):
        model.fit(rng.normal(size=(20, 2)))
